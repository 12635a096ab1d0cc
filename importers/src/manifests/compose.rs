//! Docker Compose files, also as `docker stack deploy` takes them.

use super::configured::Configured;
use super::fields::Fields;
use super::{Target, services};

pub(super) fn is(fields: &Fields<'_>) -> bool {
    fields.peek("services").is_some_and(serde_json::Value::is_object) && fields.peek("kind").is_none()
}

pub(super) fn apply(fields: &Fields<'_>, target: &mut Target<'_>) {
    for (key, part) in fields.entries("services") {
        let Some(service) = services::find(target.system, &[key.to_owned()]) else {
            part.dismiss_all();
            target.leave(services::unknown(&[key.to_owned()]));
            continue;
        };
        let name = service.name.clone();
        let mut service = Configured::new(service);
        if let Some(replicas) = part.count("deploy.replicas").or_else(|| part.count("scale")) {
            service.replicas(replicas);
        }
        service.cpu_limit(part.number("deploy.resources.limits.cpus").or_else(|| part.number("cpus")));
        service.cpu_request(part.number("deploy.resources.reservations.cpus"));
        service.memory_request(part.bytes("deploy.resources.reservations.memory"));
        service.grace_period(part.seconds("stop_grace_period"));
        let set = service.set;
        for silent in SILENT {
            part.dismiss(silent);
        }
        set.into_iter().for_each(|what| target.set(&name, what));
    }
    for silent in ["networks", "volumes", "secrets", "configs", "name"] {
        fields.dismiss(silent);
    }
}

/// What says nothing about performance.
const SILENT: [&str; 17] = [
    "image",
    "build",
    "ports",
    "expose",
    "environment",
    "env_file",
    "volumes",
    "networks",
    "depends_on",
    "command",
    "entrypoint",
    "restart",
    "labels",
    "hostname",
    "container_name",
    "logging",
    "deploy.labels",
];
