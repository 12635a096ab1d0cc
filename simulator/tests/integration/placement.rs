//! Machines that are chosen by what is on them, against closed forms and exact schedules.

use tracecast_model::autoscaling::{DelayKind, Schedule, ScheduleEntry};
use tracecast_model::{
    Activity, Autoscaler, Burst, Distribution, Engine, EngineOptions, Fault, FaultEffect, Host, Load,
    Operation, OperationRef, Placement, PredictError, Prediction, RunControl, Scheduling, Service, System,
    WarmPool, WorkQueue, Workload,
};
use tracecast_simulator::Simulation;

use crate::support::{
    assert_exact, assert_exactly, assert_mean, host, quick, response, simulate, twice, worker,
};

/// Machines with one core each.
fn machines(placement: Placement, replicas: u32) -> Host {
    Host { placement, replicas, ..host("node", 1) }
}

/// A service of one thread in each replica with so many seconds of work, and a core set aside for each.
fn service(name: &str, replicas: u32, seconds: f64, changes: &[(f64, u32)]) -> Service {
    let mut service = worker(name, "node", seconds).with_concurrency(1).with_replicas(replicas);
    service.cpu_request = Some(1.0);
    service.work_queue = Some(WorkQueue::new(format!("tasks of {name}")));
    if !changes.is_empty() {
        let entries = changes.iter().map(|&(at, replicas)| ScheduleEntry { at, replicas }).collect();
        service.autoscaler = Some(Autoscaler::Schedule(Schedule { entries, period: None }));
    }
    service
}

fn bursts(service: &str, times: &[(f64, u32)]) -> Workload {
    let bursts = times.iter().map(|&(at, size)| Burst { at, size }).collect();
    Workload::new(service, OperationRef::new(service, "serve"), Load::Burst { bursts })
        .until_all_work_is_done()
}

fn system(host: Host, services: Vec<Service>, workloads: Vec<Workload>) -> System {
    System { hosts: vec![host], services, workloads, ..System::default() }
}

fn told(prediction: &Prediction, event: usize) -> Vec<(DelayKind, f64)> {
    prediction.scaling[event].delays.iter().map(|delay| (delay.kind, delay.seconds)).collect()
}

/// Two services with one replica each and two machines: on one machine it is M/M/1-PS with the load of both, on two twice that
/// with half of it. The mean response time is 1 / (μ - λ) (Kleinrock 1976, *Queueing Systems* II, section 4.4).
#[test]
fn replicas_share_a_machine_or_do_not() {
    for (placement, rate_there) in [
        (Placement::ByNumber, 0.6),
        (Placement::Spread, 0.3),
        (Placement::LeastAllocated, 0.3),
        (Placement::MostAllocated, 0.6),
    ] {
        let work = Activity::working(Distribution::exponential(1.0));
        let service = |name: &str| {
            Service::new(name, "node").with_operation(Operation::new("serve").with_activity(work.clone()))
        };
        let load =
            |name: &str| Workload::new(name, OperationRef::new(name, "serve"), Load::Poisson { rate: 0.3 });
        let system =
            system(machines(placement, 2), vec![service("a"), service("b")], vec![load("a"), load("b")]);
        let prediction = simulate(&system, &quick());
        for name in ["a", "b"] {
            assert_mean(response(&prediction, name).metric(), 1.0 / (1.0 - rate_there));
        }
    }
}

/// Of two machines each has room for one. The second replica of a is asked for at 2, and b's leaves at 5; it starts up from then
/// on for a second. Of ten seconds of work six are done by 6, the other four by two.
#[test]
fn a_replica_waits_for_room() {
    for placement in [Placement::Spread, Placement::LeastAllocated, Placement::MostAllocated] {
        let mut a = service("a", 1, 1.0, &[(2.0, 2)]);
        a.start_up = Distribution::deterministic(1.0).into();
        a.price = Some(3600.0);
        let b = service("b", 1, 1.0, &[(5.0, 0)]);
        let loads = vec![bursts("a", &[(0.0, 10)]), bursts("b", &[(0.0, 1)])];
        let prediction = simulate(&system(machines(placement, 2), vec![a, b], loads), &twice());
        assert_exactly(prediction.workloads["a"].makespan, 8.0);
        assert_eq!(told(&prediction, 0), [(DelayKind::Pending, 3.0), (DelayKind::StartUp, 1.0)]);
        let result = &prediction.services["a"];
        assert_exactly(result.pending, 3.0 / 8.0);
        assert_exact(result.replicas.unwrap().mean, (8.0 + 2.0) / 8.0);
        // What waits for room costs nothing.
        assert_exact(result.replicas.unwrap().existing.unwrap(), (8.0 + 3.0) / 8.0);
        assert_exactly(prediction.cost.unwrap().total, 11.0);
        assert_exactly(prediction.services["b"].pending, 0.0);
    }
}

/// The same over time, in bins of a second.
#[test]
fn what_waits_is_a_series() {
    let services = vec![service("a", 1, 1.0, &[(2.0, 2)]), service("b", 1, 1.0, &[(5.0, 0)])];
    let loads = vec![bursts("a", &[(0.0, 10)]), bursts("b", &[(0.0, 1)])];
    let options = EngineOptions { series_bin: Some(1.0), ..twice() };
    let prediction = simulate(&system(machines(Placement::Spread, 2), services, loads), &options);
    let series = prediction.series.unwrap();
    for (bin, pending) in series.columns["a.pending"].iter().flatten().enumerate() {
        assert_exact(*pending, if (2..5).contains(&bin) { 1.0 } else { 0.0 });
    }
    assert!(series.columns["a.pending"].len() >= 7);
}

/// Those that wait go first when fewer are wanted, and are told as waiting until then; so are those that wait at the end. Those that
/// were asked for first come first.
#[test]
fn what_never_starts_is_told() {
    let services = |leaves: &[(f64, u32)]| {
        vec![
            service("a", 1, 1.0, &[(2.0, 2), (4.0, 1)]),
            service("b", 1, 1.0, leaves),
            service("c", 0, 1.0, &[(3.0, 1)]),
        ]
    };
    let loads = || vec![bursts("a", &[(0.0, 10)]), bursts("b", &[(0.0, 1)])];
    let full = simulate(&system(machines(Placement::Spread, 2), services(&[]), loads()), &twice());
    assert_exactly(full.workloads["a"].makespan, 10.0);
    assert_eq!(told(&full, 0), [(DelayKind::Pending, 2.0)]);
    assert_eq!(told(&full, 1), [(DelayKind::Pending, 7.0)]);
    assert_eq!(full.services["a"].replicas.unwrap().max, 1);
    // b leaves at 3.5, when both wait: a's is the first, and stops at 4, being the younger, and c's comes.
    let early = simulate(&system(machines(Placement::Spread, 2), services(&[(3.5, 0)]), loads()), &twice());
    assert_eq!(told(&early, 0), [(DelayKind::Pending, 1.5), (DelayKind::StartUp, 0.0)]);
    let c = early.scaling.iter().position(|event| event.service == "c").unwrap();
    // It does the task that it began at 3.5.
    assert_eq!(told(&early, c), [(DelayKind::Pending, 1.5), (DelayKind::StartUp, 0.0)]);
}

/// s works on machine 0 until the end. e's replica is on machine 1 from 1 on, and stops at 4; f's takes its place, and e's next one
/// comes to machine 0, whose core it shares: a second of work takes it two.
#[test]
fn a_replica_works_where_it_was_placed() {
    let free = |service: Service| Service { cpu_request: None, ..service };
    let services = vec![
        free(service("s", 1, 10.0, &[])),
        free(service("e", 0, 1.0, &[(1.0, 1), (4.0, 0), (5.0, 1)])),
        free(service("f", 0, 1.0, &[(4.5, 1)])),
    ];
    let loads = vec![bursts("s", &[(0.0, 1)]), bursts("e", &[(1.0, 1), (5.0, 1)])];
    let prediction = simulate(&system(machines(Placement::Spread, 2), services, loads), &twice());
    // From its first task at 1 on.
    assert_exactly(prediction.workloads["e"].makespan, 6.0);
    assert_exactly(prediction.workloads["s"].makespan, 11.0);
    assert_exact(response(&prediction, "e").mean, (1.0 + 2.0) / 2.0);
}

/// A replica that is gone at 2.5 and back at 3.5 keeps its room: the one that is asked for at 3 waits until the end.
#[test]
fn a_crash_leaves_no_room() {
    let services = vec![service("a", 1, 1.0, &[]), service("b", 0, 1.0, &[(3.0, 1)])];
    let mut system =
        system(machines(Placement::Spread, 1), services, vec![bursts("a", &[(0.0, 2), (3.0, 1)])]);
    system.faults = vec![Fault {
        at: 2.5,
        duration: 1.0,
        effect: FaultEffect::Crash { service: "a".into(), replicas: None },
    }];
    let prediction = simulate(&system, &twice());
    assert_exactly(prediction.workloads["a"].makespan, 4.5);
    assert_eq!(told(&prediction, 0), [(DelayKind::Pending, 1.5)]);
    assert_exactly(prediction.services["b"].pending, 1.5 / 4.5);
}

/// What is not covered is refused with its name.
#[test]
fn refusals() {
    let refused = |change: &dyn Fn(&mut System)| {
        let services = vec![service("a", 1, 1.0, &[(2.0, 2)])];
        let mut system = system(machines(Placement::Spread, 2), services, vec![bursts("a", &[(0.0, 1)])]);
        change(&mut system);
        match Simulation.predict(&system, &twice(), &RunControl::none()) {
            Err(PredictError::Unsupported { what, element, .. }) => format!("{element}: {what}"),
            other => panic!("{other:?}"),
        }
    };
    let pool = WarmPool { size: 1, activation: Distribution::zero() };
    let found = refused(&|system| system.services[0].warm_pool = Some(pool.clone()));
    assert_eq!(found, "service \"a\": a warm pool on a host with placement \"spread\"");
    let found = refused(&|system| system.hosts[0].scheduling = Scheduling::Fcfs);
    assert_eq!(
        found,
        "service \"a\": an autoscaler on a host with placement \"spread\" and scheduling \"fcfs\""
    );
}
