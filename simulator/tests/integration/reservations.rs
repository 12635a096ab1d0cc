//! Messages that belong to replicas for a time only, against exact arithmetic and memoryless handlers.

use tracecast_model::{
    Backoff, Distribution, Fault, FaultEffect, Multiplicity, Reservation, Retry, System, WorkQueue, fixtures,
};

use crate::support::{assert_exactly, assert_mean, burst, host, quick, response, simulate, twice, worker};

/// A reservation at whose end the broker looks at once.
fn seconds(timeout: f64) -> Option<Reservation> {
    Some(Reservation { timeout, scan_interval: 0.0, notices_crash: false })
}

/// Workers with one thread each and a second of work per message, and so many messages at time 0.
fn system(messages: u32, replicas: u32, queue: WorkQueue) -> System {
    let mut crop = worker("crop", "machine", 1.0).with_concurrency(1).with_replicas(replicas);
    crop.work_queue = Some(queue);
    System {
        hosts: vec![host("machine", replicas)],
        services: vec![crop],
        workloads: vec![burst("crop", messages)],
        ..System::default()
    }
}

/// Work that begins at once takes 3 s. After 1.5 s the other worker gets the message and is done at 2.5; the first one works on for
/// nobody until 3.
#[test]
fn a_slow_handler_is_overtaken() {
    let queue = WorkQueue { reservation: seconds(1.5), ..WorkQueue::new("tasks") };
    let mut system = system(1, 2, queue);
    let slow = FaultEffect::Slow { service: "crop".into(), replica: None, factor: 3.0 };
    system.faults = vec![Fault { at: 0.0, duration: 0.5, effect: slow }];
    // Things go wrong before the first arrival of the same instant; the burst comes while they do.
    if let tracecast_model::Load::Burst { bursts } = &mut system.workloads[0].load {
        bursts[0].at = 0.25;
    }
    let prediction = simulate(&system, &twice());
    let load = &prediction.workloads["crop"];
    assert_eq!((load.completed, load.failed), (Some(1), Some(0)));
    assert_exactly(load.makespan, 3.0);
    assert_exactly(Some(load.reply_time.unwrap()), 2.5);
    let crop = &prediction.services["crop"];
    assert_exactly(crop.throughput, 2.0 / 3.25);
    assert_exactly(crop.redeliveries, 1.0 / 3.25);
    assert_exactly(crop.expired_reservations, 1.0 / 3.25);
    assert_exactly(crop.repeated_work, 1.0 / 3.25);
    assert_eq!(crop.dead_letters, None);
}

/// Work of 1 s never ends within 0.6 s. The first delivery is over at 0.6, the second begins at 1.1 and is the last: at 1.7 the
/// message is a dead letter, at 2.1 the work for it ends.
#[test]
fn expiry_counts_as_a_failed_delivery() {
    let retry = Retry { backoff: Backoff::Fixed { delay: 0.5 }, ..Retry::new(2) };
    let queue = WorkQueue { redelivery: Some(retry), reservation: seconds(0.6), ..WorkQueue::new("tasks") };
    let prediction = simulate(&system(1, 1, queue), &twice());
    let load = &prediction.workloads["crop"];
    assert_eq!((load.completed, load.failed), (Some(0), Some(1)));
    assert_exactly(load.makespan, 2.1);
    let crop = &prediction.services["crop"];
    assert_exactly(crop.redeliveries, 1.0 / 2.1);
    assert_exactly(crop.dead_letters, 1.0 / 2.1);
    assert_exactly(crop.expired_reservations, 2.0 / 2.1);
    assert_exactly(crop.repeated_work, 2.0 / 2.1);
    // Too rare for an interval.
    assert_eq!(load.fates.as_ref().unwrap().timed_out.map(|share| share.mean), Some(1.0));
}

/// Of four messages the second is worked on when its worker is gone, from 1.5 to 3.5, the others are done at 1, 4.5 and 5.5. Its
/// reservation was made at 1: if that lasts for 4 s, it is in the queue at 5 and done at 6.5, if it lasts for 7 s, at 9. A broker
/// that sees that the worker is gone does not wait.
#[test]
fn messages_of_the_gone_come_back_when_their_reservations_end() {
    for (timeout, notices_crash, end) in [(4.0, false, 6.5), (7.0, false, 9.0), (7.0, true, 6.5)] {
        let reservation = Some(Reservation { timeout, scan_interval: 0.0, notices_crash });
        let mut system = system(4, 1, WorkQueue { reservation, ..WorkQueue::new("tasks") });
        let crash = FaultEffect::Crash { service: "crop".into(), replicas: None };
        system.faults = vec![Fault { at: 1.5, duration: 1.0, effect: crash }];
        system.services[0].start_up = Distribution::deterministic(1.0).into();
        let prediction = simulate(&system, &twice());
        let load = &prediction.workloads["crop"];
        assert_eq!((load.completed, load.failed), (Some(4), Some(0)));
        assert_exactly(load.makespan, end);
        let crop = &prediction.services["crop"];
        assert_exactly(crop.expired_reservations, if notices_crash { 0.0 } else { 1.0 / end });
        assert_exactly(crop.repeated_work, 0.0);
    }
}

/// Exponential work S with a thread for each message, and reservations of T: a delivery takes min(S, T) and is the last with
/// probability 1 - q, q = exp(-T/E[S]). By Wald's identity the response time is E[min(S, T)]/(1 - q) = E[S] on average.
#[test]
fn memoryless_handlers_lose_nothing_by_expiry() {
    let (mean, timeout, rate) = (1.0, 0.8_f64, 2.0);
    let mut system = fixtures::open_station(1, Distribution::exponential(mean), rate);
    system.hosts[0].cores = Multiplicity::Infinite;
    system.services[0].concurrency = Multiplicity::Infinite;
    let queue = WorkQueue { reservation: seconds(timeout), ..WorkQueue::new("tasks") };
    system.services[0].work_queue = Some(queue);
    let prediction = simulate(&system, &quick());
    let q = (-timeout / mean).exp();
    let workload = prediction.workloads.keys().next().unwrap();
    assert_mean(response(&prediction, workload).metric(), mean);
    let station = &prediction.services["station"];
    assert_mean(station.throughput.unwrap(), rate / (1.0 - q));
    assert_mean(station.expired_reservations.unwrap(), rate * q / (1.0 - q));
    assert_mean(station.repeated_work.unwrap(), rate * q / (1.0 - q));
}

/// What is due at any time of an interval of s is seen s/2 later on average. Of two deliveries each fails with probability p; those
/// that succeed in the second come a delay, s/2 and another second later.
#[test]
fn what_is_due_waits_for_the_next_scan() {
    let (p, delay, scan) = (0.4, 0.5, 5.0);
    let mut system = fixtures::open_station(1, Distribution::deterministic(1.0), 0.5);
    system.hosts[0].cores = Multiplicity::Infinite;
    system.services[0].concurrency = Multiplicity::Infinite;
    system.services[0].operations[0].error_rate = p;
    let retry = Retry { backoff: Backoff::Fixed { delay }, ..Retry::new(2) };
    let queue = WorkQueue { redelivery: Some(retry), scan_interval: scan, ..WorkQueue::new("tasks") };
    system.services[0].work_queue = Some(queue);
    let prediction = simulate(&system, &quick());
    let (first, second) = (1.0 - p, p * (1.0 - p));
    let mean = 1.0 + second / (first + second) * (delay + scan / 2.0 + 1.0);
    let workload = prediction.workloads.keys().next().unwrap();
    assert_mean(response(&prediction, workload).metric(), mean);
}

/// The same for reservations: one of constant work S > T is noticed (s/2 later, on average) or not before it is done, at S. With
/// T + s < S every delivery expires, at T + s/2 on average, and the second and last one makes it a dead letter.
#[test]
fn reservations_are_looked_at_now_and_then() {
    let (timeout, scan, rate) = (1.0, 2.0, 0.3);
    let mut system = fixtures::open_station(1, Distribution::deterministic(4.0), rate);
    system.hosts[0].cores = Multiplicity::Infinite;
    system.services[0].concurrency = Multiplicity::Infinite;
    let reservation = Some(Reservation { timeout, scan_interval: scan, notices_crash: false });
    let queue = WorkQueue { redelivery: Some(Retry::new(1)), reservation, ..WorkQueue::new("tasks") };
    system.services[0].work_queue = Some(queue);
    let prediction = simulate(&system, &quick());
    let station = &prediction.services["station"];
    assert_mean(station.dead_letters.unwrap(), rate);
    assert_mean(station.repeated_work.unwrap(), rate);
}
