//! Calls to several replicas, and over fixed connections.

use tracecast_model::{
    Activity, Call, Distribution, Host, Load, LoadBalancing, Multiplicity, Operation, OperationRef, Service,
    System, Workload,
};

use crate::support::{assert_exactly, assert_mean, burst, host, quick, response, simulate, twice, worker};

/// A service "front" of so many replicas that calls "back", of single-threaded replicas with a second of work.
fn fan(front: u32, back: u32, call: Call, requests: u32) -> System {
    let caller = Service::new("front", "machine")
        .with_replicas(front)
        .with_operation(Operation::new("serve").with_call(call));
    System {
        hosts: vec![host("machine", 99)],
        services: vec![caller, worker("back", "machine", 1.0).with_replicas(back).with_concurrency(1)],
        workloads: vec![burst("front", requests)],
        ..System::default()
    }
}

fn call() -> Call {
    Call::new(OperationRef::new("back", "serve"))
}

/// A call to three replicas takes three seconds, one after the other; messages to three replicas are worked off at
/// once.
#[test]
fn a_call_fans_out() {
    let prediction = simulate(&fan(1, 3, Call { fan_out: 3, ..call() }, 1), &twice());
    assert_exactly(prediction.workloads["front"].makespan, 3.0);
    assert_exactly(prediction.operations["back/serve"].response_time, 1.0);
    let prediction = simulate(&fan(1, 3, Call { fan_out: 3, ..call() }.asynchronous(), 1), &twice());
    assert_exactly(prediction.workloads["front"].makespan, 1.0);
    assert_exactly(prediction.services["back"].throughput, 3.0);
}

/// Two of three replicas, never the same one twice: three pairs of messages in turn are spread over all.
#[test]
fn a_fan_out_goes_to_different_replicas() {
    let mut system = fan(1, 3, Call { fan_out: 2, ..call() }.asynchronous(), 3);
    // (0 1), (1 2), (2 0): two messages for each.
    assert_exactly(simulate(&system, &twice()).workloads["front"].makespan, 2.0);
    system.services[1].load_balancing = LoadBalancing::LeastRequests;
    assert_exactly(simulate(&system, &twice()).workloads["front"].makespan, 2.0);
}

/// Four callers on two callees over fixed connections: callers 0 and 2 share the first. All requests that come in turn
/// to callers 0, 1, 2, 3, 0 wait for three seconds at most; a fifth without connections would too, but the load
/// balancer of "back" is not asked: with all requests at caller 0, one callee does all.
#[test]
fn connections_are_fixed() {
    let connected = Call { fan_in: Some(2), ..call() };
    let system = fan(4, 2, connected.clone(), 5);
    assert_exactly(simulate(&system, &twice()).workloads["front"].makespan, 3.0);
    let mut system = fan(2, 2, Call { fan_in: Some(1), ..call() }, 4);
    assert_exactly(simulate(&system, &twice()).workloads["front"].makespan, 2.0);
    // An idle replica is always the one of the lowest number, so that with one request at a time only it is asked.
    system.services[0].load_balancing = LoadBalancing::LeastRequests;
    system.workloads[0].load = Load::Closed { population: 1, think_time: Distribution::deterministic(1.0) };
    let prediction = simulate(&system, &twice());
    assert_exactly(prediction.operations["back/serve"].response_time, 1.0);
}

/// Two of three M/M/1 replicas chosen at random, one after the other: a network of Kelly (1975), in which each replica
/// has two thirds of the arrivals and the stays add up.
#[test]
fn a_fan_out_adds_up() {
    let demand = Distribution::exponential(1.0);
    let mut back = Service::new("back", "machine")
        .with_replicas(3)
        .with_concurrency(1)
        .with_operation(Operation::new("serve").with_activity(Activity::working(demand)));
    back.load_balancing = LoadBalancing::Random;
    let front = Service::new("front", "machine")
        .with_operation(Operation::new("serve").with_call(Call { fan_out: 2, ..call() }));
    let system = System {
        hosts: vec![Host::new("machine").with_cores(Multiplicity::Infinite)],
        services: vec![front, back],
        workloads: vec![Workload::new(
            "users",
            OperationRef::new("front", "serve"),
            Load::Poisson { rate: 0.9 },
        )],
        ..System::default()
    };
    let prediction = simulate(&system, &quick());
    assert_mean(response(&prediction, "users").metric(), 2.0 / (1.0 - 0.6));
    assert_mean(prediction.services["back"].utilization.unwrap(), 1.8);
}
