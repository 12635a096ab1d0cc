//! Drain of counted requests.
use tracecast_model::{EngineOptions, PredictError, Prediction, RunControl, System};

pub(crate) fn predict(
    _method: &str,
    _system: &System,
    _options: &EngineOptions,
    _control: &RunControl<'_>,
) -> Result<Prediction, PredictError> {
    Err(crate::unsupported("burst", ""))
}
