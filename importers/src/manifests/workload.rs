//! Deployments and stateful sets of Kubernetes.

use serde_json::Value;
use tracecast_model::Distribution;

use super::configured::Configured;
use super::fields::Fields;
use super::{Target, services, topology};

pub(super) fn is(fields: &Fields<'_>) -> bool {
    const KINDS: [&str; 3] = ["Deployment", "StatefulSet", "ReplicaSet"];
    fields.peek("kind").and_then(Value::as_str).is_some_and(|kind| KINDS.contains(&kind))
}

pub(super) fn apply(fields: &Fields<'_>, target: &mut Target<'_>) {
    let Some(pod) = fields.at("spec.template") else { return target.leave("it has no spec.template") };
    let names = services::names(fields, &pod);
    let kind = fields.peek("kind").and_then(Value::as_str).unwrap_or_default();
    let own = fields.peek("metadata.name").and_then(Value::as_str).unwrap_or_default();
    let Some(service) = services::find(target.system, &names) else {
        fields.dismiss("spec");
        return target.leave(services::unknown(&names));
    };
    let name = service.name.clone();
    target.workloads.push((format!("{kind}/{own}"), name.clone()));
    let mut service = Configured::new(service);
    // Without it there is one.
    service.replicas(fields.count("spec.replicas").unwrap_or(1));
    self::pod(&pod, &names, &mut service);
    let set = service.set;
    set.into_iter().for_each(|what| target.set(&name, what));
    let Some(service) = target.system.service(&name) else { return };
    let host = target.system.hosts.iter().find(|host| host.name == service.host);
    let wishes = topology::wishes(&pod, service, host);
    target.account.set.extend(wishes.held.into_iter().map(|what| format!("{name}: {what}")));
    wishes.left.into_iter().for_each(|what| target.leave(what));
}

/// What a pod's template tells: limits, requests, times to start and to stop.
pub(super) fn pod(pod: &Fields<'_>, names: &[String], configured: &mut Configured<'_>) {
    configured.grace_period(pod.seconds("spec.terminationGracePeriodSeconds"));
    let containers = pod.items("spec.containers");
    let named = |container: &&Fields<'_>| {
        let name = container.peek("name").and_then(Value::as_str);
        name.is_some_and(|name| names.iter().any(|other| other == name))
    };
    let Some(container) = containers.iter().find(named).or(containers.first()) else { return };
    SILENT_OF_PODS.iter().for_each(|silent| pod.dismiss(silent));
    SILENT_OF_CONTAINERS.iter().for_each(|silent| container.dismiss(silent));
    configured.cpu_limit(container.quantity("resources.limits.cpu"));
    configured.cpu_request(container.quantity("resources.requests.cpu"));
    memory(container, configured);
    // A pod is ready at its first probe that succeeds; the time to start, which no manifest tells, comes on top.
    let mut delay = 0.0_f64;
    for probe in ["startupProbe", "readinessProbe"] {
        delay = delay.max(container.seconds(&format!("{probe}.initialDelaySeconds")).unwrap_or(0.0));
        container.dismiss(probe);
    }
    if delay > configured.service.start_up.mean() {
        configured.service.start_up = Distribution::deterministic(delay).into();
        configured.set.push(format!(
            "start_up = {delay} s, the delay of its first probe: what comes before is not known"
        ));
    }
}

/// Kubernetes takes the limit for what is asked for where nothing is. What requests take no manifest tells, so that a limit is one
/// only where the model does.
fn memory(container: &Fields<'_>, configured: &mut Configured<'_>) {
    let limit = || container.quantity("resources.limits.memory");
    let request = container.quantity("resources.requests.memory");
    if let Some(memory) = &mut configured.service.memory {
        if let Some(limit) = limit() {
            memory.limit = limit;
            configured.set.push(format!("memory.limit = {limit} bytes"));
        }
    } else if request.is_none()
        && let Some(limit) = limit()
    {
        configured.service.memory_request = Some(limit);
        configured.set.push(format!(
            "memory_request = {limit} bytes, its limit, which is none here without memory.per_request"
        ));
    }
    configured.memory_request(request);
}

/// What says nothing about performance.
const SILENT_OF_PODS: [&str; 9] = [
    "spec.dnsPolicy",
    "spec.imagePullSecrets",
    "spec.initContainers",
    "spec.restartPolicy",
    "spec.securityContext",
    "spec.serviceAccount",
    "spec.serviceAccountName",
    "spec.tolerations",
    "spec.volumes",
];
const SILENT_OF_CONTAINERS: [&str; 13] = [
    "args",
    "command",
    "env",
    "envFrom",
    "image",
    "imagePullPolicy",
    "livenessProbe",
    "name",
    "ports",
    "securityContext",
    "terminationMessagePath",
    "terminationMessagePolicy",
    "volumeMounts",
];
