//! Hystrix: the scenarios of `HystrixCircuitBreakerTest.java` with the settings of its commands (one call is enough, 40 % of
//! errors, a sleep window of 200 ms), and the rules of its documentation ("Configuration", "How it works").
//!
//! The tests there wait 100 ms until the numbers are looked at; here that is the interval.

use tracecast_model::{CircuitBreaker, Hystrix};

use crate::given::Caller;

fn settings() -> Hystrix {
    Hystrix {
        window: 5.0,
        snapshot_interval: 0.1,
        request_volume_threshold: 1,
        error_threshold_percentage: 40,
        sleep_window: 0.2,
    }
}

fn caller(settings: Hystrix) -> Caller {
    Caller::new(CircuitBreaker::Hystrix(settings))
}

/// Calls right after the first, and then a look at them.
fn after(results: &str) -> Caller {
    let mut caller = caller(settings());
    caller.call(results);
    assert!(!caller.is_open(), "nobody has looked yet");
    caller.wait(0.1);
    caller
}

#[test]
fn failures_trip_and_successes_do_not() {
    let mut caller = after("....");
    assert!(caller.may_call() && !caller.is_open());
    caller.call("FFFF");
    caller.wait(0.1);
    assert!(!caller.may_call() && caller.is_open());
}

#[test]
fn failures_above_the_threshold_trip() {
    let mut caller = after("..F.F.FF");
    assert!(caller.is_open() && !caller.may_call());
}

#[test]
fn failures_below_the_threshold_do_not_trip() {
    let mut caller = after("..F.F..F");
    assert!(!caller.is_open() && caller.may_call());
}

/// 39.9… % are 39 %, as the quotient is cut to a whole number.
#[test]
fn the_percentage_is_a_whole_number() {
    let settings = Hystrix { error_threshold_percentage: 34, ..settings() };
    for (results, opens) in
        [("F..", false), ("FF...", true), ("FF....", false), ("FFFFFFF.............", true)]
    {
        let mut caller = caller(settings);
        caller.call(results);
        caller.wait(0.1);
        assert_eq!(caller.is_open(), opens, "{results}");
    }
}

#[test]
fn one_call_is_tried_after_the_sleep_window() {
    let mut caller = after("FFFF");
    assert!(!caller.may_call());
    caller.wait(0.25);
    assert!(caller.may_call());
    assert!(caller.is_open() && !caller.may_call() && !caller.may_call());
}

/// `currentTime > circuitOpened + sleepWindow`: not yet at the instant itself.
#[test]
fn the_sleep_window_is_over_afterwards() {
    let settings = Hystrix { snapshot_interval: 0.5, sleep_window: 0.5, ..settings() };
    let mut caller = caller(settings);
    caller.call("F");
    caller.wait(1.0);
    assert!(!caller.may_call(), "open since 0.5 s");
    caller.wait(0.001);
    assert!(caller.may_call());
}

#[test]
fn a_success_closes_it_and_clears_the_window() {
    let mut caller = after("FFFF");
    caller.wait(0.25);
    assert!(caller.may_call());
    caller.succeeds();
    assert!(!caller.is_open() && caller.may_call());
    caller.succeeds();
    // The failures would still be in the window of 5 s.
    caller.wait(0.1);
    assert!(!caller.is_open() && caller.may_call());
}

#[test]
fn several_windows_until_it_closes() {
    let mut caller = after("FFFF");
    for _ in 0..2 {
        caller.wait(0.25);
        assert!(caller.is_open() && caller.may_call());
        assert!(!caller.may_call(), "one at a time");
        caller.wait(0.06);
        caller.fails();
        assert!(!caller.may_call() && !caller.may_call());
        caller.wait(0.2);
        assert!(!caller.may_call(), "the sleep begins with the failure");
    }
    caller.wait(0.05);
    assert!(caller.may_call());
    caller.wait(0.06);
    caller.succeeds();
    assert!(!caller.is_open() && caller.may_call());
}

#[test]
fn a_low_volume_does_not_trip() {
    let mut caller = caller(Hystrix { request_volume_threshold: 5, ..settings() });
    caller.call("FFFF");
    caller.wait(0.1);
    assert!(caller.may_call() && !caller.is_open());
    caller.fails();
    caller.wait(0.1);
    assert!(caller.is_open());
}

/// "If you set the value to 20, then if only 19 requests are received in the rolling window … the circuit will not trip open
/// even if all 19 failed."
#[test]
fn the_defaults() {
    for (count, opens) in [(19, false), (20, true)] {
        let mut caller = caller(Hystrix::default());
        caller.call(&"F".repeat(count));
        caller.wait(0.5);
        assert_eq!(caller.is_open(), opens, "{count}");
        caller.wait(5.0);
        assert_eq!(caller.may_call(), !opens);
        caller.wait(0.001);
        assert!(caller.may_call());
    }
}

/// Calls of more than the window ago are forgotten, bucket by bucket.
#[test]
fn the_window_rolls() {
    let settings =
        Hystrix { window: 1.0, snapshot_interval: 0.25, request_volume_threshold: 4, ..settings() };
    for (gap, opens) in [(0.2, true), (0.5, false)] {
        let mut caller = caller(settings);
        for _ in 0..4 {
            caller.call("F");
            caller.wait(gap);
        }
        caller.wait(0.25);
        assert_eq!(caller.is_open(), opens, "a failure each {gap} s");
    }
}

/// It opens when a bucket is full, and not before or after, whenever somebody asks.
#[test]
fn it_opens_on_its_own() {
    let mut caller = caller(settings());
    caller.wait(7.0);
    caller.call("F");
    caller.wait(1.1);
    // Open from 7.1 s on, and half-open once somebody asks.
    assert!((caller.seconds_open() - 1.0).abs() < 1e-9);
    assert!(caller.may_call());
    caller.wait(1.0);
    assert!((caller.seconds_open() - 2.0).abs() < 1e-9);
    caller.succeeds();
    caller.wait(1.0);
    assert!((caller.seconds_open() - 2.0).abs() < 1e-9);
}
