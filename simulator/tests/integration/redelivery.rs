//! Messages whose handlers fail, against exact arithmetic and geometric numbers of deliveries.

use tracecast_model::{Backoff, Distribution, Fault, FaultEffect, Load, Retry, System, WorkQueue, fixtures};

use crate::support::{assert_exactly, assert_mean, burst, host, quick, simulate, twice, worker};

fn queue(redelivery: Retry) -> WorkQueue {
    WorkQueue { redelivery: Some(redelivery), ..WorkQueue::new("tasks") }
}

/// One worker, a task of 1 s, and errors only until 2.5: deliveries fail at 1 and 2.5 + …, each again 0.5 s after its failure.
#[test]
fn failures_go_back_to_the_queue() {
    let fixed = |attempts| Retry { backoff: Backoff::Fixed { delay: 0.5 }, ..Retry::new(attempts) };
    let mut crop = worker("crop", "machine", 1.0).with_concurrency(1);
    crop.work_queue = Some(queue(fixed(3)));
    let mut system = System {
        hosts: vec![host("machine", 1)],
        services: vec![crop],
        workloads: vec![burst("crop", 1)],
        faults: vec![Fault {
            at: 0.0,
            duration: 2.6,
            effect: FaultEffect::Errors { service: "crop".into(), replica: None, rate: 1.0 },
        }],
        ..System::default()
    };
    // Ends at 1 and 2.5 with errors, at 4 without.
    let prediction = simulate(&system, &twice());
    assert_exactly(prediction.workloads["crop"].makespan, 4.0);
    assert_eq!(
        (prediction.workloads["crop"].completed, prediction.workloads["crop"].failed),
        (Some(1), Some(0))
    );
    assert_exactly(prediction.services["crop"].redeliveries, 2.0 / 4.0);
    assert_exactly(prediction.services["crop"].dead_letters, 0.0);
    // Two deliveries are too few.
    system.services[0].work_queue = Some(queue(fixed(2)));
    let prediction = simulate(&system, &twice());
    assert_eq!(prediction.workloads["crop"].failed, Some(1));
    assert_exactly(prediction.services["crop"].dead_letters, 1.0 / 2.5);
}

/// Deliveries fail with probability p, each by itself: up to n of them are (1 - pⁿ)/(1 - p) on average, and pⁿ of the messages are
/// dead letters.
#[test]
fn deliveries_are_geometric() {
    let (p, n, rate) = (0.4_f64, 3, 0.3);
    let mut system = fixtures::open_station(1, Distribution::exponential(1.0), rate);
    system.services[0].operations[0].error_rate = p;
    system.services[0].work_queue = Some(queue(Retry::new(n)));
    let Load::Poisson { .. } = system.workloads[0].load else { panic!("the fixture has changed") };
    let prediction = simulate(&system, &quick());
    let deliveries = (1.0 - p.powi(n as i32)) / (1.0 - p);
    let station = &prediction.services["station"];
    assert_mean(station.throughput.unwrap(), rate * deliveries);
    assert_mean(station.redeliveries.unwrap(), rate * (deliveries - 1.0));
    assert_mean(station.dead_letters.unwrap(), rate * p.powi(n as i32));
}
