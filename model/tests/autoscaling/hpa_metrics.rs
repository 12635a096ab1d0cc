//! Several metrics, and metrics that fail (horizontal.go: computeReplicasForMetrics).

use serde_json::json;
use tracecast_model::autoscaling::{Limit, Reading};

use crate::given::{busy, hpa, observe, running};

/// TestScaleUpOneMetricEmpty and TestNoScaleDownOneMetricEmpty: with a metric that fails, the number goes up, not down.
#[test]
fn a_failing_metric_blocks_the_way_down_only() {
    let settings = |percent: u32| {
        hpa(json!({
            "min_replicas": 2, "max_replicas": 6, "metrics": [
                {"external": {"metric": "queue_length", "target": {"value": 0.1}}},
                {"resource": {"target": {"average_utilization": percent}}}
            ]
        }))
    };
    let up = observe(3, [300.0, 400.0, 500.0].map(busy).to_vec());
    let decision = running(&settings(30), &up);
    assert_eq!((decision.replicas, decision.metric.as_deref()), (4, Some("cpu")));

    let down = observe(5, [100.0, 300.0, 500.0, 250.0, 250.0].map(busy).to_vec());
    let decision = running(&settings(50), &down);
    assert_eq!((decision.replicas, decision.limits), (5, vec![Limit::FailedMetric]));
}

/// The documentation: the largest of the numbers that the metrics call for.
#[test]
fn the_largest_number_counts() {
    let settings = hpa(json!({
        "max_replicas": 10, "metrics": [
            {"resource": {"target": {"average_utilization": 50}}},
            {"external": {"metric": "queue_length", "target": {"average_value": 10}}}
        ]
    }));
    // 100 % of 50 % doubles two replicas; a queue of 25 needs three, one of 70 seven.
    for (length, expected, metric) in [(25.0, 4, "cpu"), (70.0, 4, "queue_length")] {
        let mut observation = observe(2, vec![busy(1000.0); 2]);
        let window = 0.0;
        observation.readings.push(Reading { metric: "queue_length".into(), window, value: length });
        let decision = running(&settings, &observation);
        assert_eq!(decision.metric.as_deref(), Some(metric));
        // Twice two, without a behavior.
        assert_eq!(decision.replicas, expected);
    }
}

/// defaults.go: 80 % of the CPU requests where no metric is given.
#[test]
fn the_default_metric() {
    let settings = hpa(json!({"max_replicas": 10}));
    assert_eq!(running(&settings, &observe(4, vec![busy(880.0); 4])).replicas, 4);
    assert_eq!(running(&settings, &observe(4, vec![busy(890.0); 4])).replicas, 5);
}

/// A figure that is no number is one that could not be read.
#[test]
fn figures_that_are_no_numbers() {
    let settings = hpa(json!({
        "max_replicas": 10,
        "metrics": [{"external": {"metric": "queue_length", "target": {"value": 1}}}]
    }));
    for value in [f64::NAN, f64::INFINITY] {
        let mut observation = observe(3, vec![busy(100.0); 3]);
        observation.readings.push(Reading { metric: "queue_length".into(), window: 0.0, value });
        assert_eq!(running(&settings, &observation).limits, [Limit::FailedMetric]);
    }
}
