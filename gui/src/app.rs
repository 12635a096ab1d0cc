//! The window's content and its life.

use std::path::PathBuf;

use tracecast_experiment::EngineChoice;

use crate::capture::Capture;
use crate::command::Command;
use crate::panels::{self, Panel};
use crate::state::{AppState, Run};
use crate::worker::{Task, Worker};
use crate::{TITLE, theme};

/// What to begin with.
#[derive(Clone, Debug, Default)]
pub struct Start {
    /// Open this model.
    pub model: Option<PathBuf>,
    /// Engine to choose.
    pub choice: EngineChoice,
    /// Predict the model once it is open.
    pub predict: bool,
    /// Write a picture of the window there once nothing is left to do, and close.
    pub screenshot: Option<PathBuf>,
}

/// The workbench.
pub struct App {
    state: AppState,
    worker: Worker,
    panels: Vec<Box<dyn Panel>>,
    /// Predict as soon as a model is open.
    predict_next: bool,
    capture: Option<Capture>,
    title: String,
}

impl App {
    /// The workbench in a window of `context`.
    ///
    /// # Errors
    /// The operating system has no thread to give.
    pub fn new(context: &egui::Context, start: Start) -> std::io::Result<Self> {
        theme::install(context);
        let wake = context.clone();
        let worker = Worker::start(move || wake.request_repaint())?;
        let mut app = Self {
            state: AppState { choice: start.choice, ..AppState::default() },
            worker,
            panels: panels::all(),
            predict_next: start.predict,
            capture: start.screenshot.map(Capture::new),
            title: String::new(),
        };
        if let Some(path) = start.model {
            app.execute(Command::Open(path));
        }
        Ok(app)
    }

    /// What the window shows.
    pub fn state(&self) -> &AppState {
        &self.state
    }

    /// Takes in what happened since the last frame; draws nothing.
    pub fn advance(&mut self, context: &egui::Context) {
        while let Ok(message) = self.worker.receive() {
            self.state.apply(message);
        }
        let dropped =
            context.input(|input| input.raw.dropped_files.first().map(|file| file.path().to_path_buf()));
        if let Some(path) = dropped {
            self.execute(Command::Open(path));
        }
        if self.predict_next && !self.state.is_busy() {
            self.predict_next = false;
            self.execute(Command::Predict);
        }
        self.set_title(context);
        if let Some(capture) = &mut self.capture
            && !self.state.is_busy()
            && let Some(problem) = capture.advance(context)
        {
            self.state.problem = Some(problem);
        }
    }

    /// Draws all panels, then does what they ask for.
    pub fn show(&mut self, ui: &mut egui::Ui) {
        let mut commands = Vec::new();
        for panel in &mut self.panels {
            let place = panel.place();
            place.show(panel.name(), ui, |ui| panel.ui(&self.state, &mut commands, ui));
        }
        for command in commands {
            self.execute(command);
        }
    }

    /// Does what was asked for, or says why not.
    pub fn execute(&mut self, command: Command) {
        match command {
            Command::Cancel => self.worker.cancel(),
            Command::Choose(choice) => self.state.choice = choice,
            Command::Open(path) => {
                if self.submit(Task::Open(path.clone())) {
                    self.state.asked = Some(path);
                    self.state.opening = true;
                    // What was running is cancelled; its answer would be stale.
                    if matches!(self.state.run, Run::Running(_)) {
                        self.state.run = Run::None;
                    }
                }
            }
            Command::Predict => {
                let Some(model) = self.state.model.clone() else { return };
                if !self.state.opening && self.submit(Task::Predict(model, self.state.choice)) {
                    self.state.run = Run::Running(0.0);
                }
            }
        }
    }

    /// Hands a task to the worker; false where it takes no more.
    fn submit(&mut self, task: Task) -> bool {
        let generation = self.worker.submit(task);
        match generation {
            Some(generation) => self.state.generation = generation,
            None => self.state.problem = Some("still busy with what was asked before; try again".into()),
        }
        generation.is_some()
    }

    fn set_title(&mut self, context: &egui::Context) {
        let title = match &self.state.model {
            Some(model) => format!("{TITLE}: {}", model.name()),
            None => TITLE.to_string(),
        };
        if title != self.title {
            context.send_viewport_cmd(egui::ViewportCommand::Title(title.clone()));
            self.title = title;
        }
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
