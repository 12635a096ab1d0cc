//! What the window shows.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use tracecast_experiment::picture::Picture;
use tracecast_experiment::plan::Plan;

use crate::answers::{Answer, Answers, Asked, Key};
use crate::command::Command;
use crate::measured::{Calibrated, MeasuredRuns};
use crate::overview::Overview;
use crate::project::{Change, Content, History, Project, Scenario};
use crate::project_file::ProjectFile;
use crate::source::{Origin, Source, Traces};
use crate::sweep::Sweep;
use crate::worker::Lane;

/// Everything that panels may read. They change it through commands only.
#[derive(Default)]
pub struct AppState {
    /// What is being opened.
    pub opening: Option<String>,
    /// Why the last thing asked for could not be done.
    pub problem: Option<String>,
    /// What was done last, where that cannot be seen.
    pub notice: Option<String>,
    /// The open model.
    pub source: Option<Arc<Source>>,
    /// What was made of it.
    pub project: Project,
    pub(crate) history: History,
    /// The file that the project is in.
    pub file: Option<PathBuf>,
    /// The project as it is in its file, or was opened.
    pub(crate) saved: Project,
    /// What the engines say.
    pub answers: Answers,
    /// Scenarios beside the shown one and the baseline that a view needs answers of.
    pub also_wanted: Vec<Key>,
    /// One setting over a range, where that was asked for.
    pub sweep: Asked<Sweep>,
    /// The scenario that it is of, as it was then.
    pub swept: Scenario,
    /// The cheapest that meets the objectives, where that was asked for.
    pub plan: Asked<Plan>,
    /// The scenario that it is of, as it was then.
    pub planned: Scenario,
    /// Scenarios whose simulation was stopped.
    pub(crate) stopped: Vec<Key>,
    /// What is chosen in the architecture.
    pub chosen: Option<Element>,
    /// What of the architecture is shown where it is large.
    pub overview: Overview,
    /// Name of the open view.
    pub view: String,
    /// Measured runs of the system.
    pub runs: Option<Arc<MeasuredRuns>>,
    /// The last fit to them.
    pub calibration: Asked<Arc<Calibrated>>,
    /// The hint that is shown, by its number.
    pub hint: Option<usize>,
    /// What was opened lately, the latest first.
    pub recent: Vec<PathBuf>,
    /// What is to be done next, as somebody chose in a dialog.
    pub(crate) next: Vec<Command>,
    /// How far the workers are, by lane; those that rest are absent.
    pub progress: HashMap<&'static str, f64>,
}

/// Something in the architecture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Element {
    /// By name.
    Service(String),
    /// By name.
    Host(String),
    /// By name.
    Workload(String),
    /// Of the network, by name.
    Link(String),
}

impl AppState {
    /// Tells a problem.
    pub(crate) fn complain(&mut self, problem: impl Into<String>) {
        self.problem = Some(problem.into());
        self.notice = None;
    }

    /// Tells what was done.
    pub(crate) fn remark(&mut self, notice: impl Into<String>) {
        self.notice = Some(notice.into());
        self.problem = None;
    }

    /// A worker ended by a fault of the program.
    pub(crate) fn broke_off(&mut self, message: &str) {
        self.opening = None;
        self.complain(format!(
            "a fault in tracecast stopped this: {message}. Your work is as it was; undo leads back to what can be predicted"
        ));
        self.stopped = self.wanted();
    }

    /// Nobody is at what a lane was asked for any more.
    pub(crate) fn forget_running(&mut self, lane: Lane) {
        match lane {
            Lane::Sweep => self.sweep.forget_running(),
            Lane::Plan => self.plan.forget_running(),
            Lane::Fit => self.calibration.forget_running(),
            Lane::Remedies => self.answers.forget_running(),
            _ => {}
        }
    }

    /// A model was opened.
    pub(crate) fn opened(&mut self, source: Source) {
        self.take(source, Project::default());
        self.file = None;
        self.view.clear();
    }

    /// Measured runs were opened.
    pub(crate) fn measured(&mut self, runs: MeasuredRuns) {
        self.opening = None;
        if self.source.is_none() {
            let path = runs.path.display();
            self.complain(format!(
                "{path} is neither a model nor traces; if it has measured runs to fit a model to, open the model or its traces first"
            ));
            return;
        }
        self.problem = None;
        self.runs = Some(Arc::new(runs));
        self.calibration = Asked::No;
        self.view = "Calibration".into();
    }

    /// A project was opened.
    pub(crate) fn reopen(&mut self, file: ProjectFile, path: Option<PathBuf>) {
        let origin = file.origin.or_else(|| path.clone()).unwrap_or_default();
        let source = Source {
            origin: Origin::Path(origin),
            diagnostics: tracecast_model::validate(&file.model),
            system: Arc::new(file.model),
            remarks: Vec::new(),
            traces_from: file.traces,
            traces: None,
        };
        self.take(source, file.project);
        self.file = path;
        self.view = file.view;
    }

    /// The traces of the open project were read again, or not.
    pub(crate) fn read_again(&mut self, traces: Result<Arc<Traces>, String>) {
        self.opening = None;
        match (traces, &self.source) {
            (Ok(traces), Some(source)) => self.source = Some(Arc::new(source.with_traces(traces))),
            (Ok(_), None) => {}
            (Err(problem), _) => {
                self.complain(format!(
                    "{problem}. The traces of this project are not shown; all else is as it was saved"
                ));
            }
        }
    }

    fn take(&mut self, source: Source, project: Project) {
        self.opening = None;
        self.problem = None;
        self.notice = None;
        self.source = Some(Arc::new(source));
        self.saved = project.clone();
        self.project = project;
        self.history = History::default();
        self.answers.clear();
        self.also_wanted.clear();
        self.sweep = Asked::No;
        self.plan = Asked::No;
        self.runs = None;
        self.calibration = Asked::No;
        self.stopped.clear();
        self.chosen = None;
        self.overview = Overview::default();
    }

    /// Changes the project, as one step of undo.
    pub(crate) fn change(&mut self, change: Change) {
        let Some(source) = &self.source else { return };
        let before = self.project.clone();
        let subject = change.subject();
        match change.apply(&mut self.project, &source.system) {
            Ok(()) => {
                self.problem = None;
                if self.project != before {
                    self.history.record(&before, subject);
                }
            }
            Err(problem) => self.complain(problem),
        }
    }

    /// Is there something to undo, and something to redo?
    pub fn can_undo_redo(&self) -> [bool; 2] {
        [self.history.can_undo(), self.history.can_redo()]
    }

    /// The project is in this file now.
    pub(crate) fn saved(&mut self, project: Project, file: PathBuf) {
        self.saved = project;
        self.remark(format!("saved {}", file.display()));
        self.file = Some(file);
    }

    /// Is there something that no file has?
    pub fn is_changed(&self) -> bool {
        let without_place = |project: &Project| Project { selected: 0, baseline: 0, ..project.clone() };
        without_place(&self.project) != without_place(&self.saved)
    }

    /// What the answer of a scenario is kept under.
    pub fn key(&self, content: &Content) -> Key {
        Key::of(content, &self.project.options)
    }

    /// What is known of a scenario.
    pub fn answer(&self, content: &Content) -> Option<&Answer> {
        self.answers.get(&self.key(content))
    }

    /// What is known of the shown scenario.
    pub fn shown(&self) -> Option<&Answer> {
        self.answer(&self.project.selected().content)
    }

    /// What is known of the scenario that it is compared with; none where that is itself.
    pub fn compared(&self) -> Option<&Answer> {
        if self.project.has_comparison() { self.answer(&self.project.baseline().content) } else { None }
    }

    /// Scenarios whose answers are needed, the most urgent first.
    pub(crate) fn wanted(&self) -> Vec<Key> {
        if self.source.is_none() {
            return Vec::new();
        }
        let mut wanted = vec![self.key(&self.project.selected().content)];
        let baseline = self.key(&self.project.baseline().content);
        for key in std::iter::once(&baseline).chain(&self.also_wanted) {
            if !wanted.contains(key) {
                wanted.push(key.clone());
            }
        }
        wanted
    }

    /// The content of a scenario by its key.
    pub(crate) fn content_of(&self, key: &Key) -> Option<&Content> {
        self.project
            .scenarios
            .iter()
            .map(|scenario| &scenario.content)
            .find(|content| self.key(content) == *key)
    }

    /// The picture to show.
    pub fn picture(&self) -> Option<&Arc<Picture>> {
        self.shown()?.picture.as_ref()
    }

    /// Is a worker busy with something that will change this?
    pub fn is_busy(&self) -> bool {
        self.opening.is_some() || self.progress.keys().any(|lane| *lane != Lane::Dialog.name())
    }

    /// How far a lane is.
    pub fn progress_of(&self, lane: Lane) -> Option<f64> {
        self.progress.get(lane.name()).copied()
    }
}
