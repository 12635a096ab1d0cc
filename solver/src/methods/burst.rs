//! Drain of counted requests.

use tracecast_model::{
    Activity, CallKind, Completion, EngineOptions, Load, Operation, PredictError, Prediction, RunControl,
    Service, Step, System, Warning, feature,
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
            Load::Burst { .. } if system.services.iter().any(|service| service.autoscaler.is_some()) => false,
            Load::Burst { .. } if workload.resilience.is_some() || !system.faults.is_empty() => false,
            Load::Burst { .. } => {
                let all_work = workload.completion == Completion::AllWork;
                is_constant(system) || has_forks(system) || all_work && feature::features(system).is_empty()
            }
            Load::Closed { .. }
            | Load::Poisson { .. }
            | Load::Renewal { .. }
            | Load::Markov(_)
            | Load::Profile(_)
            | Load::Replay { .. } => false,
        }
    }

    fn predict(
        &self,
        system: &System,
        options: &EngineOptions,
        control: &RunControl<'_>,
    ) -> Result<Prediction, PredictError> {
        feature::require(system, &[], crate::ENGINE)?;
        let mut prediction = burst::predict(self.name(), system, options, control)?;
        prediction.warnings.extend(too_few_tasks(system));
        Ok(prediction)
    }
}

/// Tasks per thread below which the end depends on how random times are distributed, not only on two moments.
const MANY: f64 = 20.0;
/// Threads from which that matters.
const SEVERAL: f64 = 3.0;

/// The recursion takes times as normal. With random tasks and few of them per thread it ends too early: exponential tasks
/// on 20 threads by 15 % of the makespan at 200 tasks, by half at 20 (against the harmonic sum).
fn too_few_tasks(system: &System) -> Option<Warning> {
    let requests: u64 = system.workloads.iter().filter_map(|workload| workload.load.total_requests()).sum();
    let calls = system.operations().flat_map(|(_, operation)| operation.activities());
    let messages =
        calls.flat_map(|activity| &activity.calls).filter(|call| call.kind == CallKind::Asynchronous);
    let receivers: Vec<&str> = messages.map(|call| call.to.service()).collect();
    let few = |service: &&Service| {
        let threads = service.total_threads().as_f64();
        let varies = |activity: &Activity| activity.demand.variance() + activity.delay.variance() > 0.0;
        let random = |operation: &Operation| operation.activities().into_iter().any(varies);
        threads >= SEVERAL && (requests as f64) < MANY * threads && service.operations.iter().any(random)
    };
    let service =
        system.services.iter().filter(|service| receivers.contains(&service.name.as_str())).find(few)?;
    let message =
        "random task times, and few requests per thread: the makespan may be much too short; simulate";
    Some(Warning::new("few-tasks", format!("service \"{}\"", service.name), message))
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
