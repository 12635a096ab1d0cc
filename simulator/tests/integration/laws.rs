//! Operational laws (Denning and Buzen 1978): they hold in every system, whatever the distributions.

use tracecast_model::{EngineOptions, Load, Prediction, System, fixtures};

use crate::support::simulate;

/// Part by which two figures of the same run may differ: at both ends of a window of some ten thousand requests some
/// are counted by one figure and not by the other.
const ENDS: f64 = 2e-3;

#[track_caller]
fn assert_close(found: f64, expected: f64) {
    assert!((found / expected - 1.0).abs() < ENDS, "found {found}, expected {expected}");
}

fn systems() -> Vec<System> {
    let closed = |population| {
        let mut system = fixtures::three_tiers(1.0);
        let think_time = tracecast_model::Distribution::exponential(0.3);
        system.workloads[0].load = Load::Closed { population, think_time };
        system
    };
    vec![fixtures::three_tiers(60.0), closed(40)]
}

fn predictions() -> Vec<Prediction> {
    let options = EngineOptions { precision: 0.03, ..EngineOptions::default() };
    systems().iter().map(|system| simulate(system, &options)).collect()
}

#[test]
fn littles_law() {
    for prediction in predictions() {
        for (name, service) in &prediction.services {
            let operation = &prediction.operations[&format!("{name}/handle")];
            let throughput = operation.throughput.unwrap().mean;
            assert_close(
                service.queue_length.unwrap().mean,
                throughput * operation.response_time.unwrap().mean,
            );
            let busy = service.utilization.unwrap().mean;
            assert_close(busy, throughput * operation.holding_time[0].mean);
            // The same for those that wait for a thread.
            let waiting = service.queue_length.unwrap().mean - busy;
            if let Some(time) = service.waiting_time {
                assert_eq!(Some(time), operation.waiting_time);
                assert!((throughput * time.mean - waiting).abs() < ENDS * busy, "{name}: {waiting}");
            }
        }
    }
}

/// Demands drawn differ from their mean D: that of n exponential ones has the standard deviation D/√n, of which four
/// are allowed.
#[test]
fn utilization_law() {
    for prediction in predictions() {
        for (name, demand) in [("web", 0.005), ("application", 0.004), ("database", 0.002)] {
            let busy = prediction.hosts[name].utilization.unwrap().mean;
            let throughput = prediction.services[name].throughput.unwrap().mean;
            let draws = throughput * prediction.simulated_time.unwrap();
            let allowed = 4.0 / draws.sqrt() + ENDS;
            assert!((busy / throughput / demand - 1.0).abs() < allowed, "{name}: {}", busy / throughput);
        }
    }
}

#[test]
fn forced_flow_law() {
    for prediction in predictions() {
        let users = prediction.workloads["users"].throughput.unwrap().mean;
        for (name, visits) in [("web", 1.0), ("application", 2.0), ("database", 6.0)] {
            assert_close(prediction.services[name].throughput.unwrap().mean, visits * users);
        }
    }
}

/// N/X = R + Z, where the think times drawn differ from their mean as the demands above do.
#[test]
fn interactive_response_time_law() {
    let prediction = predictions().remove(1);
    let users = &prediction.workloads["users"];
    let throughput = users.throughput.unwrap().mean;
    let think_time = 40.0 / throughput - users.response_time.unwrap().mean;
    let draws = throughput * prediction.simulated_time.unwrap();
    let allowed = 4.0 / draws.sqrt() + ENDS;
    assert!((think_time / 0.3 - 1.0).abs() < allowed, "{think_time} ± {allowed} parts");
}

/// Nothing is lost: every request of a load that ends is done, and causes one task and two transfers.
#[test]
fn conservation() {
    let system = fixtures::burst_queue(137, 3, tracecast_model::Distribution::exponential(0.05));
    let prediction = simulate(&system, &EngineOptions::default());
    let burst = &prediction.workloads["burst"];
    assert_eq!((burst.started, burst.completed, burst.failed), (Some(137), Some(137), Some(0)));
    let posts = prediction.services["gateway"].throughput.unwrap().mean;
    for (name, ratio) in [("worker", 1.0), ("storage", 2.0)] {
        assert_close(prediction.services[name].throughput.unwrap().mean, ratio * posts);
    }
}
