//! Drain of counted requests.

use tracecast_model::{EngineOptions, PredictError, Prediction, RunControl, System, feature};

use super::Method;
use crate::burst;

/// Makespan and completion times of a load that ends by itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct BurstDrain;

impl Method for BurstDrain {
    fn name(&self) -> &'static str {
        "burst"
    }

    fn summary(&self) -> &'static str {
        "time to work off counted requests: mean, spread and percentiles of every completion"
    }

    fn covers(&self, system: &System) -> bool {
        system.workloads.len() == 1 && system.workloads.iter().all(|workload| workload.load.is_finite())
    }

    fn predict(
        &self,
        system: &System,
        options: &EngineOptions,
        control: &RunControl<'_>,
    ) -> Result<Prediction, PredictError> {
        feature::require(system, &[], crate::ENGINE)?;
        burst::predict(self.name(), system, options, control)
    }
}
