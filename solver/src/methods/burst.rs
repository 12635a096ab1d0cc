//! Drain of counted requests.

use tracecast_model::{
    Completion, EngineOptions, Load, PredictError, Prediction, RunControl, Step, System, feature,
};

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

    /// A serial client's load; and one of bursts where it is more accurate than the fluid solution, which is where all
    /// times are constant, or tells more, which is where there are forks or requests count until all their work is done.
    fn covers(&self, system: &System) -> bool {
        let [workload] = system.workloads.as_slice() else { return false };
        match workload.load {
            Load::SerialClient(_) => true,
            Load::Burst { .. } => {
                let all_work = workload.completion == Completion::AllWork;
                is_constant(system) || has_forks(system) || all_work && feature::features(system).is_empty()
            }
            Load::Closed { .. } | Load::Poisson { .. } | Load::Profile(_) | Load::Replay { .. } => false,
        }
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

/// Is every demand and every delay always the same?
fn is_constant(system: &System) -> bool {
    system.operations().all(|(_, operation)| {
        operation.activities().iter().all(|activity| {
            let latencies = activity.calls.iter().map(|call| &call.latency);
            latencies.chain([&activity.demand, &activity.delay]).all(|time| time.variance() == 0.0)
        })
    })
}

fn has_forks(system: &System) -> bool {
    system.operations().any(|(_, operation)| operation.has_step(|step| matches!(step, Step::Fork(_))))
}
