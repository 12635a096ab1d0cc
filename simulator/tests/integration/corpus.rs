//! Against the reference solutions of a corpus of layered queueing networks, made by another simulator.
//!
//! The example `corpus` runs all of it.

use serde_json::Value;
use tracecast_model::{EngineOptions, Metric, Prediction, fixtures, lqn};

use crate::support::simulate;

/// One model for each thing that can be said, among those that are quick.
const MODELS: [&str; 13] = [
    "activity-10",
    "async-10",
    "closed-06",
    "cv2-03",
    "cv2-06",
    "multi-04",
    "own-fwd-chain",
    "own-hol-task-3class",
    "own-ppr-open-layers",
    "own-quorum-2of3",
    "phase2-02",
    "prio-07",
    "ps-02",
];

/// Of a mean of three values in terms of their range: half the width of its 99 % interval (Lord 1947, "The use of range in
/// place of standard deviation in the t-test", Biometrika 34, table 9).
const HALF_WIDTH_BY_RANGE: f64 = 3.008;

/// From 95 to 99 %: quantiles of Student's distribution with 19 degrees of freedom, for twenty replications.
const WIDER: f64 = 2.861 / 2.093;

/// The reference has six digits.
const ROUNDING: f64 = 1e-5;

/// Part of the figures whose 99 % intervals, the reference's and ours, have to overlap.
const AGREEING: f64 = 0.98;

#[test]
fn figures_agree_with_another_simulator() {
    let Some(folder) = fixtures::shared("data/lqn") else { return };
    let reference = std::fs::read_to_string(folder.join("reference.json")).unwrap();
    let reference: Value = serde_json::from_str(&reference).unwrap();
    let mut figures = Vec::new();
    for name in MODELS {
        let text = std::fs::read_to_string(folder.join(format!("models/{name}.lqnx"))).unwrap();
        let prediction = simulate(&lqn::read_xml(&text).unwrap(), &EngineOptions::default());
        figures.extend(throughputs(&prediction, &reference[name]).map(|figure| (name, figure)));
        figures.extend(holding_times(&prediction, &reference[name]).map(|figure| (name, figure)));
    }
    let off: Vec<_> = figures.iter().filter(|(_, figure)| figure.is_off()).collect();
    let agreeing = 1.0 - off.len() as f64 / figures.len() as f64;
    assert!(agreeing >= AGREEING, "{} of {} disagree: {off:?}", off.len(), figures.len());
}

/// A figure of ours beside the reference's mean over three seeds and their range relative to it.
#[derive(Debug)]
#[expect(dead_code, reason = "the name is for the message")]
struct Figure {
    name: String,
    found: Metric,
    expected: f64,
    range: f64,
}

impl Figure {
    fn is_off(&self) -> bool {
        let reference = HALF_WIDTH_BY_RANGE * self.range * self.expected;
        let own = WIDER * self.found.half_width.unwrap();
        (self.found.mean - self.expected).abs() > own + reference + ROUNDING * self.expected
    }
}

fn throughputs<'a>(prediction: &'a Prediction, truth: &'a Value) -> impl Iterator<Item = Figure> {
    truth["tasks"].as_object().unwrap().iter().map(|(name, figures)| Figure {
        name: name.clone(),
        found: prediction.services[name].throughput.unwrap(),
        expected: figures["throughput"].as_f64().unwrap(),
        range: figures["throughput_spread"].as_f64().unwrap(),
    })
}

/// Holding times by phase.
fn holding_times<'a>(prediction: &'a Prediction, truth: &'a Value) -> impl Iterator<Item = Figure> {
    truth["entries"].as_object().unwrap().iter().flat_map(|(entry, figures)| {
        let named = |name: &&String| name.split_once('/').is_some_and(|(_, operation)| operation == entry);
        let name = prediction.operations.keys().find(named).unwrap();
        let found = &prediction.operations[name].holding_time;
        let phases = figures["service_time"].as_array().unwrap().iter().enumerate();
        phases.filter(|(_, expected)| expected.as_f64() > Some(0.0)).map(move |(phase, expected)| Figure {
            name: name.clone(),
            found: found[phase],
            expected: expected.as_f64().unwrap(),
            range: figures["service_time_spread"][phase].as_f64().unwrap(),
        })
    })
}
