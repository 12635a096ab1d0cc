//! Who calls whom.

use std::collections::HashSet;

use super::{Findings, Names, exists};
use crate::{Call, Code, Element, Operation, OperationRef, Severity, System, visits};

pub(super) fn check(system: &System, names: &Names<'_>, found: &mut Findings) {
    for (caller, operation) in system.operations() {
        let element = format!("operation \"{caller}\"");
        for (to, verb) in targets(operation) {
            exists(names, to, &element, found);
            if to.service() == caller.service() {
                let message = format!(
                    "it {verb} \"{to}\" of its own service: requests would wait for threads of their own pool"
                );
                found.error(Code::SelfCall, &element, message);
            }
        }
        for call in operation.activities().into_iter().flat_map(|activity| &activity.calls) {
            fan(names, caller.service(), call, &element, found);
        }
    }
    if let Some(cycle) = visits::synchronous_cycle(system) {
        let names: Vec<String> = cycle.iter().map(|service| format!("\"{service}\"")).collect();
        let message = format!(
            "the services {} call each other synchronously in a cycle: requests would wait for each other",
            names.join(", ")
        );
        found.error(Code::CallCycle, &format!("service {}", names[0]), message);
    }
}

/// The operations that one asks for something, and how.
fn targets(operation: &Operation) -> Vec<(&OperationRef, &'static str)> {
    let mut found = Vec::new();
    operation.walk(&mut |element, _| match element {
        Element::Activity(activity) => found.extend(activity.calls.iter().map(|call| (&call.to, "calls"))),
        Element::Forward(forward) => found.push((&forward.to, "forwards to")),
    });
    found
}

/// Fixed connections have two ends: as many leave the replicas of the caller as arrive at those of the callee.
fn fan(names: &Names<'_>, caller: &str, call: &Call, element: &str, found: &mut Findings) {
    let replicas = |name: &str| names.services.get(name).map(|service| u64::from(service.replicas));
    let (Some(from), Some(to)) = (replicas(caller), replicas(call.to.service())) else { return };
    // A service that has scaled to nothing has no connections yet, but will have one.
    if u64::from(call.fan_out) > to.max(1) {
        let message =
            format!("the call to \"{}\" goes to {} replicas, but there are {to}", call.to, call.fan_out);
        return found.error(Code::FanOut, element, message);
    }
    if let Some(fan_in) = call.fan_in
        && from * u64::from(call.fan_out) != to * u64::from(fan_in)
    {
        let message = format!(
            "the call to \"{}\": {from} replicas with a fan-out of {} do not fit {to} replicas with a fan-in of {fan_in}",
            call.to, call.fan_out
        );
        found.error(Code::FanOut, element, message);
    }
}

/// What no workload ever reaches is most likely a mistake, but harmless.
pub(super) fn driven(system: &System, names: &Names<'_>, found: &mut Findings) {
    if system.workloads.is_empty() {
        let message = "nothing drives it: there is no workload";
        return found.add(Code::NotDriven, Severity::Warning, "system", message);
    }
    let mut reached: HashSet<OperationRef> = HashSet::new();
    let mut open: Vec<OperationRef> = system
        .workloads
        .iter()
        .flat_map(|workload| workload.requests.iter().map(|request| request.operation.clone()))
        .collect();
    while let Some(name) = open.pop() {
        if !reached.insert(name.clone()) {
            continue;
        }
        if let Some(operation) = names.operation(&name) {
            open.extend(targets(operation).into_iter().map(|(to, _)| to.clone()));
        }
    }
    for (name, _) in system.operations().filter(|(name, _)| !reached.contains(name)) {
        let message = "no workload ever reaches it";
        found.add(Code::NotDriven, Severity::Warning, &format!("operation \"{name}\""), message);
    }
}
