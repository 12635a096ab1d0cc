//! Errors, timeouts and retries against closed forms.

use tracecast_model::{
    Activity, Backoff, Call, CallResult, Distribution, EngineOptions, Host, Jitter, Load, Multiplicity,
    OnFailure, Operation, OperationRef, Prediction, Resilience, Retry, RetryBudget, Service, Step, System,
    Workload,
};

use crate::support::{assert_exactly, assert_mean, burst, host, quick, response, simulate, twice, worker};

fn back() -> OperationRef {
    OperationRef::new("back", "serve")
}

/// A service "front" with these steps and nothing to wait for, and its callee "back" with a second of work.
fn front_and_back(steps: Vec<Step>) -> System {
    let mut front = worker("front", "one", 0.0);
    front.operations[0] = Operation { steps, ..Operation::new("serve") };
    System {
        hosts: ["one", "two"].map(|name| Host::new(name).with_cores(Multiplicity::Infinite)).to_vec(),
        services: vec![front, worker("back", "two", 1.0)],
        workloads: vec![Workload::new(
            "front",
            OperationRef::new("front", "serve"),
            Load::Poisson { rate: 20.0 },
        )],
        ..System::default()
    }
}

fn call_of(prediction: &Prediction) -> &CallResult {
    &prediction.calls["front/serve -> back/serve"]
}

fn resilient(retry: Retry) -> Resilience {
    Resilience { retry: Some(retry), ..Resilience::default() }
}

/// Of three calls one after the other, each an error with probability p, those after the first error are not made: the
/// number made is geometric, cut at 3.
#[test]
fn an_error_ends_the_caller() {
    let p = 0.2;
    let mut system = front_and_back(vec![Step::call(Call::new(back()).with_mean(3.0))]);
    system.services[1].operations[0].error_rate = p;
    let prediction = simulate(&system, &quick());
    let fails = 1.0 - (1.0 - p).powi(3);
    assert_mean(prediction.workloads["front"].failed_share.unwrap(), fails);
    assert_mean(prediction.operations["front/serve"].failed_share.unwrap(), fails);
    assert_mean(prediction.operations["back/serve"].failed_share.unwrap(), p);
    assert_mean(prediction.services["back"].throughput.unwrap(), 20.0 * fails / p);
    // Only requests that did not fail have response times.
    assert_exactly(Some(response(&prediction, "front").metric()), 3.0);
}

/// Loops, also within loops, are left from inside, and their counters are right the next time.
#[test]
fn an_error_leaves_loops() {
    let twice = |steps| Step::Loop(tracecast_model::Loop { mean: 2.0, count: Default::default(), steps });
    let inner = Activity { calls: vec![Call::new(back()).with_mean(2.0)], ..Activity::default() };
    let mut system = front_and_back(vec![twice(vec![twice(vec![Step::Activity(inner)])])]);
    let p: f64 = 0.1;
    system.services[1].operations[0].error_rate = p;
    let prediction = simulate(&system, &quick());
    let fails = 1.0 - (1.0 - p).powi(8);
    assert_mean(prediction.workloads["front"].failed_share.unwrap(), fails);
    assert_mean(prediction.services["back"].throughput.unwrap(), 20.0 * fails / p);
    assert_exactly(Some(response(&prediction, "front").metric()), 8.0);
}

/// One branch of a fork fails after a second: the error goes out then, and the thread is held until the other is done.
#[test]
fn an_error_in_a_branch_goes_out_at_once() {
    let slow = Activity::working(Distribution::deterministic(3.0));
    let fork =
        tracecast_model::Fork::new(vec![vec![Step::call(Call::new(back()))], vec![Step::Activity(slow)]]);
    let mut system = front_and_back(vec![Step::Fork(fork)]);
    system.services[1].operations[0].error_rate = 1.0;
    system.workloads = vec![burst("front", 1)];
    let prediction = simulate(&system, &twice());
    assert_exactly(prediction.operations["front/serve"].response_time, 1.0);
    assert_exactly(prediction.workloads["front"].makespan, 3.0);
    assert_eq!(prediction.workloads["front"].failed_share.unwrap().mean, 1.0);
}

/// With a quorum, as many branches may fail as are not needed.
#[test]
fn a_quorum_bears_errors() {
    let branches = (0..3).map(|_| vec![Step::call(Call::new(back()))]).collect();
    let fork = tracecast_model::Fork { branches, quorum: Some(2) };
    let mut system = front_and_back(vec![Step::Fork(fork)]);
    let p = 0.2;
    system.services[1].operations[0].error_rate = p;
    let prediction = simulate(&system, &quick());
    let fails = 3.0 * p * p * (1.0 - p) + p.powi(3);
    assert_mean(prediction.workloads["front"].failed_share.unwrap(), fails);
}

/// Up to three attempts of which each fails with probability p: (1 - p³)/(1 - p) of them in the mean, each a second, with
/// half a second before the second and one second before the third; p³ of the calls fail for good.
#[test]
fn what_fails_is_tried_again() {
    let p: f64 = 0.3;
    let retry =
        Retry { backoff: Backoff::Exponential { first: 0.5, factor: 2.0, max: None }, ..Retry::new(3) };
    let mut system = front_and_back(vec![Step::call(Call::new(back()).with_resilience(resilient(retry)))]);
    system.services[1].operations[0].error_rate = p;
    let prediction = simulate(&system, &quick());
    let attempts = 1.0 + p + p * p;
    assert_mean(call_of(&prediction).attempts.unwrap(), attempts);
    assert_mean(call_of(&prediction).failed_share.unwrap(), p.powi(3));
    assert_mean(call_of(&prediction).rate.unwrap(), 20.0);
    assert_mean(prediction.services["back"].throughput.unwrap(), 20.0 * attempts);
    assert_mean(prediction.operations["front/serve"].response_time.unwrap(), attempts + 0.5 * p + p * p);
}

/// The network takes its time in every attempt.
#[test]
fn every_attempt_is_on_the_network() {
    let latency = Distribution::deterministic(0.25);
    let call = Call { latency, ..Call::new(back()).with_resilience(resilient(Retry::new(2))) };
    let mut system = front_and_back(vec![Step::call(call)]);
    system.services[1].operations[0].error_rate = 1.0;
    system.workloads = vec![burst("front", 1)];
    assert_exactly(simulate(&system, &twice()).operations["front/serve"].response_time, 2.5);
}

/// Exponential work of mean 1 without waiting, given up after T: e^-T of the attempts take too long, the caller waits
/// 1 - e^-T in the mean for each, and the callee works all of them off all the same.
#[test]
fn a_caller_that_gives_up_leaves_work_behind() {
    let timeout: f64 = 1.2;
    let late = (-timeout).exp();
    let policy = Resilience::timeout(timeout).with_retry(Retry::new(2));
    let mut system = front_and_back(vec![Step::call(Call::new(back()).with_resilience(policy))]);
    let work = Activity::working(Distribution::exponential(1.0));
    system.services[1].operations[0] = Operation::new("serve").with_activity(work);
    let prediction = simulate(&system, &quick());
    let attempts = 1.0 + late;
    assert_mean(call_of(&prediction).timeout_share.unwrap(), late);
    assert_mean(call_of(&prediction).attempts.unwrap(), attempts);
    assert_mean(prediction.workloads["front"].failed_share.unwrap(), late * late);
    assert_mean(prediction.operations["front/serve"].response_time.unwrap(), attempts * (1.0 - late));
    assert_mean(prediction.hosts["two"].utilization.unwrap(), 20.0 * attempts);
}

/// A fallback takes its own time and saves the request.
#[test]
fn a_caller_goes_on_with_something_else() {
    let fallback =
        |demand| Resilience { on_failure: OnFailure::Fallback { demand }, ..Resilience::timeout(0.4) };
    for (demand, time) in [(Distribution::zero(), 0.4), (Distribution::deterministic(0.5), 0.9)] {
        let mut system = front_and_back(vec![Step::call(Call::new(back()))]);
        // For all calls to the service.
        system.services[1].resilience = Some(fallback(demand));
        let prediction = simulate(&system, &EngineOptions { until: Some(100.0), ..twice() });
        assert_exactly(Some(response(&prediction, "front").metric()), time);
        assert_eq!(prediction.workloads["front"].failed, None);
        assert_eq!(call_of(&prediction).failed_share.unwrap().mean, 1.0);
    }
}

/// M/M/1 with retrials (Falin and Templeton 1997, *Retrial Queues*, section 1.2): who finds the server busy comes back after
/// exponential times of rate ν, until it is idle. With load ρ = λ/μ, the mean number of those who are to come back is
/// ρ(λ + ρν)/((1 - ρ)ν).
#[test]
fn retrials() {
    let (lambda, nu) = (0.6, 0.5);
    let rho = lambda; // The mean service time is 1.
    let work = Activity::working(Distribution::exponential(1.0));
    let mut server = Service::new("server", "one").with_concurrency(1);
    server.queue_capacity = Some(0);
    let backoff = Backoff::Fixed { delay: 1.0 / nu };
    let retry = Retry { backoff, jitter: Jitter::Exponential, ..Retry::new(u32::MAX) };
    let mut users =
        Workload::new("users", OperationRef::new("server", "serve"), Load::Poisson { rate: lambda });
    users.resilience = Some(resilient(retry));
    let system = System {
        hosts: vec![host("one", 1)],
        services: vec![server.with_operation(Operation::new("serve").with_activity(work))],
        workloads: vec![users],
        ..System::default()
    };
    let prediction = simulate(&system, &quick());
    let orbit = rho * (lambda + rho * nu) / ((1.0 - rho) * nu);
    assert_mean(response(&prediction, "users").metric(), (orbit + rho) / lambda);
    assert_mean(prediction.hosts["one"].utilization.unwrap(), rho);
    // Attempts that find the server idle are one for each request.
    assert_mean(prediction.workloads["users"].throughput.unwrap(), lambda);
}

/// A callee that always fails, called 20 times a second, with a budget of 0.2 retries for each call and one per second
/// beside: 5 retries per second, in the mean over its time to live.
#[test]
fn a_budget_bounds_the_retries() {
    let budget = RetryBudget::Ratio { ratio: 0.2, min_per_second: 1.0, ttl: 10.0 };
    let retry = Retry { budget: Some(budget), ..Retry::new(10) };
    let mut system = front_and_back(vec![Step::call(Call::new(back()).with_resilience(resilient(retry)))]);
    system.services[0].concurrency = Multiplicity::Infinite;
    system.services[1].operations[0].error_rate = 1.0;
    let options = EngineOptions { until: Some(1000.0), warm_up: Some(100.0), ..EngineOptions::default() };
    let prediction = simulate(&system, &options);
    let attempts = call_of(&prediction).attempts.unwrap();
    // A tenth of the time to live is forgotten at once, so that the window is 9 to 10 s long.
    let retries = 20.0 * (attempts.mean - 1.0);
    assert!((4.9..=5.6).contains(&retries), "{retries} retries per second");
    assert!(call_of(&prediction).refused_retries.is_some_and(|refused| refused.mean > 0.0));
}

/// Ten tokens, of which each failure takes one, and no retry with five or less (gRFC A6). A callee that always fails: the first two
/// calls are tried again and leave six, the third one leaves five, and nothing is tried again from then on.
#[test]
fn tokens_run_out() {
    let budget = RetryBudget::Throttle { max_tokens: 10.0, token_ratio: 0.1 };
    let retry = Retry { budget: Some(budget), ..Retry::new(2) };
    let mut system = front_and_back(vec![Step::call(Call::new(back()).with_resilience(resilient(retry)))]);
    system.services[1].operations[0].error_rate = 1.0;
    let at = (0..100).map(|second| f64::from(second) * 1000.0).collect();
    system.workloads[0].load = Load::Replay { at };
    let options = EngineOptions { replications: Some(1), ..EngineOptions::default() };
    let call = simulate(&system, &options);
    let call = call_of(&call);
    assert!((call.attempts.unwrap().mean - 1.02).abs() < 1e-12, "{call:?}");
    assert_eq!(call.failed_share.unwrap().mean, 1.0);
}
