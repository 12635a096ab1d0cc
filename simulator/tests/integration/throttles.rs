//! Throttles of clients against the fixed points of their formulas.

use tracecast_model::{
    AdaptiveThrottling, AdmissionControl, Call, CallResult, CircuitBreaker, Distribution, EngineOptions,
    Host, Load, Multiplicity, Operation, OperationRef, RateLimit, Resilience, Step, System, Workload,
};

use crate::support::{assert_mean, quick, simulate, worker};

/// A service "front" that calls "back", which takes no time, with this breaker.
fn system(breaker: CircuitBreaker, load: Load) -> System {
    let back = OperationRef::new("back", "serve");
    let mut front = worker("front", "machine", 0.0);
    let policy = Resilience::default().with_circuit_breaker(breaker);
    let call = Call::new(back).with_resilience(policy);
    front.operations[0] = Operation { steps: vec![Step::call(call)], ..Operation::new("serve") };
    let mut back = worker("back", "machine", 0.0);
    back.operations[0].steps = Vec::new();
    System {
        hosts: vec![Host::new("machine").with_cores(Multiplicity::Infinite)],
        services: vec![front, back],
        workloads: vec![Workload::new("users", OperationRef::new("front", "serve"), load)],
        ..System::default()
    }
}

fn call_of(system: &System, until: f64) -> CallResult {
    let options = EngineOptions { until: Some(until), warm_up: Some(until / 20.0), ..quick() };
    simulate(system, &options).calls["front/serve -> back/serve"].clone()
}

/// Of the calls let through a constant share s succeeds, and n = λ(1 - p)w of them are in the window: p = ((n - n·s/threshold)/(n +
/// 1))^(1/aggression), unless that is more than allowed. The window holds half a second less in the mean, since calls are
/// counted by the second.
#[test]
fn admission_control_at_a_constant_share_of_errors() {
    let plain = AdmissionControl::default();
    let lambda = 50.0;
    for (settings, s) in [
        (plain, 0.5),
        (AdmissionControl { aggression: 2.0, ..plain }, 0.6),
        (AdmissionControl { sr_threshold: 60.0, ..plain }, 0.3),
        (plain, 0.0),
    ] {
        let mut p = 0.5;
        for _ in 0..100 {
            let n = lambda * (1.0 - p) * (settings.sampling_window - 0.5);
            p = ((n - n * s / (settings.sr_threshold / 100.0)) / (n + 1.0)).powf(1.0 / settings.aggression);
        }
        let expected = p.min(settings.max_rejection_probability / 100.0);
        let mut system = system(CircuitBreaker::AdmissionControl(settings), Load::Poisson { rate: lambda });
        system.services[1].operations[0].error_rate = 1.0 - s;
        assert_mean(call_of(&system, 4000.0).rejected_share.unwrap(), expected);
        let busier = AdmissionControl { rps_threshold: 100, ..settings };
        system.services[0].operations[0].for_each_activity_mut(&mut |activity| {
            let breaker = CircuitBreaker::AdmissionControl(busier);
            let policy = Resilience::default().with_circuit_breaker(breaker);
            activity.calls[0].resilience = Some(Box::new(policy));
        });
        assert_eq!(call_of(&system, 400.0).rejected_share.unwrap().mean, 0.0);
    }
}

/// A service that accepts a per second gets K·a, as the book says. With a bucket of many tokens a is its rate μ; with one token
/// it is a loss system with one place, a = x/(1 + x/μ) of x calls per second, and x = K·a leaves x = (K - 1)μ.
#[test]
fn adaptive_throttling_before_a_service_that_accepts_so_many() {
    let (lambda, mu, window) = (40.0, 8.0, 60.0);
    for (k, burst, sent) in [(2.0, 100, 2.0 * mu), (1.5, 100, 1.5 * mu), (2.0, 1, mu), (3.0, 1, 2.0 * mu)] {
        let settings = AdaptiveThrottling { accepts_multiplier: k, window };
        let breaker = CircuitBreaker::AdaptiveThrottling(settings);
        let mut system = system(breaker, Load::Poisson { rate: lambda });
        system.services[1].rate_limit = Some(RateLimit { burst, ..RateLimit::per_second(mu) });
        // Of N requests, p = (N - K·A)/(N + 1).
        let n = lambda * (window - 0.5);
        let expected = (n - n * sent / lambda) / (n + 1.0);
        assert_mean(call_of(&system, 4000.0).rejected_share.unwrap(), expected);
    }
}

/// Calls each second, of which a share s < 1/K would be accepted: with N of them in the window, 1 - p = (1 + K·A)/(N + 1) is linear
/// in those accepted, whose mean is s·N·(1 - p). So 1/(N + 1 - K·s·N) of the calls are made, however long it has gone on.
/// A call is 200 s old at the 200th after it, so N is 199.
#[test]
fn adaptive_throttling_at_a_constant_share_of_errors() {
    let (k, s, n) = (2.0, 0.25, 199.0);
    let settings = AdaptiveThrottling { accepts_multiplier: k, window: 200.0 };
    let load = Load::Renewal { gap: Distribution::deterministic(1.0) };
    let mut system = system(CircuitBreaker::AdaptiveThrottling(settings), load);
    system.services[1].operations[0].error_rate = 1.0 - s;
    let expected = 1.0 - 1.0 / (n + 1.0 - k * s * n);
    let call = call_of(&system, 100_000.0);
    assert_mean(call.rejected_share.unwrap(), expected);
    assert!(
        call.rejected_share.unwrap().half_width.unwrap() < 0.1 * (1.0 - expected),
        "a share that says something"
    );
}
