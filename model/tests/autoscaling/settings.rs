//! Settings as files have them, and what is wrong with some.

use serde_json::{Value, json};
use tracecast_model::autoscaling::{Observation, Quantity, Scope};
use tracecast_model::{Autoscaler, Code, Feature, System, feature, fixtures, validate};

use crate::given::{policy, with};

/// Every policy with the least that it needs.
pub(crate) fn least() -> Vec<Value> {
    vec![
        json!({"kind": "hpa", "max_replicas": 10}),
        json!({"kind": "keda", "triggers": [{"metric": "queue_length", "threshold": 5}]}),
        json!({"kind": "knative"}),
        json!({"kind": "openfaas_ce"}),
        json!({"kind": "openfaas_pro"}),
        json!({"kind": "schedule", "entries": [{"at": 0, "replicas": 2}]}),
        json!({
            "kind": "step", "metric": "cpu", "min_replicas": 1, "max_replicas": 5,
            "scale_out": {"threshold": 1, "steps": [{"lower": 0, "adjustment": 1}]}
        }),
        json!({
            "kind": "alerts", "max_replicas": 5,
            "rules": [{"alert": "high", "expr": "load > 10", "firing": {"add": 1}}],
            "metrics": [{"name": "load", "figure": "queue_length"}]
        }),
    ]
}

fn system(autoscaler: Value) -> System {
    let mut system = fixtures::three_tiers(10.0);
    system.services[0].cpu_limit = Some(0.5);
    system.services[0].autoscaler = Some(policy(autoscaler));
    system
}

#[test]
fn what_is_written_reads_back() {
    for settings in least() {
        let read = policy(settings.clone());
        let written = serde_json::to_value(&read).unwrap();
        assert_eq!(serde_json::from_value::<Autoscaler>(written).unwrap(), read);
        let mut odd = settings.clone();
        odd["colour"] = json!(1);
        assert!(serde_json::from_value::<Autoscaler>(odd).is_err(), "{settings}");
        let memory = read.memory();
        let text = serde_json::to_string(&memory).unwrap();
        assert_eq!(serde_json::from_str::<tracecast_model::autoscaling::Memory>(&text).unwrap(), memory);
    }
}

/// The least settings are sound, and no engine knows autoscalers without saying so.
#[test]
fn an_autoscaler_is_a_feature() {
    for settings in least() {
        let system = system(settings.clone());
        assert_eq!(validate(&system), [], "{settings}");
        let found = feature::features(&system);
        assert!(found.iter().any(|(feature, _)| *feature == Feature::Autoscaling));
    }
}

/// A memory of another policy is begun anew.
#[test]
fn memories_fit_their_policies() {
    let all: Vec<Autoscaler> = least().into_iter().map(policy).collect();
    for one in &all {
        for other in &all {
            let mut memory = other.memory();
            let observation = Observation { wanted: 3, ..Observation::default() };
            let fresh = one.decide(&observation, &mut one.memory());
            assert_eq!(one.decide(&observation, &mut memory), fresh);
            assert_eq!(std::mem::discriminant(&memory), std::mem::discriminant(&one.memory()));
        }
    }
}

/// Each complaint by its code and a word of its message; nothing else is complained about.
#[test]
fn each_complaint() {
    let external = |metric: &str, target: Value| json!([{"external": {"metric": metric, "target": target}}]);
    let queue = || external("queue_length", json!({"value": 5}));
    let hpa = |changes: Value| with(least()[0].clone(), changes);
    let policies = |list: Value| json!({"behavior": {"scale_up": {"policies": list}}});
    let keda = |changes: Value| with(least()[1].clone(), changes);
    let knative = |changes: Value| with(least()[2].clone(), changes);
    let ce = |changes: Value| with(least()[3].clone(), changes);
    let pro = |changes: Value| with(least()[4].clone(), changes);
    let step = |changes: Value| with(least()[6].clone(), changes);
    let alerts = |changes: Value| with(least()[7].clone(), changes);
    let rules =
        |expr: &str| alerts(json!({"rules": [{"alert": "high", "expr": expr, "firing": {"add": 1}}]}));
    let figures = |name: &str, figure: &str| {
        let rules = json!([{"alert": "high", "expr": format!("{name} > 10"), "firing": {"add": 1}}]);
        alerts(json!({"rules": rules, "metrics": [{"name": name, "figure": figure}]}))
    };
    let steps = |list: Value| step(json!({"scale_out": {"threshold": 1, "steps": list}}));
    let schedule = |entries: Value| json!({"kind": "schedule", "entries": entries, "period": 100});
    for (settings, code, words) in [
        (hpa(json!({"min_replicas": 11})), Code::ReplicaBounds, "(11) exceeds the largest (10)"),
        (hpa(json!({"max_replicas": 0})), Code::ReplicaBounds, "largest number of replicas is 0"),
        (hpa(json!({"min_replicas": 0})), Code::ReplicaBounds, "object or external"),
        (hpa(json!({"metrics": []})), Code::ScalingMetric, "needs a metric"),
        (hpa(json!({"metrics": external("wishes", json!({"value": 5}))})), Code::ScalingMetric, "\"wishes\""),
        (
            hpa(json!({"metrics": external("x.queue_length", json!({"value": 5}))})),
            Code::ScalingMetric,
            "\"x\"",
        ),
        (
            hpa(json!({"metrics": external("queue_length", json!({"average_utilization": 5}))})),
            Code::ScalingMetric,
            "value or average_value",
        ),
        (
            hpa(json!({"metrics": [{"pods": {"metric": "concurrency", "target": {"value": 5}}}]})),
            Code::ScalingMetric,
            "must be average_value",
        ),
        (
            hpa(json!({"metrics": [{"resource": {"target": {"value": 5}}}]})),
            Code::ScalingMetric,
            "average_utilization or",
        ),
        (
            hpa(json!({"metrics": external("request_rate", json!({"value": 5}))})),
            Code::ScalingTime,
            "window longer than 0",
        ),
        (
            hpa(json!({"metrics": external("queue_length", json!({"value": 0}))})),
            Code::OutOfRange,
            "target value",
        ),
        (hpa(json!({"metrics": queue(), "interval": 0})), Code::ScalingTime, "interval is 0 s"),
        (hpa(json!({"metric_window": 0})), Code::ScalingTime, "\"cpu\" is a rate"),
        (hpa(json!({"cpu_initialization_period": -1})), Code::ScalingTime, "cpu_initialization_period"),
        (hpa(json!({"initial_readiness_delay": -1})), Code::ScalingTime, "initial_readiness_delay"),
        (hpa(json!({"tolerance": 1})), Code::OutOfRange, "tolerance"),
        (hpa(policies(json!([]))), Code::ScalingSteps, "no policy"),
        (hpa(policies(json!([{"type": "pods", "value": 0, "period": 1}]))), Code::OutOfRange, "at least 1"),
        (
            hpa(policies(json!([{"type": "pods", "value": 1, "period": 0}]))),
            Code::ScalingTime,
            "period is 0 s",
        ),
        (hpa(policies(json!([{"type": "pods", "value": 1, "period": "1h"}]))), Code::ScalingTime, "1800 s"),
        (
            hpa(json!({"behavior": {"scale_down": {"stabilization_window": "2h"}}})),
            Code::ScalingTime,
            "one hour",
        ),
        (
            hpa(json!({"metrics": [{"external": {
                "metric": "queue_length", "window": -1, "target": {"value": 5}
            }}]})),
            Code::ScalingTime,
            "the window of \"queue_length\"",
        ),
        (keda(json!({"triggers": []})), Code::ScalingMetric, "needs a trigger"),
        (keda(json!({"min_replica_count": 101})), Code::ReplicaBounds, "(101) exceeds"),
        (
            keda(json!({"min_replica_count": 5, "idle_replica_count": 2})),
            Code::ReplicaBounds,
            "supports 0 only",
        ),
        (keda(json!({"idle_replica_count": 0})), Code::ReplicaBounds, "less than min_replica_count"),
        (keda(json!({"polling_interval": 0})), Code::ScalingTime, "polling_interval"),
        (keda(json!({"sync_period": 0})), Code::ScalingTime, "sync_period"),
        (keda(json!({"cooldown_period": -1})), Code::ScalingTime, "cooldown_period"),
        (keda(json!({"initial_cooldown_period": -1})), Code::ScalingTime, "initial_cooldown_period"),
        (keda(json!({"tolerance": -0.1})), Code::OutOfRange, "tolerance"),
        (keda(policies(json!([]))), Code::ScalingSteps, "no policy"),
        (
            keda(json!({"triggers": [{"metric": "nothing", "threshold": 5}]})),
            Code::ScalingMetric,
            "no metric \"nothing\"",
        ),
        (
            keda(json!({"triggers": [{"metric": "queue_length", "threshold": 0}]})),
            Code::OutOfRange,
            "threshold is 0",
        ),
        (
            keda(
                json!({"triggers": [{"metric": "queue_length", "threshold": 5, "activation_threshold": -1}]}),
            ),
            Code::OutOfRange,
            "activation_threshold",
        ),
        (
            keda(json!({
                "triggers": [{"metric": "queue_length", "threshold": 5, "metric_type": "value"}],
                "fallback": {"failure_threshold": 3, "replicas": 6}
            })),
            Code::ScalingMetric,
            "average_value",
        ),
        (knative(json!({"min_scale": 3, "max_scale": 2})), Code::ReplicaBounds, "(3) exceeds"),
        (knative(json!({"target": 0})), Code::OutOfRange, "target is 0"),
        (knative(json!({"target_utilization": 1.1})), Code::OutOfRange, "target_utilization"),
        (knative(json!({"panic_window_percentage": 0.5})), Code::OutOfRange, "panic_window"),
        (knative(json!({"panic_threshold_percentage": 110})), Code::OutOfRange, "panic_threshold"),
        (knative(json!({"max_scale_up_rate": 1})), Code::OutOfRange, "max_scale_up_rate"),
        (knative(json!({"max_scale_down_rate": 1})), Code::OutOfRange, "max_scale_down_rate"),
        (knative(json!({"target_burst_capacity": -2})), Code::OutOfRange, "target_burst_capacity"),
        (knative(json!({"tick_interval": 0})), Code::ScalingTime, "tick_interval"),
        (knative(json!({"scale_down_delay": "2h"})), Code::ScalingTime, "one hour"),
        (knative(json!({"scale_to_zero_grace_period": -1})), Code::ScalingTime, "grace_period"),
        (
            ce(json!({"min_replicas": 6, "max_replicas": 20})),
            Code::ReplicaBounds,
            "(6) exceeds the largest (5)",
        ),
        (ce(json!({"min_replicas": 0})), Code::OutOfRange, "min_replicas"),
        (ce(json!({"factor": 101})), Code::OutOfRange, "factor"),
        (ce(json!({"threshold": -1})), Code::OutOfRange, "threshold"),
        (ce(json!({"rate_window": 0})), Code::ScalingTime, "window longer than 0"),
        (ce(json!({"interval": 0})), Code::ScalingTime, "interval"),
        (ce(json!({"for": -1})), Code::ScalingTime, "for is"),
        (ce(json!({"repeat_interval": 0})), Code::ScalingTime, "repeat_interval"),
        (pro(json!({"max_replicas": 0})), Code::ReplicaBounds, "at least 1"),
        (pro(json!({"min_replicas": 0})), Code::ReplicaBounds, "\"zero\""),
        (pro(json!({"target": -5})), Code::OutOfRange, "target"),
        (pro(json!({"target_proportion": 0})), Code::OutOfRange, "target_proportion"),
        (pro(json!({"zero_duration": -1})), Code::ScalingTime, "zero_duration"),
        (step(json!({"min_replicas": 6})), Code::ReplicaBounds, "(6) exceeds"),
        (step(json!({"metric": "speed"})), Code::ScalingMetric, "\"speed\""),
        (step(json!({"metric": "db2.cpu"})), Code::ScalingMetric, "\"db2\""),
        (step(json!({"period": -1, "metric": "queue_length"})), Code::ScalingTime, "period"),
        (step(json!({"scale_out": null})), Code::ScalingSteps, "neither"),
        (steps(json!([])), Code::ScalingSteps, "no steps"),
        (steps(json!([{"lower": 5, "upper": 5, "adjustment": 1}])), Code::ScalingSteps, "in order"),
        (
            steps(json!([{"lower": 0, "upper": 5, "adjustment": 1}, {"lower": 6, "adjustment": 2}])),
            Code::ScalingSteps,
            "a gap",
        ),
        (
            steps(json!([{"lower": 0, "upper": 5, "adjustment": 1}, {"lower": 4, "adjustment": 2}])),
            Code::ScalingSteps,
            "overlap",
        ),
        (alerts(json!({"min_replicas": 6})), Code::ReplicaBounds, "(6) exceeds"),
        (alerts(json!({"rules": []})), Code::AlertRule, "no alerting rule"),
        (alerts(json!({"scrape_interval": 0})), Code::ScalingTime, "scrape_interval"),
        (alerts(json!({"evaluation_interval": 0})), Code::ScalingTime, "evaluation_interval"),
        (alerts(json!({"group_interval": 0})), Code::ScalingTime, "group_interval"),
        (alerts(json!({"repeat_interval": 0})), Code::ScalingTime, "repeat_interval"),
        (alerts(json!({"group_wait": -1})), Code::ScalingTime, "group_wait"),
        (alerts(json!({"webhook_delay": -1})), Code::ScalingTime, "webhook_delay"),
        (rules("topk(1, load) > 10"), Code::AlertRule, "topk"),
        (rules("load >"), Code::AlertRule, "expression of alert \"high\""),
        (rules("other > 10"), Code::ScalingMetric, "looks at \"other\""),
        (rules("load{job=\"x\"} > 10"), Code::ScalingMetric, "looks at \"load\""),
        (figures("load", "wishes"), Code::ScalingMetric, "\"wishes\""),
        (figures("load", "cpu"), Code::ScalingTime, "\"cpu\" is a rate"),
        (figures("up", "queue_length"), Code::ScalingMetric, "ready_replicas"),
        (
            hpa(json!({"metrics": [{"external": {
                "metric": "arrivals", "window": 5, "target": {"value": 5}
            }}]})),
            Code::ScalingTime,
            "is a counter",
        ),
        (
            hpa(json!({"metrics": [{"pods": {"metric": "replicas", "target": {"average_value": 5}}}]})),
            Code::ScalingMetric,
            "not a figure of single replicas",
        ),
        (schedule(json!([])), Code::ScalingSteps, "needs an entry"),
        (schedule(json!([{"at": -1, "replicas": 1}])), Code::ScalingTime, "at least 0"),
        (
            schedule(json!([{"at": 5, "replicas": 1}, {"at": 5, "replicas": 2}])),
            Code::ScalingTime,
            "follows one at 5 s",
        ),
        (schedule(json!([{"at": 100, "replicas": 1}])), Code::ScalingTime, "beyond the period"),
    ] {
        let found = validate(&system(settings.clone()));
        assert!(
            matches!(found.as_slice(), [one] if one.code == code && one.message.contains(words)),
            "{settings}: {found:?}"
        );
    }
}

/// Utilization needs a request: the limit is one, as in Kubernetes.
#[test]
fn utilization_needs_a_request() {
    let mut system = system(json!({"kind": "hpa", "max_replicas": 10}));
    system.services[0].cpu_limit = None;
    assert!(matches!(validate(&system).as_slice(), [one] if one.code == Code::ScalingMetric));
    system.services[0].cpu_request = Some(0.2);
    assert_eq!(validate(&system), []);
    assert_eq!(system.services[0].requested_cpu(), Some(0.2));
}

/// Figures of other services by their names, of replicas without.
#[test]
fn signals_name_quantities() {
    let metrics = json!([
        {"resource": {"target": {"average_utilization": 80}}},
        {"pods": {"metric": "request_rate", "window": "1min", "target": {"average_value": 100}}},
        {"external": {"metric": "my.worker.queue_length", "target": {"average_value": 5}}}
    ]);
    let hpa = policy(json!({"kind": "hpa", "max_replicas": 10, "metrics": metrics}));
    let signals = hpa.signals();
    let parsed: Vec<_> =
        signals.iter().map(|signal| (signal.parse().unwrap(), signal.scope, signal.window)).collect();
    assert_eq!(
        parsed,
        [
            ((None, Quantity::Cpu), Scope::Replica, 15.0),
            ((None, Quantity::RequestRate), Scope::Replica, 60.0),
            ((Some("my.worker"), Quantity::QueueLength), Scope::Service, 0.0),
        ]
    );
}
