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

/// Part by which a figure may be off, beside the half width of our own interval and the spread of the reference over its
/// three seeds: round robin instead of processor sharing, and the other simulator's cut of time into blocks.
const TOLERANCE: f64 = 0.02;

#[test]
fn figures_agree_with_another_simulator() {
    let Some(folder) = fixtures::shared("data/lqn") else { return };
    let reference = std::fs::read_to_string(folder.join("reference.json")).unwrap();
    let reference: Value = serde_json::from_str(&reference).unwrap();
    for name in MODELS {
        let text = std::fs::read_to_string(folder.join(format!("models/{name}.lqnx"))).unwrap();
        let prediction = simulate(&lqn::read_xml(&text).unwrap(), &EngineOptions::default());
        check_throughputs(name, &prediction, &reference[name]);
        check_holding_times(name, &prediction, &reference[name]);
    }
}

#[track_caller]
fn check(place: &str, found: Metric, expected: &Value, spread: &Value) {
    let (expected, spread) = (expected.as_f64().unwrap(), spread.as_f64().unwrap());
    let allowed = (TOLERANCE + spread) * expected + found.half_width.unwrap();
    let error = (found.mean - expected).abs();
    assert!(error <= allowed, "{place}: {found:?}, reference {expected} ± {spread} parts");
}

fn check_throughputs(model: &str, prediction: &Prediction, truth: &Value) {
    for (task, figures) in truth["tasks"].as_object().unwrap() {
        let found = prediction.services[task].throughput.unwrap();
        check(&format!("{model}: {task}"), found, &figures["throughput"], &figures["throughput_spread"]);
    }
}

/// Holding times by phase.
fn check_holding_times(model: &str, prediction: &Prediction, truth: &Value) {
    for (entry, figures) in truth["entries"].as_object().unwrap() {
        let named = |name: &&String| name.split_once('/').is_some_and(|(_, operation)| operation == entry);
        let name = prediction.operations.keys().find(named).unwrap();
        let phases = figures["service_time"].as_array().unwrap().iter().enumerate();
        for (phase, expected) in phases.filter(|(_, expected)| expected.as_f64() > Some(0.0)) {
            let found = prediction.operations[name].holding_time[phase];
            let place = format!("{model}: {name}, phase {}", phase + 1);
            check(&place, found, expected, &figures["service_time_spread"][phase]);
        }
    }
}
