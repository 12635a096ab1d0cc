//! Drain of counted requests.

use tracecast_model::{EngineOptions, Load, PredictError, Prediction, RunControl, System, feature};

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
        let counted = |load: &Load| matches!(load, Load::Burst { .. } | Load::SerialClient(_));
        system.workloads.len() == 1 && system.workloads.iter().all(|workload| counted(&workload.load))
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
