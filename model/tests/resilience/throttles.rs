//! Throttles of clients: the formulas of their sources, and the unit and integration tests of Envoy's `admission_control`.

use tracecast_model::{AdaptiveThrottling, AdmissionControl, CircuitBreaker};

use crate::given::Caller;

/// Without a threshold or a limit, as most of Envoy's tests: the share of failures.
fn envoy(sampling_window: f64) -> AdmissionControl {
    AdmissionControl {
        sampling_window,
        sr_threshold: 100.0,
        max_rejection_probability: 100.0,
        ..AdmissionControl::default()
    }
}

fn caller(settings: AdmissionControl) -> Caller {
    Caller::new(CircuitBreaker::AdmissionControl(settings))
}

/// Asserts that a call is turned away with that probability, up to the four figures that Envoy looks at.
#[track_caller]
fn assert_turned_away(caller: &mut Caller, probability: f64) {
    for (chance, may_call) in [(probability + 1.5e-4, true), (probability - 1.5e-4, false)] {
        if (0.0..1.0).contains(&chance) {
            caller.chance = chance;
            assert_eq!(caller.may_call(), may_call, "{chance} for {probability}");
        }
    }
}

/// `RejectionProbability` of `admission_control_filter_test.cc`: of 100 requests so many were good; within 0.01, as there.
#[test]
fn rejection_probabilities_of_envoy() {
    let plain = AdmissionControl { max_rejection_probability: 80.0, ..envoy(10.0) };
    let aggressive = AdmissionControl { aggression: 2.0, ..plain };
    let lower = AdmissionControl { sr_threshold: 95.0, ..plain };
    let limited = AdmissionControl { max_rejection_probability: 10.0, ..plain };
    for (settings, successes, expected) in [
        (plain, 100, 0.0),
        (plain, 95, 0.05),
        (plain, 75, 0.25),
        (aggressive, 100, 0.0),
        (aggressive, 95, 0.22),
        (aggressive, 75, 0.5),
        (lower, 100, 0.0),
        (lower, 98, 0.0),
        (lower, 95, 0.0),
        (lower, 90, 0.05),
        (lower, 75, 0.20),
        (lower, 50, 0.46),
        (limited, 100, 0.0),
        (limited, 95, 0.05),
        (limited, 80, 0.1),
        (limited, 0, 0.1),
    ] {
        let found = settings.rejection_probability(100, successes);
        assert!((found - expected).abs() <= 0.01, "{successes}: {found}, {expected}; {settings:?}");
    }
}

/// `BasicRecord`, `RemoveStaleSamples` and `RemoveStaleSamples2` of `controller_test.cc`, with a window of 5 s: n failures and no
/// success are n/(n + 1).
#[test]
fn samples_become_stale() {
    let mut first = caller(envoy(5.0));
    assert_turned_away(&mut first, 0.0);
    first.fails();
    assert_turned_away(&mut first, 1.0 / 2.0);
    first.succeeds();
    assert_turned_away(&mut first, 1.0 / 3.0);

    let mut caller = caller(envoy(5.0));
    let fill = |caller: &mut Caller, failed: bool| {
        for _ in 0..5 {
            caller.ends_after(0.0, failed);
            caller.wait(1.0);
        }
        caller.ends_after(0.0, failed);
    };
    fill(&mut caller, false);
    assert_turned_away(&mut caller, 0.0);
    caller.wait(1.0);
    fill(&mut caller, true);
    assert_turned_away(&mut caller, 5.0 / 6.0);
    assert!(caller.is_open());
    caller.wait(1.0);
    assert_turned_away(&mut caller, 4.0 / 5.0);
    caller.wait(86400.0);
    assert_turned_away(&mut caller, 0.0);
    // The first failure was at 6 s, the last at 11 s.
    assert!(!caller.is_open());
    assert_eq!(caller.seconds_open(), 11.0 + 5.0 - 6.0);
}

/// `AverageRps` there, and `RpsThreshold` of the filter's test: the mean over the window, cut to a whole number.
#[test]
fn few_calls_are_not_turned_away() {
    let mut caller = caller(AdmissionControl { rps_threshold: 1, ..envoy(5.0) });
    for _ in 0..4 {
        caller.fails();
        assert_turned_away(&mut caller, 0.0);
    }
    caller.fails();
    assert_turned_away(&mut caller, 5.0 / 6.0);
    caller.wait(5.0);
    assert_turned_away(&mut caller, 0.0);
}

/// `HttpTest` of `admission_control_integration_test.cc`: after 300 failing calls, 0.98 of the next 300 are turned away, within
/// 0.1 as there; 120 s later none. The random numbers are those of a sequence that is even by itself.
#[test]
fn throttling_rate_of_the_integration_test() {
    let mut caller = caller(AdmissionControl { aggression: 2.0, ..envoy(120.0) });
    let mut turned_away = 0;
    for call in 0..600 {
        caller.chance = (f64::from(call) * 0.618_033_988_749_895).fract();
        if caller.may_call() {
            caller.fails();
        } else if call >= 300 {
            turned_away += 1;
        }
    }
    let share = f64::from(turned_away) / 300.0;
    assert!((share - 0.98).abs() <= 0.1, "{share}");
    caller.wait(120.0);
    caller.chance = 0.0;
    caller.call(&".".repeat(100));
}

/// The book's equation: calls pass while there are at most K for each that is accepted.
#[test]
fn rejection_probabilities_of_the_book() {
    let two = AdaptiveThrottling::default();
    let less = AdaptiveThrottling { accepts_multiplier: 1.1, ..two };
    for (settings, requests, accepts, expected) in [
        (two, 0, 0, 0.0),
        (two, 1, 0, 1.0 / 2.0),
        (two, 100, 100, 0.0),
        (two, 100, 50, 0.0),
        (two, 100, 25, 50.0 / 101.0),
        (two, 100, 0, 100.0 / 101.0),
        (less, 110, 100, 0.0),
        (less, 220, 100, 110.0 / 221.0),
    ] {
        let found = settings.rejection_probability(requests, accepts);
        assert!((found - expected).abs() < 1e-12, "{requests}, {accepts}: {found}, {expected}");
    }
}

/// Those turned away are requests, too: of n calls without an accepted one, the next is turned away with n/(n + 1), and two
/// minutes later with none.
#[test]
fn requests_of_two_minutes_by_the_book() {
    let mut caller = Caller::new(CircuitBreaker::AdaptiveThrottling(AdaptiveThrottling::default()));
    for call in 0..30 {
        caller.chance = 0.95;
        let is_let_through = f64::from(call) / f64::from(call + 1) <= 0.95;
        assert_eq!(caller.may_call(), is_let_through, "call {call}");
    }
    assert!(caller.is_open());
    // 16 accepted ones are more than half of 30.
    (0..16).for_each(|_| caller.succeeds());
    assert!(!caller.is_open());
    caller.chance = 0.0;
    assert!(caller.may_call());
    caller.wait(119.5);
    assert!(caller.may_call());
    caller.wait(0.5);
    // Only the last but one is left, which nobody has accepted.
    assert!(caller.is_open());
    assert_turned_away(&mut caller, 1.0 / 2.0);
}
