//! Which service of a model a workload is.

use serde_json::Value;
use tracecast_model::{Service, System};

use super::fields::Fields;

/// Labels that name an application, in the order in which they are believed.
const LABELS: [&str; 3] = ["app.kubernetes.io/name", "app", "k8s-app"];

/// The names that a workload may have in traces: what its instrumentation is told, its own, its labels, its containers.
pub(super) fn names(fields: &Fields<'_>, pod: &Fields<'_>) -> Vec<String> {
    let mut names = Vec::new();
    for container in pod.items("spec.containers") {
        for variable in container.items("env") {
            if variable.peek("name").and_then(Value::as_str) == Some("OTEL_SERVICE_NAME") {
                names.extend(variable.peek("value").and_then(Value::as_str).map(str::to_owned));
            }
        }
    }
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    names.extend(text(fields.peek("metadata.name")));
    for labels in [pod.peek("metadata.labels"), fields.peek("metadata.labels")] {
        names.extend(LABELS.iter().filter_map(|&label| text(labels?.get(label))));
    }
    for container in pod.items("spec.containers") {
        names.extend(text(container.peek("name")));
    }
    names
}

/// The service that has one of these names; the first that fits, first as they are, then in any case and with any separators.
pub(super) fn find<'a>(system: &'a mut System, names: &[String]) -> Option<&'a mut Service> {
    let exact = |name: &String| system.services.iter().position(|service| service.name == *name);
    let alike = |name: &String| {
        let mut those =
            system.services.iter().enumerate().filter(|(_, service)| plain(&service.name) == plain(name));
        // Two that are alike are not to be mistaken for each other.
        those.next().filter(|_| those.next().is_none()).map(|(place, _)| place)
    };
    let place = names.iter().find_map(exact).or_else(|| names.iter().find_map(alike))?;
    system.services.get_mut(place)
}

fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// The service that a job of Prometheus scrapes: of its name, also without the word "service" at the end.
pub(super) fn find_job(system: &mut System, job: &str) -> Option<String> {
    let short = ["service", "svc"].iter().find_map(|word| job.strip_suffix(word));
    let names = [Some(job), short.map(|short| short.trim_end_matches(['-', '_', '.']))];
    let names: Vec<String> = names.into_iter().flatten().map(str::to_owned).collect();
    find(system, &names).map(|service| service.name.clone())
}

/// That nothing of these names is in the model.
pub(super) fn unknown(names: &[String]) -> String {
    format!("no service of the model is called {}", names.join(" or "))
}
