//! The layered method against simulated references of 85 layered queueing networks. The example `accuracy` prints them.

#![allow(clippy::unwrap_used, reason = "in helpers of tests, too")]

use serde_json::Value;
use tracecast_model::{Engine, EngineOptions, Prediction, RunControl, Status, System, fixtures, lqn};
use tracecast_solver::Analytic;

/// Figures below this are zero but for chance.
const NEARLY_ZERO: f64 = 1e-6;

/// Absolute relative errors: mean over the task throughputs, and over the entry holding times by phase.
fn errors(system: &System, prediction: &Prediction, truth: &Value) -> (f64, f64) {
    let error = |found: Option<f64>, expected: &Value| {
        let expected = expected.as_f64().filter(|&expected| expected > NEARLY_ZERO)?;
        Some((found.unwrap_or(0.0) / expected - 1.0).abs())
    };
    let mean = |errors: Vec<f64>| errors.iter().sum::<f64>() / errors.len() as f64;
    let tasks = truth["tasks"].as_object().unwrap().iter();
    let throughputs = tasks.filter_map(|(task, figures)| {
        let found = prediction.services.get(task).and_then(|service| service.throughput);
        error(found.map(|metric| metric.mean), &figures["throughput"])
    });
    let holding = system.operations().flat_map(|(name, _)| {
        let found = &prediction.operations[&name.to_string()].holding_time;
        let phases =
            truth["entries"][name.operation()]["service_time"].as_array().cloned().unwrap_or_default();
        phases
            .iter()
            .enumerate()
            .filter_map(|(phase, expected)| error(found.get(phase).map(|metric| metric.mean), expected))
            .collect::<Vec<_>>()
    });
    (mean(throughputs.collect()), mean(holding.collect()))
}

/// Median, 90th percentile and greatest.
fn summary(mut errors: Vec<f64>) -> [f64; 3] {
    errors.sort_by(f64::total_cmp);
    let n = errors.len();
    [errors[n / 2], errors[(9 * n).div_ceil(10) - 1], errors[n - 1]]
}

/// The limits are what is promised for models never seen; another solver of the field has 1.5, 12.8 and 57 % for
/// throughputs, 6.4, 17.8 and 43 % for holding times. References are good to 0.7 %.
#[test]
fn errors_are_small() {
    let Some(folder) = fixtures::shared("data/lqn") else { return };
    let reference = std::fs::read_to_string(folder.join("reference.json")).unwrap();
    let reference: Value = serde_json::from_str(&reference).unwrap();
    let (mut throughputs, mut holding) = (Vec::new(), Vec::new());
    for (name, truth) in reference.as_object().unwrap() {
        let text = std::fs::read_to_string(folder.join(format!("models/{name}.lqnx"))).unwrap();
        let system = lqn::read_xml(&text).unwrap();
        let prediction = Analytic.predict(&system, &EngineOptions::default(), &RunControl::none()).unwrap();
        assert_eq!(prediction.status, Status::Converged, "{name}");
        let (throughput, hold) = errors(&system, &prediction, truth);
        throughputs.push(throughput);
        holding.push(hold);
    }
    for (what, errors, limits) in
        [("throughput", throughputs, [0.01, 0.06, 0.20]), ("holding time", holding, [0.03, 0.09, 0.20])]
    {
        let found = summary(errors);
        assert!(found.iter().zip(limits).all(|(found, limit)| *found <= limit), "{what}: {found:?}");
    }
}
