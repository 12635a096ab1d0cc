//! Residence times as they are told.

use indexmap::IndexMap;
use tracecast_model::{Metric, Residence, System};

use super::{STAGES, Stage, place};
use crate::report::Outcome;
use crate::statistics::totals::Totals;

/// By operation that its requests were in: where the response times of a workload were spent; nothing where that was not
/// asked for.
pub(crate) fn residences(system: &System, workload: usize, outcome: &Outcome) -> IndexMap<String, Residence> {
    let per_request = |sample: &Totals, places: std::ops::Range<usize>| -> Option<f64> {
        let done = sample.workloads[workload].completed;
        let seconds: f64 = sample.spent.get(workload)?[places].iter().sum();
        (done > 0.0).then(|| seconds / done)
    };
    let stage = |operation: usize, stage: Stage| -> Option<Metric> {
        let place = place(operation, stage);
        outcome
            .metric_if_any(|sample| per_request(sample, place..place + 1))
            .filter(|metric| metric.mean > 0.0)
    };
    let residence = |operation: usize| -> Option<Residence> {
        let first = operation * STAGES;
        let total = outcome.metric_if_any(|sample| per_request(sample, first..first + STAGES))?;
        Some(Residence {
            total,
            network: stage(operation, Stage::Network),
            waiting_for_thread: stage(operation, Stage::Thread),
            waiting_for_core: stage(operation, Stage::Core),
            work: stage(operation, Stage::Work),
            delay: stage(operation, Stage::Delay),
        })
    };
    let all = system.operations().enumerate();
    let found = all.filter_map(|(number, (name, _))| Some((name.to_string(), residence(number)?)));
    found.filter(|(_, residence)| residence.total.mean > 0.0).collect()
}
