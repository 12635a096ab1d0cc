//! Circuit breakers against exact arithmetic and a renewal process.

use tracecast_model::{
    Backoff, Call, CallResult, CircuitBreaker, ConsecutiveFailures, EngineOptions, Fault, FaultEffect, Host,
    Hystrix, Load, Metric, Multiplicity, OnFailure, Operation, OperationRef, Prediction, Resilience, Retry,
    Step, System, Workload,
};

use crate::support::{assert_exact, assert_exactly, assert_mean, quick, simulate, twice, worker};

fn back() -> OperationRef {
    OperationRef::new("back", "serve")
}

/// A service "front" that calls "back" so many times, which takes its time without waiting and always fails; requests at
/// these times.
fn always_failing(calls: usize, seconds: f64, at: Vec<f64>) -> System {
    let mut front = worker("front", "machine", 0.0);
    let steps = (0..calls).map(|_| Step::call(Call::new(back()))).collect();
    front.operations[0] = Operation { steps, ..Operation::new("serve") };
    let mut back = worker("back", "machine", seconds);
    back.operations[0].error_rate = 1.0;
    System {
        hosts: vec![Host::new("machine").with_cores(Multiplicity::Infinite)],
        services: vec![front, back],
        workloads: vec![Workload::new("users", OperationRef::new("front", "serve"), Load::Replay { at })],
        ..System::default()
    }
}

fn consecutive(max_failures: u32, min_penalty: f64, max_penalty: f64) -> CircuitBreaker {
    let jitter_ratio = 0.0;
    CircuitBreaker::ConsecutiveFailures(ConsecutiveFailures {
        max_failures,
        min_penalty,
        max_penalty,
        jitter_ratio,
    })
}

fn with(breaker: CircuitBreaker) -> Resilience {
    Resilience::default().with_circuit_breaker(breaker)
}

/// A share of few, of which there is no interval.
#[track_caller]
fn assert_share(share: Option<Metric>, expected: f64) {
    assert_exact(share.expect("there is something that can turn calls away").mean, expected);
}

fn call_of(prediction: &Prediction) -> &CallResult {
    &prediction.calls["front/serve -> back/serve"]
}

/// Calls each second that fail after 0.25 s. The third failure opens the breaker at 2.25 s for 5 s; the trials at 8, 19 and
/// 40 s fail, too, with penalties of 10 and twice 20 s between: of 41 calls 6 are made.
#[test]
fn penalties_of_calls_each_second() {
    let mut system = always_failing(1, 0.25, (0..41).map(f64::from).collect());
    system.services[1].resilience = Some(with(consecutive(3, 5.0, 20.0)));
    let prediction = simulate(&system, &twice());
    let call = call_of(&prediction);
    assert_exactly(call.rejected_share, 35.0 / 41.0);
    assert_exactly(call.attempts, 6.0 / 41.0);
    assert_exactly(call.failed_share, 1.0);
    assert_exactly(call.open_share, (40.25 - 2.25) / 40.25);
    assert_eq!(prediction.workloads["users"].failed, Some(41));
}

/// Hystrix with its defaults, and a call each 0.1 s that takes 0.01 s; from 10 to 30 s they fail.
///
/// The first is at 0.02 s, so numbers are looked at 0.5 s apart from then on. At 15.02 s 50 of the last 100 calls have
/// failed: it opens. Calls at 20.05 and 25.15 s are tried and fail, that at 30.25 s succeeds. In between, 50 calls are turned
/// away each time.
#[test]
fn a_breakdown_with_the_defaults_of_hystrix() {
    let at = std::iter::once(0.02).chain((1..400).map(|call| 0.05 + 0.1 * f64::from(call))).collect();
    let mut system = always_failing(1, 0.01, at);
    system.services[1].operations[0].error_rate = 0.0;
    let effect = FaultEffect::Errors { service: "back".into(), replica: None, rate: 1.0 };
    system.faults.push(Fault { at: 10.0, duration: 20.0, effect });
    system.services[1].resilience = Some(with(CircuitBreaker::Hystrix(Hystrix::default())));
    let options = EngineOptions { series_bin: Some(5.0), ..twice() };
    let prediction = simulate(&system, &options);
    let call = call_of(&prediction);
    assert_exactly(call.rejected_share, 150.0 / 400.0);
    assert_exactly(call.failed_share, (150.0 + 52.0) / 400.0);
    assert_exactly(call.open_share, (30.26 - 15.02) / 39.96);
    assert_eq!(prediction.workloads["users"].failed, Some(202));
    // The same by bins of 5 s.
    let series = prediction.series.expect("asked for");
    let open = &series.columns["front/serve -> back/serve.open_breakers"];
    for (bin, expected) in [0.0, 0.0, 0.0, 4.98, 5.0, 5.0, 0.26, 0.0].into_iter().enumerate() {
        assert!((open[bin].unwrap() * 5.0 - expected).abs() < 1e-9, "{bin}: {open:?}");
    }
    let rejected = &series.columns["front/serve -> back/serve.rejected"];
    for (bin, expected) in [0.0, 0.0, 0.0, 50.0, 49.0, 49.0, 2.0, 0.0].into_iter().enumerate() {
        assert!((rejected[bin].unwrap() * 5.0 - expected).abs() < 1e-9, "{bin}: {rejected:?}");
    }
}

/// Two calls in two places of one operation: where the policy is that of the called service, they share the breaker; where
/// each has its own, each has seen only one failure of the two when the second request comes.
#[test]
fn a_breaker_for_all_calls_to_a_service() {
    let policy = with(consecutive(2, 1000.0, 1000.0)).with_fallback();
    let mut system = always_failing(2, 0.25, vec![0.0, 10.0]);
    system.services[1].resilience = Some(policy.clone());
    let prediction = simulate(&system, &twice());
    assert_share(call_of(&prediction).rejected_share, 0.5);
    assert_eq!(prediction.workloads["users"].completed, Some(2), "the fallback serves");
    let calls = |system: &mut System| {
        system.services[0].operations[0].for_each_activity_mut(&mut |activity| {
            activity.calls.iter_mut().for_each(|call| call.resilience = Some(Box::new(policy.clone())));
        });
    };
    calls(&mut system);
    let prediction = simulate(&system, &twice());
    assert_share(call_of(&prediction).rejected_share, 0.0);
}

/// A failure at 0.25 s opens the breaker until 1.75 s. The retry at 1.25 s is turned away: that is the end, unless what was
/// turned away is tried again, at 2.25 s, which fails at 2.5 s.
#[test]
fn what_was_turned_away_may_be_tried_again() {
    for (rejected, attempts, response) in [(false, 1.0, 1.25), (true, 2.0, 2.5)] {
        let retry = Retry { backoff: Backoff::Fixed { delay: 1.0 }, rejected, ..Retry::new(3) };
        let mut system = always_failing(1, 0.25, vec![0.0]);
        system.services[1].resilience = Some(with(consecutive(1, 1.5, 1.5)).with_retry(retry));
        let prediction = simulate(&system, &twice());
        assert_exactly(call_of(&prediction).attempts, attempts);
        assert_share(call_of(&prediction).rejected_share, 1.0 / (1.0 + attempts));
        assert_exactly(prediction.operations["front/serve"].response_time, response);
    }
}

/// Calls that take too long are failures: after two the third is not made.
#[test]
fn timeouts_open_it() {
    let mut system = always_failing(1, 2.0, vec![0.0, 10.0, 20.0]);
    system.services[1].operations[0].error_rate = 0.0;
    let policy = Resilience { timeout: Some(1.0), on_failure: OnFailure::Fail, ..Resilience::default() };
    system.services[1].resilience = Some(policy.with_circuit_breaker(consecutive(2, 100.0, 100.0)));
    let prediction = simulate(&system, &twice());
    assert_share(call_of(&prediction).rejected_share, 1.0 / 3.0);
    assert_share(call_of(&prediction).timeout_share, 1.0);
}

/// Poisson calls of rate λ that fail with probability p and take no time, and a breaker that opens at each failure for D: it
/// is closed for 1/(λp) in the mean, then 1/(1 - p) times open for D and until the next call comes.
#[test]
fn failures_by_chance() {
    let (lambda, p, penalty) = (5.0, 0.3, 2.0);
    let mut system = always_failing(1, 0.0, vec![0.0]);
    system.services[1].operations[0].error_rate = p;
    system.services[1].operations[0].steps = Vec::new();
    system.workloads[0].load = Load::Poisson { rate: lambda };
    system.services[1].resilience = Some(with(consecutive(1, penalty, penalty)));
    let options = EngineOptions { until: Some(4000.0), warm_up: Some(100.0), ..quick() };
    let prediction = simulate(&system, &options);
    let call = call_of(&prediction);
    let closed = 1.0 / (lambda * p);
    let open = (penalty + 1.0 / lambda) / (1.0 - p);
    assert_mean(call.open_share.unwrap(), open / (open + closed));
    let made = 1.0 / p + 1.0 / (1.0 - p);
    let rejected = lambda * penalty / (1.0 - p);
    assert_mean(call.rejected_share.unwrap(), rejected / (made + rejected));
}
