//! What can be written for others: a file here, and its line in [`Export::ALL`].

use std::sync::Arc;

use tracecast_experiment::picture;
use tracecast_model::{Prediction, native};

use crate::answers::Answer;
use crate::state::AppState;

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Export {
    /// The prediction, as the command line has it.
    Prediction,
    /// The changed model.
    Model,
    /// The architecture.
    Picture,
}

/// Makes the bytes, on a worker.
pub(crate) type Make = Box<dyn FnOnce() -> Result<Vec<u8>, String> + Send>;

impl Export {
    /// All of them, in the order of the menu.
    pub const ALL: [Self; 3] = [Self::Prediction, Self::Model, Self::Picture];

    /// For menus.
    pub fn title(self) -> &'static str {
        match self {
            Self::Prediction => "Prediction (JSON)",
            Self::Model => "Model with these changes (JSON)",
            Self::Picture => "Architecture (SVG)",
        }
    }

    /// Of its files.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Prediction | Self::Model => "json",
            Self::Picture => "svg",
        }
    }

    /// What to call the file of a scenario.
    pub(crate) fn file_name(self, scenario: &str) -> String {
        let kind = match self {
            Self::Prediction => "prediction",
            Self::Model => "model",
            Self::Picture => "architecture",
        };
        let plain = |c: char| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
        format!("{}-{kind}.{}", scenario.chars().map(plain).collect::<String>(), self.extension())
    }

    /// How it is made of the shown scenario.
    ///
    /// # Errors
    /// What is not there yet.
    pub(crate) fn prepare(self, state: &AppState) -> Result<Make, String> {
        let shown = state.shown().ok_or("there is nothing to export yet")?;
        Ok(match self {
            Self::Prediction => {
                let prediction = final_prediction(shown)?;
                Box::new(move || Ok(prediction_json(&prediction).into_bytes()))
            }
            Self::Model => {
                let made = Arc::clone(shown.made.as_ref().ok_or("the scenario does not fit the model")?);
                Box::new(move || Ok(native::write(&made.system).into_bytes()))
            }
            Self::Picture => {
                let picture = Arc::clone(shown.picture.as_ref().ok_or("there is no picture yet")?);
                Box::new(move || Ok(picture::svg(&picture).into_bytes()))
            }
        })
    }
}

/// What is as precise as asked for.
fn final_prediction(answer: &Answer) -> Result<Arc<Prediction>, String> {
    let best = if answer.simulation.prediction().is_some() { &answer.simulation } else { &answer.analytic };
    if !best.is_final() {
        return Err("the prediction is not as precise as asked for yet; a moment".into());
    }
    best.prediction().cloned().ok_or_else(|| "there is no prediction".into())
}

/// As `tracecast predict --json` prints it: without figures over time and histograms, which that leaves out unless asked.
pub fn prediction_json(prediction: &Prediction) -> String {
    let mut plain = prediction.clone();
    plain.series = None;
    plain.workloads.values_mut().for_each(|result| result.histogram.clear());
    let mut text = serde_json::to_string_pretty(&plain).unwrap_or_default();
    text.push('\n');
    text
}
