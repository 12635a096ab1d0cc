//! Loads that change over time.

use tracecast_model::{
    EngineOptions, Feature, PredictError, Prediction, RunControl, System, Workload, feature,
};

use super::Method;
use crate::fluid;

/// Bursts beside other loads, and several of them: means over time with their spread.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fluid;

/// What it covers beyond plain services.
const COVERED: [Feature; 8] = [
    Feature::Autoscaling,
    Feature::Choice,
    Feature::Faults,
    Feature::Loop,
    Feature::Resilience,
    Feature::SecondPhase,
    Feature::RandomCallOrder,
    Feature::RandomScheduling,
];

impl Method for Fluid {
    fn name(&self) -> &'static str {
        "fluid"
    }

    fn summary(&self) -> &'static str {
        "bursts, changing loads and retry storms over time: fluid limit with the spread around it"
    }

    fn covers(&self, system: &System) -> bool {
        let scales = system.services.iter().any(|service| service.autoscaler.is_some());
        let goes_wrong = !system.faults.is_empty();
        let gives_up = |workload: &Workload| workload.resilience.is_some();
        let finite_or_not = |workload: &Workload| workload.load.is_finite() || gives_up(workload);
        scales || goes_wrong || system.workloads.iter().any(finite_or_not)
    }

    fn predict(
        &self,
        system: &System,
        options: &EngineOptions,
        control: &RunControl<'_>,
    ) -> Result<Prediction, PredictError> {
        feature::require(system, &COVERED, crate::ENGINE)?;
        fluid::predict(self.name(), system, options, control)
    }
}
