//! Orders other than first come, first served: by priority and at random.

use tracecast_model::{
    Activity, Burst, Call, Distribution, EngineOptions, Host, Load, Multiplicity, Operation, OperationRef,
    Prediction, Scheduling, Service, System, Workload, fixtures,
};

use crate::support::{assert_exactly, assert_mean, host, quick, response, simulate, twice, worker};
use crate::theory;

/// Two services "low" and "high" of exponential demands on one core, each under a Poisson load of its own.
fn two_classes(scheduling: Scheduling, classes: [(f64, f64); 2]) -> Prediction {
    let mut system =
        System { hosts: vec![Host::new("machine").with_scheduling(scheduling)], ..System::default() };
    for ((name, priority), (rate, mean)) in [("low", -1), ("high", 3)].into_iter().zip(classes) {
        let serve = Operation::new("serve").with_activity(Activity::working(Distribution::exponential(mean)));
        let mut service = Service::new(name, "machine").with_operation(serve);
        service.priority = priority;
        system.services.push(service);
        let load = Load::Poisson { rate };
        system.workloads.push(Workload::new(name, OperationRef::new(name, "serve"), load));
    }
    simulate(&system, &quick())
}

const CLASSES: [(f64, f64); 2] = [(0.4, 1.0), (0.5, 0.6)];

/// Cobham 1954, eq. (3): a class waits W₀ / ((1-σ₊)(1-σ)), with W₀ the mean work left in service, σ the load of its
/// own and higher classes and σ₊ that of the higher ones.
#[test]
fn priority_without_preemption() {
    let prediction = two_classes(Scheduling::Priority, CLASSES);
    let [(low_rate, low), (high_rate, high)] = CLASSES;
    let left = low_rate * low * low + high_rate * high * high;
    let sigma = high_rate * high;
    let all = sigma + low_rate * low;
    assert_mean(response(&prediction, "high").metric(), left / (1.0 - sigma) + high);
    assert_mean(response(&prediction, "low").metric(), left / ((1.0 - sigma) * (1.0 - all)) + low);
    assert_mean(prediction.hosts["machine"].utilization.unwrap(), all);
}

/// Preemptive resume (Kleinrock 1976, *Queueing Systems* II, eq. 3.39): the higher class sees only itself; the lower one
/// stays S/(1-σ₊) + W₀/((1-σ₊)(1-σ)).
#[test]
fn priority_with_preemption() {
    let prediction = two_classes(Scheduling::PreemptivePriority, CLASSES);
    let [(low_rate, low), (high_rate, high)] = CLASSES;
    let left = low_rate * low * low + high_rate * high * high;
    let sigma = high_rate * high;
    let all = sigma + low_rate * low;
    assert_mean(response(&prediction, "high").metric(), high / (1.0 - sigma));
    let theory = low / (1.0 - sigma) + left / ((1.0 - sigma) * (1.0 - all));
    assert_mean(response(&prediction, "low").metric(), theory);
    assert_mean(prediction.hosts["machine"].utilization.unwrap(), all);
}

fn at(service: &str, bursts: &[(f64, u32)]) -> Workload {
    let bursts = bursts.iter().map(|&(at, size)| Burst { size, at }).collect();
    Workload::new(service, OperationRef::new(service, "serve"), Load::Burst { bursts })
}

/// Two cores: work of 5 s (priority 1) and 4 s (priority 0) begins at 0; 2 s of priority 2 interrupt the latter at 1
/// until 3, so that it ends at 6.
#[test]
fn the_weakest_is_interrupted_and_resumed() {
    let machine = host("machine", 2).with_scheduling(Scheduling::PreemptivePriority);
    let mut system = System { hosts: vec![machine], ..System::default() };
    for (name, priority, seconds, start) in [("a", 1, 5.0, 0.0), ("b", 0, 4.0, 0.0), ("c", 2, 2.0, 1.0)] {
        let mut service = worker(name, "machine", seconds);
        service.priority = priority;
        system.services.push(service);
        system.workloads.push(at(name, &[(start, 1)]));
    }
    let prediction = simulate(&system, &twice());
    for (name, expected) in [("a", 5.0), ("b", 6.0), ("c", 2.0)] {
        assert_exactly(Some(response(&prediction, name).metric()), expected);
    }
}

/// A thread with work of a second: three requests of a low caller, then two of a high one. The first is in service; the
/// high ones come next, then the others: (1 + 4 + 5)/3 and (2 + 3)/2. An operation's priority adds to the caller's.
#[test]
fn waiting_requests_have_the_priority_of_caller_and_operation() {
    for (low, high) in [((0, 0), (1, 0)), ((0, 0), (0, 1)), ((3, 0), (2, 2)), ((-1, 0), (-2, 2))] {
        let mut server = worker("server", "machine", 1.0).with_concurrency(1);
        server.scheduling = Scheduling::Priority;
        let mut urgent = server.operations[0].clone();
        urgent.name = "urgent".into();
        server.operations.push(urgent);
        server.operations[0].priority = low.1;
        server.operations[1].priority = high.1;
        let caller = |name: &str, priority, to: &str| {
            let call = Call::new(OperationRef::new("server", to));
            let mut service =
                Service::new(name, "machine").with_operation(Operation::new("serve").with_call(call));
            service.priority = priority;
            service
        };
        let system = System {
            hosts: vec![host("machine", 9)],
            services: vec![server, caller("low", low.0, "serve"), caller("high", high.0, "urgent")],
            workloads: vec![at("low", &[(0.0, 3)]), at("high", &[(0.0, 2)])],
            ..System::default()
        };
        let prediction = simulate(&system, &twice());
        assert_exactly(Some(response(&prediction, "low").metric()), 10.0 / 3.0);
        assert_exactly(Some(response(&prediction, "high").metric()), 2.5);
    }
}

/// Random order leaves the mean of M/G/1 as it is, since it does not look at the work to do, but spreads it: Kingman
/// 1962. First come, first served would have the 99th percentile of an exponential with that mean.
#[test]
fn random_order() {
    let system =
        fixtures::station(1, Distribution::exponential(1.0), Scheduling::Random, Load::Poisson { rate: 0.8 });
    let found = response(&simulate(&system, &quick()), "users");
    assert_mean(found.metric(), theory::mmc_response(1, 0.8, 1.0));
    assert!(found.p99.unwrap() > 1.2 * 5.0 * 100f64.ln(), "{found:?}");
    // The same for threads.
    let mut system = fixtures::open_station(1, Distribution::exponential(1.0), 0.8);
    system.hosts[0].cores = Multiplicity::Infinite;
    system.services[0].concurrency = Multiplicity::Finite(1);
    system.services[0].scheduling = Scheduling::Random;
    let found = response(&simulate(&system, &quick()), "users");
    assert_mean(found.metric(), 5.0);
    assert!(found.p99.unwrap() > 1.2 * 5.0 * 100f64.ln(), "{found:?}");
}

/// A CPU limit of half a core on a host with priorities: one piece of work at a time, at half the speed, while the
/// other core serves the rest.
#[test]
fn limits_go_with_priorities() {
    for scheduling in [Scheduling::Priority, Scheduling::PreemptivePriority] {
        let machine = host("machine", 2).with_scheduling(scheduling);
        let mut limited = worker("limited", "machine", 1.0);
        limited.priority = 1;
        limited.cpu_limit = Some(0.5);
        let system = System {
            hosts: vec![machine],
            services: vec![limited, worker("other", "machine", 1.0)],
            workloads: vec![at("limited", &[(0.0, 2)]), at("other", &[(0.0, 3)])],
            ..System::default()
        };
        let prediction = simulate(&system, &EngineOptions { replications: Some(2), ..quick() });
        assert_exactly(Some(response(&prediction, "limited").metric()), 3.0);
        assert_exactly(Some(response(&prediction, "other").metric()), 2.0);
    }
}
