//! KEDA: the examples of its documentation (scaledobject-spec.md, scaling-deployments.md) and the cases of its
//! scale_scaledobjects_test.go and fallback.go.

use serde_json::{Value, json};
use tracecast_model::autoscaling::{Decision, Keda, KedaMemory, Limit, Observation, Policy};

use crate::given::{reading, with};

/// One trigger on the length of a queue.
fn keda(changes: Value) -> Keda {
    let settings = json!({"triggers": [{"metric": "queue_length", "threshold": 5}]});
    serde_json::from_value(with(settings, changes)).unwrap()
}

/// A queue of so many messages; `None` where it cannot be read.
fn queue(time: f64, wanted: u32, messages: Option<f64>) -> Observation {
    let mut observation = reading(wanted, "queue_length", messages.unwrap_or(f64::NAN));
    observation.time = time;
    observation
}

fn at(keda: &Keda, memory: &mut KedaMemory, time: f64, wanted: u32, messages: f64) -> Decision {
    keda.decide(&queue(time, wanted, Some(messages)), memory)
}

/// "20 messages, 5 for each replica: 4 replicas" as an average; as a value, three replicas and 20/5 make 12.
#[test]
fn averages_and_values() {
    for (kind, expected) in [("average_value", 4), ("value", 12)] {
        let behavior = json!({"scale_up": {"policies": [{"type": "pods", "value": 100, "period": 15}]}});
        let trigger = json!([{"metric": "queue_length", "threshold": 5, "metric_type": kind}]);
        let keda = keda(json!({"triggers": trigger, "behavior": behavior}));
        let decision = at(&keda, &mut KedaMemory::default(), 0.0, 3, 20.0);
        assert_eq!(decision.replicas, expected, "{kind}: {decision}");
    }
}

/// TestScaleFromMinReplicasWhenActive, TestScaleFromIdleToMinReplicasWhenActive, TestEventWitTriggerInfo: from zero or the
/// idle number to the least, or to one.
#[test]
fn activation() {
    for (name, changes, current, messages, expected) in [
        ("from zero", json!({}), 0, 1.0, 1),
        ("nothing to do", json!({}), 0, 0.0, 0),
        ("from idle", json!({"idle_replica_count": 0, "min_replica_count": 5}), 0, 1.0, 5),
        ("from 2 to 5", json!({"idle_replica_count": 0, "min_replica_count": 5}), 2, 1.0, 5),
        ("from zero to the least", json!({"min_replica_count": 3}), 0, 1.0, 3),
        // TestScaleToMinReplicasFromLowerInitialReplicaCount.
        ("to the least without activity", json!({"min_replica_count": 5}), 1, 0.0, 5),
    ] {
        let decision = at(&keda(changes), &mut KedaMemory::default(), 0.0, current, messages);
        assert_eq!(decision.replicas, expected, "{name}: {decision}");
    }
}

/// "Activating and Scaling thresholds": with a threshold of 10 and one of 50 for activation, 40 messages are no activity, and
/// the service goes to zero even though the HPA would have 4 replicas.
#[test]
fn activation_thresholds_come_first() {
    let trigger = json!([{"metric": "queue_length", "threshold": 10, "activation_threshold": 50}]);
    let keda = keda(json!({"triggers": trigger}));
    let mut memory = KedaMemory::default();
    assert_eq!(at(&keda, &mut memory, 0.0, 0, 40.0).replicas, 0);
    // At the threshold is not above it.
    assert_eq!(at(&keda, &mut memory, 30.0, 0, 50.0).replicas, 0);
    assert_eq!(at(&keda, &mut memory, 60.0, 0, 51.0).replicas, 1);
    // 300 s after the last activity, at the poll after that.
    assert_eq!(at(&keda, &mut memory, 360.0, 4, 40.0).replicas, 4);
    let decision = at(&keda, &mut memory, 390.0, 4, 40.0);
    assert_eq!((decision.replicas, decision.limits), (0, vec![Limit::Activation]));
}

/// TestScaleToMinReplicasWhenNotActive, TestScaleToIdleReplicasWhenNotActive: without any activity the cooldown is that of
/// the start.
#[test]
fn without_activity_at_all() {
    for changes in [json!({}), json!({"idle_replica_count": 0, "min_replica_count": 5})] {
        let keda = keda(changes);
        let mut memory = KedaMemory::default();
        assert_eq!(at(&keda, &mut memory, 0.0, 10, 0.0).replicas, 10);
        assert_eq!(at(&keda, &mut memory, 30.0, 10, 0.0).replicas, 0);
    }
}

/// "KEDA will not scale the resource back to 0 until 120 seconds have passed since creation".
#[test]
fn initial_cooldown() {
    let keda = keda(json!({"initial_cooldown_period": "120s"}));
    let mut memory = KedaMemory::default();
    for (time, expected) in [(0.0, 10), (30.0, 10), (60.0, 10), (90.0, 10), (120.0, 10), (150.0, 0)] {
        let decision = at(&keda, &mut memory, time, 10, 0.0);
        assert_eq!(decision.replicas, expected, "{time}");
        assert_eq!(decision.limits.contains(&Limit::Cooldown), expected == 10, "{time}");
    }
}

/// "wait 5 minutes after the last time KEDA checked the queue and it was empty"; only towards zero.
#[test]
fn cooldown() {
    let to_zero = keda(json!({}));
    let mut memory = KedaMemory::default();
    assert_eq!(at(&to_zero, &mut memory, 0.0, 1, 5.0).replicas, 1);
    for step in 1..=10 {
        assert_eq!(at(&to_zero, &mut memory, f64::from(step) * 30.0, 1, 0.0).replicas, 1, "{step}");
    }
    assert_eq!(at(&to_zero, &mut memory, 330.0, 1, 0.0).replicas, 0);

    // From five to one is the HPA's affair, and has no cooldown.
    let behavior = json!({"scale_down": {"stabilization_window": 0}});
    let to_one = keda(json!({"min_replica_count": 1, "behavior": behavior}));
    let mut memory = KedaMemory::default();
    assert_eq!(at(&to_one, &mut memory, 0.0, 5, 25.0).replicas, 5);
    assert_eq!(at(&to_one, &mut memory, 15.0, 5, 0.0).replicas, 1);
}

/// "When scaling from 0 to 1, the polling interval is controlled by KEDA"; from 1 on, the HPA looks every 15 s.
#[test]
fn two_loops() {
    let keda = keda(json!({"polling_interval": "40s"}));
    let mut memory = KedaMemory::default();
    let mut times = vec![keda.first_evaluation(0.0)];
    for _ in 0..7 {
        let time = *times.last().unwrap();
        at(&keda, &mut memory, time, 2, 10.0);
        times.push(keda.next_evaluation(time, &memory));
    }
    assert_eq!(times, [0.0, 15.0, 30.0, 40.0, 45.0, 60.0, 75.0, 80.0]);

    // At zero, a message is seen at the next poll, not at the HPA's time.
    let mut memory = KedaMemory::default();
    at(&keda, &mut memory, 0.0, 0, 0.0);
    assert_eq!(at(&keda, &mut memory, 15.0, 0, 3.0).limits, [Limit::AtZero]);
    assert_eq!(at(&keda, &mut memory, 40.0, 0, 3.0).replicas, 1);
}

/// "When my instance of prometheus is unavailable 3 consecutive times … the deployment will scale to 6 replicas":
/// `target metric value * fallback replicas`, once the number of failures passes the threshold (fallback.go: >).
#[test]
fn fallback() {
    let behavior = json!({"scale_up": {"policies": [{"type": "pods", "value": 100, "period": 15}]}});
    let keda = keda(json!({"fallback": {"failure_threshold": 3, "replicas": 6}, "behavior": behavior}));
    let mut memory = KedaMemory::default();
    let mut numbers = Vec::new();
    for step in 0..5 {
        let decision = keda.decide(&queue(f64::from(step) * 15.0, 2, None), &mut memory);
        numbers.push(decision.replicas);
        assert_eq!(decision.limits.contains(&Limit::Fallback), step >= 3);
    }
    assert_eq!(numbers, [2, 2, 2, 6, 6]);
    // One success, and the count begins anew.
    assert_eq!(at(&keda, &mut memory, 75.0, 2, 10.0).replicas, 2);
    assert_eq!(keda.decide(&queue(90.0, 2, None), &mut memory).replicas, 2);
}

/// An error without fallback: the service stays, and does not go to zero (RequestScale).
#[test]
fn triggers_that_cannot_be_read() {
    let keda = keda(json!({}));
    let mut memory = KedaMemory::default();
    for step in 0..50 {
        assert_eq!(keda.decide(&queue(f64::from(step) * 30.0, 3, None), &mut memory).replicas, 3);
    }
}

/// Several triggers: any of them activates, and the largest number counts.
#[test]
fn several_triggers() {
    let triggers = json!([
        {"metric": "queue_length", "threshold": 5},
        {"metric": "other.queue_length", "threshold": 2}
    ]);
    let keda = keda(json!({"triggers": triggers}));
    let mut observation = queue(0.0, 0, Some(0.0));
    observation.readings.push(tracecast_model::autoscaling::Reading {
        metric: "other.queue_length".into(),
        window: 0.0,
        value: 7.0,
    });
    let mut memory = KedaMemory::default();
    let decision = keda.decide(&observation, &mut memory);
    assert_eq!((decision.replicas, decision.metric.as_deref()), (1, Some("other.queue_length")));
    let later = Observation { time: 15.0, wanted: 1, ..observation };
    let decision = keda.decide(&later, &mut memory);
    assert_eq!((decision.replicas, decision.metric.as_deref()), (4, Some("other.queue_length")));
}
