//! Knative: the cases of pkg/autoscaler/scaling/autoscaler_test.go, and the way to zero of kpa/scaler.go.

use serde_json::{Value, json};
use tracecast_model::autoscaling::{Decision, Knative, KnativeMemory, Limit, Observation, Policy, Reading};

use crate::given::{missing, observe, with};

/// The tests' settings: rates of 10, panic at twice the replicas; all of the target is used.
fn kpa(target: f64, changes: Value) -> Knative {
    let settings = json!({
        "target": target, "target_utilization": 1, "max_scale_up_rate": 10, "max_scale_down_rate": 10
    });
    serde_json::from_value(with(settings, changes)).unwrap()
}

fn see(kpa: &Knative, time: f64, ready: u32, means: (f64, f64)) -> Observation {
    let signals = kpa.signals();
    let reading = |place: usize, value| Reading {
        metric: signals[place].metric.clone(),
        window: signals[place].window,
        value,
    };
    Observation {
        time,
        readings: vec![reading(0, means.0), reading(1, means.1)],
        ..observe(ready, vec![missing(); ready as usize])
    }
}

/// As the tests create it: with one replica, not in panic.
fn calm() -> KnativeMemory {
    KnativeMemory { started: true, active_since: Some(0.0), ..KnativeMemory::default() }
}

fn at(kpa: &Knative, memory: &mut KnativeMemory, time: f64, ready: u32, means: (f64, f64)) -> Decision {
    kpa.decide(&see(kpa, time, ready, means), memory)
}

/// TestAutoscalerScale and the tests before it that are one evaluation.
#[test]
fn one_evaluation() {
    for (name, target, changes, ready, means, expected) in [
        ("StableModeUnlimitedTBC", 181.0, json!({}), 1, (21.0, 26.0), 1),
        ("0TBC", 10.0, json!({}), 1, (50.0, 49.0), 5),
        ("StableModeNoChange", 10.0, json!({}), 1, (50.0, 50.0), 5),
        ("StableModeIncrease", 10.0, json!({}), 1, (50.0, 10.0), 5),
        ("StableModeIncrease", 10.0, json!({}), 1, (100.0, 10.0), 10),
        ("StableModeNoChangeAlreadyScaled", 10.0, json!({}), 5, (50.0, 50.0), 5),
        ("IncreaseWithSmallScaleUpRate", 1.0, json!({"max_scale_up_rate": 1.1}), 2, (3.0, 3.1), 3),
        ("DecreaseWithSmallScaleDownRate", 10.0, json!({"max_scale_down_rate": 1.1}), 100, (1.0, 1.0), 90),
        ("PanicModeDoublePodCount", 10.0, json!({}), 1, (50.0, 100.0), 10),
        ("StableModeDecrease", 10.0, json!({}), 8, (100.0, 100.0), 10),
        ("StableModeDecrease", 10.0, json!({}), 8, (50.0, 50.0), 5),
        ("RateLimitScaleUp", 10.0, json!({}), 1, (1000.0, 1001.0), 10),
        ("RateLimitScaleUp", 10.0, json!({}), 10, (1000.0, 1001.0), 100),
        ("RateLimitScaleDown", 10.0, json!({}), 100, (1.0, 1.0), 10),
        ("RateLimitScaleDown", 10.0, json!({}), 10, (1.0, 1.0), 1),
        ("UseOnePodAsMinimumIfEndpointsNotFound", 10.0, json!({}), 0, (1000.0, 888.0), 10),
        ("MetricsWithRPS", 10.0, json!({"metric": "rps"}), 1, (100.0, 99.0), 10),
    ] {
        let decision = at(&kpa(target, changes), &mut calm(), 1000.0, ready, means);
        assert_eq!(decision.replicas, expected, "{name}: {decision}");
    }
}

/// AutoscalerPanicStableLargerThanPanic and …LessThanPanic: in panic the larger of both counts.
#[test]
fn both_windows_in_panic() {
    for (means, expected) in [((50.0, 30.0), 50), ((20.0, 30.0), 30)] {
        let mut memory = KnativeMemory { panic_since: Some(995.0), max_panic: 5, ..calm() };
        assert_eq!(at(&kpa(1.0, json!({})), &mut memory, 1000.0, 5, means).replicas, expected);
    }
}

/// TestAutoscalerUnpanicAfterSlowIncrease.
#[test]
fn panic_ends_after_a_stable_window() {
    let kpa = kpa(1.0, json!({}));
    let mut memory = calm();
    assert_eq!(at(&kpa, &mut memory, 0.0, 10, (11.0, 25.0)).replicas, 25);
    assert_eq!(memory.panic_since, Some(0.0));
    assert_eq!(at(&kpa, &mut memory, 30.0, 40, (30.0, 41.0)).replicas, 41);
    assert_eq!(memory.panic_since, Some(0.0));
    assert_eq!(at(&kpa, &mut memory, 62.0, 55, (50.0, 56.0)).replicas, 50);
    assert_eq!(memory.panic_since, None);
}

/// TestAutoscalerExtendPanicWindow.
#[test]
fn panic_goes_on_while_there_is_reason() {
    let kpa = kpa(1.0, json!({}));
    let mut memory = calm();
    assert_eq!(at(&kpa, &mut memory, 0.0, 10, (11.0, 25.0)).replicas, 25);
    assert_eq!(at(&kpa, &mut memory, 30.0, 40, (30.0, 80.0)).replicas, 80);
    assert_eq!(memory.panic_since, Some(30.0));
}

/// TestAutoscalerPanicModeExponentialTrackAndStabilize.
#[test]
fn exponential_growth_is_tracked() {
    let kpa = kpa(1.0, json!({}));
    let mut memory = calm();
    for (second, (ready, load)) in
        [(1, 6.0), (6, 36.0), (36, 216.0), (216, 1296.0), (1296, 1296.0)].into_iter().enumerate()
    {
        let decision = at(&kpa, &mut memory, second as f64, ready, (load, load));
        assert_eq!(f64::from(decision.replicas), load);
    }
}

/// TestAutoscalerPanicThenUnPanicScaleDown.
#[test]
fn no_way_down_in_panic() {
    let kpa = kpa(10.0, json!({}));
    let mut memory = calm();
    assert_eq!(at(&kpa, &mut memory, 0.0, 1, (100.0, 100.0)).replicas, 10);
    assert_eq!(at(&kpa, &mut memory, 0.0, 10, (100.0, 1000.0)).replicas, 100);
    let held = at(&kpa, &mut memory, 30.0, 10, (1.0, 1.0));
    assert_eq!((held.replicas, held.recommended, held.limits), (100, 1, vec![Limit::Panic]));
    assert_eq!(at(&kpa, &mut memory, 61.0, 10, (1.0, 1.0)).replicas, 1);
}

/// TestStartInPanicMode: with more than one replica at the start, as windows are empty then.
#[test]
fn several_replicas_at_the_start_are_panic() {
    let kpa = kpa(100.0, json!({}));
    for ready in 0..3 {
        let mut memory = KnativeMemory::default();
        let decision = at(&kpa, &mut memory, 5.0, ready, (10.0, 10.0));
        assert_eq!(memory.panic_since, (ready > 1).then_some(5.0));
        assert_eq!(decision.replicas, ready.max(1));
    }
}

/// TestAutoscalerScaleDownDelay ("simple" and "gradual") and TestAutoscalerScaleDownDelayZero. Here what the delay makes of the
/// number is looked at, before the last replica's grace.
#[test]
fn scale_down_delay() {
    let quiet = |delay: &str| {
        kpa(
            10.0,
            json!({"scale_down_delay": delay, "panic_threshold_percentage": 10000, "enable_scale_to_zero": false}),
        )
    };
    let course = |kpa: &Knative, steps: &[(f64, f64, u32)]| {
        let mut memory = calm();
        for &(time, load, expected) in steps {
            let decision = at(kpa, &mut memory, time, 1, (load, load));
            // Without scaling to zero, none is one.
            assert_eq!(decision.replicas, expected.max(1), "{time} s: {decision}");
        }
    };
    let minute = 60.0;
    course(&quiet("5min"), &[(2.0, 40.0, 4), (300.0, 0.0, 4), (302.0, 0.0, 0)]);
    let gradual = [(9.0, 40.0, 4), (10.0, 30.0, 4), (11.0, 0.0, 4), (14.0, 0.0, 3), (15.0, 0.0, 0)];
    course(&quiet("5min"), &gradual.map(|(minutes, load, expected)| (minutes * minute, load, expected)));
    course(&quiet("0s"), &[(0.0, 40.0, 4), (0.5, 20.0, 2)]);
}

/// TestAutoscalerNoDataNoAutoscale.
#[test]
fn no_data_no_change() {
    let kpa = kpa(10.0, json!({}));
    let decision = kpa.decide(&observe(3, vec![missing(); 3]), &mut calm());
    assert_eq!((decision.replicas, decision.limits), (3, vec![Limit::FailedMetric]));
}

/// expectedEBC: floor(replicas · target/utilization − burst − requests), 0 and −1 where the burst is.
#[test]
fn excess_burst_capacity() {
    for (target, burst, in_progress, ready, expected) in [
        (10.0, 100.0, 50.0, 1, -137.0),    // 13.33 − 150
        (10.0, 98.0, 100.0, 8, -92.0),     // 106.67 − 198
        (1.0, 101.0, 1296.0, 1296, 331.0), // 1728 − 1397
        (10.0, 61.0, 1001.0, 10, -929.0),  // 133.33 − 1062
        (181.0, -1.0, 26.0, 1, -1.0),
        (10.0, 0.0, 49.0, 1, 0.0),
    ] {
        let settings =
            json!({"target": target / 0.75, "target_utilization": 0.75, "target_burst_capacity": burst});
        let kpa: Knative = serde_json::from_value(settings).unwrap();
        assert_eq!(kpa.excess_burst_capacity(ready, in_progress), expected);
    }
}

/// config-autoscaler: 70 % of 100 requests in progress or of 200 a second; windows of 60 s and 6 s, every 2 s.
#[test]
fn the_usual_settings() {
    let usual: Knative = serde_json::from_value(json!({})).unwrap();
    assert_eq!(usual.interval(), 2.0);
    assert_eq!(usual.signals().iter().map(|signal| signal.window).collect::<Vec<_>>(), [60.0, 6.0]);
    for (load, expected) in [(70.0, 1), (71.0, 2), (700.0, 10)] {
        assert_eq!(at(&usual, &mut calm(), 1000.0, 1, (load, 0.0)).replicas, expected);
    }
    let rps: Knative = serde_json::from_value(json!({"metric": "rps"})).unwrap();
    for (load, expected) in [(140.0, 1), (141.0, 2)] {
        assert_eq!(at(&rps, &mut calm(), 1000.0, 1, (load, 0.0)).replicas, expected);
    }
    // At most half as few.
    assert_eq!(at(&usual, &mut calm(), 1000.0, 10, (0.0, 0.0)).replicas, 5);
}

/// The evaluations, every two seconds without load, until the last replica goes.
fn time_to_zero(kpa: &Knative, memory: &mut KnativeMemory, from: f64) -> Option<f64> {
    (0..200)
        .map(|tick| from + 2.0 * f64::from(tick))
        .find(|&time| at(kpa, memory, time, 1, (0.0, 0.0)).replicas == 0)
}

/// handleScaleToZero: active for the stable window, then behind the activator for the grace period. With a burst
/// capacity that is not there, the activator takes part all the time, and the period has passed ("fast path").
#[test]
fn the_last_replica() {
    let without = |changes: Value| time_to_zero(&kpa(10.0, changes), &mut calm(), 100.0);
    assert_eq!(without(json!({"target_burst_capacity": 0})), Some(130.0));
    assert_eq!(without(json!({"target_burst_capacity": -1})), Some(130.0));
    let mut long = KnativeMemory { proxied_since: Some(0.0), ..calm() };
    assert_eq!(time_to_zero(&kpa(10.0, json!({})), &mut long, 100.0), Some(102.0));
    let retained = json!({"target_burst_capacity": 0, "scale_to_zero_pod_retention_period": "50s"});
    assert_eq!(without(retained), Some(150.0));
    // Active only since 80 s: at 140 s it was so for a stable window.
    let mut young = KnativeMemory { active_since: Some(80.0), ..calm() };
    let zero = time_to_zero(&kpa(10.0, json!({"target_burst_capacity": 0})), &mut young, 100.0);
    assert_eq!(zero, Some(170.0));
    assert_eq!(without(json!({"enable_scale_to_zero": false})), None);
    assert_eq!(without(json!({"min_scale": 1})), None);
}

/// A request in the grace period keeps the last replica.
#[test]
fn requests_end_the_grace_period() {
    let kpa = kpa(10.0, json!({"target_burst_capacity": 0}));
    let mut memory = calm();
    assert_eq!(at(&kpa, &mut memory, 100.0, 1, (0.0, 0.0)).limits, [Limit::GracePeriod]);
    assert_eq!(at(&kpa, &mut memory, 120.0, 1, (0.1, 1.0)).replicas, 1);
    assert_eq!(memory.inactive_since, None);
    // Active again since 120 s.
    assert_eq!(time_to_zero(&kpa, &mut memory, 122.0), Some(210.0));
}

/// applyBounds.
#[test]
fn bounds() {
    let kpa = kpa(10.0, json!({"min_scale": 2, "max_scale": 4}));
    for (load, expected, limit) in [(90.0, 4, Limit::MaxReplicas), (5.0, 2, Limit::MinReplicas)] {
        let decision = at(&kpa, &mut calm(), 1000.0, 3, (load, 0.0));
        assert_eq!((decision.replicas, decision.limits), (expected, vec![limit]));
    }
}
