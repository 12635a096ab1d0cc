//! What was changed in a model: every value of its file, by element.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use tracecast_model::System;

use super::Pair;

/// A value that differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// `service "crop"` and the like.
    pub element: String,
    /// Where in it, by the names of the file; empty where the whole element is new or gone.
    pub place: String,
    /// What each side has, as its file has it; absent where it has none, or the usual one.
    pub value: Pair<Option<Value>>,
}

/// All changes, by element. Names and descriptions for people do not count, nor the order of elements.
pub fn changes(systems: Pair<&System>) -> Vec<Change> {
    let elements = systems.map(elements);
    let mut names: Vec<&String> = elements.base.keys().chain(elements.candidate.keys()).collect();
    names.sort();
    names.dedup();
    let mut found = Vec::new();
    for name in names {
        let sides = elements.as_ref().map(|elements| elements.get(name));
        let change = |place: String, value| Change { element: name.clone(), place, value };
        match (sides.base, sides.candidate) {
            (Some(base), Some(candidate)) => {
                let leaves = Pair { base: leaves(base), candidate: leaves(candidate) };
                let mut places: Vec<&String> = leaves.base.keys().chain(leaves.candidate.keys()).collect();
                places.sort();
                places.dedup();
                for place in places {
                    let value = leaves.as_ref().map(|leaves| leaves.get(place).cloned());
                    if value.base != value.candidate {
                        found.push(change(place.clone(), value));
                    }
                }
            }
            (base, candidate) => {
                found
                    .push(change(String::new(), Pair { base: base.cloned(), candidate: candidate.cloned() }));
            }
        }
    }
    found
}

/// Hosts, services without their operations, operations, workloads.
fn elements(system: &System) -> BTreeMap<String, Value> {
    fn value(of: &impl Serialize) -> Value {
        serde_json::to_value(of).unwrap_or_default()
    }
    let hosts = system.hosts.iter().map(|host| (format!("host \"{}\"", host.name), value(host)));
    let services = system.services.iter().map(|service| {
        let mut alone = service.clone();
        alone.operations.clear();
        (format!("service \"{}\"", service.name), value(&alone))
    });
    let operations =
        system.operations().map(|(name, operation)| (format!("operation \"{name}\""), value(operation)));
    let workloads = system.workloads.iter();
    let workloads = workloads.map(|workload| (format!("workload \"{}\"", workload.name), value(workload)));
    hosts.chain(services).chain(operations).chain(workloads).collect()
}

/// Values without parts, by their place.
fn leaves(value: &Value) -> BTreeMap<String, Value> {
    fn walk(value: &Value, place: &str, into: &mut BTreeMap<String, Value>) {
        let below = |name: &str| if place.is_empty() { name.into() } else { format!("{place}.{name}") };
        match value {
            Value::Object(fields) => fields.iter().for_each(|(name, value)| walk(value, &below(name), into)),
            Value::Array(values) => {
                values.iter().enumerate().for_each(|(k, value)| walk(value, &below(&k.to_string()), into));
            }
            leaf => {
                into.insert(place.to_string(), leaf.clone());
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(value, "", &mut found);
    found
}
