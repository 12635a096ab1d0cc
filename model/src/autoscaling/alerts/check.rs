//! What is wrong with settings of alerts.

use super::Alerts;
use crate::Code;
use crate::autoscaling::Problems;

impl Alerts {
    pub(super) fn check_settings(&self, problems: &mut Problems) {
        problems.bounds(self.min_replicas, self.max_replicas);
        problems.positive("scrape_interval", self.scrape_interval);
        problems.positive("evaluation_interval", self.evaluation_interval);
        problems.duration("group_wait", self.group_wait);
        problems.positive("group_interval", self.group_interval);
        problems.positive("repeat_interval", self.repeat_interval);
        problems.duration("webhook_delay", self.webhook_delay);
        if self.rules.is_empty() {
            problems.add(Code::AlertRule, "there is no alerting rule");
        }
        for (place, rule) in self.rules.iter().enumerate() {
            rule.check(problems);
            if self.rules[..place].iter().any(|other| other.alert == rule.alert) {
                problems.add(Code::AlertRule, format!("there is more than one alert \"{}\"", rule.alert));
            }
        }
        for (place, metric) in self.metrics.iter().enumerate() {
            if let Some(message) = metric.problem() {
                problems.add(Code::ScalingMetric, message);
            }
            let same =
                |other: &&super::AlertMetric| other.name == metric.name && other.labels == metric.labels;
            if self.metrics[..place].iter().any(|other| same(&other)) {
                let message = format!("metric \"{}\" has two figures under the same labels", metric.name);
                problems.add(Code::ScalingMetric, message);
            }
        }
        self.check_selectors(problems);
    }

    /// Whatever rules look at must be something.
    fn check_selectors(&self, problems: &mut Problems) {
        for rule in &self.rules {
            for selector in rule.expr.selectors() {
                let is_there = self.metrics.iter().any(|metric| {
                    // Which replicas there are is not known before.
                    let ignored: &[&str] = if metric.is_up() { &["instance"] } else { &[] };
                    metric.parts().iter().any(|part| selector.matches(&part.name, &part.labels, ignored))
                });
                if !is_there {
                    let message = format!(
                        "alert \"{}\" looks at \"{}\" with labels that no entry of metrics has",
                        rule.alert, selector.metric
                    );
                    problems.add(Code::ScalingMetric, message);
                }
            }
        }
    }
}
