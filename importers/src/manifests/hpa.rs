//! Kubernetes' HorizontalPodAutoscaler, all versions.

use serde_json::Value;
use tracecast_model::Autoscaler;
use tracecast_model::autoscaling::{
    Behavior, Hpa, HpaMetric, HpaTarget, Quantity, RateKind, RatePolicy, ScalingRules, SelectPolicy, Signal,
};

use super::configured::scale;
use super::fields::Fields;
use super::{Target, services};

pub(super) fn is(fields: &Fields<'_>) -> bool {
    fields.peek("kind").and_then(Value::as_str) == Some("HorizontalPodAutoscaler")
}

pub(super) fn apply(fields: &Fields<'_>, target: &mut Target<'_>) {
    let Some(name) = scaled(fields, "spec.scaleTargetRef", target) else { return fields.dismiss("spec") };
    let Some(max) = fields.count("spec.maxReplicas") else {
        fields.dismiss("spec");
        return target.leave("it has no spec.maxReplicas");
    };
    let mut hpa = Hpa::new(max);
    hpa.min_replicas = fields.count("spec.minReplicas").unwrap_or(hpa.min_replicas);
    let (mut metrics, mut left) = (Vec::new(), Vec::new());
    // Version 1.
    if let Some(percent) = fields.count("spec.targetCPUUtilizationPercentage") {
        metrics.push(cpu(HpaTarget::AverageUtilization(percent)));
    }
    let listed = fields.items("spec.metrics");
    for field in &listed {
        match metric(field) {
            Ok(metric) => metrics.push(metric),
            Err(why) => left.push(why),
        }
    }
    let can_scale = !metrics.is_empty() || listed.is_empty();
    if !metrics.is_empty() {
        hpa.metrics = metrics;
    }
    hpa.behavior = fields.at("spec.behavior").map(|field| behavior(&field));
    left.into_iter().for_each(|what| target.leave(what));
    if !can_scale {
        return target.leave("none of its metrics is understood, so it scales nothing");
    }
    let bounds = (hpa.min_replicas, hpa.max_replicas);
    scale(target, &name, "hpa", Autoscaler::Hpa(hpa), bounds);
}

/// The service that an autoscaler scales; otherwise it is told that there is none.
pub(super) fn scaled(fields: &Fields<'_>, path: &str, target: &mut Target<'_>) -> Option<String> {
    let Some(name) = fields.text(&format!("{path}.name")) else {
        target.leave(format!("it has no {path}.name"));
        return None;
    };
    fields.dismiss(&format!("{path}.apiVersion"));
    let kind = fields.text(&format!("{path}.kind")).unwrap_or_else(|| "Deployment".into());
    let known = target.workloads.iter().find(|(workload, _)| *workload == format!("{kind}/{name}"));
    if let Some((_, service)) = known {
        return Some(service.clone());
    }
    let names = [name];
    let found = services::find(target.system, &names).map(|service| service.name.clone());
    if found.is_none() {
        target.leave(services::unknown(&names));
    }
    found
}

fn cpu(target: HpaTarget) -> HpaMetric {
    HpaMetric::Resource { name: Quantity::Cpu.name().into(), target }
}

/// A metric, or why it is left alone.
fn metric(field: &Fields<'_>) -> Result<HpaMetric, String> {
    let kind = field.text("type").unwrap_or_default();
    let (part, name) = match kind.as_str() {
        "Resource" => ("resource", "name"),
        "ContainerResource" => ("containerResource", "name"),
        "Pods" => ("pods", "metric.name"),
        "Object" => ("object", "metric.name"),
        "External" => ("external", "metric.name"),
        _ => return Err(format!("{}: a metric of type \"{kind}\"", field.path())),
    };
    let Some(part) = field.at(part) else { return Err(format!("{}: it has no \"{part}\"", field.path())) };
    let name = part.text(name).unwrap_or_default();
    let wanted = part.at("target").as_ref().and_then(goal);
    let Some(target) = wanted else { return Err(format!("{}: it has no target", part.path())) };
    if kind.ends_with("Resource") {
        return match name.as_str() {
            "cpu" if kind == "Resource" => Ok(cpu(target)),
            "cpu" => {
                let container = part.text("container").unwrap_or_default();
                Ok(HpaMetric::ContainerResource { container, name: "cpu".into(), target })
            }
            _ => Err(format!("{}: the resource \"{name}\" is not simulated", part.path())),
        };
    }
    if Signal::of_service(&name, 0.0).parse().is_none() {
        let names: Vec<&str> = Quantity::ALL.iter().map(|quantity| quantity.name()).collect();
        return Err(format!(
            "{}: nothing tells what \"{name}\" is in the model: call it {}",
            part.path(),
            names.join(", ")
        ));
    }
    let is_rate = Signal::of_service(&name, 0.0).parse().is_some_and(|(_, quantity)| quantity.is_rate());
    // Rates need a time to be counted in; that of the usual `rate(…[1m])` in adapters of metrics.
    let window = if is_rate { 60.0 } else { 0.0 };
    Ok(match kind.as_str() {
        "Pods" => HpaMetric::Pods { metric: name, window, target },
        "Object" => {
            part.dismiss("describedObject");
            HpaMetric::Object { metric: name, window, target }
        }
        _ => HpaMetric::External { metric: name, window, target },
    })
}

fn goal(field: &Fields<'_>) -> Option<HpaTarget> {
    field.dismiss("type");
    if let Some(percent) = field.count("averageUtilization") {
        return Some(HpaTarget::AverageUtilization(percent));
    }
    let of_each = field.quantity("averageValue").map(HpaTarget::AverageValue);
    of_each.or_else(|| field.quantity("value").map(HpaTarget::Value))
}

/// `spec.behavior`, also in KEDA's objects.
pub(super) fn behavior(field: &Fields<'_>) -> Behavior {
    let rules = |direction: &str| field.at(direction).map(|field| rules(&field)).unwrap_or_default();
    Behavior { scale_up: rules("scaleUp"), scale_down: rules("scaleDown") }
}

fn rules(field: &Fields<'_>) -> ScalingRules {
    let select = match field.text("selectPolicy").as_deref() {
        Some("Min") => SelectPolicy::Min,
        Some("Disabled") => SelectPolicy::Disabled,
        _ => SelectPolicy::Max,
    };
    let policy = |field: &Fields<'_>| {
        let kind = match field.text("type").as_deref() {
            Some("Percent") => RateKind::Percent,
            _ => RateKind::Pods,
        };
        Some(RatePolicy { kind, value: field.count("value")?, period: field.seconds("periodSeconds")? })
    };
    let policies: Vec<RatePolicy> = field.items("policies").iter().filter_map(policy).collect();
    ScalingRules {
        stabilization_window: field.seconds("stabilizationWindowSeconds"),
        select,
        policies: (!policies.is_empty()).then_some(policies),
        tolerance: field.quantity("tolerance"),
    }
}
