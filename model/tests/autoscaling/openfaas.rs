//! OpenFaaS: the cases of gateway/handlers/alerthandler_test.go, the alert of its chart, and the examples of
//! docs.openfaas.com (architecture/autoscaling).

use serde_json::{Value, json};
use tracecast_model::autoscaling::{
    Limit, Observation, OpenfaasCe, OpenfaasCeMemory, OpenfaasPro, OpenfaasProMemory, Policy, Reading,
};

use crate::given::{missing, observe};

fn ce(settings: Value) -> OpenfaasCe {
    serde_json::from_value(settings).unwrap()
}

/// Tests of CalculateReplicas, with the five replicas of today's edition where they took twenty.
#[test]
fn one_alert() {
    for (name, settings, firing, current, expected) in [
        ("TestDisabledScale", json!({"factor": 0}), true, 1, 1),
        ("TestScalingWithSameUpperLowerLimit", json!({"max_replicas": 1, "factor": 20}), true, 1, 1),
        ("TestMaxScale", json!({"factor": 100}), true, 1, 5),
        ("TestScale", json!({"factor": 20}), true, 3, 4),
        ("TestScaleCeiling", json!({"factor": 20}), true, 5, 5),
        ("TestScaleCeilingEdge", json!({"factor": 40}), true, 4, 5),
        ("TestBackingOff", json!({"factor": 20}), false, 4, 1),
        ("TestScaledUpFrom1", json!({"factor": 30}), true, 1, 3),
        ("TestScaledUpWithSmallParam", json!({"max_replicas": 4, "factor": 1}), true, 1, 2),
        ("DefaultMaxReplicas caps", json!({"max_replicas": 20, "factor": 100}), true, 1, 5),
        ("no factor leads to the least", json!({"factor": 0, "min_replicas": 2}), true, 4, 2),
    ] {
        assert_eq!(ce(settings).on_alert(firing, current).replicas, expected, "{name}");
    }
    // 10 % (source) and 20 % (documentation) of five are both one step of one.
    for factor in [10, 20] {
        assert_eq!(ce(json!({"factor": factor})).on_alert(true, 2).replicas, 3);
    }
}

fn rate(time: f64, wanted: u32, rate: f64) -> Observation {
    let reading = Reading { metric: "completion_rate".into(), window: 10.0, value: rate };
    Observation { time, readings: vec![reading], ..observe(wanted, vec![missing(); wanted as usize]) }
}

/// The numbers at evaluations every 15 s under rates, from one replica on.
fn course(ce: &OpenfaasCe, rates: &[f64]) -> Vec<u32> {
    let mut memory = OpenfaasCeMemory::default();
    let mut wanted = 1;
    let evaluate = |(step, &value): (usize, &f64)| {
        wanted = ce.decide(&rate(15.0 * step as f64, wanted, value), &mut memory).replicas;
        wanted
    };
    rates.iter().enumerate().map(evaluate).collect()
}

/// The chart: above 5 a second for 5 s fires at the next evaluation, is sent 5 s later at the earliest and again every 30 s;
/// its end takes it to the least.
#[test]
fn the_alert_of_the_chart() {
    let usual = ce(json!({}));
    assert_eq!(course(&usual, &[9.0; 9]), [1, 1, 2, 2, 3, 3, 4, 4, 5]);
    assert_eq!(course(&usual, &[9.0, 9.0, 9.0, 9.0, 0.0, 9.0]), [1, 1, 2, 2, 1, 1]);
    // 5 is not above 5; one evaluation below begins anew; an alert that was not sent yet ends unheard.
    assert_eq!(course(&usual, &[5.0; 6]), [1; 6]);
    assert_eq!(course(&usual, &[9.0, 0.0, 9.0, 0.0, 9.0, 0.0]), [1; 6]);
    let larger = ce(json!({"min_replicas": 3}));
    let mut memory = OpenfaasCeMemory::default();
    larger.decide(&rate(0.0, 4, 9.0), &mut memory);
    larger.decide(&rate(15.0, 4, 9.0), &mut memory);
    assert_eq!(larger.decide(&rate(30.0, 4, 9.0), &mut memory).replicas, 5);
    assert_eq!(larger.decide(&rate(45.0, 5, 1.0), &mut memory).replicas, 3);
}

fn pro(settings: Value) -> OpenfaasPro {
    serde_json::from_value(settings).unwrap()
}

/// A load of all replicas together, in the unit of the signal; requests come as long as there is one.
fn load(pro: &OpenfaasPro, time: f64, wanted: u32, load: f64) -> Observation {
    let readings = pro.signals().into_iter().map(|signal| Reading {
        metric: signal.metric,
        window: signal.window,
        value: load,
    });
    Observation { time, readings: readings.collect(), ..observe(wanted, vec![missing(); wanted as usize]) }
}

/// The documentation's examples: desired = ready · (mean load / (target · proportion)).
#[test]
fn documented_examples() {
    let capacity = |target: f64, proportion: f64| json!({"type": "capacity", "target": target, "target_proportion": proportion});
    for (settings, replicas, total, expected) in [
        (capacity(5.0, 1.0), 1, 15.0, 3),
        (capacity(5.0, 1.0), 3, 25.0, 5),
        // ceil(0) is brought up to the least.
        (capacity(5.0, 1.0), 3, 0.0, 1),
        (capacity(100.0, 0.7), 1, 90.0, 2),
        (capacity(1.0, 0.95), 1, 5.0, 6),
        // Defaults: 90 % of 50 a second, up to 20.
        (json!({}), 1, 45.0, 1),
        (json!({}), 1, 46.0, 2),
        (json!({}), 1, 10_000.0, 20),
        // Thousandths of a core: half a core at half of 100.
        (json!({"type": "cpu", "target": 100, "target_proportion": 0.5}), 1, 0.5, 10),
    ] {
        let pro = pro(settings);
        let observation = load(&pro, 0.0, replicas, total);
        let decision = pro.decide(&observation, &mut OpenfaasProMemory::default());
        assert_eq!(decision.replicas, expected, "{pro:?} {total}");
    }
}

/// "Idle duration before scaling to zero", off by default; from zero, the first request starts the least number.
#[test]
fn to_zero_and_back() {
    for (zero, expected) in [(true, 0), (false, 2)] {
        let pro = pro(json!({"zero": zero, "min_replicas": 2, "zero_duration": "5min"}));
        let mut memory = OpenfaasProMemory::default();
        assert_eq!(pro.decide(&load(&pro, 0.0, 2, 1.0), &mut memory).replicas, 2);
        assert_eq!(pro.decide(&load(&pro, 285.0, 2, 0.0), &mut memory).replicas, 2);
        assert_eq!(pro.decide(&load(&pro, 300.0, 2, 0.0), &mut memory).replicas, expected);
    }
    let pro = pro(json!({"zero": true, "min_replicas": 2}));
    let mut memory = OpenfaasProMemory::default();
    assert_eq!(pro.decide(&load(&pro, 0.0, 0, 0.0), &mut memory).replicas, 0);
    assert_eq!(pro.decide(&load(&pro, 15.0, 0, 0.1), &mut memory).replicas, 2);
}

#[test]
fn a_load_that_is_not_known() {
    let pro = pro(json!({}));
    let decision = pro.decide(&observe(4, vec![missing(); 4]), &mut OpenfaasProMemory::default());
    assert_eq!((decision.replicas, decision.limits), (4, vec![Limit::FailedMetric]));
}
