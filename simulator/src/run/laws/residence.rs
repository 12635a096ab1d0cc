//! The residence times by place of every workload sum to its response times, in runs of random systems.

use rayon::prelude::*;
use tracecast_model::RunControl;

use super::random;
use super::seam::{CASES, EVENTS, ROUNDING};
use crate::program::Program;
use crate::residence::Residence;
use crate::run::{Limits, Run, Watch};

#[test]
fn residence_times_sum_to_response_times() {
    let cases = std::env::var("TRACECAST_LAWS_CASES").map_or(CASES, |cases| cases.parse().unwrap());
    let done: f64 = (0..cases).into_par_iter().map(check).sum();
    assert!(done > 10.0 * cases as f64, "{done} requests in {cases} systems");
}

/// Requests done.
fn check(number: u64) -> f64 {
    let program = Program::compile(&random::system(number)).unwrap();
    let mut run = Run::with_probe(&program, number, 0, 0.0, Residence::new(&program));
    let watch = Watch::new(RunControl::none(), 0);
    let limits = Limits { until: f64::INFINITY, events: EVENTS, visits: usize::MAX, watch: &watch };
    // Twice, since figures are differences.
    run.advance(&Limits { events: EVENTS / 2, ..limits });
    let before = run.totals();
    run.advance(&limits);
    let totals = run.totals().since(&before);
    for (workload, spent) in totals.workloads.iter().zip(&totals.spent) {
        let sum: f64 = spent.iter().sum();
        let allowed = ROUNDING * workload.response.max(1e-3 * run.now);
        assert!((sum - workload.response).abs() <= allowed, "system {number}: {sum}, not {workload:?}");
        assert!(spent.iter().all(|&seconds| seconds >= -allowed), "system {number}: {spent:?}");
    }
    run.probe.assert_no_leak();
    totals.workloads.iter().map(|workload| workload.completed).sum()
}
