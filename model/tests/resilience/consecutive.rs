//! Linkerd: the test `transitions` of `consecutive_failures.rs`, the rules that it states, and those of the reference
//! ("Circuit Breaking").

use tracecast_model::{CircuitBreaker, ConsecutiveFailures};

use crate::given::Caller;

/// Two failures, 1 s and up to 100 s without jitter, as in the test.
fn settings() -> ConsecutiveFailures {
    ConsecutiveFailures { max_failures: 2, min_penalty: 1.0, max_penalty: 100.0, jitter_ratio: 0.0 }
}

fn caller(settings: ConsecutiveFailures) -> Caller {
    Caller::new(CircuitBreaker::ConsecutiveFailures(settings))
}

fn open() -> Caller {
    let mut caller = caller(settings());
    caller.call("FF");
    caller
}

#[test]
fn the_transitions_of_the_original() {
    let mut caller = caller(settings());
    caller.call("F");
    assert!(!caller.is_open());
    caller.call("F");
    assert!(caller.is_open() && !caller.may_call());
    caller.wait(0.5);
    assert!(!caller.may_call());
    caller.wait(0.5);
    assert!(caller.may_call() && !caller.may_call(), "limited to one");
    caller.fails();
    assert!(!caller.may_call());
    caller.wait(1.0);
    assert!(!caller.may_call(), "2 s now");
    caller.succeeds();
    assert!(!caller.may_call(), "stragglers are ignored");
    caller.wait(1.0);
    assert!(caller.may_call() && !caller.may_call());
    caller.succeeds();
    assert!(!caller.is_open() && caller.may_call());
}

#[test]
fn a_success_in_between_begins_the_count_anew() {
    let mut caller = caller(settings());
    caller.call("F.F.F.F");
    assert!(!caller.is_open());
    caller.call("F");
    assert!(caller.is_open());
}

#[test]
fn seven_failures_by_default() {
    let mut caller = caller(ConsecutiveFailures::default());
    caller.call("FFFFFF");
    assert!(!caller.is_open());
    caller.call("F");
    assert!(caller.is_open());
}

/// 1, 2, 4, …, 64, 100, 100 s.
#[test]
fn penalties_double_up_to_the_longest() {
    let mut caller = open();
    for penalty in [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 100.0, 100.0] {
        caller.wait(penalty - 0.001);
        assert!(!caller.may_call(), "{penalty}");
        caller.wait(0.002);
        assert!(caller.may_call(), "{penalty}");
        caller.fails();
    }
}

#[test]
fn the_penalty_is_the_shortest_again_after_a_success() {
    let mut caller = open();
    for _ in 0..3 {
        caller.wait(10.0);
        caller.call("F");
    }
    caller.wait(10.0);
    caller.call(".FF");
    caller.wait(1.0);
    assert!(caller.may_call());
}

/// "The ratio of the base timeout that may be randomly added", not beyond the longest.
#[test]
fn jitter_is_added_to_penalties() {
    for (chance, jitter_ratio, max_penalty, penalty) in
        [(0.0, 0.5, 60.0, 1.0), (0.5, 0.5, 60.0, 1.25), (0.999, 1.0, 60.0, 1.999), (0.999, 1.0, 1.5, 1.5)]
    {
        let mut caller = caller(ConsecutiveFailures { max_penalty, jitter_ratio, ..settings() });
        caller.chance = chance;
        caller.call("FF");
        caller.wait(penalty - 1e-6);
        assert!(!caller.may_call(), "{chance}");
        caller.wait(2e-6);
        assert!(caller.may_call(), "{chance}");
    }
}

/// Which call a result is of is not known: the first to come decides.
#[test]
fn the_first_result_in_probation_decides() {
    let mut caller = caller(settings());
    (0..3).for_each(|_| assert!(caller.may_call()));
    caller.fails();
    caller.fails();
    caller.wait(1.0);
    assert!(caller.may_call());
    caller.succeeds();
    assert!(!caller.is_open());
}

#[test]
fn failures_while_it_is_open_change_nothing() {
    let mut caller = open();
    caller.wait(0.5);
    (0..5).for_each(|_| caller.fails());
    caller.wait(0.5);
    assert!(caller.may_call());
}

#[test]
fn one_failure_may_be_enough() {
    let mut caller = caller(ConsecutiveFailures { max_failures: 1, ..settings() });
    caller.call(".....F");
    assert!(!caller.may_call());
}

/// From the last failure to the success, the probation included.
#[test]
fn the_time_that_it_is_not_closed() {
    let mut caller = open();
    caller.wait(3.0);
    assert!(caller.may_call());
    caller.wait(4.0);
    assert_eq!(caller.seconds_open(), 7.0);
    caller.succeeds();
    caller.wait(10.0);
    assert_eq!(caller.seconds_open(), 7.0);
    assert!(!caller.is_open());
}
