//! Stabilization and rates: the cases of Kubernetes' horizontal_test.go.

use serde_json::{Value, json};
use tracecast_model::autoscaling::{Decision, Hpa, HpaMemory, Limit, Observation, Policy};

use crate::given::{NOW, hpa, reading};

/// An HPA whose metric says how many replicas there should be.
fn obedient(min: u32, max: u32, behavior: Option<Value>) -> Hpa {
    let mut settings = json!({
        "min_replicas": min, "max_replicas": max, "tolerance": 0,
        "metrics": [{"external": {"metric": "queue_length", "target": {"average_value": 1}}}]
    });
    if let Some(behavior) = behavior {
        settings["behavior"] = behavior;
    }
    hpa(settings)
}

fn wish(current: u32, desired: u32) -> Observation {
    reading(current, "queue_length", f64::from(desired))
}

/// Settings of one direction, as generateScalingRules makes them.
fn rules(pods: (u32, f64), percent: (u32, f64), window: f64) -> Value {
    let all = [("pods", pods), ("percent", percent)];
    let policies: Vec<Value> = all
        .iter()
        .filter(|(_, (value, _))| *value > 0)
        .map(|(kind, (value, period))| json!({"type": kind, "value": value, "period": period}))
        .collect();
    json!({"policies": policies, "stabilization_window": window})
}

fn memory() -> HpaMemory {
    HpaMemory { started: true, ..HpaMemory::default() }
}

/// Changes in the middle of equal parts of the time before now, as generateEventsUniformDistribution makes them.
fn spread(changes: &[u32], seconds: f64) -> Vec<(f64, u32)> {
    let part = seconds / changes.len() as f64;
    changes.iter().enumerate().map(|(i, &by)| (NOW - seconds + (i as f64 + 0.5) * part, by)).collect()
}

const NONE: (u32, f64) = (0, 0.0);

/// TestScalingWithRules.
#[test]
fn rates() {
    struct Case {
        name: &'static str,
        bounds: (u32, u32),
        up: Option<Value>,
        down: Option<Value>,
        added: Vec<(f64, u32)>,
        removed: Vec<(f64, u32)>,
        current: u32,
        desired: u32,
        expected: (u32, Option<Limit>),
    }
    let case = |name, bounds, current, desired, expected, limit| Case {
        name,
        bounds,
        up: None,
        down: None,
        added: vec![],
        removed: vec![],
        current,
        desired,
        expected: (expected, limit),
    };
    let (max, min, rate) = (Some(Limit::MaxReplicas), Some(Limit::MinReplicas), Some(Limit::Rate));
    let up = |name, up: Value, (current, desired), expected, limit| Case {
        up: Some(up),
        ..case(name, (1, 1000), current, desired, expected, limit)
    };
    let down = |name, bounds, down: Value, (current, desired), expected, limit| Case {
        down: Some(down),
        ..case(name, bounds, current, desired, expected, limit)
    };
    let few = || spread(&[1, 5, 9], 120.0);
    let added = |case: Case, added| Case { added, ..case };
    let removed = |case: Case, removed| Case { removed, ..case };
    let usual = (1, 1000);
    for case in [
        case("within range", (3, 8), 5, 7, 7, None),
        case("below the least", (2, 8), 3, 1, 2, min),
        case("to zero", (0, 10), 1, 0, 0, None),
        case("above the largest", (100, 150), 100, 1000, 150, max),
        case("default behavior up", usual, 10, 50, 20, rate),
        Case { bounds: (1, 2000), ..up("percent of a few", rules(NONE, (1, 60.0), 0.0), (3, 1000), 4, rate) },
        up("pods larger than percent", rules((100, 60.0), (100, 60.0), 0.0), (10, 500), 110, rate),
        up("percent larger than pods", rules((2, 60.0), (100, 60.0), 0.0), (10, 500), 20, rate),
        up("large pods", rules((100, 60.0), NONE, 0.0), (10, 50), 50, None),
        up("pods limit", rules((30, 60.0), NONE, 0.0), (10, 50), 40, rate),
        up("percent limit", rules(NONE, (200, 60.0), 0.0), (10, 50), 30, rate),
        down("pods of many", (3, 2000), rules((20, 60.0), NONE, 0.0), (1000, 3), 980, rate),
        down("pods larger", usual, rules((20, 60.0), (1, 60.0), 300.0), (100, 2), 80, rate),
        down("percent smaller", usual, rules((2, 60.0), (1, 60.0), 300.0), (100, 2), 98, rate),
        down("large pods", usual, rules((100, 60.0), NONE, 300.0), (10, 0), 1, min),
        down("large percent", (5, 1000), rules(NONE, (100, 60.0), 300.0), (10, 2), 5, min),
        down("pods limit", usual, rules((5, 60.0), NONE, 300.0), (10, 2), 5, rate),
        down("percent limit", usual, rules(NONE, (50, 60.0), 300.0), (10, 5), 5, None),
        added(
            Case { bounds: (1, 200), ..up("large", rules((300, 60.0), NONE, 0.0), (100, 500), 200, max) },
            few(),
        ),
        added(up("many recent", rules((5, 120.0), NONE, 0.0), (100, 500), 100, rate), few()),
        added(up("pods and recent", rules((150, 120.0), NONE, 0.0), (100, 500), 235, rate), few()),
        added(up("percent and recent", rules(NONE, (200, 120.0), 0.0), (100, 500), 255, rate), few()),
        removed(case("default down and recent", usual, 10, 5, 5, None), few()),
        removed(down("large", usual, rules((115, 120.0), NONE, 300.0), (100, 0), 1, min), few()),
        removed(down("large", (5, 1000), rules(NONE, (100, 120.0), 300.0), (100, 2), 5, min), few()),
        removed(down("many recent", usual, rules((5, 120.0), NONE, 300.0), (100, 2), 100, rate), few()),
        removed(
            down("percent and recent", usual, rules(NONE, (50, 120.0), 300.0), (100, 0), 56, rate),
            spread(&[2, 4, 6], 120.0),
        ),
        removed(
            down("preventing more", usual, rules(NONE, (10, 120.0), 300.0), (100, 0), 100, rate),
            spread(&[10, 10, 10], 120.0),
        ),
        removed(
            down("allowing more", usual, rules(NONE, (1000, 120.0), 300.0), (10, 5), 5, None),
            spread(&[10, 10, 10], 120.0),
        ),
        // calculateScaleUpLimitWithScalingRules, later version: what went down in the period may come back, too.
        removed(up("up after down", rules((10, 120.0), NONE, 0.0), (100, 500), 125, rate), few()),
        added(down("down after up", usual, rules((10, 120.0), NONE, 0.0), (100, 0), 75, rate), few()),
    ] {
        let behavior = json!({
            "scale_up": case.up.unwrap_or(json!({})),
            "scale_down": case.down.unwrap_or(json!({}))
        });
        let mut memory = memory();
        for (history, changes) in [(&mut memory.added, case.added), (&mut memory.removed, case.removed)] {
            for (time, by) in changes {
                history.record(time, by, f64::INFINITY);
            }
        }
        let hpa = obedient(case.bounds.0, case.bounds.1, Some(behavior));
        let decision = hpa.decide(&wish(case.current, case.desired), &mut memory);
        let (replicas, limit) = case.expected;
        assert_eq!(decision.replicas, replicas, "{}: {decision}", case.name);
        assert_eq!(decision.limits, Vec::from_iter(limit), "{}", case.name);
    }
}

/// TestCalculateScaleUpLimitWithScalingRules and TestCalculateScaleDownLimitWithBehaviors, and what the documentation
/// says of `Disabled`.
#[test]
fn which_policy_counts() {
    let rules = |select: &str| {
        json!({
            "select": select, "stabilization_window": 0,
            "policies": [
                {"type": "pods", "value": 2, "period": "60s"}, {"type": "percent", "value": 50, "period": "60s"}
            ]
        })
    };
    for (select, current, desired, expected, limit) in [
        ("min", 1, 100, 2, Limit::Rate),
        ("max", 1, 100, 3, Limit::Rate),
        ("disabled", 1, 100, 1, Limit::DirectionDisabled),
        ("min", 5, 1, 3, Limit::Rate),
        ("max", 5, 1, 2, Limit::Rate),
        ("disabled", 5, 1, 5, Limit::DirectionDisabled),
    ] {
        let hpa = obedient(1, 1000, Some(json!({"scale_up": rules(select), "scale_down": rules(select)})));
        let decision = hpa.decide(&wish(current, desired), &mut memory());
        assert_eq!((decision.replicas, decision.limits), (expected, vec![limit]), "{select} {current}");
    }
}

fn with_recommendations(entries: &[(f64, u32)]) -> HpaMemory {
    let mut memory = memory();
    for &(minutes, replicas) in entries {
        memory.recommendations.record(NOW - 60.0 * minutes, replicas, f64::INFINITY);
    }
    memory
}

/// TestNormalizeDesiredReplicasWithBehavior. Only what lies in a window is remembered further.
#[test]
fn stabilization() {
    let old = [(10.0, 10), (9.0, 9)];
    let recent = [(2.0, 4), (1.0, 5)];
    let low = [(2.0, 1), (1.0, 2)];
    let mixed = [(10.0, 10), (1.0, 4), (2.0, 5), (9.0, 9)];
    let long = [(100.0, 10), (1.0, 6), (2.0, 5), (3.0, 9)];
    for (name, entries, up, down, current, desired, expected) in [
        ("empty, down", &[][..], 0.0, 0.0, 100, 5, 5),
        ("down", &recent, 0.0, 180.0, 100, 3, 5),
        ("up", &recent, 300.0, 0.0, 1, 7, 4),
        ("no down", &low, 300.0, 0.0, 100, 3, 3),
        ("no up", &recent, 0.0, 300.0, 1, 3, 3),
        ("old ones, down", &old, 0.0, 0.0, 100, 3, 3),
        ("old ones, up", &old, 0.0, 0.0, 1, 100, 100),
        ("some old ones, down", &mixed, 0.0, 180.0, 100, 3, 5),
        ("some old ones, up", &long, 300.0, 0.0, 1, 100, 5),
    ] {
        let behavior = json!({
            "scale_up": {
                "stabilization_window": up, "policies": [{"type": "pods", "value": 1000, "period": 1}]
            },
            "scale_down": {"stabilization_window": down}
        });
        let mut memory = with_recommendations(entries);
        let decision = obedient(1, 1000, Some(behavior)).decide(&wish(current, desired), &mut memory);
        assert_eq!(decision.replicas, expected, "{name}: {decision}");
        assert_eq!(decision.recommended, desired, "{name}");
        assert_eq!(decision.limits.contains(&Limit::Stabilization), expected != desired, "{name}");
        let kept = entries.iter().filter(|(minutes, _)| 60.0 * minutes <= f64::max(up, down)).count();
        assert_eq!(memory.recommendations.len(), kept + 1, "{name}");
    }
}

/// Without `behavior`: TestNormalizeDesiredReplicas and TestConvertDesiredReplicasWithRules.
#[test]
fn without_behavior() {
    let old = [(10.0, 10), (9.0, 9)];
    let mixed = [(10.0, 10), (1.0, 4), (2.0, 5), (9.0, 9)];
    for (name, entries, bounds, current, desired, expected) in [
        ("empty log", &[][..], (1, 1000), 100, 5, 5),
        ("stabilize", &[(2.0, 4), (1.0, 5)], (1, 1000), 100, 3, 5),
        ("no stabilize", &[(2.0, 1), (1.0, 2)], (1, 1000), 100, 3, 3),
        ("no stabilize: old", &old, (1, 1000), 100, 3, 3),
        ("stabilize: old", &mixed, (1, 1000), 100, 3, 5),
        ("least", &[], (2, 8), 3, 1, 2),
        ("zero", &[], (0, 10), 1, 0, 0),
        ("largest", &[], (1, 10), 8, 1000, 10),
        ("twice as many", &[], (1, 2000), 3, 1000, 6),
        ("four at least", &[], (1, 2000), 1, 1000, 4),
    ] {
        let hpa = obedient(bounds.0, bounds.1, None);
        let decision = hpa.decide(&wish(current, desired), &mut with_recommendations(entries));
        assert_eq!(decision.replicas, expected, "{name}: {decision}");
    }
}

/// recordInitialRecommendation: the number at the first evaluation holds for the window.
#[test]
fn the_first_number_is_a_recommendation() {
    for behavior in [None, Some(json!({}))] {
        let hpa = obedient(1, 100, behavior);
        let mut memory = HpaMemory::default();
        let mut at =
            |seconds: f64| hpa.decide(&Observation { time: NOW + seconds, ..wish(10, 2) }, &mut memory);
        assert_eq!(at(0.0).replicas, 10);
        assert_eq!(at(285.0).replicas, 10);
        assert_eq!(at(315.0).replicas, 2);
    }
}

/// Runs an HPA whose replicas are there at once.
fn course(hpa: &Hpa, mut current: u32, desired: u32, evaluations: u32) -> Vec<u32> {
    let mut memory = memory();
    let mut numbers = Vec::new();
    for step in 0..evaluations {
        let time = NOW + f64::from(step) * hpa.interval();
        let decision = hpa.decide(&Observation { time, ..wish(current, desired) }, &mut memory);
        current = decision.replicas;
        numbers.push(current);
    }
    numbers
}

/// The documentation's example (Horizontal Pod Autoscaling, "Scaling policies"): four pods or ten percent a minute, whichever
/// is more. Of 80 replicas ten percent are 8, of 72 they are 7.2, rounded up to 8; from 40 on, four pods are more.
#[test]
fn the_documented_example_of_policies() {
    let behavior = json!({"scale_down": {
        "stabilization_window": 0,
        "policies": [{"type": "pods", "value": 4, "period": 60}, {"type": "percent", "value": 10, "period": 60}]
    }});
    let mut hpa = obedient(10, 100, Some(behavior));
    hpa.interval = 60.0;
    let numbers = course(&hpa, 80, 10, 14);
    assert_eq!(numbers[..3], [72, 64, 57]);
    let from_40: Vec<u32> = numbers.iter().copied().filter(|&n| n < 40).collect();
    assert!(from_40.windows(2).all(|pair| pair[0] - pair[1] == 4 || pair[1] == 10), "{numbers:?}");
    assert_eq!(numbers.last(), Some(&10));

    // Evaluated four times a minute, no minute changes more.
    hpa.interval = 15.0;
    let often = course(&hpa, 80, 10, 9);
    assert_eq!(often, [72, 72, 72, 72, 64, 64, 64, 64, 57]);
}

/// Default rates: four replicas or as many as there are in 15 s.
#[test]
fn default_rates() {
    let hpa = obedient(1, 100, Some(json!({})));
    assert_eq!(course(&hpa, 1, 100, 6), [5, 10, 20, 40, 80, 100]);
}

/// Tolerances by direction (KEP-4951): within [1 − down, 1 + up] nothing changes.
#[test]
fn tolerances_by_direction() {
    let behavior = json!({
        "scale_up": {"tolerance": 0.02}, "scale_down": {"tolerance": 0.3, "stabilization_window": 0}
    });
    let mut hpa = obedient(1, 1000, Some(behavior));
    hpa.tolerance = 0.1;
    for (desired, expected) in [(101, 100), (102, 100), (103, 103), (71, 100), (70, 100), (69, 69)] {
        let decision: Decision = hpa.decide(&wish(100, desired), &mut memory());
        assert_eq!(decision.replicas, expected, "{desired}");
    }
}

/// What is remembered does not grow with the time.
#[test]
fn memory_is_bounded() {
    let hpa = obedient(1, 100, Some(json!({"scale_down": {"stabilization_window": "60s"}})));
    let mut memory = HpaMemory::default();
    let mut current = 10;
    for step in 0..1000 {
        let desired = if (step / 10) % 2 == 0 { 20 } else { 5 };
        let observation = Observation { time: f64::from(step) * 15.0, ..wish(current, desired) };
        current = hpa.decide(&observation, &mut memory).replicas;
        // Five fall into a window of 60 s with both ends, and there is one more at the start; two changes into a period
        // of 15 s.
        assert!(memory.recommendations.len() <= 6);
        assert!(memory.added.len() <= 2 && memory.removed.len() <= 2);
    }
    let text = serde_json::to_string(&memory).unwrap();
    assert_eq!(serde_json::from_str::<HpaMemory>(&text).unwrap(), memory);
}
