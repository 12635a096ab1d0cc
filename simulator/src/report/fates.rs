//! What becomes of requests.

use tracecast_model::{Fates, Metric};

use super::Outcome;
use crate::statistics::totals::{Totals, Trouble, WorkloadTotals};

/// Share of the requests of a workload that failed.
pub(super) fn failed_share(workload: usize, outcome: &Outcome) -> Option<Metric> {
    share(workload, outcome, |totals| totals.failed)
}

/// Shares of all fates.
pub(super) fn fates(workload: usize, outcome: &Outcome) -> Fates {
    let failed_by = |troubles: &'static [Trouble]| {
        let count = move |totals: &WorkloadTotals| {
            troubles.iter().map(|&trouble| totals.failed_by[trouble as usize]).sum()
        };
        share(workload, outcome, count)
    };
    Fates {
        served: share(workload, outcome, |totals| totals.completed - totals.retried),
        retried: share(workload, outcome, |totals| totals.retried),
        error: failed_by(&[Trouble::Error]),
        timed_out: failed_by(&[Trouble::TimedOut]),
        shed: failed_by(&[Trouble::Shed]),
        lost: failed_by(&[Trouble::NoPlace, Trouble::Crash]),
    }
}

fn share(workload: usize, outcome: &Outcome, part: impl Fn(&WorkloadTotals) -> f64) -> Option<Metric> {
    let of = |sample: &Totals| sample.workloads[workload];
    outcome.share(move |sample| part(&of(sample)), move |sample| of(sample).failed + of(sample).completed)
}
