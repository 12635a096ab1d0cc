//! Whether the shop of `examples/retry-storm` comes back after ten slow seconds.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use tracecast_experiment::recovery::{self, Recovery};
use tracecast_experiment::{EngineChoice, predict};
use tracecast_model::{EngineOptions, Load, RatePoint, RateProfile, RunControl, System, native};

fn model(name: &str) -> System {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/retry-storm").join(name);
    native::read(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// What becomes of the customers, if so many of them come per second.
fn recovery_at(mut system: System, rate: f64) -> Recovery {
    let points = [0.0, 240.0].map(|at| RatePoint { at, rate }).to_vec();
    system.workloads[0].load = Load::Profile(RateProfile::new(points));
    let options = EngineOptions {
        series_bin: recovery::bin(&system),
        replications: Some(4),
        ..EngineOptions::default()
    };
    let prediction = predict(&system, EngineChoice::Auto, &options, &RunControl::none()).unwrap();
    recovery::recoveries(&system, &prediction).remove(0)
}

/// The database can serve 200 requests per second, and the shop makes up to four attempts for each: beyond 50 per second the
/// attempts alone keep it overloaded once they all come too late, and below they do not.
#[test]
fn retries_keep_a_system_down_that_they_can_overload() {
    for (rate, comes_back) in [(40.0, true), (70.0, false), (120.0, false)] {
        let recovery = recovery_at(model("model.json"), rate);
        assert_eq!(recovery.after.is_some(), comes_back, "at {rate} requests per second: {recovery:?}");
        assert_eq!(recovery.reasons.is_empty(), comes_back, "{recovery:?}");
    }
}

/// 120 requests per second and a fifth of that are 144 attempts: less than the database can serve.
#[test]
fn a_budget_lets_it_come_back() {
    let recovery = recovery_at(model("with-budget.json"), 120.0);
    assert!(recovery.after.is_some_and(|after| after < 60.0), "{recovery:?}");
}
