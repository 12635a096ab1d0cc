//! Settings of work queues that make no sense, each with the words of its refusal.

use tracecast_model::{Distribution, Scheduling, System, feature, fixtures, validate};
use tracecast_model::{
    Feature, FetchOrder, Lane, Multiplicity, Overflow, Reservation, Retry, RetryBudget, WorkQueue,
};

fn lane(name: &str, operations: &[&str], weight: f64) -> Lane {
    Lane { name: name.into(), operations: operations.iter().map(|&name| name.into()).collect(), weight }
}

fn system(queue: WorkQueue) -> System {
    let mut system = fixtures::open_station(1, Distribution::exponential(1.0), 0.5);
    system.services[0].concurrency = Multiplicity::Finite(1);
    system.services[0].scheduling = Scheduling::Fcfs;
    system.services[0].work_queue = Some(queue);
    system
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    let plain = || WorkQueue::new("tasks");
    let operation = system(plain()).services[0].operations[0].name.clone();
    let budget = Some(RetryBudget::InProgress { share: 0.2, min_in_progress: 1 });
    let reserved = |timeout| Some(Reservation { timeout, ..Reservation::default() });
    for (queue, words) in [
        (WorkQueue { redelivery: Some(Retry::new(0)), ..plain() }, "attempts is 0"),
        (WorkQueue { redelivery: Some(Retry { budget, ..Retry::new(2) }), ..plain() }, "without a budget"),
        (WorkQueue { scan_interval: 5.0, ..plain() }, "scan_interval is about redelivery"),
        (WorkQueue { reservation: reserved(0.0), ..plain() }, "the timeout of the reservation is 0"),
        (WorkQueue { prefetch: Some(Multiplicity::Finite(0)), ..plain() }, "prefetch is 0"),
        (WorkQueue { overflow: Overflow::DropHead, ..plain() }, "no queue_capacity"),
        (WorkQueue { fetch_order: FetchOrder::Weighted, ..plain() }, "there are no lanes"),
        (WorkQueue { lanes: vec![lane("a", &[&operation], 0.0)], ..plain() }, "the weight of \"a\" is 0"),
        (WorkQueue { lanes: vec![lane("a", &[], 1.0)], ..plain() }, "is in 0 lanes"),
        (WorkQueue { lanes: vec![lane("a", &[&operation, "other"], 1.0)], ..plain() }, "unknown operation"),
    ] {
        let found = validate(&system(queue));
        assert!(matches!(found.as_slice(), [one] if one.message.contains(words)), "{words}: {found:?}");
    }
    let mut by_chance = system(WorkQueue { prefetch: Some(Multiplicity::Finite(2)), ..plain() });
    assert!(validate(&by_chance).is_empty());
    by_chance.services[0].scheduling = Scheduling::Random;
    assert!(validate(&by_chance).iter().any(|found| found.message.contains("order of arrival")));
}

/// What no engine may pass over in silence.
#[test]
fn settings_are_features() {
    let plain = || WorkQueue::new("tasks");
    assert!(feature::features(&system(plain())).is_empty());
    for (queue, expected) in [
        (WorkQueue { redelivery: Some(Retry::new(2)), ..plain() }, Feature::Resilience),
        (WorkQueue { reservation: Some(Reservation::default()), ..plain() }, Feature::Reservation),
        (WorkQueue { prefetch: Some(Multiplicity::Infinite), ..plain() }, Feature::Prefetch),
        (WorkQueue { lanes: vec![lane("a", &["serve"], 1.0)], ..plain() }, Feature::Lanes),
    ] {
        let found = feature::features(&system(queue));
        assert_eq!(found, [(expected, "service \"station\"".to_owned())]);
    }
}
