//! Steady state of a layered queueing network.

use tracecast_model::{EngineOptions, Feature, PredictError, Prediction, RunControl, System, feature};

use super::Method;
use crate::layered;

/// Mean values at steady load: exact mean value analysis where the system is a product-form network, else the
/// layered fixed point.
#[derive(Clone, Copy, Debug, Default)]
pub struct Layered;

/// What it covers beyond plain services.
const COVERED: [Feature; 9] = [
    Feature::Choice,
    Feature::Loop,
    Feature::SecondPhase,
    Feature::Forwarding,
    Feature::Quorum,
    Feature::RandomCallOrder,
    Feature::RandomScheduling,
    Feature::Priority,
    Feature::PreemptivePriority,
];

impl Method for Layered {
    fn name(&self) -> &'static str {
        "layered"
    }

    fn summary(&self) -> &'static str {
        "steady state of nested services: exact mean value analysis where it holds, else layer by layer"
    }

    fn covers(&self, system: &System) -> bool {
        system.workloads.iter().all(|workload| !workload.load.is_finite())
    }

    fn predict(
        &self,
        system: &System,
        options: &EngineOptions,
        control: &RunControl<'_>,
    ) -> Result<Prediction, PredictError> {
        feature::require(system, &COVERED, crate::ENGINE)?;
        layered::predict(self.name(), system, options, control)
    }
}
