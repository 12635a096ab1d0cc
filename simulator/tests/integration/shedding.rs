//! Services that turn requests away, against the queues that they are.

use tracecast_model::{
    Activity, Call, Distribution, Load, Metric, Operation, OperationRef, Prediction, RateLimit, Resilience,
    Shedding, System, Workload,
};

use crate::support::{
    assert_exact, assert_exactly, assert_mean, burst, host, quick, simulate, twice, worker,
};

/// A service with one thread and a core of its own, with work of mean 1 or exactly 1.
fn station(exponential: bool, rate: f64) -> System {
    let mut server = worker("server", "machine", 1.0).with_concurrency(1);
    if exponential {
        let work = Activity::working(Distribution::exponential(1.0));
        server.operations[0] = Operation::new("serve").with_activity(work);
    }
    let load = Load::Poisson { rate };
    System {
        hosts: vec![host("machine", 1)],
        services: vec![server],
        workloads: vec![Workload::new("server", OperationRef::new("server", "serve"), load)],
        ..System::default()
    }
}

fn response(prediction: &Prediction) -> Metric {
    prediction.workloads["server"].response_time.unwrap().metric()
}

/// Tokens at rate μ, one kept, and work that takes no time: M/D/1 in the time until the token.
#[test]
fn a_rate_limit_that_lets_wait_is_a_queue() {
    let (rate, tokens) = (1.4, 2.0);
    let mut system = station(false, rate);
    system.services[0].operations[0].steps = Vec::new();
    system.services[0].rate_limit = Some(RateLimit { rate: tokens, burst: 1, max_wait: 1e6 });
    let prediction = simulate(&system, &quick());
    let rho = rate / tokens;
    let wait = rho / (2.0 * tokens * (1.0 - rho));
    assert_mean(response(&prediction), wait);
    assert_mean(prediction.services["server"].waiting_time.unwrap(), wait);
}

/// Of 10 at once 4 find tokens; the others get an error at once.
#[test]
fn a_rate_limit_turns_away() {
    let mut system = station(false, 1.0);
    system.services[0].rate_limit = Some(RateLimit { burst: 4, ..RateLimit::per_second(1.0) });
    system.workloads = vec![burst("server", 10)];
    let prediction = simulate(&system, &twice());
    assert_eq!(prediction.workloads["server"].failed, Some(6));
    assert_exact(prediction.services["server"].loss_share.unwrap().mean, 0.6);
    assert_exactly(prediction.workloads["server"].makespan, 4.0);
}

/// Requests that are dropped where they would begin take no time of the server: M/M/1 with impatience, where those are lost
/// that find more than T of work before them (Gnedenko and Kovalenko 1989, *Introduction to Queueing Theory*, section 1.7).
#[test]
fn dropping_late_requests_is_impatience() {
    let (rho, t): (f64, f64) = (0.9, 2.0);
    let mut system = station(true, rho);
    system.services[0].shedding =
        Some(Shedding { max_queue_delay: Some(t), abandoned: false, ..Shedding::default() });
    let prediction = simulate(&system, &quick());
    let below = rho * (1.0 - (-(1.0 - rho) * t).exp()) / (1.0 - rho);
    let above = rho * (-(1.0 - rho) * t).exp();
    let lost = above / (1.0 + below + above);
    assert_mean(prediction.services["server"].loss_share.unwrap(), lost);
    assert_mean(prediction.hosts["machine"].utilization.unwrap(), rho * (1.0 - lost));
}

/// The same with deterministic work: of 6 at once those that would wait for 3 s and more are dropped.
#[test]
fn late_requests_are_dropped_in_turn() {
    let mut system = station(false, 1.0);
    system.services[0].shedding =
        Some(Shedding { max_queue_delay: Some(2.5), abandoned: false, ..Shedding::default() });
    system.workloads = vec![burst("server", 6)];
    let prediction = simulate(&system, &twice());
    assert_eq!(prediction.workloads["server"].failed, Some(3));
    assert_exactly(prediction.workloads["server"].makespan, 3.0);
}

/// Callers give up after 1.5 s, when one of 6 requests at once is done and the second begun: with deadlines that are sent
/// along, the server does the work of 2 instead of 6.
#[test]
fn nobody_works_for_those_who_have_given_up() {
    for (abandoned, makespan) in [(false, 6.0), (true, 2.0)] {
        let mut system = station(false, 1.0);
        system.services[0].shedding =
            Some(Shedding { max_queue_delay: None, abandoned, ..Shedding::default() });
        system.workloads = vec![burst("server", 6)];
        system.workloads[0].resilience = Some(Resilience::timeout(1.5));
        let prediction = simulate(&system, &twice());
        assert_eq!(prediction.workloads["server"].failed, Some(5));
        assert_exactly(prediction.workloads["server"].makespan, makespan);
    }
}

/// A "front" that works for 1.5 s and calls "server", which takes one request after the other, a second each.
fn chain(requests: u32) -> System {
    let mut system = station(false, 1.0);
    let mut front = worker("front", "users", 1.5);
    front.operations[0] =
        front.operations[0].clone().with_call(Call::new(OperationRef::new("server", "serve")));
    system.services.push(front);
    system.hosts.push(host("users", 9));
    system.workloads = vec![burst("front", requests)];
    system
}

/// Whoever sends the request gives up after a second. The service works on for nobody and still calls, unless it looks at that.
#[test]
fn what_nobody_waits_for_goes_no_further() {
    let mut system = chain(4);
    system.workloads[0].resilience = Some(Resilience::timeout(1.0));
    let calls = |system: &System| simulate(system, &twice()).operations["server/serve"].clone();
    assert!(calls(&system).throughput.is_some_and(|rate| rate.mean > 0.0));
    system.services[1].shedding = Some(Shedding { cancels: true, ..Shedding::default() });
    assert!(calls(&system).throughput.is_none_or(|rate| rate.mean == 0.0));
}

/// The deadline goes along with the calls: of four requests that are at the server from 1.5 s on, one a second, those are dropped
/// whose turn comes after 3 s, although the service between still waits for them.
#[test]
fn a_deadline_is_handed_on() {
    let mut system = chain(4);
    system.workloads[0].resilience = Some(Resilience::timeout(3.0));
    system.services[0].shedding = Some(Shedding { abandoned: true, ..Shedding::default() });
    let prediction = simulate(&system, &twice());
    // They begin at 1.5 and 2.5 s; at 3.5 s nobody waits for the other two.
    assert_exact(prediction.services["server"].loss_share.unwrap().mean, 0.5);
    assert_eq!(prediction.workloads["front"].failed, Some(3));
}
