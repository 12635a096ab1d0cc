//! Replicas of services and hosts, and calls to several of them.

use tracecast_model::autoscaling::{Schedule, ScheduleEntry};
use tracecast_model::{
    Activity, Autoscaler, Call, Distribution, Engine, EngineOptions, Host, Load, LoadBalancing, Multiplicity,
    Operation, OperationRef, Placement, PredictError, Prediction, RunControl, Service, Step, System,
    WorkQueue, Workload, fixtures,
};
use tracecast_solver::mva::single::{self, Servers, Station};
use tracecast_solver::{Analytic, bounds, open};

use crate::{close, predict, response_time, throughput};

fn station(replicas: u32, machines: u32, load: Load) -> System {
    let mut system =
        fixtures::station(1, Distribution::exponential(1.0), tracecast_model::Scheduling::Fcfs, load);
    system.hosts[0].replicas = machines;
    system.services[0].replicas = replicas;
    system.services[0].load_balancing = LoadBalancing::Random;
    system
}

/// Poisson arrivals at random to machines: an M/M/1 on each, however many replicas share one; those of the highest numbers
/// stay empty where there are fewer replicas.
#[test]
fn machines_are_stations_of_their_own() {
    for (replicas, machines, used) in [(4, 4, 4.0), (4, 2, 2.0), (2, 5, 2.0), (1, 3, 1.0)] {
        let prediction = predict(&station(replicas, machines, Load::Poisson { rate: 0.7 * used }));
        close(response_time(&prediction), open::mm1(0.7, 1.0).unwrap().response_time, 1e-6);
        close(prediction.hosts["machine"].utilization.unwrap().mean, 0.7 * used, 1e-9);
    }
}

/// Users at random on four machines: product form, so exact mean value analysis of four stations.
#[test]
fn users_on_machines() {
    let load = Load::Closed { population: 9, think_time: Distribution::exponential(2.0) };
    let found = throughput(&predict(&station(4, 4, load)));
    let alone = Station::new(0.25, Servers::Finite(1));
    let solution = single::solve(&[alone; 4], 9, 2.0);
    close(found, solution.throughput, 1e-9);
    let copies = single::solve(&[Station { copies: 4, ..alone }], 9, 2.0);
    close(copies.throughput, solution.throughput, 1e-12);
    close(copies.response_time, solution.response_time, 1e-12);
}

/// Two of three M/M/1 replicas, one after the other: a network of Kelly (1975), in which each has two thirds of the
/// arrivals and the stays add up.
#[test]
fn a_fan_out_adds_up() {
    let mut back = Service::new("back", "machine").with_replicas(3).with_concurrency(1).with_operation(
        Operation::new("serve").with_activity(Activity::working(Distribution::exponential(1.0))),
    );
    back.load_balancing = LoadBalancing::Random;
    let call = Call { fan_out: 2, ..Call::new(OperationRef::new("back", "serve")) };
    let front = Service::new("front", "machine").with_operation(Operation::new("serve").with_call(call));
    let load = Load::Poisson { rate: 0.9 };
    let mut system = System {
        hosts: vec![Host::new("machine").with_cores(Multiplicity::Infinite)],
        services: vec![front, back],
        workloads: vec![Workload::new("users", OperationRef::new("front", "serve"), load)],
        ..System::default()
    };
    let prediction = predict(&system);
    close(response_time(&prediction), 2.0 / (1.0 - 0.6), 1e-6);
    close(prediction.services["back"].utilization.unwrap().mean, 1.8, 1e-9);
    // Work between calls comes once behind all replicas: two slices of a second each, on idle cores.
    let Step::Activity(activity) = &mut system.services[0].operations[0].steps[0] else { panic!("a call") };
    activity.demand = Distribution::exponential(2.0);
    close(response_time(&predict(&system)), 2.0 + 2.0 / (1.0 - 0.6), 1e-6);
}

/// Pairs of front and back that have nothing to do with each other, each with its part of the load.
fn pairs(replicas: u32) -> System {
    let service = |name: &str, threads: u32| {
        let work = Activity::working(Distribution::exponential(0.4));
        let mut service = Service::new(name, name)
            .with_replicas(replicas)
            .with_concurrency(threads)
            .with_operation(Operation::new("serve").with_activity(work));
        service.load_balancing = LoadBalancing::Random;
        service
    };
    let call = Call { fan_in: Some(1), ..Call::new(OperationRef::new("back", "serve")) };
    let mut front = service("front", 3);
    front.operations[0].steps.push(Step::call(call));
    let load = Load::Poisson { rate: f64::from(replicas) };
    System {
        hosts: ["front", "back"].map(|name| Host { replicas, ..Host::new(name) }).to_vec(),
        services: vec![front, service("back", 2)],
        workloads: vec![Workload::new("users", OperationRef::new("front", "serve"), load)],
        ..System::default()
    }
}

/// A thousand of them are solved as one: the same figures after the same number of rounds.
#[test]
fn a_thousand_replicas_are_solved_as_one() {
    let (one, all) = (predict(&pairs(1)), predict(&pairs(1000)));
    close(response_time(&all), response_time(&one), 1e-9);
    for name in ["front", "back"] {
        let queue = |prediction: &Prediction| prediction.services[name].queue_length.unwrap().mean;
        close(queue(&all), 1000.0 * queue(&one), 1e-9);
    }
    assert_eq!(all.iterations, one.iterations);
}

/// Replicas that are not alike are refused by name, and what no engine covers.
#[test]
fn uneven_replicas_are_refused() {
    let refusal = |system: &System| {
        let error = Analytic.predict(system, &EngineOptions::default(), &RunControl::none()).unwrap_err();
        let PredictError::Unsupported { what, element, .. } = error else { panic!("{error}") };
        (what, element)
    };
    let (what, element) = refusal(&station(3, 2, Load::Poisson { rate: 0.7 }));
    assert_eq!(what, "3 replicas on the 2 machines of host \"machine\", some with more than others,");
    assert_eq!(element, "service \"station\"");
    let mut system = pairs(2);
    system.services[1].work_queue = Some(WorkQueue::new("tasks"));
    assert_eq!(refusal(&system), ("fan-out to a work queue".to_owned(), "service \"back\"".to_owned()));
}

/// A number of replicas that changes has no bounds, and no steady state: only a stretch of time can be followed.
#[test]
fn autoscalers_are_refused() {
    for load in
        [Load::Poisson { rate: 0.7 }, Load::Closed { population: 3, think_time: Distribution::zero() }]
    {
        let mut system = station(2, 1, load);
        let entries = vec![ScheduleEntry { at: 60.0, replicas: 3 }];
        system.services[0].autoscaler = Some(Autoscaler::Schedule(Schedule { entries, period: None }));
        let refused = Analytic.predict(&system, &EngineOptions::default(), &RunControl::none()).map(|_| ());
        for refused in [refused, bounds::bounds(&system).map(|_| ())] {
            let Err(PredictError::Unsupported { what, element, .. }) = refused else { panic!("{refused:?}") };
            assert!(
                what.starts_with("an autoscaler") && element == "service \"station\"",
                "{what}, {element}"
            );
        }
    }
}

/// Replicas that a placement puts where their numbers would are M/M/1 each as before; others are refused by name, and bounds know
/// on how many machines they are: two replicas with a core each fill one with two.
#[test]
fn placements_are_covered_where_they_come_to_the_same() {
    let mut system = station(4, 2, Load::Poisson { rate: 1.4 });
    system.hosts[0].placement = Placement::Spread;
    close(response_time(&predict(&system)), open::mm1(0.7, 1.0).unwrap().response_time, 1e-6);
    system.services[0].replicas = 2;
    system.services[0].cpu_request = Some(1.0);
    system.hosts[0].cores = Multiplicity::Finite(2);
    system.hosts[0].placement = Placement::MostAllocated;
    let refused = Analytic.predict(&system, &EngineOptions::default(), &RunControl::none());
    let Err(PredictError::Unsupported { what, element, .. }) = refused else { panic!("{refused:?}") };
    assert!(what.contains("placement") && element == "host \"machine\"", "{what}, {element}");
    // One machine with two cores, each request a second of one of them.
    close(bounds::bounds(&system).unwrap()[0].capacity.unwrap_or(f64::NAN), 2.0, 1e-12);
}

/// A reply in one of two exponential branches: the caller waits for it, the thread for the later of both, whose mean is
/// a + b - 1/(1/a + 1/b).
#[test]
fn a_branch_replies() {
    let work = |mean: f64| Step::Activity(Activity::working(Distribution::exponential(mean)));
    let (a, b) = (0.3, 0.5);
    let branches = vec![vec![work(a), Step::Reply(tracecast_model::Reply::default())], vec![work(b)]];
    let service =
        Service::new("service", "cores").with_operation(Operation::new("serve").with_fork(branches));
    let load = Load::Poisson { rate: 2.0 };
    let system = System {
        hosts: vec![Host::new("cores").with_cores(Multiplicity::Infinite)],
        services: vec![service],
        workloads: vec![Workload::new("users", OperationRef::new("service", "serve"), load)],
        ..System::default()
    };
    let prediction = predict(&system);
    close(response_time(&prediction), a, 1e-9);
    let latest = a + b - 1.0 / (1.0 / a + 1.0 / b);
    // Tolerance: the quadrature.
    close(prediction.services["service"].utilization.unwrap().mean, 2.0 * latest, 1e-6);
    let p50 = prediction.workloads["users"].response_time.unwrap().p50.unwrap();
    // Percentiles are found to a thousandth.
    close(p50, a * 2.0_f64.ln(), 2e-3);
}
