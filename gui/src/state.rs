//! What the window shows.

use std::path::PathBuf;
use std::sync::Arc;

use tracecast_experiment::EngineChoice;
use tracecast_experiment::picture::Picture;
use tracecast_model::{Diagnostic, Prediction, Severity, System};

use crate::worker::{Finding, Message};

/// Everything that panels may read.
#[derive(Default)]
pub struct AppState {
    /// Number of the latest job; what earlier ones find is stale.
    pub generation: u64,
    /// The model last asked for, whether it could be opened or not.
    pub asked: Option<PathBuf>,
    /// Is it still being opened?
    pub opening: bool,
    /// Why the last thing asked for could not be done.
    pub problem: Option<String>,
    /// The open model.
    pub model: Option<Arc<Model>>,
    /// Which engine is to predict.
    pub choice: EngineChoice,
    /// How far the prediction of the open model is.
    pub run: Run,
}

/// An open model.
#[derive(Debug)]
pub struct Model {
    /// Where it is from.
    pub path: PathBuf,
    /// The model.
    pub system: System,
    /// What is wrong with it.
    pub diagnostics: Vec<Diagnostic>,
    /// What it looks like.
    pub picture: Picture,
}

/// How far a prediction is.
#[derive(Clone, Debug, Default)]
pub enum Run {
    /// Not asked for.
    #[default]
    None,
    /// On the worker; the part done, from 0 to 1.
    Running(f64),
    /// Answered.
    Done(Arc<Answer>),
    /// It could not be tried.
    Failed(String),
}

/// A prediction and the picture of the model with it.
#[derive(Debug)]
pub struct Answer {
    /// The figures.
    pub prediction: Prediction,
    /// The architecture with its load.
    pub picture: Picture,
}

impl Model {
    /// Name of the model, or else of its file.
    pub fn name(&self) -> String {
        let file = || self.path.file_name().map(|name| name.to_string_lossy().into_owned());
        self.system.name.clone().or_else(file).unwrap_or_else(|| "model".into())
    }

    /// Is anything wrong that stops a prediction?
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }
}

impl AppState {
    /// Takes in what the worker found, unless it is stale.
    pub(crate) fn apply(&mut self, message: Message) {
        if message.generation != self.generation {
            return;
        }
        match message.finding {
            Finding::Opened(result) => {
                self.opening = false;
                match result {
                    Ok(model) => {
                        self.model = Some(model);
                        self.problem = None;
                        self.run = Run::None;
                    }
                    Err(problem) => self.problem = Some(problem),
                }
            }
            Finding::Progress(part) => {
                if matches!(self.run, Run::Running(_)) {
                    self.run = Run::Running(part);
                }
            }
            Finding::Predicted(Ok(answer)) => self.run = Run::Done(answer),
            Finding::Predicted(Err(problem)) => self.run = Run::Failed(problem),
        }
    }

    /// Is the worker busy with something that will change this?
    pub fn is_busy(&self) -> bool {
        self.opening || matches!(self.run, Run::Running(_))
    }

    /// The picture to show: with load where there is a prediction.
    pub fn picture(&self) -> Option<&Picture> {
        match &self.run {
            Run::Done(answer) => Some(&answer.picture),
            _ => self.model.as_ref().map(|model| &model.picture),
        }
    }
}
