//! How many replicas one metric calls for: the cases of Kubernetes' replica_calculator_test.go (TestReplicaCalc…), with
//! its settings: a tolerance of 0.1, two minutes of initialization, ten seconds until the first readiness.

use serde_json::{Value, json};
use tracecast_model::autoscaling::{
    Decision, Hpa, Limit, Observation, Quantity, Replica, ReplicaState, Sample,
};

use crate::given::{NOW, busy, hot, hpa, in_state, missing, observe, reading, replica, running, unready};

/// An HPA whose behavior holds back nothing, so that the metric alone decides.
fn free(metric: &Value) -> Hpa {
    hpa(json!({
        "min_replicas": 1, "max_replicas": 1000, "metrics": [metric],
        "cpu_initialization_period": "2min", "initial_readiness_delay": "10s",
        "behavior": {
            "scale_up": {"policies": [{"type": "pods", "value": 1000, "period": "1s"}]},
            "scale_down": {"stabilization_window": 0}
        }
    }))
}

fn utilization(percent: u32) -> Value {
    json!({"resource": {"name": "cpu", "target": {"average_utilization": percent}}})
}

/// Requests per second of each replica, as the originals' `qps`.
fn pods(target: f64) -> Value {
    json!({"pods": {"metric": "request_rate", "window": "60s", "target": {"average_value": target}}})
}

fn rate(value: f64) -> Replica {
    replica(Quantity::RequestRate, value)
}

fn decide(metric: &Value, observation: &Observation) -> Decision {
    running(&free(metric), observation)
}

#[test]
fn cpu_utilization() {
    let up = || [busy(300.0), busy(500.0), busy(700.0)];
    let down = || [100.0, 300.0, 500.0, 250.0, 250.0].map(busy);
    let with = |mut all: Vec<Replica>, places: &[usize], change: fn(Replica) -> Replica| {
        for &place in places {
            all[place] = change(all[place].clone());
        }
        all
    };
    let stopping = |replica| in_state(replica, ReplicaState::Terminating);
    let starting = |replica| Replica { samples: vec![], ..in_state(replica, ReplicaState::Starting) };
    let near = [(0.9, 1010.0), (1.0, 1030.0), (1.1, 1020.0)];
    let near = near.map(|(request, used)| Replica { cpu_request: Some(request), ..busy(used) });
    let quiet = || [400.0, 500.0, 700.0].map(busy).to_vec();
    let two = vec![busy(500.0), busy(700.0), stopping(busy(900.0)), stopping(busy(900.0))];
    let leaving: Vec<_> = down().into_iter().chain([stopping(busy(0.0)), stopping(busy(0.0))]).collect();
    let one =
        vec![busy(100.0), starting(missing()), starting(missing()), starting(missing()), starting(missing())];
    for (name, percent, replicas, wanted, expected) in [
        ("ScaleUp", 30, up().to_vec(), 3, 5),
        ("ScaleUpUnreadyLessScale", 30, with(up().to_vec(), &[0], unready), 3, 4),
        ("ScaleUpHotCpuLessScale", 30, with(up().to_vec(), &[0], hot), 3, 4),
        ("ScaleUpUnreadyNoScale", 30, with(quiet(), &[1, 2], unready), 3, 3),
        ("ScaleHotCpuNoScale", 30, with(with(quiet(), &[1, 2], unready), &[1, 2], hot), 3, 3),
        ("ScaleUpIgnoresDeletionPods", 30, two, 2, 4),
        ("ScaleDown", 50, down().to_vec(), 5, 3),
        ("ScaleDownIncludeUnreadyPods", 50, with(down().to_vec(), &[3, 4], unready), 5, 2),
        ("ScaleDownIgnoreHotCpuPods", 50, with(down().to_vec(), &[3, 4], hot), 5, 2),
        ("ScaleDownExcludeUnscheduledPods", 50, one, 5, 1),
        ("ScaleDownIgnoresDeletionPods", 50, leaving, 5, 3),
        ("Tolerance", 100, near.to_vec(), 3, 3),
        ("MissingMetrics", 100, vec![busy(400.0), busy(95.0), missing(), missing()], 4, 3),
        ("MissingMetricsNoChangeEq", 100, vec![busy(1000.0), missing()], 2, 2),
        ("MissingMetricsNoChangeGt", 100, vec![busy(1900.0), missing()], 2, 2),
        ("MissingMetricsNoChangeLt", 100, vec![busy(600.0), missing()], 2, 2),
        ("MissingMetricsUnreadyChange", 50, vec![unready(busy(100.0)), busy(450.0), missing()], 3, 3),
        ("MissingMetricsHotCpuNoChange", 50, vec![hot(busy(100.0)), busy(450.0), missing()], 3, 3),
        ("MissingMetricsUnreadyScaleUp", 50, vec![unready(busy(100.0)), busy(2000.0), missing()], 3, 4),
        ("MissingMetricsHotCpuScaleUp", 50, vec![hot(unready(busy(100.0))), busy(2000.0), missing()], 3, 4),
        (
            "MissingMetricsUnreadyScaleDown",
            50,
            vec![unready(busy(100.0)), busy(100.0), busy(100.0), missing()],
            4,
            3,
        ),
    ] {
        let decision = decide(&utilization(percent), &observe(wanted, replicas));
        assert_eq!(decision.replicas, expected, "{name}: {decision}");
    }
}

/// ComputedToleranceAlgImplementation: at 56 % of the requests usage is 10.7 % below the target, at 55 % it is 9.1 %.
#[test]
fn the_tolerance_ends_where_it_should() {
    let differences = [100.0, -100.0, 10.0, -10.0, 2.0, -2.0, 1.0, -1.0, 0.0, 0.0];
    let replicas = differences.map(|d| Replica { cpu_request: Some((300.0 + d) / 1e3), ..busy(150.0) });
    for (percent, expected) in [(56, 9), (55, 10)] {
        let decision = decide(&utilization(percent), &observe(10, replicas.to_vec()));
        assert_eq!(decision.replicas, expected);
        assert_eq!(decision.limits.contains(&Limit::Tolerance), expected == 10);
    }
}

#[test]
fn figures_of_each_replica() {
    for (name, target, replicas, expected) in [
        ("ScaleUpCM", 15.0, vec![rate(20.0), rate(10.0), rate(30.0)], 4),
        // Readiness is of no matter but for CPU usage.
        (
            "ScaleUpCMUnreadyHotCpuNoLessScale",
            15.0,
            vec![rate(50.0), rate(10.0), hot(unready(rate(30.0)))],
            6,
        ),
        (
            "ScaleUpCMUnreadyHotCpuScaleWouldScaleDown",
            15.0,
            vec![hot(unready(rate(50.0))), rate(15.0), hot(unready(rate(30.0)))],
            7,
        ),
        ("ScaleDownCM", 20.0, vec![rate(12.0); 5], 3),
        ("ToleranceCM", 20.0, vec![rate(20.0), rate(21.0), rate(21.0)], 3),
    ] {
        let wanted = replicas.len() as u32;
        let decision = decide(&pods(target), &observe(wanted, replicas));
        assert_eq!(decision.replicas, expected, "{name}: {decision}");
    }
}

#[test]
fn figures_of_an_object_or_from_outside() {
    for (name, kind, target, wanted, ready, total, expected) in [
        ("ScaleUpCMObject", "object", json!({"value": 15}), 3, 3, 20.0, 4),
        ("ScaleUpCMPerPodObject", "object", json!({"average_value": 5}), 3, 3, 20.0, 4),
        // If unready replicas counted, it would be 15.
        ("ScaleUpCMObjectIgnoresUnreadyPods", "object", json!({"value": 10}), 3, 1, 50.0, 5),
        // If unready replicas counted, it would be 6.
        ("ScaleUpCMExternalIgnoresUnreadyPods", "external", json!({"value": 4.4}), 3, 1, 8.6, 2),
        ("ScaleUpCMExternal", "external", json!({"value": 4.4}), 1, 1, 8.6, 2),
        ("ScaleUpPerPodCMExternal", "external", json!({"average_value": 2.15}), 3, 3, 8.6, 4),
        ("ScaleDownPerPodCMObject", "object", json!({"average_value": 2}), 5, 5, 6.0, 3),
        ("ScaleDownCMObject", "object", json!({"value": 20}), 5, 5, 12.0, 3),
        ("ScaleDownCMExternal", "external", json!({"value": 14.334}), 5, 5, 8.6, 3),
        ("ScaleDownPerPodCMExternal", "external", json!({"average_value": 2.867}), 5, 5, 8.6, 3),
        ("ToleranceCMObject", "object", json!({"value": 20}), 3, 3, 20.666, 3),
        ("TolerancePerPodCMObject", "object", json!({"average_value": 5}), 4, 4, 20.166, 4),
        ("ToleranceCMExternal", "external", json!({"value": 8.888}), 3, 3, 8.6, 3),
        ("TolerancePerPodCMExternal", "external", json!({"average_value": 2.9}), 3, 3, 8.6, 3),
    ] {
        let mut observation = reading(wanted, "queue_length", total);
        for replica in observation.replicas.iter_mut().skip(ready) {
            replica.state = ReplicaState::Unready;
        }
        let metric = json!({ kind: {"metric": "queue_length", "target": target} });
        let decision = decide(&metric, &observation);
        assert_eq!(decision.replicas, expected, "{name}: {decision}");
        assert_eq!(decision.metric.as_deref(), Some("queue_length"), "{name}");
    }
}

/// TestReplicaCalcEmptyMetrics, …EmptyCPURequest, and "no pods returned by selector": nothing changes.
#[test]
fn nothing_to_go_by() {
    let no_request = Replica { cpu_request: None, ..busy(200.0) };
    for replicas in [vec![missing(); 4], vec![no_request; 4], vec![], vec![unready(busy(900.0)); 4]] {
        let decision = decide(&utilization(100), &observe(4, replicas));
        assert_eq!((decision.replicas, decision.metric), (4, None));
        assert_eq!(decision.limits, [Limit::FailedMetric]);
    }
}

/// What TestGroupPods says of CPU samples: does usage that calls for more count? Times are seconds before now, windows are
/// lengths.
#[test]
fn readiness() {
    struct Pod {
        ready: bool,
        started: f64,
        changed: f64,
        sampled: f64,
        window: f64,
    }
    let pod = |ready, started, changed, sampled, window| Pod { ready, started, changed, sampled, window };
    for (name, pod, counts) in [
        ("ready, fresh sample, initialization", pod(true, 60.0, 30.0, 0.0, 30.0), true),
        ("ready, sample of before, initialization", pod(true, 60.0, 30.0, 0.0, 60.0), false),
        ("unready, initialization", pod(false, 60.0, 60.0, 0.0, 30.0), false),
        ("unready, never ready", pod(false, 600.0, 594.0, 0.0, 60.0), false),
        ("ready, old sample, after initialization", pod(true, 180.0, 180.0, 120.0, 60.0), true),
        ("unready, was ready, after initialization", pod(false, 600.0, 540.0, 0.0, 60.0), true),
        // 10 s after the start is not sooner than the delay of 10 s.
        ("unready ten seconds after the start", pod(false, 600.0, 590.0, 0.0, 60.0), true),
    ] {
        let state = if pod.ready { ReplicaState::Ready } else { ReplicaState::Unready };
        let sample =
            Sample { quantity: Quantity::Cpu, value: 1.0, taken_at: NOW - pod.sampled, window: pod.window };
        let replica = Replica {
            state,
            started_at: NOW - pod.started,
            changed_at: NOW - pod.changed,
            cpu_request: Some(1.0),
            samples: vec![sample],
        };
        let decision = decide(&utilization(50), &observe(1, vec![replica]));
        assert_eq!(decision.metric.is_some(), counts, "{name}: {decision}");
        assert_eq!(decision.replicas, if counts { 2 } else { 1 }, "{name}");
    }
}

/// Targets above 100 %: a replica without a sample counts as at the target (replica_calculator.go: `max(100, target)`), so
/// that it does not call for fewer. 200 % of one core with (1.0 + 2.0)/2 → 75 % of the target → ceil(0.75 × 2) = 2.
#[test]
fn missing_samples_count_as_at_a_target_above_the_request() {
    let decision = decide(&utilization(200), &observe(2, vec![busy(1000.0), missing()]));
    assert_eq!(decision.replicas, 2);
    assert!(decision.limits.contains(&Limit::MissingSamples));
}

/// GetResourceUtilizationRatio divides whole numbers: 1000/3000 is 33 %, and 33 of 30 is within the tolerance, while 33.4 of
/// 30 would not be (1.111).
#[test]
fn percents_are_whole() {
    let replicas = vec![busy(334.0), busy(333.0), busy(335.0)];
    assert_eq!(decide(&utilization(30), &observe(3, replicas)).replicas, 3);
}

/// With `average_value`, a resource is measured in cores: the formula of the documentation, 200m over 100m doubles.
#[test]
fn the_documented_ratios() {
    let metric = || json!({"resource": {"target": {"average_value": 0.1}}});
    for (used, expected) in [(200.0, 8), (50.0, 2)] {
        assert_eq!(decide(&metric(), &observe(4, vec![busy(used); 4])).replicas, expected);
    }
    let container =
        json!({"container_resource": {"container": "app", "target": {"average_utilization": 50}}});
    assert_eq!(decide(&container, &observe(4, vec![busy(1000.0); 4])).replicas, 8);
}
