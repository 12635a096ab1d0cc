//! Bursts on workers that come and go: the analytic engine against simulation.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use serde_json::{Value, json};
use tracecast_experiment::{EngineChoice, predict};
use tracecast_model::{EngineOptions, Prediction, RunControl, System, native};

/// What is asked for of makespans and peaks of bursts of 200 and more.
const TOLERANCE: f64 = 0.05;

fn both(system: &System) -> [Prediction; 2] {
    // Enough replications to know the mean over the phases of clocks to 1 or 2 %.
    let options = EngineOptions { series_bin: Some(1.0), replications: Some(60), ..EngineOptions::default() };
    [EngineChoice::Analytic, EngineChoice::Simulation]
        .map(|engine| predict(system, engine, &options, &RunControl::none()).unwrap())
}

fn peak(prediction: &Prediction, service: &str) -> f64 {
    let column = &prediction.series.as_ref().unwrap().columns[&format!("{service}.queue_length")];
    column.iter().flatten().copied().fold(0.0, f64::max)
}

#[track_caller]
fn agree(system: &System, service: &str, what: &str) {
    let [analytic, simulated] = both(system);
    let makespan = |prediction: &Prediction| prediction.workloads[0].makespan.unwrap();
    let (found, expected) = (makespan(&analytic).mean, makespan(&simulated));
    // The simulated mean is uncertain, too.
    let allowed = TOLERANCE * expected.mean + expected.half_width.unwrap();
    assert!((found - expected.mean).abs() < allowed, "{what}: {found} s, simulated {expected:?}");
    let (found, expected) = (peak(&analytic, service), peak(&simulated, service));
    assert!((found - expected).abs() < TOLERANCE * expected, "{what}: peak of {found}, simulated {expected}");
    let replicas = |prediction: &Prediction| prediction.services[service].replicas.unwrap().mean;
    let (found, expected) = (replicas(&analytic), replicas(&simulated));
    assert!(
        (found - expected).abs() < TOLERANCE * expected,
        "{what}: {found} replicas, simulated {expected}"
    );
    assert_eq!(analytic.scaling[0].reason, simulated.scaling[0].reason, "{what}");
}

/// The scaled examples of the README: alerts, the same down to no worker, KEDA.
#[test]
fn the_image_system_is_scaled_as_in_simulation() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/image-system");
    let text = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    for (policy, start_up, replicas) in [("alerts", 2.0, 1), ("alerts-to-zero", 5.0, 0), ("keda", 5.0, 0)] {
        let mut system = native::read(&text("model.json")).unwrap();
        let policy_of = text(&format!("autoscaling/{policy}.json"));
        let crop = system.services.iter_mut().find(|service| service.name == "crop").unwrap();
        crop.autoscaler = serde_json::from_str(&policy_of).unwrap();
        crop.start_up =
            serde_json::from_value(json!({"family": "deterministic", "value": start_up})).unwrap();
        crop.replicas = replicas;
        system.workloads[0].load =
            serde_json::from_value(json!({"burst": {"bursts": [{"size": 500, "at": 0}]}})).unwrap();
        agree(&system, "crop", policy);
    }
}

/// Single-threaded workers with exponential tasks of half a second, 600 at once.
fn workers(policy: &Value) -> System {
    serde_json::from_value(json!({
        "hosts": [{"name": "machine", "cores": "infinite"}],
        "services": [
            {"name": "worker", "host": "machine", "concurrency": 1, "cpu_limit": 1, "work_queue": {"name": "tasks"},
             "start_up": {"family": "deterministic", "value": 4}, "autoscaler": policy,
             "operations": [{"name": "task", "steps": [{"activity": {"demand": {"mean": 0.5, "scv": 1}}}]}]}
        ],
        "workloads": [{"name": "burst", "requests": [{"operation": "worker/task"}],
                       "load": {"burst": {"bursts": [{"size": 600, "at": 0}]}}}]
    }))
    .unwrap()
}

#[test]
fn every_policy_scales_as_in_simulation() {
    let step = json!({
        "kind": "step", "metric": "queue_length", "period": 30, "min_replicas": 1, "max_replicas": 8,
        "scale_out": {"threshold": 20, "cooldown": 20, "steps": [
            {"lower": 0, "upper": 100, "adjustment": 1}, {"lower": 100, "adjustment": 3}]}
    });
    for policy in [
        json!({"kind": "hpa", "max_replicas": 10}),
        json!({"kind": "keda", "triggers": [{"metric": "queue_length", "threshold": 20}], "max_replica_count": 10}),
        json!({"kind": "knative", "target": 10, "max_scale": 12}),
        json!({"kind": "openfaas_ce", "threshold": 1}),
        json!({"kind": "schedule", "entries": [{"at": 0, "replicas": 2}, {"at": 20, "replicas": 10}, {"at": 30, "replicas": 3}]}),
        step,
    ] {
        agree(&workers(&policy), "worker", &policy["kind"].to_string());
    }
}
