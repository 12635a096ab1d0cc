//! KEDA's ScaledObject.

use serde_json::Value;
use tracecast_model::Autoscaler;
use tracecast_model::autoscaling::{Fallback, Keda, Trigger, TriggerType};

use super::Target;
use super::configured::scale;
use super::fields::Fields;
use super::hpa;

pub(super) fn is(fields: &Fields<'_>) -> bool {
    fields.peek("kind").and_then(Value::as_str) == Some("ScaledObject")
}

/// Scalers that count the messages of a queue, with the fields of their threshold and of their activation (KEDA, *Scalers*).
const QUEUES: &[(&str, &str, &str)] = &[
    ("activemq", "targetQueueSize", "activationTargetQueueSize"),
    ("apache-kafka", "lagThreshold", "activationLagThreshold"),
    ("artemis-queue", "queueLength", "activationQueueLength"),
    ("aws-sqs-queue", "queueLength", "activationQueueLength"),
    ("azure-queue", "queueLength", "activationQueueLength"),
    ("azure-servicebus", "messageCount", "activationMessageCount"),
    ("beanstalkd", "value", "activationValue"),
    ("gcp-pubsub", "value", "activationValue"),
    ("kafka", "lagThreshold", "activationLagThreshold"),
    ("nats-jetstream", "lagThreshold", "activationLagThreshold"),
    ("rabbitmq", "value", "activationValue"),
    ("redis", "listLength", "activationListLength"),
    ("redis-streams", "pendingEntriesCount", "activationLagCount"),
    ("stan", "lagThreshold", "activationLagThreshold"),
];

pub(super) fn apply(fields: &Fields<'_>, target: &mut Target<'_>) {
    let Some(name) = hpa::scaled(fields, "spec.scaleTargetRef", target) else {
        return fields.dismiss("spec");
    };
    let mut triggers = Vec::new();
    for field in fields.items("spec.triggers") {
        match trigger(&field) {
            Ok(trigger) => triggers.push(trigger),
            Err(why) => target.leave(why),
        }
    }
    if triggers.is_empty() {
        fields.dismiss("spec");
        return target.leave("none of its triggers is understood, so it scales nothing");
    }
    let usual: Keda = Keda::new(triggers);
    let keda = Keda {
        polling_interval: fields.seconds("spec.pollingInterval").unwrap_or(usual.polling_interval),
        cooldown_period: fields.seconds("spec.cooldownPeriod").unwrap_or(usual.cooldown_period),
        initial_cooldown_period: fields
            .seconds("spec.initialCooldownPeriod")
            .unwrap_or(usual.initial_cooldown_period),
        idle_replica_count: fields.count("spec.idleReplicaCount"),
        min_replica_count: fields.count("spec.minReplicaCount").unwrap_or(usual.min_replica_count),
        max_replica_count: fields.count("spec.maxReplicaCount").unwrap_or(usual.max_replica_count),
        fallback: fields.at("spec.fallback").and_then(|field| {
            let (failure_threshold, replicas) = (field.count("failureThreshold")?, field.count("replicas")?);
            Some(Fallback { failure_threshold, replicas })
        }),
        behavior: fields
            .at("spec.advanced.horizontalPodAutoscalerConfig.behavior")
            .map(|field| hpa::behavior(&field)),
        ..usual
    };
    let bounds = (keda.min_replica_count, keda.max_replica_count);
    scale(target, &name, "keda", Autoscaler::Keda(keda), bounds);
}

/// A trigger, or why it is left alone.
fn trigger(field: &Fields<'_>) -> Result<Trigger, String> {
    let kind = field.text("type").unwrap_or_default();
    let Some(&(_, threshold, activation)) = QUEUES.iter().find(|(name, ..)| *name == kind) else {
        field.dismiss("metadata");
        return Err(format!(
            "{}: nothing tells what a trigger of type \"{kind}\" is in the model",
            field.path()
        ));
    };
    let Some(metadata) = field.at("metadata") else { return Err(format!("{}: no metadata", field.path())) };
    if kind == "rabbitmq" && metadata.text("mode").is_some_and(|mode| mode != "QueueLength") {
        field.dismiss("metadata");
        return Err(format!("{}: only the length of a queue is understood", field.path()));
    }
    // RabbitMQ's older form.
    let of_queue = metadata.number(threshold).or_else(|| metadata.number("queueLength"));
    let Some(threshold) = of_queue else {
        return Err(format!("{}: it has no \"{threshold}\"", metadata.path()));
    };
    let activation_threshold = metadata.number(activation).unwrap_or(0.0);
    let metric_type = match field.text("metricType").as_deref() {
        Some("Value") => TriggerType::Value,
        _ => TriggerType::AverageValue,
    };
    // The rest of it says where the queue is.
    field.dismiss("metadata");
    field.dismiss("authenticationRef");
    Ok(Trigger { metric: "queue_length".into(), window: 0.0, threshold, activation_threshold, metric_type })
}
