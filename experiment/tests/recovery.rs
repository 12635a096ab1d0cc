//! Whether the shop of `examples/retry-storm` comes back after ten slow seconds.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use tracecast_experiment::recovery::{self, Recovery};
use tracecast_experiment::{EngineChoice, predict};
use tracecast_model::{EngineOptions, Load, Prediction, RatePoint, RateProfile, RunControl, System, native};

fn model(name: &str) -> System {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/retry-storm").join(name);
    native::read(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// What becomes of the customers, if so many of them come per second.
fn recovery_at(mut system: System, rate: f64, engine: EngineChoice) -> Recovery {
    let points = [0.0, 240.0].map(|at| RatePoint { at, rate }).to_vec();
    system.workloads[0].load = Load::Profile(RateProfile::new(points));
    let options = EngineOptions {
        series_bin: recovery::bin(&system),
        replications: Some(4),
        ..EngineOptions::default()
    };
    let prediction = predict(&system, engine, &options, &RunControl::none()).unwrap();
    recovery::recoveries(&system, &prediction).remove(0)
}

const ENGINES: [EngineChoice; 2] = [EngineChoice::Simulation, EngineChoice::Analytic];

/// The database can serve 200 requests per second, and the shop makes up to four attempts for each: beyond 50 per second the
/// attempts alone keep it overloaded once they all come too late, and below they do not. Both engines see the boundary there;
/// near to it what is left of the overload takes longer to be worked off than is looked at.
#[test]
fn retries_keep_a_system_down_that_they_can_overload() {
    for engine in ENGINES {
        for (rate, comes_back) in [(40.0, true), (45.0, true), (55.0, false), (70.0, false), (120.0, false)] {
            let recovery = recovery_at(model("model.json"), rate, engine);
            let message = format!("{}, at {rate} requests per second: {recovery:?}", engine.name());
            assert_eq!(recovery.after.is_some(), comes_back, "{message}");
            assert_eq!(recovery.reasons.is_empty(), comes_back, "{message}");
        }
    }
}

/// 120 requests per second and a fifth of that are 144 attempts: less than the database can serve.
#[test]
fn a_budget_lets_it_come_back() {
    for engine in ENGINES {
        let recovery = recovery_at(model("with-budget.json"), 120.0, engine);
        assert!(recovery.after.is_some_and(|after| after < 60.0), "{}: {recovery:?}", engine.name());
    }
}

/// What becomes of the requests in the storm, by one engine as by the other: shares within 0.02, attempts and the time until
/// all is worked off within 2 %, which is about what runs differ by, and what mean numbers leave out.
#[test]
fn engines_agree_on_the_storm() {
    let system = model("model.json");
    let options = EngineOptions { replications: Some(4), ..EngineOptions::default() };
    let [simulated, solved] =
        ENGINES.map(|engine| predict(&system, engine, &options, &RunControl::none()).unwrap());
    let near = |what: &str, of: &dyn Fn(&Prediction) -> f64, allowed: f64| {
        let (simulated, solved) = (of(&simulated), of(&solved));
        assert!((simulated - solved).abs() <= allowed, "{what}: {simulated} simulated, {solved} solved");
    };
    let call = |prediction: &Prediction| prediction.calls["customers -> shop/order"].clone();
    near("failed", &|prediction| call(prediction).failed_share.unwrap().mean, 0.02);
    near("too late", &|prediction| call(prediction).timeout_share.unwrap().mean, 0.02);
    near("attempts", &|prediction| call(prediction).attempts.unwrap().mean, 0.02 * 3.2);
    near("makespan", &|prediction| prediction.workloads["customers"].makespan.unwrap().mean, 0.02 * 499.0);
}
