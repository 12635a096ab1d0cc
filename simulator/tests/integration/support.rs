//! What the tests share.

use tracecast_model::{Engine, EngineOptions, Metric, Prediction, ResponseTime, RunControl, System};
use tracecast_simulator::Simulation;

/// Half-widths by which a simulated mean may be off (see the crate's documentation).
pub(crate) const K: f64 = 2.0;

pub(crate) fn simulate(system: &System, options: &EngineOptions) -> Prediction {
    Simulation.predict(system, options, &RunControl::none()).expect("the system is valid and covered")
}

/// Options for a check of means: looser than the default, to be quick.
pub(crate) fn quick() -> EngineOptions {
    EngineOptions { precision: 0.03, ..EngineOptions::default() }
}

/// Asserts that a simulated mean is within [`K`] half-widths of the theory. `1e-9` relative is for figures without
/// variance, where only rounding is left.
#[track_caller]
pub(crate) fn assert_mean(metric: Metric, theory: f64) {
    let half_width = metric.half_width.expect("a simulated mean has a half width");
    let allowed = K * half_width + 1e-9 * theory.abs();
    assert!(
        (metric.mean - theory).abs() <= allowed,
        "simulated {} ± {half_width}, theory {theory}",
        metric.mean
    );
}

/// Asserts equality up to rounding.
#[track_caller]
pub(crate) fn assert_exact(found: f64, expected: f64) {
    assert!(
        (found - expected).abs() <= 1e-9 * expected.abs().max(1e-3),
        "found {found}, expected {expected}"
    );
}

pub(crate) fn response(prediction: &Prediction, workload: &str) -> ResponseTime {
    prediction.workloads[workload].response_time.expect("the workload has completions")
}
