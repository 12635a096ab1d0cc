//! To zero, from zero, and outside of the bounds (horizontal.go: reconcileAutoscaler).

use serde_json::json;
use tracecast_model::autoscaling::{Hpa, Limit, Replica, ReplicaState};

use crate::given::{hpa, in_state, missing, reading, running};

fn with_min(min: u32, kind: &str, target: &str, value: f64) -> Hpa {
    hpa(json!({
        "min_replicas": min, "max_replicas": 10,
        "metrics": [{ kind: {"metric": "queue_length", "target": { target: value }} }]
    }))
}

/// "Implicit maintenance-mode deactivation": with no replicas and a least number above 0, the HPA rests.
#[test]
fn off_at_zero() {
    let decision = running(&with_min(1, "external", "value", 1.0), &reading(0, "queue_length", 50.0));
    assert_eq!((decision.replicas, decision.limits), (0, vec![Limit::AtZero]));
}

/// TestScaleUpFromZeroCMObject and TestScaleUpFromZeroIgnoresToleranceCMObject: ceil(total/target), whatever is ready.
#[test]
fn from_zero() {
    for (kind, target, value, total, expected) in [
        ("object", "value", 15.0, 20.0, 2),
        ("object", "value", 1.0, 1.0, 1),
        ("external", "value", 15.0, 20.0, 2),
        ("external", "average_value", 5.0, 18.0, 4),
        ("external", "average_value", 5.0, 0.0, 0),
    ] {
        let decision = running(&with_min(0, kind, target, value), &reading(0, "queue_length", total));
        assert_eq!(decision.replicas, expected, "{kind} {target}: {decision}");
    }
}

/// Replicas that were asked for and do not exist yet: the average is that of those that exist
/// (GetExternalPerPodMetricReplicas takes `status.replicas`), which is no number for none.
#[test]
fn while_the_first_replica_starts() {
    let hpa = with_min(1, "external", "average_value", 5.0);
    let mut observation = reading(1, "queue_length", 5.0);
    assert_eq!(running(&hpa, &observation).limits, [Limit::Tolerance]);
    observation.replicas.clear();
    assert_eq!(running(&hpa, &observation).replicas, 1);
    observation.replicas = vec![in_state(missing(), ReplicaState::Terminating)];
    observation.readings[0].value = 15.0;
    assert_eq!(running(&hpa, &observation).replicas, 3);
}

/// GetExternalMetricReplicas multiplies by ready replicas: none ready calls for none, and the bounds hold.
#[test]
fn none_ready() {
    let hpa = with_min(1, "external", "value", 5.0);
    let mut observation = reading(2, "queue_length", 50.0);
    let starting = |replica: &Replica| in_state(replica.clone(), ReplicaState::Starting);
    observation.replicas = observation.replicas.iter().map(starting).collect();
    let decision = running(&hpa, &observation);
    assert_eq!((decision.recommended, decision.replicas), (0, 1));
    assert_eq!(decision.limits, [Limit::MinReplicas]);
}

/// Outside of its bounds it goes to them at once, whatever metrics and stabilization say.
#[test]
fn outside_of_the_bounds() {
    let hpa = with_min(3, "external", "value", 5.0);
    for (current, expected, limit) in [(20, 10, Limit::MaxReplicas), (1, 3, Limit::MinReplicas)] {
        let decision = running(&hpa, &reading(current, "queue_length", 5.0));
        assert_eq!((decision.replicas, decision.limits), (expected, vec![limit]));
    }
}
