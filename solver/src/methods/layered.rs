//! Steady state of a layered queueing network.

use tracecast_model::{EngineOptions, Feature, PredictError, Prediction, RunControl, System, feature};

use super::Method;
use crate::{Start, layered};

/// Mean values at steady load: exact mean value analysis where the system is a product-form network, else the
/// layered fixed point.
#[derive(Clone, Copy, Debug, Default)]
pub struct Layered;

/// What it covers beyond plain services.
const COVERED: [Feature; 12] = [
    Feature::Choice,
    Feature::Loop,
    Feature::BranchReply,
    Feature::SecondPhase,
    Feature::Forwarding,
    Feature::Quorum,
    Feature::RandomCallOrder,
    Feature::RandomScheduling,
    Feature::Priority,
    Feature::PreemptivePriority,
    Feature::FanOut,
    Feature::HostReplicas,
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
        Ok(self.predict_from(None, system, options, control)?.0)
    }

    fn predict_from(
        &self,
        start: Option<&Start>,
        system: &System,
        options: &EngineOptions,
        control: &RunControl<'_>,
    ) -> Result<(Prediction, Option<Start>), PredictError> {
        feature::require(system, &COVERED, crate::ENGINE)?;
        let start = start.map(|Start(fixed)| fixed);
        let (prediction, fixed) = layered::predict(self.name(), system, start, options, control)?;
        Ok((prediction, fixed.map(Start)))
    }
}
