//! What the tests share.

use tracecast_model::{
    Activity, Burst, Distribution, Engine, EngineOptions, Host, Load, Metric, Multiplicity, Operation,
    OperationRef, Prediction, ResponseTime, RunControl, Service, System, Workload,
};
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

/// Options for a system without chance.
pub(crate) fn twice() -> EngineOptions {
    EngineOptions { replications: Some(2), ..EngineOptions::default() }
}

/// Asserts that a simulated mean is within [`K`] half-widths of the theory. 1e-9 relative is for figures without
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

/// A figure without variance.
#[track_caller]
pub(crate) fn assert_exactly(metric: Option<Metric>, expected: f64) {
    let metric = metric.expect("the figure exists");
    assert_exact(metric.mean, expected);
    assert!(metric.half_width.expect("it has a half width") <= 1e-9 * expected.abs().max(1e-3));
}

pub(crate) fn response(prediction: &Prediction, workload: &str) -> ResponseTime {
    prediction.workloads[workload].response_time.expect("the workload has completions")
}

pub(crate) fn host(name: &str, cores: u32) -> Host {
    Host::new(name).with_cores(Multiplicity::Finite(cores))
}

/// A service of one operation "serve" that works for so long each time.
pub(crate) fn worker(name: &str, host: &str, seconds: f64) -> Service {
    let work = Activity::working(Distribution::deterministic(seconds));
    Service::new(name, host).with_operation(Operation::new("serve").with_activity(work))
}

/// A burst at time 0 on operation "serve" of a service; the workload is called like the service.
pub(crate) fn burst(service: &str, size: u32) -> Workload {
    let load = Load::Burst { bursts: vec![Burst { size, at: 0.0 }] };
    Workload::new(service, OperationRef::new(service, "serve"), load).until_all_work_is_done()
}
