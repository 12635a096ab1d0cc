//! Step scaling: the examples of AWS' documentation.

use serde_json::{Value, json};
use tracecast_model::autoscaling::{Limit, Observation, Policy, Reading, StepMemory, StepScaling};

use crate::given::{missing, observe};

fn step(settings: Value) -> StepScaling {
    serde_json::from_value(settings).unwrap()
}

/// The user guide's policies: up by 10 % from 60 on and by 30 % from 70 on, down by 10 % from 40 on and by 30 % from 30 on.
fn guide() -> Value {
    json!({
        "metric": "concurrency", "min_replicas": 1, "max_replicas": 1000,
        "scale_out": {
            "threshold": 50, "adjustment_type": "percent_change_in_capacity", "cooldown": 0,
            "steps": [
                {"lower": 0, "upper": 10, "adjustment": 0}, {"lower": 10, "upper": 20, "adjustment": 10},
                {"lower": 20, "adjustment": 30}
            ]
        },
        "scale_in": {
            "threshold": 50, "adjustment_type": "percent_change_in_capacity", "cooldown": 0,
            "steps": [
                {"lower": -10, "upper": 0, "adjustment": 0}, {"lower": -20, "upper": -10, "adjustment": -10},
                {"upper": -20, "adjustment": -30}
            ]
        }
    })
}

fn see(time: f64, wanted: u32, value: f64) -> Observation {
    let reading = Reading { metric: "concurrency".into(), window: 60.0, value };
    Observation { time, readings: vec![reading], ..observe(wanted, vec![missing(); wanted as usize]) }
}

/// The example of the user guide: 10 replicas are 11 at 60, and 14 at 70 (30 % of 11 are 3.3, rounded down); 13 at 40 (1.4),
/// and 10 at 30 (3.9).
#[test]
fn the_documented_example() {
    let policy = step(guide());
    let mut memory = StepMemory::default();
    let mut wanted = 10;
    for (minute, (value, expected)) in
        [(50.0, 10), (59.9, 10), (60.0, 11), (70.0, 14), (41.0, 14), (40.0, 13), (30.0, 10)]
            .into_iter()
            .enumerate()
    {
        wanted = policy.decide(&see(60.0 * minute as f64, wanted, value), &mut memory).replicas;
        assert_eq!(wanted, expected, "at {value}");
    }
}

/// "a breach threshold of 50: greater than or equal to 50 and less than 60: a lower bound of 0 and an upper bound of 10;
/// greater than 40 and less than or equal to 50: −10 and 0".
#[test]
fn ends_of_ranges() {
    let alarm = |steps: Value| json!({"threshold": 50, "steps": steps});
    let policy = step(json!({
        "metric": "concurrency", "min_replicas": 1, "max_replicas": 100,
        "scale_out": alarm(json!([{"lower": 0, "upper": 10, "adjustment": 1}, {"lower": 10, "adjustment": 2}])),
    }));
    for (value, expected) in [(49.9, 10), (50.0, 11), (59.9, 11), (60.0, 12)] {
        assert_eq!(policy.decide(&see(0.0, 10, value), &mut StepMemory::default()).replicas, expected);
    }
    let policy = step(json!({
        "metric": "concurrency", "min_replicas": 1, "max_replicas": 100,
        "scale_in": alarm(json!([{"lower": -10, "upper": 0, "adjustment": -1}, {"upper": -10, "adjustment": -2}])),
    }));
    for (value, expected) in [(50.1, 10), (50.0, 9), (40.1, 9), (40.0, 8)] {
        assert_eq!(policy.decide(&see(0.0, 10, value), &mut StepMemory::default()).replicas, expected);
    }
}

/// "values greater than 1 are rounded down (12.7 to 12), between 0 and 1 to 1 (.67), between 0 and −1 to −1 (−.58), less than
/// −1 up (−6.67 to −6)"; and the API's example of MinAdjustmentMagnitude: 25 % of 4 is 1, but 2 is the least.
#[test]
fn percentages_are_rounded() {
    for (percent, replicas, least, expected) in [
        (127, 10, 0, 22), // 12.7
        (67, 1, 0, 2),    // .67
        (-58, 1, 0, 0),   // −.58
        (-29, 23, 0, 17), // −6.67
        (25, 4, 2, 6),
        (25, 4, 0, 5),
    ] {
        let direction = if percent > 0 { "scale_out" } else { "scale_in" };
        let policy = step(json!({
            "metric": "concurrency", "min_replicas": 0, "max_replicas": 100, direction: {
                "threshold": 50, "adjustment_type": "percent_change_in_capacity",
                "min_adjustment_magnitude": least, "steps": [{"adjustment": percent}]
            }
        }));
        assert_eq!(policy.decide(&see(0.0, replicas, 50.0), &mut StepMemory::default()).replicas, expected);
    }
}

fn with_cooldown() -> StepScaling {
    let out = json!({"threshold": 50, "cooldown": "5min", "steps": [
        {"lower": 0, "upper": 20, "adjustment": 2}, {"lower": 20, "adjustment": 3}
    ]});
    let inwards = json!({"threshold": 20, "cooldown": "5min", "steps": [{"upper": 0, "adjustment": -1}]});
    step(json!({
        "metric": "concurrency", "min_replicas": 1, "max_replicas": 100, "scale_out": out, "scale_in": inwards
    }))
}

/// The API's example: up by 2, and during the cooldown a step of 3 adds only 1; the same step again adds nothing. After it,
/// steps count in full.
#[test]
fn cooldown_upwards() {
    let policy = with_cooldown();
    let mut memory = StepMemory::default();
    let mut at = |time: f64, wanted: u32, value: f64| policy.decide(&see(time, wanted, value), &mut memory);
    assert_eq!(at(0.0, 10, 50.0).replicas, 12);
    let again = at(60.0, 12, 50.0);
    assert_eq!((again.replicas, again.limits), (12, vec![Limit::Cooldown]));
    assert_eq!(at(120.0, 12, 70.0).replicas, 13);
    assert_eq!(at(360.0, 13, 70.0).replicas, 13);
    assert_eq!(at(420.0, 13, 70.0).replicas, 16);
}

/// "scale-in activities are blocked until the cooldown period has expired. However, if another alarm triggers a scale-out
/// activity during the cooldown period, [it] scales out the target immediately, [and] the cooldown period for the scale-in
/// activity stops".
#[test]
fn cooldown_downwards() {
    let policy = with_cooldown();
    let mut memory = StepMemory::default();
    let mut at = |time: f64, wanted: u32, value: f64| policy.decide(&see(time, wanted, value), &mut memory);
    assert_eq!(at(0.0, 10, 10.0).replicas, 9);
    let blocked = at(60.0, 9, 10.0);
    assert_eq!((blocked.replicas, blocked.limits), (9, vec![Limit::Cooldown]));
    assert_eq!(at(120.0, 9, 50.0).replicas, 11);
    assert_eq!(at(180.0, 11, 10.0).replicas, 10);
    assert_eq!(at(480.0, 10, 10.0).replicas, 9);
}

/// "the number of evaluation periods that determine an alarm breach", exact numbers, and means of replicas.
#[test]
fn evaluations_and_exact_numbers() {
    let policy = step(json!({
        "metric": "concurrency", "per_replica": true, "min_replicas": 1, "max_replicas": 6,
        "scale_out": {
            "threshold": 50, "evaluations": 3, "adjustment_type": "exact_capacity",
            "steps": [{"lower": 0, "upper": 50, "adjustment": 5}, {"lower": 50, "adjustment": 9}]
        }
    }));
    let mut memory = StepMemory::default();
    let course: Vec<u32> = [200.0, 200.0, 199.0, 200.0, 200.0, 200.0]
        .into_iter()
        .enumerate()
        .map(|(i, value)| policy.decide(&see(60.0 * i as f64, 4, value), &mut memory).replicas)
        .collect();
    assert_eq!(course, [4, 4, 4, 4, 4, 5]);
    let high = policy.decide(&see(1000.0, 4, 400.0), &mut StepMemory { high: 2, ..StepMemory::default() });
    assert_eq!((high.replicas, high.limits), (6, vec![Limit::MaxReplicas]));
}
