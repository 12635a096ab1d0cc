//! Things that go wrong, against exact arithmetic and published formulas.

use tracecast_model::{
    Activity, Burst, Call, Distribution, EngineOptions, Fault, FaultEffect, Host, Load, Multiplicity,
    Operation, OperationRef, Prediction, System, WorkQueue, Workload,
};

use crate::support::{assert_exactly, assert_mean, burst, host, quick, simulate, twice, worker};

/// One replica with one thread and a second of work, so many requests at 0, and what goes wrong.
fn system(requests: u32, faults: Vec<Fault>) -> System {
    let mut load = burst("crop", requests);
    load.load = Load::Burst { bursts: vec![Burst { size: requests, at: 0.0 }] };
    System {
        hosts: vec![host("machine", 1)],
        services: vec![worker("crop", "machine", 1.0).with_concurrency(1)],
        workloads: vec![load],
        faults,
        ..System::default()
    }
}

fn fault(at: f64, duration: f64, effect: FaultEffect) -> Fault {
    Fault { at, duration, effect }
}

fn crash() -> FaultEffect {
    FaultEffect::Crash { service: "crop".into(), replicas: None }
}

/// Of four requests the first two begin as usual, at 0 and 1. The third begins while work takes three times as long.
#[test]
fn slow_work_is_slow_to_its_end() {
    let slow = FaultEffect::Slow { service: "crop".into(), replica: None, factor: 3.0 };
    let prediction = simulate(&system(4, vec![fault(1.5, 1.0, slow)]), &twice());
    assert_exactly(prediction.workloads["crop"].makespan, 2.0 + 3.0 + 1.0);
}

#[test]
fn errors_come_while_they_last() {
    let errors = FaultEffect::Errors { service: "crop".into(), replica: None, rate: 1.0 };
    let prediction = simulate(&system(4, vec![fault(1.5, 1.0, errors)]), &twice());
    // The second request ends at 2.
    assert_eq!(
        (prediction.workloads["crop"].completed, prediction.workloads["crop"].failed),
        (Some(3), Some(1))
    );
    assert_exactly(prediction.workloads["crop"].makespan, 4.0);
}

/// At 1.5 the second of four requests is worked on and two wait: all three fail. A request at 2, while the replica is gone, and
/// another at 5 wait for it or find it: it is back at 3.5, after a second of down time and one to start.
#[test]
fn a_crash_takes_everything_with_it() {
    let mut system = system(4, vec![fault(1.5, 1.0, crash())]);
    system.services[0].start_up = Distribution::deterministic(1.0).into();
    let bursts = vec![Burst { size: 4, at: 0.0 }, Burst { size: 1, at: 2.0 }, Burst { size: 1, at: 5.0 }];
    system.workloads[0].load = Load::Burst { bursts };
    let prediction = simulate(&system, &twice());
    let load = &prediction.workloads["crop"];
    assert_eq!((load.completed, load.failed), (Some(3), Some(3)));
    assert_exactly(load.makespan, 6.0);
    assert_exactly(Some(load.response_time.unwrap().metric()), (1.0 + 2.5 + 1.0) / 3.0);
}

/// The same with a work queue: nothing is lost. The second task begins anew at 3.5, behind the two that waited: they take
/// until 6.5.
#[test]
fn messages_are_delivered_again() {
    let mut system = system(4, vec![fault(1.5, 1.0, crash())]);
    system.services[0].start_up = Distribution::deterministic(1.0).into();
    system.services[0].work_queue = Some(WorkQueue::new("tasks"));
    let prediction = simulate(&system, &twice());
    let load = &prediction.workloads["crop"];
    assert_eq!((load.completed, load.failed), (Some(4), Some(0)));
    assert_exactly(load.makespan, 6.5);
}

/// A caller waits at another service while its own replica is gone: the callee works on for nobody.
#[test]
fn callees_of_the_dead_work_on() {
    let call = tracecast_model::Call::new(OperationRef::new("back", "serve"));
    let mut front = worker("crop", "machine", 1.0);
    front.operations[0] = Operation::new("serve")
        .with_call(call)
        .with_activity(Activity::working(Distribution::deterministic(1.0)));
    let mut system = system(1, vec![fault(0.5, 1.0, crash())]);
    system.hosts.push(Host::new("other"));
    system.services = vec![front, worker("back", "other", 2.0)];
    let prediction = simulate(&system, &twice());
    assert_eq!(prediction.workloads["crop"].failed, Some(1));
    assert_exactly(prediction.workloads["crop"].makespan, 2.0);
    assert_exactly(prediction.operations["back/serve"].response_time, 2.0);
}

/// M/D/1 whose server crashes at fixed times and loses nothing that waits in the queue: work that is done before the next
/// crash and work done anew, by hand for constant gaps: tasks of 1 s at 0, 1.25, 2.5 and 3.75, a crash at 3 for half a second.
#[test]
fn work_begins_anew() {
    let mut system = system(1, vec![fault(3.0, 0.5, crash())]);
    system.services[0].work_queue = Some(WorkQueue::new("tasks"));
    let at = vec![0.0, 1.25, 2.5, 3.75];
    system.workloads = vec![Workload::new("crop", OperationRef::new("crop", "serve"), Load::Replay { at })];
    let prediction = simulate(&system, &EngineOptions { ..twice() });
    // The third is done anew from 3.5 to 4.5, the fourth from then on.
    let mean = (1.0 + 1.0 + 2.0 + 1.75) / 4.0;
    assert_exactly(Some(prediction.workloads["crop"].response_time.unwrap().metric()), mean);
}

/// A "front" that calls "crop", and one request at 0, 10, 20, … seconds.
fn caller(faults: Vec<Fault>) -> System {
    let mut system = system(1, faults);
    let mut front = worker("front", "machine", 0.0);
    front.operations[0] =
        Operation::new("serve").with_call(Call::new(OperationRef::new("crop", "serve")).with_mean(1.0));
    system.services.push(front);
    system.workloads = vec![burst("front", 1)];
    let bursts = (0..400).map(|number| Burst { size: 1, at: 10.0 * f64::from(number) }).collect();
    system.workloads[0].load = Load::Burst { bursts };
    system
}

/// Of 400 requests a second each, those of one half of the time take 0.25 s longer.
#[test]
fn a_network_delays() {
    let slow = FaultEffect::Network { service: "crop".into(), from: None, delay: 0.25, loss: 0.0 };
    let prediction = simulate(&caller(vec![fault(1995.0, 2000.0, slow.clone())]), &twice());
    let response = |prediction: &Prediction| prediction.workloads["front"].response_time.unwrap().metric();
    assert_exactly(Some(response(&prediction)), 1.125);
    // Calls of others only.
    let FaultEffect::Network { service, delay, loss, .. } = slow else { unreachable!() };
    let others = FaultEffect::Network { service, from: Some("crop".into()), delay, loss };
    let prediction = simulate(&caller(vec![fault(1995.0, 2000.0, others)]), &twice());
    assert_exactly(Some(response(&prediction)), 1.0);
}

/// Each of two messages is lost k times with probability p^k (1 - p), and waits for 0.2 (2^k - 1) s: on average
/// 0.2 p/(1 - 2p), while no wait reaches two minutes, of which p leaves next to nothing.
#[test]
fn what_a_network_loses_is_sent_again() {
    let p = 0.1;
    let lossy =
        FaultEffect::Network { service: "crop".into(), from: Some("front".into()), delay: 0.0, loss: p };
    let mut system = caller(vec![fault(0.0, 1e6, lossy)]);
    system.hosts[0] = Host::new("machine").with_cores(Multiplicity::Infinite);
    system.services[0].concurrency = Multiplicity::Infinite;
    system.workloads[0] =
        Workload::new("front", OperationRef::new("front", "serve"), Load::Poisson { rate: 10.0 });
    let prediction = simulate(&system, &quick());
    let mean = 1.0 + 2.0 * 0.2 * p / (1.0 - 2.0 * p);
    assert_mean(prediction.workloads["front"].response_time.unwrap().metric(), mean);
}

/// One of two replicas, each of which gets every other request, replies with errors.
#[test]
fn one_replica_errs() {
    let errors = FaultEffect::Errors { service: "crop".into(), replica: Some(1), rate: 1.0 };
    let mut system = system(40, vec![fault(0.0, 1e6, errors)]);
    system.services[0].replicas = 2;
    let prediction = simulate(&system, &twice());
    let load = &prediction.workloads["crop"];
    assert_eq!((load.completed, load.failed), (Some(20), Some(20)));
}
