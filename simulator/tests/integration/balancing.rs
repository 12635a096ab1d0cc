//! Replicas with a machine each, behind a load balancer or a work queue.

use tracecast_model::{Distribution, LoadBalancing, WorkQueue, fixtures};

use crate::support::{assert_exactly, assert_mean, burst, host, quick, response, simulate, twice, worker};
use crate::theory;

/// Two replicas with a single-core FCFS machine each, under Poisson arrivals.
fn two_replicas(balancing: LoadBalancing, rate: f64) -> tracecast_model::System {
    let mut system = fixtures::open_station(1, Distribution::exponential(1.0), rate);
    system.hosts[0].per_replica = true;
    system.services[0].replicas = 2;
    system.services[0].load_balancing = balancing;
    system
}

/// A random split of a Poisson process is two Poisson processes.
#[test]
fn random_choice_makes_two_mm1() {
    let prediction = simulate(&two_replicas(LoadBalancing::Random, 1.4), &quick());
    assert_mean(response(&prediction, "users").metric(), 1.0 / 0.3);
    assert_mean(prediction.hosts["machine"].utilization.unwrap(), 1.4);
}

/// Every other arrival of a Poisson process comes after two exponential gaps.
#[test]
fn round_robin_makes_two_e2m1() {
    let prediction = simulate(&two_replicas(LoadBalancing::RoundRobin, 1.4), &quick());
    assert_mean(response(&prediction, "users").metric(), theory::e2m1_response(0.7, 1.0));
}

/// Joining the shortest queue is worse than one queue for both, and better than taking turns.
#[test]
fn least_requests_lies_between() {
    let found = response(&simulate(&two_replicas(LoadBalancing::LeastRequests, 1.4), &quick()), "users");
    let (best, worst) = (theory::mmc_response(2, 1.4, 1.0), theory::e2m1_response(0.7, 1.0));
    assert!(found.mean - found.half_width.unwrap() > best, "{found:?}, one queue {best}");
    assert!(found.mean + found.half_width.unwrap() < worst, "{found:?}, in turn {worst}");
}

/// One queue for all replicas of one thread each: M/M/2.
#[test]
fn a_work_queue_is_one_queue() {
    let mut system = two_replicas(LoadBalancing::RoundRobin, 1.4);
    system.services[0].work_queue = Some(WorkQueue::new("tasks"));
    system.services[0].concurrency = tracecast_model::Multiplicity::Finite(1);
    let prediction = simulate(&system, &quick());
    assert_mean(response(&prediction, "users").metric(), theory::mmc_response(2, 1.4, 1.0));
}

/// Seven tasks of a second over replicas of one thread: in turn over three, one replica gets three.
#[test]
fn turns_of_a_burst() {
    let mut system = tracecast_model::System {
        hosts: vec![host("machine", 8)],
        services: vec![worker("crop", "machine", 1.0).with_concurrency(1).with_replicas(3)],
        workloads: vec![burst("crop", 7)],
        ..Default::default()
    };
    for balancing in [LoadBalancing::RoundRobin, LoadBalancing::LeastRequests] {
        system.services[0].load_balancing = balancing;
        let prediction = simulate(&system, &twice());
        assert_exactly(prediction.workloads["crop"].makespan, 3.0);
        assert_exactly(prediction.services["crop"].utilization, 7.0 / 3.0);
        // 7, 4 and 1 present during the three seconds.
        assert_exactly(prediction.services["crop"].queue_length, 4.0);
    }
}

/// Of many M/M/1 queues with the better of two at random the part λ^(2^i - 1) has i requests or more, so that the mean response
/// time is Σ λ^(2^i - 2) over i from 1 on (Vvedenskaya, Dobrushin and Karpelevich 1996, Problems of Information Transmission
/// 32(1); Mitzenmacher 2001, theorem 1). 200 queues are off that limit by something like 1/200.
#[test]
fn two_choices_are_the_supermarket_model() {
    const QUEUES: u32 = 200;
    for busy in [0.7_f64, 0.9] {
        let mut system = two_replicas(LoadBalancing::PowerOfTwoChoices, busy * f64::from(QUEUES));
        system.services[0].replicas = QUEUES;
        let found = response(&simulate(&system, &quick()), "users");
        let limit: f64 = (1..8).map(|i| busy.powi(2_i32.pow(i) - 2)).sum();
        let allowed = found.half_width.unwrap() + 0.01 * limit;
        assert!((found.mean - limit).abs() < allowed, "{busy}: {found:?}, in the limit {limit}");
    }
}
