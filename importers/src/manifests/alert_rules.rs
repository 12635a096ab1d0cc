//! Alerting rules of Prometheus: rule files, and the PrometheusRule of its operator.

use indexmap::IndexMap;
use tracecast_model::Autoscaler;
use tracecast_model::autoscaling::alerts::{AlertMetric, AlertRule, Alerts};
use tracecast_model::autoscaling::promql::Expression;

use super::alerting::{Alerting, Receiver};
use super::configured::scale;
use super::fields::Fields;
use super::{Target, services};

pub(super) fn is(fields: &Fields<'_>) -> bool {
    match fields.peek("kind").and_then(serde_json::Value::as_str) {
        Some(kind) => kind == "PrometheusRule",
        None => fields.peek("groups").is_some_and(serde_json::Value::is_array),
    }
}

pub(super) fn apply(fields: &Fields<'_>, target: &mut Target<'_>) {
    let groups = if fields.peek("groups").is_some() { "groups" } else { "spec.groups" };
    let mut rules: IndexMap<String, (Vec<AlertRule>, Option<f64>)> = IndexMap::new();
    for group in fields.items(groups) {
        group.dismiss("name");
        let interval = group.seconds("interval");
        for rule in group.items("rules") {
            match read(&rule, target.alerting) {
                Ok((service, read)) => {
                    let known = rules.entry(service).or_default();
                    known.0.push(read);
                    known.1 = interval.or(known.1);
                }
                Err(why) => {
                    rule.dismiss_all();
                    target.leave(format!("{}: {why}", rule.path()));
                }
            }
        }
    }
    for (name, (rules, interval)) in rules {
        put_on(&name, rules, interval, target);
    }
}

/// A rule with the service that it scales, or why it is left alone.
fn read(rule: &Fields<'_>, alerting: &Alerting) -> Result<(String, AlertRule), String> {
    if let Some(name) = rule.text("record") {
        return Err(format!("\"{name}\" records a series, which is not understood"));
    }
    let (Some(alert), Some(expr)) = (rule.text("alert"), rule.text("expr")) else {
        return Err("it has no alert or no expr".into());
    };
    let receives = |(_, receiver): &(&String, &Receiver)| receiver.actions.contains_key(&alert);
    let Some((service, receiver)) = alerting.receivers.iter().find(receives) else {
        return Err(format!(
            "nothing tells what the receiver of alert \"{alert}\" does; say it in a document of kind AlertActions"
        ));
    };
    let (firing, resolved) = receiver.actions[&alert].clone();
    let read = AlertRule {
        labels: rule.texts("labels"),
        expr: Expression::from(expr),
        pending: rule.seconds("for").unwrap_or(0.0),
        keep_firing_for: rule.seconds("keep_firing_for").unwrap_or(0.0),
        firing,
        resolved,
        alert,
    };
    rule.dismiss("annotations");
    Ok((service.clone(), read))
}

/// Gives a service the chain of these rules.
fn put_on(name: &str, rules: Vec<AlertRule>, interval: Option<f64>, target: &mut Target<'_>) {
    let Some(service) = services::find(target.system, &[name.to_owned()]) else {
        return target.leave(services::unknown(&[name.to_owned()]));
    };
    let service = service.name.clone();
    let mut metrics = Vec::new();
    for selector in rules.iter().flat_map(|rule| rule.expr.selectors()) {
        let labels = selector.given();
        let known = target.alerting.metrics.iter();
        let those = known.filter(|metric| selector.matches(&metric.name, &metric.labels(), &["instance"]));
        let mut those: Vec<AlertMetric> = those.cloned().collect();
        if those.is_empty() && selector.metric == "up" {
            let job = labels.get("job").cloned().unwrap_or_else(|| name.to_owned());
            let of = services::find_job(target.system, &job).unwrap_or_else(|| service.clone());
            let figure = format!("{of}.ready_replicas");
            those.push(AlertMetric {
                name: "up".into(),
                labels: labels.into_iter().collect(),
                figure,
                buckets: Vec::new(),
            });
        }
        if those.is_empty() {
            return target.leave(format!(
                "the alerts of {service}: nothing tells what \"{}\" is in the model; say it under metrics in a \
                 document of kind AlertActions",
                selector.metric
            ));
        }
        for metric in those {
            if !metrics.contains(&metric) {
                metrics.push(metric);
            }
        }
    }
    let alerting = &target.alerting;
    let receiver = &alerting.receivers[name];
    let Some(max_replicas) = receiver.max_replicas else {
        return target.leave(format!("the alerts of {service}: AlertActions has no max_replicas for it"));
    };
    let usual = Alerts::usual();
    let alerts = Alerts {
        rules,
        metrics,
        scrape_interval: alerting.scrape_interval.unwrap_or(usual.scrape_interval),
        evaluation_interval: interval.or(alerting.evaluation_interval).unwrap_or(usual.evaluation_interval),
        group_by: alerting.group_by.clone(),
        group_wait: alerting.group_wait.unwrap_or(usual.group_wait),
        group_interval: alerting.group_interval.unwrap_or(usual.group_interval),
        repeat_interval: alerting.repeat_interval.unwrap_or(usual.repeat_interval),
        send_resolved: alerting.send_resolved.unwrap_or(usual.send_resolved),
        webhook_delay: receiver.webhook_delay,
        min_replicas: receiver.min_replicas.unwrap_or(usual.min_replicas),
        max_replicas,
    };
    let bounds = (alerts.min_replicas, alerts.max_replicas);
    scale(target, &service, "alerts", Autoscaler::Alerts(alerts), bounds);
}
