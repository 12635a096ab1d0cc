//! The window's content and its life.

use std::path::PathBuf;
use std::sync::Arc;

use tracecast_experiment::EngineChoice;

use crate::answers::{Asked, Key};
use crate::capture::Capture;
use crate::command::Command;
use crate::panels::{self, Panel, Place};
use crate::project_file::ProjectFile;
use crate::source::EXAMPLES;
use crate::state::{AppState, Element};
use crate::walk::{Stop, Walk};
use crate::worker::{self, Lane, Workers};
use crate::{TITLE, recent, settings, shortcuts, theme};

/// What to begin with.
#[derive(Default)]
pub struct Start {
    /// Open this: a project, a model, or traces.
    pub open: Option<PathBuf>,
    /// Engines to predict with.
    pub choice: EngineChoice,
    /// Know what was opened lately, and remember what is opened now.
    pub remembers: bool,
    /// Begin with the hints for newcomers, if they have not been seen.
    pub hints: bool,
    /// View to open.
    pub view: Option<String>,
    /// Service to choose.
    pub service: Option<String>,
    /// What to do by itself, with pictures of it; then the window closes.
    pub walk: Vec<Stop>,
}

/// The workbench.
pub struct App {
    state: AppState,
    workers: Workers,
    panels: Vec<Box<dyn Panel>>,
    /// Whose answers the engines are at.
    at: [Option<Key>; 2],
    choice: EngineChoice,
    start_view: Option<String>,
    start_service: Option<String>,
    remembers: bool,
    walk: Walk,
    /// A picture to be taken, and one that is being taken.
    screenshot: Option<PathBuf>,
    capture: Option<Capture>,
    title: String,
}

/// The file that says that hints were seen.
const HINTS_SEEN: &str = "hints-seen.json";

/// The lanes of the engines.
const ENGINES: [Lane; 2] = [Lane::Analytic, Lane::Simulation];

impl App {
    /// The workbench in a window of `context`.
    ///
    /// # Errors
    /// The operating system has no thread to give.
    pub fn new(context: &egui::Context, start: Start) -> std::io::Result<Self> {
        theme::install(context);
        let wake = context.clone();
        let recent = if start.remembers { recent::read() } else { Vec::new() };
        let are_new = start.hints && !(start.remembers && settings::read::<bool>(HINTS_SEEN));
        let mut app = Self {
            state: AppState { recent, hint: are_new.then_some(0), ..AppState::default() },
            workers: Workers::start(move || wake.request_repaint())?,
            panels: panels::all(),
            at: [None, None],
            choice: start.choice,
            start_view: start.view,
            start_service: start.service,
            remembers: start.remembers,
            walk: Walk::new(start.walk),
            screenshot: None,
            capture: None,
            title: String::new(),
        };
        if let Some(path) = start.open {
            app.execute(Command::Open(vec![path]));
        }
        Ok(app)
    }

    /// What the window shows.
    pub fn state(&self) -> &AppState {
        &self.state
    }

    /// Takes in what happened since the last frame; draws nothing.
    pub fn advance(&mut self, context: &egui::Context) {
        let model = self.state.source.as_ref().map(|source| Arc::clone(&source.system));
        while let Some(update) = self.workers.receive() {
            update(&mut self.state);
        }
        if !same(model.as_ref(), self.state.source.as_ref().map(|source| &source.system)) {
            self.begin();
        }
        let dropped = context.input(|input| {
            input.raw.dropped_files.iter().map(|file| file.path().to_path_buf()).collect::<Vec<_>>()
        });
        if !dropped.is_empty() {
            self.execute(Command::Open(dropped));
        }
        for command in std::mem::take(&mut self.state.next).into_iter().chain(shortcuts::pressed(context)) {
            self.execute(command);
        }
        self.keep_up();
        self.set_title(context);
        if let Some(ended) = self.capture.as_ref().and_then(Capture::ended) {
            match ended {
                Ok(path) => self.state.remark(format!("wrote {}", path.display())),
                Err(problem) => self.state.complain(problem),
            }
            self.capture = None;
        }
        let step = self.walk.advance(context, self.state.is_busy());
        if let Some(problem) = step.problem {
            self.state.complain(problem);
        }
        step.commands.into_iter().for_each(|command| self.execute(command));
        if let Some(path) = self.screenshot.take() {
            self.capture = Some(Capture::begin(context, path));
        }
    }

    /// Another model is open.
    fn begin(&mut self) {
        for (lane, at) in ENGINES.into_iter().zip(&mut self.at) {
            self.workers.cancel(lane);
            *at = None;
        }
        Lane::STUDIES.into_iter().for_each(|lane| self.workers.cancel(lane));
        if let Some(path) = self.state.source.as_ref().and_then(|source| source.origin.path())
            && self.remembers
        {
            recent::remember(&mut self.state.recent, path.to_path_buf());
        }
        if self.choice != EngineChoice::Auto {
            self.state.project.options.engine = self.choice;
        }
        if let Some(view) = self.start_view.take() {
            self.state.view = view;
        }
        self.state.chosen = self.start_service.take().map(Element::Service);
    }

    /// Gives the engines what is needed most: what the shown scenario and the baseline lack. What is needed no more is
    /// cancelled.
    fn keep_up(&mut self) {
        let wanted = self.state.wanted();
        for (number, lane) in ENGINES.into_iter().enumerate() {
            if self.workers.progress(lane).is_none() {
                self.at[number] = None;
            }
            let next = wanted.iter().find(|key| self.lacks(lane, key)).cloned();
            // What is shown goes first, even where the baseline is being worked on.
            let stays = match (&self.at[number], &next) {
                (Some(at), Some(next)) => at == next || (wanted.contains(at) && wanted.first() != Some(next)),
                (Some(at), None) => wanted.contains(at),
                (None, _) => false,
            };
            if self.at[number].is_some() && !stays {
                self.workers.cancel(lane);
                self.at[number] = None;
            }
            if let (None, Some(key)) = (&self.at[number], next)
                && let Some(task) = self.task(lane, &key)
            {
                self.workers.submit(lane, task);
                self.at[number] = Some(key);
            }
        }
        if self.workers.progress(Lane::Drawing).is_none()
            && let Some((picture, folding)) = self.state.undrawn()
            && let Some(answer) = self.state.shown()
            && let Some(made) = answer.made.clone()
        {
            let task = worker::draw(picture, made, answer.best().cloned(), folding);
            self.workers.submit(Lane::Drawing, task);
        }
        for lane in Lane::STUDIES {
            if self.workers.progress(lane).is_none() {
                self.state.forget_running(lane);
            }
        }
        self.state.progress = Lane::ALL
            .into_iter()
            .filter_map(|lane| Some((lane.name(), self.workers.progress(lane)?)))
            .collect();
    }

    /// Does a scenario lack the answer of an engine that it can have?
    fn lacks(&self, lane: Lane, key: &Key) -> bool {
        let answer = self.state.answers.get(key);
        match lane {
            Lane::Analytic => answer.is_none_or(|answer| answer.made.is_none() && answer.misfit.is_none()),
            _ => answer.is_some_and(|answer| {
                let can = answer.made.as_ref().is_some_and(|made| made.obstacle().is_none());
                let asked = self.state.project.options.engine != EngineChoice::Analytic;
                can && asked && !answer.simulation.is_final() && !self.state.stopped.contains(key)
            }),
        }
    }

    fn task(&self, lane: Lane, key: &Key) -> Option<worker::Task> {
        let options = self.state.project.options.clone();
        match lane {
            Lane::Analytic => {
                let base = Arc::clone(&self.state.source.as_ref()?.system);
                Some(worker::analytic(key.clone(), base, self.state.content_of(key)?.clone(), options))
            }
            _ => {
                let made = self.state.answers.get(key)?.made.clone()?;
                Some(worker::simulation(key.clone(), made, &options))
            }
        }
    }

    /// Draws all panels, then does what they ask for.
    pub fn show(&mut self, ui: &mut egui::Ui) {
        let mut commands = Vec::new();
        let views: Vec<&'static str> = self.panels.iter().filter_map(|panel| panel.place().view()).collect();
        let open = views.iter().position(|view| *view == self.state.view).unwrap_or_default();
        let mut number = 0;
        for panel in &mut self.panels {
            let place = panel.place();
            if let Place::View(_) = place {
                number += 1;
                if number != open + 1 || self.state.source.is_none() {
                    continue;
                }
            }
            let is_open = self.state.source.is_some();
            if (place.needs_model() && !is_open) || (place == Place::Start && is_open) {
                continue;
            }
            place.show(panel.name(), ui, |ui| {
                if let Place::View(_) = place {
                    ui.painter().rect_filled(ui.max_rect(), 0.0, theme::surface(ui.visuals()));
                    ui.scope(|ui| panels::view_tabs(&views, views[open], &mut commands, ui));
                }
                panel.ui(&self.state, &mut commands, ui);
            });
        }
        for command in commands {
            self.execute(command);
        }
    }

    /// Does what was asked for, or says why not.
    pub fn execute(&mut self, command: Command) {
        let state = &mut self.state;
        match command {
            Command::Open(paths) => {
                let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
                state.opening = Some(names.join(", "));
                self.workers.submit(Lane::Files, worker::open(paths));
            }
            Command::OpenExample(number) => match EXAMPLES.get(number).map(worker::example) {
                Some(Ok(source)) => {
                    state.opened(source);
                    self.begin();
                }
                Some(Err(problem)) => state.complain(problem),
                None => {}
            },
            Command::AskToOpen => self.workers.submit(Lane::Dialog, worker::ask_to_open()),
            Command::Close => {
                let recent = std::mem::take(&mut state.recent);
                *state = AppState { recent, hint: state.hint, ..AppState::default() };
                self.begin();
            }
            Command::Save => match state.file.clone() {
                Some(path) => self.save(path),
                None => {
                    let Some(source) = &state.source else { return };
                    let name = format!("{}.tracecast.json", source.name());
                    self.workers.submit(Lane::Dialog, worker::ask_for_project(name));
                }
            },
            Command::SaveAs(path) => self.save(path),
            Command::Export(export, path) => match export.prepare(state) {
                Ok(make) => self.workers.submit(Lane::Files, worker::export(make, path)),
                Err(problem) => state.complain(problem),
            },
            Command::AskForScreenshot => self.workers.submit(Lane::Dialog, worker::ask_for_screenshot()),
            Command::Screenshot(path) => self.screenshot = Some(path),
            Command::AskToExport(export) => {
                let name = export.file_name(&state.project.selected().name);
                self.workers.submit(Lane::Dialog, worker::ask_for_export(export, name));
            }
            Command::Load(texts) => self.workers.submit(Lane::Files, worker::loads(texts)),
            Command::Complain(problem) => state.complain(problem),
            Command::Change(change) => state.change(change),
            Command::Select(number) => state.project.selected = number.min(state.project.scenarios.len() - 1),
            Command::Compare(number) => {
                state.project.baseline = number.min(state.project.scenarios.len() - 1);
            }
            Command::Undo => state.history.undo(&mut state.project),
            Command::Redo => state.history.redo(&mut state.project),
            Command::Choose(element) => state.chosen = element,
            Command::Unfold(group) => drop(state.overview.unfolded.insert(group)),
            Command::ShowAll(shows_all) => {
                state.overview.shows_all = shows_all;
                state.overview.unfolded.clear();
            }
            Command::View(view) => {
                state.view = view.into();
                // A view that needs more answers asks for them.
                state.also_wanted.clear();
            }
            Command::Want(numbers) => {
                let contents = numbers.iter().filter_map(|&number| state.project.scenarios.get(number));
                state.also_wanted = contents.map(|scenario| state.key(&scenario.content)).collect();
            }
            Command::Sweep(request) => {
                let Some(made) = state.shown().and_then(|answer| answer.made.clone()) else { return };
                state.sweep = Asked::Running;
                state.swept = state.project.selected().clone();
                self.workers.submit(Lane::Sweep, worker::sweep(made, request, &state.project.options));
            }
            Command::Calibrate(plan) => {
                let (Some(source), Some(runs)) = (&state.source, &state.runs) else { return };
                let task = worker::calibrate(Arc::clone(&source.system), Arc::clone(runs), *plan);
                state.calibration = Asked::Running;
                self.workers.submit(Lane::Fit, task);
            }
            Command::Plan(request) => {
                let Some(made) = state.shown().and_then(|answer| answer.made.clone()) else { return };
                state.plan = Asked::Running;
                state.planned = state.project.selected().clone();
                let project = &state.project;
                let task =
                    worker::cheapest(made, request, project.objectives.clone(), project.options.clone());
                self.workers.submit(Lane::Plan, task);
            }
            Command::Remedies => {
                let key = state.key(&state.project.selected().content);
                let options = state.project.options.clone();
                let answer = state.answers.entry(&key);
                if let Some(task) = worker::remedies(key, answer, &options) {
                    answer.remedies = Asked::Running;
                    self.workers.submit(Lane::Remedies, task);
                }
            }
            Command::Stop(lane) => {
                match lane {
                    Lane::Simulation => state.stopped = state.wanted(),
                    Lane::Files => state.opening = None,
                    _ => {}
                }
                self.workers.cancel(lane);
            }
            Command::Resume => state.stopped.clear(),
            Command::Hint(hint) => {
                state.hint = hint;
                if hint.is_none() && self.remembers {
                    settings::write(HINTS_SEEN, &true);
                }
            }
            Command::Dismiss => [state.problem, state.notice] = [None, None],
        }
    }

    fn save(&mut self, path: PathBuf) {
        let Some(source) = &self.state.source else { return };
        let file = ProjectFile::new(source, self.state.project.clone(), &self.state.view);
        self.workers.submit(Lane::Files, worker::save(file, path));
    }

    fn set_title(&mut self, context: &egui::Context) {
        let changed = if self.state.is_changed() { " •" } else { "" };
        let title = match &self.state.source {
            Some(source) => format!("{TITLE}: {}{changed}", source.name()),
            None => TITLE.to_string(),
        };
        if title != self.title {
            context.send_viewport_cmd(egui::ViewportCommand::Title(title.clone()));
            self.title = title;
        }
    }
}

fn same<T>(one: Option<&Arc<T>>, other: Option<&Arc<T>>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => Arc::ptr_eq(one, other),
        (None, None) => true,
        _ => false,
    }
}

impl eframe::App for App {
    fn logic(&mut self, context: &egui::Context, _frame: &mut eframe::Frame) {
        self.advance(context);
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        self.show(ui);
    }
}
