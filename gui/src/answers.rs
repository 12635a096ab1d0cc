//! What the engines say of scenarios.

use std::collections::HashMap;
use std::sync::Arc;

use tracecast_experiment::picture::Picture;
use tracecast_experiment::recovery::Recovery;
use tracecast_model::{Diagnostic, Prediction, Severity, System};

use crate::project::{Content, RunOptions};
use crate::remedies::Remedy;

/// What an answer is of: a scenario on the open model, and how to predict. Scenarios that are the same share it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(String);

impl Key {
    pub(crate) fn of(content: &Content, options: &RunOptions) -> Self {
        // Plain data with text keys always has a JSON form.
        Self(serde_json::to_string(&(content, options)).unwrap_or_default())
    }
}

/// Everything known of one scenario.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// The changed system, its problems, and what it looks like; absent until the worker has made it.
    pub made: Option<Arc<Made>>,
    /// Why the scenario does not fit the model.
    pub misfit: Option<String>,
    /// From the analytic engine.
    pub analytic: Figures,
    /// From the simulator.
    pub simulation: Figures,
    /// Whether what went wrong is overcome, of a simulation with faults.
    pub recoveries: Vec<Recovery>,
    /// What would help, where that was asked for.
    pub remedies: Asked<Vec<Remedy>>,
    /// The architecture with its load, from the best figures so far.
    pub picture: Option<Arc<Picture>>,
}

/// Something that is found out on request only.
#[derive(Clone, Debug, Default)]
pub enum Asked<T> {
    /// Not asked for.
    #[default]
    No,
    /// A worker is at it.
    Running,
    /// It is known.
    Done(T),
    /// It cannot be known.
    Failed(String),
}

impl<T> From<Result<T, String>> for Asked<T> {
    fn from(found: Result<T, String>) -> Self {
        match found {
            Ok(found) => Self::Done(found),
            Err(problem) => Self::Failed(problem),
        }
    }
}

impl<T> Asked<T> {
    /// Nobody is at it any more.
    pub(crate) fn forget_running(&mut self) {
        if matches!(self, Self::Running) {
            *self = Self::No;
        }
    }
}

/// A changed system.
#[derive(Debug)]
pub struct Made {
    /// The system.
    pub system: System,
    /// What is wrong with it.
    pub diagnostics: Vec<Diagnostic>,
}

impl Made {
    /// Why it cannot be predicted.
    pub fn obstacle(&self) -> Option<&'static str> {
        if self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
            Some("the model has errors")
        } else if self.system.workloads.is_empty() {
            Some("the model has no workload")
        } else {
            None
        }
    }
}

/// How far the prediction of an engine is.
#[derive(Clone, Debug, Default)]
pub enum Figures {
    /// Not there yet.
    #[default]
    Awaited,
    /// A first answer, with wider intervals than asked for.
    Coarse(Arc<Prediction>),
    /// The answer.
    Done(Arc<Prediction>),
    /// There is none, and why.
    Refused(String),
}

impl Figures {
    /// The prediction, as far as there is one.
    pub fn prediction(&self) -> Option<&Arc<Prediction>> {
        match self {
            Self::Coarse(prediction) | Self::Done(prediction) => Some(prediction),
            Self::Awaited | Self::Refused(_) => None,
        }
    }

    /// Is nothing better to come?
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Done(_) | Self::Refused(_))
    }
}

impl Answer {
    /// The best figures so far: simulated ones, else those of the analytic engine.
    pub fn best(&self) -> Option<&Arc<Prediction>> {
        self.simulation.prediction().or_else(|| self.analytic.prediction())
    }

    /// Why there are no figures and will not be.
    pub fn problem(&self) -> Option<String> {
        if let Some(misfit) = &self.misfit {
            return Some(misfit.clone());
        }
        if let Some(obstacle) = self.made.as_ref().and_then(|made| made.obstacle()) {
            return Some(format!("cannot predict: {obstacle}"));
        }
        match (&self.analytic, &self.simulation) {
            (Figures::Refused(_), Figures::Refused(why)) => Some(why.clone()),
            _ => None,
        }
    }
}

/// Answers that are kept, so that undo has them at once.
const KEPT: usize = 200;

/// All answers.
#[derive(Default)]
pub struct Answers {
    of: HashMap<Key, Answer>,
    /// Oldest first.
    order: Vec<Key>,
}

impl Answers {
    /// What is known of it.
    pub fn get(&self, key: &Key) -> Option<&Answer> {
        self.of.get(key)
    }

    /// To be filled.
    pub(crate) fn entry(&mut self, key: &Key) -> &mut Answer {
        if !self.of.contains_key(key) {
            self.order.push(key.clone());
            if self.order.len() > KEPT {
                let oldest = self.order.remove(0);
                self.of.remove(&oldest);
            }
        }
        self.of.entry(key.clone()).or_default()
    }

    /// Nobody is at what was asked for any more.
    pub(crate) fn forget_running(&mut self) {
        self.of.values_mut().for_each(|answer| answer.remedies.forget_running());
    }

    pub(crate) fn clear(&mut self) {
        self.of.clear();
        self.order.clear();
    }
}
