//! What becomes of requests, and what replicas cost, against closed forms.

use tracecast_model::{
    Distribution, EngineOptions, Host, Load, Multiplicity, OperationRef, Resilience, Retry, System, Workload,
    fixtures,
};

use crate::support::{assert_exactly, assert_mean, quick, simulate, worker};

/// A service without limits whose replies are errors with probability p, and a workload with these manners.
fn sender(p: f64, resilience: Resilience) -> System {
    let mut service = worker("serve", "machine", 1.0);
    service.operations[0].error_rate = p;
    System {
        hosts: vec![Host::new("machine").with_cores(Multiplicity::Infinite)],
        services: vec![service],
        workloads: vec![Workload {
            resilience: Some(resilience),
            ..Workload::new("users", OperationRef::new("serve", "serve"), Load::Poisson { rate: 50.0 })
        }],
        ..System::default()
    }
}

/// Errors with probability p and three attempts: served at once 1 - p, after a retry p(1 - p)(1 + p), never p³.
#[test]
fn retried_requests_are_told_apart() {
    let p = 0.3;
    let retry = Retry::new(3);
    let system = sender(p, Resilience { retry: Some(retry), ..Resilience::default() });
    let prediction = simulate(&system, &quick());
    let fates = prediction.workloads["users"].fates.clone().unwrap();
    assert_mean(fates.served.unwrap(), 1.0 - p);
    assert_mean(fates.retried.unwrap(), p * (1.0 - p) * (1.0 + p));
    assert_mean(fates.error.unwrap(), p.powi(3));
    assert_eq!(fates.timed_out.unwrap().mean, 0.0);
    let sum: f64 = fates.iter().map(|(_, share)| share.mean).sum();
    assert!((sum - 1.0).abs() < 1e-12, "{sum}");
}

/// Exponential times of mean 1 are later than T with probability e^-T; of those in time, p are errors.
#[test]
fn late_replies_are_no_errors() {
    let (p, timeout) = (0.2, 1.5);
    let mut system = sender(p, Resilience { timeout: Some(timeout), ..Resilience::default() });
    system.services[0].operations[0].for_each_activity_mut(&mut |activity| {
        activity.demand = Distribution::exponential(1.0);
    });
    let prediction = simulate(&system, &quick());
    let fates = prediction.workloads["users"].fates.clone().unwrap();
    let late = (-timeout).exp();
    assert_mean(fates.timed_out.unwrap(), late);
    assert_mean(fates.error.unwrap(), (1.0 - late) * p);
    assert_mean(fates.served.unwrap(), (1.0 - late) * (1.0 - p));
}

/// Of an M/M/1/2 queue the part p₂ of the arrivals is lost (Kleinrock 1975, §3.6).
#[test]
fn full_queues_lose() {
    let rho: f64 = 0.8;
    let mut system = fixtures::open_station(1, Distribution::exponential(1.0), rho);
    system.services[0].concurrency = Multiplicity::Finite(1);
    system.services[0].queue_capacity = Some(1);
    let prediction = simulate(&system, &quick());
    let fates = prediction.workloads["users"].fates.clone().unwrap();
    assert_mean(fates.lost.unwrap(), rho * rho / (1.0 + rho + rho * rho));
    assert_eq!(fates.error.unwrap().mean, 0.0);
}

/// Two replicas at 9 an hour for ten tasks of 1 s one after the other on each: 10 s, and 20 replica-seconds.
#[test]
fn replicas_cost_what_their_time_does() {
    let mut system = fixtures::burst_queue(20, 2, Distribution::deterministic(1.0));
    let service = &mut system.services[0];
    service.price = Some(9.0);
    let replicas = f64::from(service.replicas);
    let prediction = simulate(&system, &EngineOptions::default());
    let makespan = prediction.workloads["burst"].makespan.unwrap().mean;
    let cost = prediction.cost.unwrap();
    assert_exactly(Some(cost.per_hour), 9.0 * replicas);
    assert_exactly(cost.total, 9.0 * replicas * makespan / 3600.0);
}
