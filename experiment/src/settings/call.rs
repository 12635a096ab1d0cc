//! Settings of calls: of all that an operation makes to another.

use tracecast_model::{Call, CallKind, OperationRef, Resilience, System};

use super::{Kind, Scope, Setting, Target, Topic, Value, policy, seconds};
use crate::EditError;

/// Between caller and callee in the name of a call.
pub(super) const ARROW: &str = "->";

/// Caller and callee.
fn ends(element: &str) -> Option<[OperationRef; 2]> {
    let (caller, callee) = element.split_once(ARROW)?;
    Some([caller.trim().parse().ok()?, callee.trim().parse().ok()?])
}

/// The names of all calls of a system, each once.
pub(super) fn names(system: &System) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (caller, operation) in system.operations() {
        for call in operation.activities().into_iter().flat_map(|activity| &activity.calls) {
            let name = format!("{caller} {ARROW} {}", call.to);
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names
}

/// The first of the calls of that name.
fn look<'a>(system: &'a System, element: &str) -> Option<&'a Call> {
    let [caller, callee] = ends(element)?;
    let (_, operation) = system.operations().find(|(name, _)| *name == caller)?;
    operation.activities().into_iter().flat_map(|activity| &activity.calls).find(|call| call.to == callee)
}

/// The policy that holds for a call: its own, or that of the called service.
fn policy_of<'a>(system: &'a System, call: &'a Call) -> Option<&'a Resilience> {
    call.resilience.as_deref().or_else(|| system.service(call.to.service())?.resilience.as_ref())
}

/// Changes all calls of that name, or none.
fn change(
    system: &mut System,
    target: &Target<'_>,
    mut change: impl FnMut(&mut Call) -> Result<(), EditError>,
) -> Result<(), EditError> {
    let unknown = |system: &System| EditError::unknown(target.path, "call", target.element, names(system));
    let (Some([caller, callee]), Some(_)) = (ends(target.element), look(system, target.element)) else {
        return Err(unknown(system));
    };
    let mut changed = system.clone();
    let service = changed.service_mut(caller.service());
    let operations = service.into_iter().flat_map(|service| &mut service.operations);
    let mut result = Ok(());
    for operation in operations.filter(|operation| operation.name == caller.operation()) {
        operation.for_each_activity_mut(&mut |activity| {
            for call in activity.calls.iter_mut().filter(|call| call.to == callee) {
                if result.is_ok() {
                    result = change(call);
                }
            }
        });
    }
    result?;
    *system = changed;
    Ok(())
}

/// Changes what the caller does; nobody waits for an asynchronous call.
fn change_policy(
    system: &mut System,
    target: &Target<'_>,
    value: &Value<'_>,
    set: fn(&mut Resilience, &Value<'_>) -> Result<(), EditError>,
) -> Result<(), EditError> {
    let so_far = look(system, target.element).and_then(|call| policy_of(system, call)).cloned();
    change(system, target, |call| {
        if call.kind == CallKind::Asynchronous {
            return Err(value.refuse("a synchronous call"));
        }
        let changed =
            policy::change(call.resilience.as_deref(), so_far.as_ref(), |policy| set(policy, value))?;
        call.resilience = changed.map(Box::new);
        Ok(())
    })
}

/// The call, if somebody waits for it.
fn waited<'a>(system: &'a System, element: &str) -> Option<&'a Call> {
    look(system, element).filter(|call| call.kind == CallKind::Synchronous)
}

/// Alphabetical.
pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        name: "calls",
        scope: Scope::Call,
        summary: "mean number of calls where they are made; a number, or a factor *2",
        kind: Kind::Number("times"),
        optional: false,
        topic: Topic::Work,
        read: |system, element| Some(look(system, element)?.mean.to_string()),
        apply: |system, target, value| {
            change(system, target, |call| {
                let mean = value.number(Some(call.mean), "a number, at least 0, or a factor such as *2")?;
                if mean < 0.0 {
                    return Err(value.refuse("at least 0"));
                }
                call.mean = mean;
                Ok(())
            })
        },
    },
    Setting {
        name: "latency",
        scope: Scope::Call,
        summary: "mean time on the network, both ways together; seconds, 5ms, or a factor *2. Keeps the shape",
        kind: Kind::Duration,
        optional: false,
        topic: Topic::Network,
        read: |system, element| Some(seconds(look(system, element)?.latency.mean())),
        apply: |system, target, value| {
            change(system, target, |call| {
                let mean = value.duration(call.latency.mean())?;
                call.latency = super::with_mean(&call.latency, mean);
                Ok(())
            })
        },
    },
    Setting {
        name: "retries",
        scope: Scope::Call,
        summary: "attempts after the first has failed, at the backoff that there is; a whole number",
        kind: Kind::Count,
        optional: false,
        topic: Topic::Resilience,
        read: |system, element| Some(policy::retries(policy_of(system, waited(system, element)?))),
        apply: |system, target, value| change_policy(system, target, value, policy::set_retries),
    },
    Setting {
        name: "timeout",
        scope: Scope::Call,
        summary: "time after which an attempt is given up; seconds, 120ms, a factor *1.2, or \"none\"",
        kind: Kind::Duration,
        optional: true,
        topic: Topic::Resilience,
        read: |system, element| Some(policy::timeout(policy_of(system, waited(system, element)?))),
        apply: |system, target, value| change_policy(system, target, value, policy::set_timeout),
    },
];
