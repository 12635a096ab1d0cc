//! Forks and joins.

use tracecast_model::{
    Activity, Call, Distribution, EngineOptions, Fork, Multiplicity, Operation, OperationRef, Step, System,
};

use crate::support::{assert_exactly, assert_mean, burst, host, response, simulate, twice, worker};

fn step(demand: Distribution) -> Step {
    Step::Activity(Activity::working(demand))
}

/// A service "fork" of one operation of those steps, under a burst of so many requests at once.
fn forking(steps: Vec<Step>, cores: Multiplicity, size: u32) -> System {
    let mut service = worker("fork", "machine", 1.0);
    service.operations[0] = Operation { name: "serve".into(), steps };
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
        let steps = vec![Step::Fork(Fork { branches: (0..branches).map(|_| branch()).collect() })];
        let system = forking(steps, Multiplicity::Infinite, 2000);
        let prediction = simulate(&system, &EngineOptions::default());
        assert_mean(response(&prediction, "fork").metric(), theory);
    }
}

/// A fork in a fork: max(2, 0.5 + max(1, 3) + 0.25) between 1 before and 0.5 after.
#[test]
fn nested_forks() {
    let fixed = |seconds| step(Distribution::deterministic(seconds));
    let inner = Step::Fork(Fork { branches: vec![vec![fixed(1.0)], vec![fixed(3.0)]] });
    let outer = Step::Fork(Fork { branches: vec![vec![fixed(2.0)], vec![fixed(0.5), inner, fixed(0.25)]] });
    let system = forking(vec![fixed(1.0), outer, fixed(0.5)], Multiplicity::Infinite, 3);
    let prediction = simulate(&system, &twice());
    assert_exactly(prediction.workloads["fork"].makespan, 1.0 + 3.75 + 0.5);
}

/// Branches share the thread of their request, but each works on a core of its own: two branches of a second on one
/// shared core take two seconds, and two requests on one thread twice that.
#[test]
fn branches_share_the_thread() {
    let fixed = || vec![step(Distribution::deterministic(1.0))];
    let steps = vec![Step::Fork(Fork { branches: vec![fixed(), fixed()] })];
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
    let steps = vec![Step::Fork(Fork { branches: vec![call(), call()] })];
    let mut system = forking(steps, Multiplicity::Infinite, 1);
    system.services[1].concurrency = Multiplicity::Finite(1);
    let prediction = simulate(&system, &twice());
    assert_exactly(prediction.workloads["fork"].makespan, 2.0);
    assert_exactly(prediction.operations["callee/serve"].response_time, 1.5);
}
