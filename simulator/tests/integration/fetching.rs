//! How messages wait and are fetched: several queues, messages fetched ahead, full queues; against formulas for queues and exact
//! arithmetic.

use tracecast_model::{
    Activity, Distribution, Fault, FaultEffect, FetchOrder, Host, Lane, Load, Multiplicity, Operation,
    OperationRef, Overflow, Reservation, Retry, Service, System, WorkQueue, Workload, fixtures,
};

use crate::support::{
    assert_exact, assert_exactly, assert_mean, burst, host, quick, response, simulate, twice, worker,
};

fn lane(operation: &str, weight: f64) -> Lane {
    Lane { name: format!("{operation} tasks"), operations: vec![operation.into()], weight }
}

/// One worker with one thread for two kinds of messages, each with a queue, a mean demand and a load.
fn two_kinds(kinds: [(&str, f64, Load); 2], queue: WorkQueue) -> System {
    let mut service = Service::new("worker", "machine").with_concurrency(1);
    let mut workloads = Vec::new();
    for (name, mean, load) in kinds {
        let work = Activity::working(Distribution::exponential(mean));
        service = service.with_operation(Operation::new(name).with_activity(work));
        workloads.push(Workload::new(name, OperationRef::new("worker", name), load));
    }
    service.work_queue = Some(queue);
    System { hosts: vec![host("machine", 1)], services: vec![service], workloads, ..System::default() }
}

/// Non-preemptive priorities (Cobham 1954, "Priority assignment in waiting line problems"): with W0 the mean work left of the message
/// in service, those of the first queue wait for W0/(1 - r1), those of the second for W0/((1 - r1)(1 - r1 - r2)).
#[test]
fn the_first_queue_comes_first() {
    let (rates, means) = ([0.3, 0.4], [0.5, 1.25]);
    let lanes = vec![lane("urgent", 1.0), lane("usual", 1.0)];
    let queue = WorkQueue { lanes, ..WorkQueue::new("tasks") };
    let kinds = [
        ("urgent", means[0], Load::Poisson { rate: rates[0] }),
        ("usual", means[1], Load::Poisson { rate: rates[1] }),
    ];
    let prediction = simulate(&two_kinds(kinds, queue), &quick());
    // Second moments of exponential times are twice the squares of their means.
    let left = rates[0] * means[0] * means[0] + rates[1] * means[1] * means[1];
    let (first, both) = (1.0 - rates[0] * means[0], 1.0 - rates[0] * means[0] - rates[1] * means[1]);
    let waiting = |name: &str| prediction.operations[name].waiting_time.unwrap();
    assert_mean(waiting("worker/urgent"), left / first);
    assert_mean(waiting("worker/usual"), left / (first * both));
}

/// The same with two threads and equal means: a message finds both busy with the probability C of Erlang's formula, here
/// 2 r²/(1 + r), and W0 is C times half a mean.
#[test]
fn the_first_queue_comes_first_for_all_threads() {
    let rates = [0.6, 0.9];
    let queue = WorkQueue { lanes: vec![lane("urgent", 1.0), lane("usual", 1.0)], ..WorkQueue::new("tasks") };
    let kind = |name, rate| (name, 1.0, Load::Poisson { rate });
    let mut system = two_kinds([kind("urgent", rates[0]), kind("usual", rates[1])], queue);
    system.hosts = vec![host("machine", 2)];
    system.services[0].concurrency = Multiplicity::Finite(2);
    let prediction = simulate(&system, &quick());
    let (first, both) = (rates[0] / 2.0, (rates[0] + rates[1]) / 2.0);
    let left = 2.0 * both * both / (1.0 + both) / 2.0;
    let waiting = |name: &str| prediction.operations[name].waiting_time.unwrap();
    assert_mean(waiting("worker/urgent"), left / (1.0 - first));
    assert_mean(waiting("worker/usual"), left / ((1.0 - first) * (1.0 - both)));
}

/// Where no queue is ever empty, each fetch is a draw by the weights, and so many messages of each are done.
#[test]
fn weights_are_shares_of_the_messages() {
    let lanes = vec![lane("often", 3.0), lane("seldom", 1.0)];
    let queue = WorkQueue { lanes, fetch_order: FetchOrder::Weighted, ..WorkQueue::new("tasks") };
    let load = || Load::Closed { population: 20, think_time: Distribution::zero() };
    let (fast, slow) = (0.5, 2.0);
    let prediction =
        simulate(&two_kinds([("often", fast, load()), ("seldom", slow, load())], queue), &quick());
    let total = 1.0 / (0.75 * fast + 0.25 * slow);
    assert_mean(prediction.operations["worker/often"].throughput.unwrap(), 0.75 * total);
    assert_mean(prediction.operations["worker/seldom"].throughput.unwrap(), 0.25 * total);
}

/// Two workers of one thread under Poisson arrivals at a load of 0.7.
fn pair(prefetch: Option<Multiplicity>) -> System {
    let mut system = fixtures::open_station(1, Distribution::exponential(1.0), 1.4);
    system.hosts[0] = Host { per_replica: true, ..system.hosts[0].clone() };
    system.services[0].replicas = 2;
    system.services[0].concurrency = Multiplicity::Finite(1);
    system.services[0].work_queue = Some(WorkQueue { prefetch, ..WorkQueue::new("tasks") });
    system
}

/// With a prefetch count of 1 there is one queue, M/M/2, whose mean response time is 1/(1 - load²) of a service. Without a limit every
/// worker gets every second message at once, so that there are two queues, each E2/M/1: 1/(1 - s) of a service, where s is the root in
/// (0, 1) of s = A(1 - s) with the transform A of the times between arrivals (Kleinrock 1975, *Queueing Systems* 1, section 6.4).
#[test]
fn messages_fetched_ahead_wait_apart() {
    let mean = |prefetch| {
        let system = pair(prefetch);
        response(&simulate(&system, &quick()), &system.workloads[0].name).metric()
    };
    for prefetch in [None, Some(Multiplicity::Finite(1))] {
        assert_mean(mean(prefetch), 1.0 / (1.0 - 0.7 * 0.7));
    }
    let apart = |s: f64| (1.4 / (1.4 + 1.0 - s)).powi(2);
    // A contraction on [0, 0.9], where its slope is below 1.
    let root = (0..1000).fold(0.5, |s, _| apart(s));
    let infinite = mean(Some(Multiplicity::Infinite));
    assert_mean(infinite, 1.0 / (1.0 - root));
    // A load balancer that deals in turn does the same.
    let mut balanced = pair(None);
    balanced.services[0].work_queue = None;
    let dealt = response(&simulate(&balanced, &quick()), &balanced.workloads[0].name);
    assert_exact(infinite.mean, dealt.mean);
}

/// Two workers that hold two messages each: one has a long message from 0 on, and of three short ones at 0.1, 0.2 and 0.3 the second
/// waits for it, although the other worker is idle from 2.1 on. With a prefetch count of 1 it does not.
#[test]
fn messages_wait_for_who_has_fetched_them() {
    for (prefetch, mean) in [(2, (1.0 + 10.8 + 1.8) / 3.0), (1, (1.0 + 1.9 + 2.8) / 3.0)] {
        let queue = WorkQueue { prefetch: Some(Multiplicity::Finite(prefetch)), ..WorkQueue::new("tasks") };
        let kinds = [
            ("long", 1.0, Load::Replay { at: vec![0.0] }),
            ("short", 1.0, Load::Replay { at: vec![0.1, 0.2, 0.3] }),
        ];
        let mut system = two_kinds(kinds, queue);
        for (operation, seconds) in system.services[0].operations.iter_mut().zip([10.0, 1.0]) {
            operation.steps.clear();
            *operation =
                operation.clone().with_activity(Activity::working(Distribution::deterministic(seconds)));
        }
        system.hosts = vec![host("machine", 2)];
        system.services[0].replicas = 2;
        let prediction = simulate(&system, &twice());
        assert_exactly(Some(response(&prediction, "short").metric()), mean);
    }
}

/// M/M/1/K: the number of messages there is the same whichever is lost, and so is the share (1 - r) r^K/(1 - r^(K+1)) of those that
/// are. Of one place, those that wait with drop-head get the thread if their time, with rate m, is over before the next message comes,
/// with rate a: after 1/(a + m) on average.
#[test]
fn as_many_are_lost_of_the_newest_as_of_the_oldest() {
    let (rate, capacity) = (0.8, 1);
    let empty = 1.0 / (1.0 + rate + rate * rate);
    let served = 1.0 - rate * rate * empty;
    for (overflow, waiting) in [
        // Little's law for those that wait.
        (Overflow::Reject, rate * rate * empty / (rate * served)),
        (Overflow::DropHead, (1.0 - empty) / (1.0 + rate) / (1.0 + rate) / served),
    ] {
        let mut system = fixtures::open_station(1, Distribution::exponential(1.0), rate);
        system.services[0].concurrency = Multiplicity::Finite(1);
        system.services[0].queue_capacity = Some(capacity);
        system.services[0].work_queue = Some(WorkQueue { overflow, ..WorkQueue::new("tasks") });
        let prediction = simulate(&system, &quick());
        let station = &prediction.operations["station/serve"];
        assert_mean(station.throughput.unwrap(), rate * served);
        assert_mean(station.waiting_time.unwrap(), waiting);
    }
}

/// Messages at 0, 0.1 and 0.2 of 1 s each, for one worker and one place in the queue: either the third finds the queue full, or the
/// second has to go.
#[test]
fn a_full_queue_loses_the_newest_or_the_oldest() {
    for (overflow, mean) in [(Overflow::Reject, (1.0 + 1.9) / 2.0), (Overflow::DropHead, (1.0 + 1.8) / 2.0)] {
        let mut crop = worker("crop", "machine", 1.0).with_concurrency(1);
        crop.queue_capacity = Some(1);
        crop.work_queue = Some(WorkQueue { overflow, ..WorkQueue::new("tasks") });
        let load = Load::Replay { at: vec![0.0, 0.1, 0.2] };
        let system = System {
            hosts: vec![host("machine", 1)],
            services: vec![crop],
            workloads: vec![Workload::new("crop", OperationRef::new("crop", "serve"), load)],
            ..System::default()
        };
        let prediction = simulate(&system, &twice());
        let load = &prediction.workloads["crop"];
        assert_eq!((load.completed, load.failed), (Some(2), Some(1)));
        assert_exactly(Some(load.response_time.unwrap().metric()), mean);
    }
}

/// A worker that fetches everything at once, so many messages of 1 s each at 0, and a reservation.
fn hoarder(messages: u32, reservation: Option<f64>) -> System {
    let mut crop = worker("crop", "machine", 1.0).with_concurrency(1);
    crop.work_queue = Some(WorkQueue {
        prefetch: Some(Multiplicity::Infinite),
        reservation: reservation.map(|timeout| Reservation {
            timeout,
            scan_interval: 0.0,
            notices_crash: false,
        }),
        ..WorkQueue::new("tasks")
    });
    System {
        hosts: vec![host("machine", 1)],
        services: vec![crop],
        workloads: vec![burst("crop", messages)],
        ..System::default()
    }
}

/// Both messages are with the worker that is gone from 0.5 to 1. They are back at once, or when their reservations end at 2.25; those
/// made then last until 4.5.
#[test]
fn what_was_fetched_ahead_is_not_lost() {
    for (reservation, makespan) in [(None, 3.0), (Some(2.25), 4.25)] {
        let mut system = hoarder(2, reservation);
        let crash = FaultEffect::Crash { service: "crop".into(), replicas: None };
        system.faults = vec![Fault { at: 0.5, duration: 0.5, effect: crash }];
        let prediction = simulate(&system, &twice());
        let load = &prediction.workloads["crop"];
        assert_eq!((load.completed, load.failed), (Some(2), Some(0)));
        assert_exactly(load.makespan, makespan);
    }
}

/// Messages are reserved when they are fetched, not when the work on them begins. After 1.5 s those that are worked on and those that
/// wait have failed with their only deliveries, and are worked on in vain until 3.
#[test]
fn messages_fetched_ahead_are_reserved() {
    let mut system = hoarder(3, Some(1.5));
    system.services[0].work_queue.as_mut().unwrap().redelivery = Some(Retry::new(1));
    let prediction = simulate(&system, &twice());
    let load = &prediction.workloads["crop"];
    assert_eq!((load.completed, load.failed), (Some(1), Some(2)));
    assert_exactly(load.makespan, 3.0);
    let crop = &prediction.services["crop"];
    assert_exactly(crop.dead_letters, 2.0 / 3.0);
    assert_exactly(crop.repeated_work, 2.0 / 3.0);
}
