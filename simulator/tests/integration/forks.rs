//! Forks and joins.

use tracecast_model::{
    Activity, Call, CallCount, Distribution, EngineOptions, Fork, Loop, Multiplicity, Operation,
    OperationRef, Step, System,
};

use crate::support::{assert_exactly, assert_mean, burst, host, response, simulate, twice, worker};

fn step(demand: Distribution) -> Step {
    Step::Activity(Activity::working(demand))
}

/// A service "fork" of one operation of those steps, under a burst of so many requests at once.
fn forking(steps: Vec<Step>, cores: Multiplicity, size: u32) -> System {
    let mut service = worker("fork", "machine", 1.0);
    service.operations[0] = Operation { steps, ..Operation::new("serve") };
    System {
        hosts: vec![host("machine", 1).with_cores(cores), host("other", 1)],
        services: vec![service, worker("callee", "other", 1.0)],
        workloads: vec![burst("fork", size)],
        ..System::default()
    }
}

/// The longer of two exponentials has mean 1.5/μ, the longest of three (1 + 1/2 + 1/3)/μ.
#[test]
fn the_join_waits_for_the_last() {
    let branch = || vec![step(Distribution::exponential(2.0))];
    for (branches, theory) in [(2, 3.0), (3, 2.0 * 11.0 / 6.0)] {
        let steps = vec![Step::Fork(Fork::new((0..branches).map(|_| branch()).collect()))];
        let system = forking(steps, Multiplicity::Infinite, 2000);
        let prediction = simulate(&system, &EngineOptions::default());
        assert_mean(response(&prediction, "fork").metric(), theory);
    }
}

/// A fork in a fork: max(2, 0.5 + max(1, 3) + 0.25) between 1 before and 0.5 after.
#[test]
fn nested_forks() {
    let fixed = |seconds| step(Distribution::deterministic(seconds));
    let inner = Step::Fork(Fork::new(vec![vec![fixed(1.0)], vec![fixed(3.0)]]));
    let outer = Step::Fork(Fork::new(vec![vec![fixed(2.0)], vec![fixed(0.5), inner, fixed(0.25)]]));
    let system = forking(vec![fixed(1.0), outer, fixed(0.5)], Multiplicity::Infinite, 3);
    let prediction = simulate(&system, &twice());
    assert_exactly(prediction.workloads["fork"].makespan, 1.0 + 3.75 + 0.5);
}

/// Branches share the thread of their request, but each works on a core of its own: two branches of a second on one
/// shared core take two seconds, and two requests on one thread twice that.
#[test]
fn branches_share_the_thread() {
    let fixed = || vec![step(Distribution::deterministic(1.0))];
    let steps = vec![Step::Fork(Fork::new(vec![fixed(), fixed()]))];
    let mut system = forking(steps, Multiplicity::Finite(1), 2);
    system.services[0].concurrency = Multiplicity::Finite(1);
    let prediction = simulate(&system, &twice());
    assert_exactly(prediction.workloads["fork"].makespan, 4.0);
    assert_exactly(prediction.services["fork"].utilization, 1.0);
    system.hosts[0].cores = Multiplicity::Finite(2);
    assert_exactly(simulate(&system, &twice()).workloads["fork"].makespan, 2.0);
}

/// Two branches that call the same single-threaded service are served one after the other.
#[test]
fn branches_call() {
    let call = || vec![Step::Activity(Activity::calling(Call::new(OperationRef::new("callee", "serve"))))];
    let steps = vec![Step::Fork(Fork::new(vec![call(), call()]))];
    let mut system = forking(steps, Multiplicity::Infinite, 1);
    system.services[1].concurrency = Multiplicity::Finite(1);
    let prediction = simulate(&system, &twice());
    assert_exactly(prediction.workloads["fork"].makespan, 2.0);
    assert_exactly(prediction.operations["callee/serve"].response_time, 1.5);
}

/// Joins of three exponential branches of mean 1 that wait for some: the k-th of n ends after 1/n + … + 1/(n-k+1) on
/// average. The thread is held until the last one ends.
#[test]
fn a_quorum_is_an_order_statistic() {
    for (quorum, theory) in [(1, 1.0 / 3.0), (2, 1.0 / 3.0 + 1.0 / 2.0), (3, 11.0 / 6.0)] {
        let branch = || vec![step(Distribution::exponential(1.0))];
        let fork = Fork { quorum: Some(quorum), ..Fork::new((0..3).map(|_| branch()).collect()) };
        let system = forking(vec![Step::Fork(fork)], Multiplicity::Infinite, 2000);
        let prediction = simulate(&system, &EngineOptions::default());
        let fork = &prediction.operations["fork/serve"];
        assert_mean(fork.response_time.unwrap(), theory);
        assert_mean(fork.holding_time[0], theory);
        let late = fork.holding_time.get(1).map_or(0.0, |late| late.mean);
        assert!((late + fork.holding_time[0].mean - 11.0 / 6.0).abs() < 0.05, "{fork:?}");
    }
}

/// What comes after a quorum join runs beside the late branch, and the thread is free when both are done: the second of
/// two requests on one thread begins at 5.
#[test]
fn late_branches_run_on() {
    let fixed = |seconds| step(Distribution::deterministic(seconds));
    let fork = Fork { quorum: Some(1), ..Fork::new(vec![vec![fixed(1.0)], vec![fixed(5.0)]]) };
    let mut system = forking(vec![Step::Fork(fork), fixed(2.0)], Multiplicity::Infinite, 2);
    system.services[0].concurrency = Multiplicity::Finite(1);
    let prediction = simulate(&system, &twice());
    let fork = &prediction.operations["fork/serve"];
    assert_exactly(Some(fork.holding_time[0]), 3.0);
    assert_exactly(Some(fork.holding_time[1]), 2.0);
    assert_exactly(fork.response_time, (3.0 + 8.0) / 2.0);
    assert_exactly(prediction.workloads["fork"].makespan, 10.0);
}

/// Forks inside a loop join in every round, also while branches of earlier rounds are late.
#[test]
fn forks_in_loops() {
    let fixed = |seconds| step(Distribution::deterministic(seconds));
    let fork = Fork { quorum: Some(1), ..Fork::new(vec![vec![fixed(1.0)], vec![fixed(2.5)]]) };
    let rounds = Loop { mean: 3.0, count: CallCount::Fixed, steps: vec![Step::Fork(fork)] };
    let system = forking(vec![Step::Loop(rounds)], Multiplicity::Infinite, 1);
    let prediction = simulate(&system, &twice());
    assert_exactly(prediction.workloads["fork"].reply_time, 3.0);
    assert_exactly(prediction.workloads["fork"].makespan, 2.0 + 2.5);
}
