//! Replicas that come and go in the fluid solution. With exponential tasks on single-threaded workers everything is exact
//! by the memoryless property: a burst ends (N-c)/c + H_c task times after c workers have begun, and those that stop have
//! a task left, whatever they have done of it. A per mille for the steps of the integration, unless said.

use serde_json::{Value, json};
use tracecast_model::{EngineOptions, PredictError, Prediction, RunControl, System};
use tracecast_solver::methods::{Fluid, Method};

use crate::close;

/// Workers with tasks of a second, mean, that start in 4 s.
fn workers(replicas: u32, size: u32, autoscaler: &Value) -> System {
    serde_json::from_value(json!({
        "hosts": [{"name": "machine", "cores": "infinite"}],
        "services": [
            {"name": "worker", "host": "machine", "replicas": replicas, "concurrency": 1, "work_queue": {"name": "tasks"},
             "start_up": {"family": "deterministic", "value": 4}, "autoscaler": autoscaler,
             "operations": [{"name": "task", "steps": [{"activity": {"demand": {"mean": 1, "scv": 1}}}]}]}
        ],
        "workloads": [{"name": "burst", "requests": [{"operation": "worker/task"}],
                       "load": {"burst": {"bursts": [{"size": size, "at": 0}]}}}]
    }))
    .unwrap()
}

fn try_follow(system: &System) -> Result<Prediction, PredictError> {
    let options = EngineOptions { series_bin: Some(1.0), ..EngineOptions::default() };
    Fluid.predict(system, &options, &RunControl::none())
}

fn makespan(prediction: &Prediction) -> f64 {
    prediction.workloads["burst"].makespan.unwrap().mean
}

/// The last of so many tasks on c workers, after they begin.
fn drain(tasks: f64, workers: u32) -> f64 {
    let harmonic: f64 = (1..=workers).map(|j| 1.0 / f64::from(j)).sum();
    (tasks - f64::from(workers)) / f64::from(workers) + harmonic
}

fn at(entries: &[(f64, u32)]) -> Value {
    let entries: Vec<Value> =
        entries.iter().map(|&(at, replicas)| json!({"at": at, "replicas": replicas})).collect();
    json!({"kind": "schedule", "entries": entries})
}

#[test]
fn more_workers_work_after_their_start_up() {
    let prediction = try_follow(&workers(2, 400, &at(&[(50.0, 10)]))).unwrap();
    close(makespan(&prediction), 54.0 + drain(400.0 - 2.0 * 54.0, 10), 1e-3);
    let replicas = &prediction.series.as_ref().unwrap().columns["worker.replicas"];
    assert_eq!((replicas[53], replicas[54]), (Some(2.0), Some(10.0)));
    let [event] = prediction.scaling.as_slice() else { panic!("{:?}", prediction.scaling) };
    assert_eq!((event.time, event.from, event.to), (50.0, 2, 10));
    let existing = prediction.services["worker"].replicas.unwrap();
    let end = makespan(&prediction);
    close(existing.mean, (2.0 * 54.0 + 10.0 * (end - 54.0)) / end, 1e-9);
    close(existing.existing.unwrap(), (2.0 * 50.0 + 10.0 * (end - 50.0)) / end, 1e-9);
}

/// Of ten workers eight stop after 20 s, which takes eight of the tasks left.
#[test]
fn workers_that_stop_finish_what_they_have_begun() {
    let prediction = try_follow(&workers(10, 400, &at(&[(20.0, 2)]))).unwrap();
    close(makespan(&prediction), 20.0 + drain(400.0 - 200.0 - 8.0, 2), 1e-3);
}

/// All of them stop, and come back: five tasks are finished meanwhile, the others wait.
#[test]
fn tasks_wait_while_there_is_no_worker() {
    let prediction = try_follow(&workers(5, 300, &at(&[(20.0, 0), (40.0, 8)]))).unwrap();
    close(makespan(&prediction), 44.0 + drain(300.0 - 100.0 - 5.0, 8), 1e-3);
    let from_none = try_follow(&workers(0, 300, &at(&[(6.0, 5)]))).unwrap();
    close(makespan(&from_none), 10.0 + drain(300.0, 5), 1e-3);
}

/// A step from one worker to six at the first look, which comes at a uniform time in 30 s: the makespan is linear in it.
#[test]
fn means_are_over_the_phases_of_the_clock() {
    let step = json!({
        "kind": "step", "metric": "queue_length", "period": 30, "min_replicas": 1, "max_replicas": 6,
        "scale_out": {"threshold": 1, "steps": [{"lower": 0, "adjustment": 5}]}
    });
    let prediction = try_follow(&workers(1, 300, &step)).unwrap();
    close(makespan(&prediction), 19.0 + drain(300.0 - 19.0, 6), 1e-3);
    assert!(prediction.warnings.iter().any(|warning| warning.code == "scaled-by-means"));
}

/// The queue is a whole number of requests to whoever looks, so that it runs empty, and the last worker goes after that.
#[test]
fn an_empty_queue_is_seen_as_empty() {
    let rules = json!([
        {"alert": "some", "expr": "pending > 0", "firing": {"set": 4}},
        {"alert": "none", "expr": "pending == 0", "firing": {"set": 0}}
    ]);
    let alerts = json!({
        "kind": "alerts", "rules": rules, "metrics": [{"name": "pending", "figure": "queue_length"}],
        "scrape_interval": 1, "evaluation_interval": 1, "group_wait": 0, "group_interval": 1, "repeat_interval": 1,
        "min_replicas": 0, "max_replicas": 4
    });
    let mut system = workers(0, 200, &alerts);
    system.workloads[0].load = serde_json::from_value(
        json!({"burst": {"bursts": [{"size": 200, "at": 0}, {"size": 200, "at": 200}]}}),
    )
    .unwrap();
    let prediction = try_follow(&system).unwrap();
    let changes: Vec<(u32, u32)> = prediction.scaling.iter().map(|event| (event.from, event.to)).collect();
    assert_eq!(changes[..3], [(0, 4), (4, 0), (0, 4)]);
}

/// What would be far off is refused, with what to do instead.
#[test]
fn what_cannot_be_followed_is_refused() {
    let mut own_queues = workers(1, 200, &at(&[(5.0, 4)]));
    own_queues.services[0].work_queue = None;
    let mut cut_off = workers(10, 400, &at(&[(20.0, 2)]));
    cut_off.services[0].grace_period = Some(0.5);
    let mut endless = workers(0, 200, &at(&[(5.0, 4)]));
    endless.services[0].concurrency = tracecast_model::Multiplicity::Infinite;
    for (system, what) in
        [(own_queues, "work_queue"), (cut_off, "grace period"), (endless, "unlimited threads")]
    {
        let refusal = try_follow(&system).unwrap_err().to_string();
        assert!(refusal.contains(what) && refusal.contains("worker"), "{refusal}");
    }
    // With enough time nothing is cut off.
    let mut patient = workers(10, 400, &at(&[(20.0, 2)]));
    patient.services[0].grace_period = Some(30.0);
    assert!(try_follow(&patient).is_ok());
}
