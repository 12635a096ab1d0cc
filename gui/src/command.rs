//! What a panel may ask for.

use std::path::PathBuf;

use tracecast_experiment::EngineChoice;

/// A wish of the user, carried out after all panels are drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Stop the prediction that is running.
    Cancel,
    /// Predict with this engine from now on.
    Choose(EngineChoice),
    /// Open this model.
    Open(PathBuf),
    /// Predict the open model.
    Predict,
}
