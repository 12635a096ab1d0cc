//! resilience4j: the scenarios of `CircuitBreakerStateMachineTest.java` with its settings (time-based window of 5 s and 5
//! calls, 50 % of failures and of calls slower than 4 s, 4 calls in half-open state, 5 s open), and the rules of the
//! documentation ("CircuitBreaker").

use tracecast_model::{Backoff, CircuitBreaker, Resilience4j, SlidingWindow};

use crate::given::Caller;

fn settings() -> Resilience4j {
    Resilience4j {
        failure_rate_threshold: 50.0,
        slow_call_rate_threshold: 50.0,
        slow_call_duration_threshold: 4.0,
        sliding_window_type: SlidingWindow::TimeBased,
        sliding_window_size: 5,
        minimum_number_of_calls: 5,
        wait_duration_in_open_state: Backoff::Fixed { delay: 5.0 },
        permitted_number_of_calls_in_half_open_state: 4,
        ..Resilience4j::default()
    }
}

fn caller(settings: Resilience4j) -> Caller {
    Caller::new(CircuitBreaker::Resilience4j(settings))
}

/// One that is open.
fn open(settings: Resilience4j) -> Caller {
    let mut caller = caller(settings);
    caller.call("FFFFF");
    assert!(!caller.may_call());
    caller
}

/// One whose wait is over.
fn half_open(settings: Resilience4j) -> Caller {
    let mut caller = open(settings);
    caller.wait(5.001);
    caller
}

/// After F, F, F and two successes the rate is 60 %.
#[test]
fn it_opens_when_the_failure_rate_is_exceeded() {
    let mut caller = caller(settings());
    caller.call("FFF.");
    assert!(!caller.is_open());
    caller.succeeds();
    assert!(caller.is_open() && !caller.may_call());
}

/// Three of five slow, whether they failed or not.
#[test]
fn it_opens_when_the_slow_call_rate_is_exceeded() {
    let mut caller = caller(settings());
    for (duration, failed) in [(5.0, true), (5.0, false), (0.1, true), (0.1, false)] {
        caller.ends_after(duration, failed);
        assert!(!caller.is_open());
    }
    caller.ends_after(5.0, false);
    assert!(caller.is_open());
}

/// "Above which calls are considered as slow": not at the threshold.
#[test]
fn a_call_of_exactly_the_threshold_is_not_slow() {
    for (duration, opens) in [(4.0, false), (4.000_001, true)] {
        let mut caller = caller(settings());
        (0..5).for_each(|_| caller.ends_after(duration, false));
        assert_eq!(caller.is_open(), opens);
    }
}

#[test]
fn it_is_half_open_after_the_wait() {
    let mut caller = open(settings());
    caller.wait(3.0);
    assert!(caller.is_open() && !caller.may_call());
    caller.wait(3.0);
    assert!(caller.may_call() && caller.is_open());
}

#[test]
fn only_four_calls_are_permitted_when_half_open() {
    let mut caller = half_open(settings());
    for expected in [true, true, true, true, false, false] {
        assert_eq!(caller.may_call(), expected);
    }
}

/// F, F, success, F: 75 %.
#[test]
fn it_opens_again_when_trials_fail() {
    let mut caller = half_open(settings());
    caller.call("FF.F");
    assert!(caller.is_open() && !caller.may_call());
    caller.wait(5.001);
    assert!(caller.may_call());
}

#[test]
fn it_opens_again_when_trials_are_slow() {
    let mut caller = half_open(settings());
    for duration in [5.0, 5.0, 5.0, 1.0] {
        assert!(caller.may_call());
        caller.ends_after(duration, false);
    }
    assert!(!caller.may_call());
}

/// F and three successes: 25 %. The window begins anew.
#[test]
fn it_closes_when_enough_trials_succeed() {
    let mut caller = half_open(settings());
    caller.call("F...");
    assert!(!caller.is_open());
    caller.call(".FFF");
    assert!(!caller.is_open(), "four calls only");
}

/// The waits of `shouldTransitionToHalfOpenAfterWaitInterval`: 5 s, then 1.5 times as long.
#[test]
fn waits_may_grow() {
    let wait = Backoff::Exponential { first: 5.0, factor: 1.5, max: None };
    let mut caller = open(Resilience4j { wait_duration_in_open_state: wait, ..settings() });
    caller.wait(3.0);
    assert!(!caller.may_call());
    caller.wait(3.0);
    caller.call("FFFF");
    caller.wait(6.0);
    assert!(!caller.may_call());
    caller.wait(5.0);
    caller.call("....");
    // Closed in between, so the first wait again.
    caller.call("FFFFF");
    caller.wait(5.001);
    assert!(caller.may_call());
}

/// "If the count window size is 10, the circular array has always 10 measurements": the oldest is evicted.
#[test]
fn a_window_of_calls_forgets_the_oldest() {
    let settings = Resilience4j {
        sliding_window_type: SlidingWindow::CountBased,
        sliding_window_size: 10,
        minimum_number_of_calls: 10,
        ..settings()
    };
    let mut caller = caller(settings);
    caller.call("FFFF......");
    assert!(!caller.is_open(), "40 %");
    // Each failure takes the place of one.
    caller.call("FFFF");
    assert!(!caller.is_open(), "40 % again");
    caller.fails();
    assert!(caller.is_open(), "half of the last ten");
}

/// "If only 9 calls have been recorded the CircuitBreaker will not transition to open even if all 9 calls have failed", and
/// no more than a window of calls is asked for.
#[test]
fn the_minimum_number_of_calls() {
    for (minimum, size, needed) in [(10, 100, 10), (100, 5, 5)] {
        let mut caller = caller(Resilience4j {
            sliding_window_type: SlidingWindow::CountBased,
            sliding_window_size: size,
            minimum_number_of_calls: minimum,
            ..settings()
        });
        caller.call(&"F".repeat(needed - 1));
        assert!(!caller.is_open());
        caller.fails();
        assert!(caller.is_open());
    }
}

/// A window of 5 s has the present second and the four before.
#[test]
fn a_window_of_time_forgets_whole_seconds() {
    for (gap, opens) in [(4.4, true), (4.6, false)] {
        let mut caller = caller(settings());
        caller.wait(0.5);
        caller.call("FFFF");
        caller.wait(gap);
        caller.call("F");
        assert_eq!(caller.is_open(), opens, "{gap} s later");
    }
}

/// With the automatic transition it is half-open without a call; and where trials do not end in time, it opens again.
#[test]
fn it_may_change_without_calls() {
    let settings = Resilience4j {
        automatic_transition_from_open_to_half_open_enabled: true,
        max_wait_duration_in_half_open_state: 2.0,
        ..settings()
    };
    let mut caller = open(settings);
    caller.wait(5.0);
    assert!(caller.may_call(), "at the instant itself");
    caller.wait(2.0);
    assert!(!caller.may_call(), "open again");
    // Half-open from 12 to 14 s.
    caller.wait(6.0);
    assert!(caller.may_call());
    caller.wait(1.0);
    assert!(!caller.may_call());
    assert_eq!(caller.seconds_open(), 14.0);
}

/// What was called before it opened and ends when it is half-open counts as a trial.
#[test]
fn late_results_count_where_they_come() {
    let mut caller = caller(settings());
    (0..9).for_each(|_| assert!(caller.may_call()));
    (0..5).for_each(|_| caller.fails());
    caller.wait(5.001);
    assert!(caller.may_call());
    (0..4).for_each(|_| caller.succeeds());
    assert!(!caller.is_open());
}
