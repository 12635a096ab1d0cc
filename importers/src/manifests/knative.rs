//! Knative services, by the annotations of their autoscaler.

use serde_json::Value;
use tracecast_model::autoscaling::{Knative, KnativeMetric};
use tracecast_model::{Autoscaler, Multiplicity};

use super::configured::Configured;
use super::fields::Fields;
use super::{Target, services, workload};

pub(super) fn is(fields: &Fields<'_>) -> bool {
    let text = |path: &str| fields.peek(path).and_then(Value::as_str).unwrap_or_default();
    text("kind") == "Service" && text("apiVersion").starts_with("serving.knative.dev/")
}

/// What an annotation below `autoscaling.knative.dev/` says, if it is one of numbers (Knative, *Autoscaling*: the annotations of a
/// revision; older ones are in camel case).
fn setting(name: &str, field: &Fields<'_>, policy: &mut Knative) -> bool {
    match name {
        "target" => policy.target = field.as_number(),
        "target-utilization-percentage" | "targetUtilizationPercentage" => {
            put(&mut policy.target_utilization, field.as_number().map(|percent| percent / 100.0));
        }
        "window" => put(&mut policy.stable_window, field.as_seconds()),
        "panic-window-percentage" => put(&mut policy.panic_window_percentage, field.as_number()),
        "panic-threshold-percentage" => put(&mut policy.panic_threshold_percentage, field.as_number()),
        "min-scale" | "minScale" => put(&mut policy.min_scale, field.as_count()),
        // 0 is no limit.
        "max-scale" | "maxScale" => policy.max_scale = field.as_count().filter(|&most| most > 0),
        "scale-down-delay" => put(&mut policy.scale_down_delay, field.as_seconds()),
        "scale-to-zero-pod-retention-period" => {
            put(&mut policy.scale_to_zero_pod_retention_period, field.as_seconds());
        }
        "target-burst-capacity" => put(&mut policy.target_burst_capacity, field.as_number()),
        _ => return false,
    }
    true
}

/// What cannot be read is refused elsewhere.
fn put<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

pub(super) fn apply(fields: &Fields<'_>, target: &mut Target<'_>) {
    let Some(pod) = fields.at("spec.template") else { return target.leave("it has no spec.template") };
    let names = services::names(fields, &pod);
    let Some(service) = services::find(target.system, &names) else {
        fields.dismiss("spec");
        return target.leave(services::unknown(&names));
    };
    let name = service.name.clone();
    let (mut configured, mut left) = (Configured::new(service), Vec::new());
    if let Some(threads) = pod.count("spec.containerConcurrency").filter(|&threads| threads > 0) {
        configured.service.concurrency = Multiplicity::Finite(threads);
        configured.set.push(format!("concurrency = {threads}"));
    }
    let mut policy = Knative::default();
    let mut initial = 1;
    let mut is_hpa = false;
    for (key, field) in pod.entries("metadata.annotations") {
        let Some(annotation) = key.strip_prefix("autoscaling.knative.dev/") else { continue };
        if setting(annotation, &field, &mut policy) {
            continue;
        }
        let text = field.as_text().unwrap_or_default();
        match (annotation, text.as_str()) {
            ("metric", "concurrency") => policy.metric = KnativeMetric::Concurrency,
            ("metric", "rps") => policy.metric = KnativeMetric::Rps,
            ("class", "kpa.autoscaling.knative.dev") => {}
            ("class", _) => is_hpa = true,
            ("initial-scale" | "initialScale", _) => initial = field.as_count().unwrap_or(initial),
            _ => left.push(format!("{key}: {text}")),
        }
    }
    configured.replicas(initial.max(policy.min_scale));
    workload::pod(&pod, &names, &mut configured);
    if is_hpa {
        left.push("its autoscaler, which is not that of Knative".into());
    } else {
        configured.set.push("autoscaler = knative".into());
        configured.service.autoscaler = Some(Autoscaler::Knative(policy));
    }
    let set = configured.set;
    set.into_iter().for_each(|what| target.set(&name, what));
    left.into_iter().for_each(|what| target.leave(what));
}
