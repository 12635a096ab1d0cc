//! The figures of clients who give up and try again.

use tracecast_model::{CallResult, Fates, Metric, ResponseTime, Workload, WorkloadResult};

use super::{Outcome, makespan};
use crate::fluid::attempts::{Counted, Figure};
use crate::fluid::rates::Equations;

/// What their requests have come to.
pub(super) fn workload(
    equations: &Equations<'_>,
    outcome: &Outcome,
    class: usize,
    counted: &Counted,
) -> WorkloadResult {
    let network = equations.network;
    let load = &network.system.workloads[network.classes[class].workload].load;
    let (completed, failed) = (counted.of(Figure::Completed), counted.of(Figure::Failed));
    let share = |part: f64| (counted.ended() > 1e-9).then(|| Metric::exact(part / counted.ended()));
    let response_time =
        ResponseTime { mean: counted.of(Figure::Response) / completed, ..ResponseTime::default() };
    let total = load.total_requests();
    let failed_count = total.map(|total| (failed.round() as u64).min(total));
    WorkloadResult {
        throughput: (outcome.time > 0.0).then(|| Metric::exact(completed / outcome.time)),
        response_time: (completed > 1e-9).then_some(response_time),
        started: total,
        completed: total.zip(failed_count).map(|(total, failed)| total - failed),
        failed: failed_count,
        failed_share: share(failed),
        fates: Some(Fates {
            served: share(completed - counted.of(Figure::Retried)),
            retried: share(counted.of(Figure::Retried)),
            timed_out: share(failed),
            ..Fates::default()
        }),
        makespan: makespan(outcome, class, load),
        ..WorkloadResult::default()
    }
}

/// What their calls have come to.
pub(super) fn call(workload: &Workload, outcome: &Outcome, counted: &Counted) -> CallResult {
    let quotient = |part: f64, whole: f64| (whole > 1e-9).then(|| Metric::exact(part / whole));
    let retry = workload.resilience.as_ref().and_then(|policy| policy.retry.as_ref());
    let has_budget = retry.is_some_and(|retry| retry.budget.is_some());
    CallResult {
        rate: quotient(counted.ended(), outcome.time),
        attempts: quotient(counted.of(Figure::Attempts), counted.ended()),
        timeout_share: quotient(counted.of(Figure::Timeouts), counted.of(Figure::Attempts)),
        refused_retries: quotient(counted.of(Figure::Refused), outcome.time).filter(|_| has_budget),
        failed_share: quotient(counted.of(Figure::Failed), counted.ended()),
        ..CallResult::default()
    }
}
