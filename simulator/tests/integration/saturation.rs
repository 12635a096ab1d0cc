//! Loads at and beyond capacity.

use tracecast_model::{
    Call, Distribution, EngineOptions, Host, Load, Multiplicity, Operation, OperationRef, Prediction,
    Scheduling, Status, System, fixtures,
};

use crate::support::{assert_mean, response, simulate, worker};

fn assert_saturated(system: &System, element: &str) -> Prediction {
    let prediction = simulate(system, &EngineOptions::default());
    assert_eq!(prediction.status, Status::Saturated, "{element}");
    let named: Vec<_> = prediction.warnings.iter().map(|warning| warning.element.as_str()).collect();
    assert!(named.contains(&element), "{named:?} but not {element}");
    assert!(prediction.workloads["users"].response_time.is_none());
    // Found long before the events run out.
    assert!(prediction.events.unwrap() < 20_000_000, "{:?}", prediction.events);
    prediction
}

#[test]
fn a_host_beyond_capacity() {
    for rate in [1.02, 1.3, 100.0] {
        for scheduling in Scheduling::ALL {
            let demand = Distribution::exponential(1.0);
            let system = fixtures::station(1, demand, scheduling, Load::Poisson { rate });
            let prediction = assert_saturated(&system, "host \"machine\"");
            assert_mean(prediction.workloads["users"].throughput.unwrap(), 1.0);
        }
    }
}

/// A pool of threads that wait for a callee most of the time: ten threads of 0.1 s each do 100 requests per second,
/// while no host is busy.
#[test]
fn threads_beyond_capacity() {
    let mut system = fixtures::open_station(1, Distribution::exponential(0.0001), 110.0);
    system.services[0].concurrency = Multiplicity::Finite(10);
    let call = Call::new(OperationRef::new("slow", "serve"));
    let serve = Operation::new("serve").with_call(call);
    system.services[0].operations[0] = serve;
    system.hosts.push(Host::new("delay").with_cores(Multiplicity::Infinite));
    system.services.push(worker("slow", "delay", 0.1));
    let prediction = assert_saturated(&system, "service \"station\"");
    assert_mean(prediction.workloads["users"].throughput.unwrap(), 100.0);
}

#[test]
fn a_limit_beyond_capacity() {
    let demand = Distribution::exponential(1.0);
    let mut system = fixtures::station(4, demand, Scheduling::Ps, Load::Poisson { rate: 0.8 });
    system.services[0].cpu_limit = Some(0.5);
    assert_saturated(&system, "service \"station\"");
}

/// A capped share of a quarter of two cores, with the rest of the host idle.
#[test]
fn a_share_beyond_capacity() {
    let demand = Distribution::exponential(1.0);
    let mut system = fixtures::station(2, demand, Scheduling::Ps, Load::Poisson { rate: 0.6 });
    system.hosts[0].share_groups =
        vec![tracecast_model::ShareGroup { name: "batch".into(), share: 0.25, capped: true }];
    system.services[0].share_group = Some("batch".into());
    let prediction = assert_saturated(&system, "host \"machine\"");
    assert_mean(prediction.workloads["users"].throughput.unwrap(), 0.5);
}

/// The given end of time is kept, and what it shows is said.
#[test]
fn saturation_within_a_given_time() {
    let system = fixtures::open_station(1, Distribution::exponential(1.0), 1.2);
    let options = EngineOptions { until: Some(2000.0), ..EngineOptions::default() };
    assert_eq!(simulate(&system, &options).status, Status::Saturated);
}

/// Messages beyond capacity that no user waits for: ten users who think for a second and wait for 10 ms send 9.9 requests
/// per second, each with a message, to a worker that can do 5, or 20.
#[test]
fn messages_of_users_that_do_not_wait_for_them() {
    let with_demand = |demand: f64| {
        let mut system = fixtures::closed_network(10, 1.0, &[0.01]);
        system.hosts.push(Host::new("worker"));
        system.services.push(worker("worker", "worker", demand).with_concurrency(1));
        let message = Call::new(OperationRef::new("worker", "serve")).asynchronous();
        let users = system.services[0].operations[0].clone().with_call(message);
        system.services[0].operations[0] = users;
        let options = EngineOptions { precision: 0.05, ..EngineOptions::default() };
        simulate(&system, &options)
    };
    let flooded = with_demand(0.2);
    assert_eq!(flooded.status, Status::Saturated);
    assert!(flooded.warnings.iter().any(|warning| warning.element == "host \"worker\""));
    assert_mean(flooded.services["worker"].throughput.unwrap(), 5.0);
    let bearable = with_demand(0.05);
    assert_eq!(bearable.status, Status::Converged);
    assert_mean(bearable.services["worker"].throughput.unwrap(), 10.0 / 1.01);
}

/// A high but bearable load is none: neither near capacity, nor in a closed system, nor with long delays that fill
/// slowly.
#[test]
fn high_loads_are_no_saturation() {
    let options = EngineOptions { precision: 0.1, ..EngineOptions::default() };
    let high = fixtures::open_station(1, Distribution::exponential(1.0), 0.97);
    let prediction = simulate(&high, &options);
    assert_eq!(prediction.status, Status::Converged);
    assert_mean(response(&prediction, "users").metric(), 1.0 / 0.03);

    let closed = fixtures::closed_network(500, 1.0, &[0.1]);
    let prediction = simulate(&closed, &options);
    assert_eq!(prediction.status, Status::Converged);
    assert_mean(response(&prediction, "users").metric(), 500.0 * 0.1 - 1.0);

    let mut slow = fixtures::open_station(1, Distribution::deterministic(500.0), 10.0);
    slow.hosts[0].cores = Multiplicity::Infinite;
    let prediction = simulate(&slow, &options);
    assert_eq!(prediction.status, Status::Converged);
    assert_mean(prediction.services["station"].queue_length.unwrap(), 5000.0);
}
