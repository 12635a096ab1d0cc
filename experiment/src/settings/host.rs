//! Settings of hosts.

use tracecast_model::{Host, Placement, Scheduling, System};

use super::service::bytes;
use super::{Kind, Scope, Setting, Target, Topic, or_none};
use crate::EditError;

fn find<'a>(system: &'a mut System, target: &Target<'_>) -> Result<&'a mut Host, EditError> {
    let unknown = || EditError::unknown(target.path, "host", target.element, []);
    system.hosts.iter_mut().find(|host| host.name == target.element).ok_or_else(unknown)
}

fn look<'a>(system: &'a System, element: &str) -> Option<&'a Host> {
    system.hosts.iter().find(|host| host.name == element)
}

/// Alphabetical.
pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        name: "cores",
        scope: Scope::Host,
        summary: "cores; a whole number or \"infinite\"",
        kind: Kind::CountOrInfinite,
        optional: false,
        topic: Topic::Host,
        read: |system, element| Some(look(system, element)?.cores.to_string()),
        apply: |system, target, value| {
            find(system, target)?.cores = value.parse()?;
            Ok(())
        },
    },
    Setting {
        name: "host_memory",
        scope: Scope::Host,
        summary: "memory of a machine, in bytes; a number such as 16e9, a factor *2, or \"none\"",
        kind: Kind::Number("B"),
        optional: true,
        topic: Topic::Host,
        read: |system, element| Some(or_none(look(system, element)?.memory)),
        apply: |system, target, value| {
            let host = find(system, target)?;
            host.memory = bytes(value, host.memory)?;
            Ok(())
        },
    },
    Setting {
        name: "host_scheduling",
        scope: Scope::Host,
        summary: "how the cores are shared: fcfs or ps",
        kind: Kind::Choice(|| Scheduling::ALL.map(Scheduling::name).to_vec()),
        optional: false,
        topic: Topic::Host,
        read: |system, element| Some(look(system, element)?.scheduling.name().into()),
        apply: |system, target, value| {
            find(system, target)?.scheduling = value.choice(&Scheduling::ALL, Scheduling::name)?;
            Ok(())
        },
    },
    Setting {
        name: "machines",
        scope: Scope::Host,
        summary: "machines of its kind (replicas of a host); a whole number from 1",
        kind: Kind::Count,
        optional: false,
        topic: Topic::Host,
        read: |system, element| Some(look(system, element)?.replicas.to_string()),
        apply: |system, target, value| {
            find(system, target)?.replicas = match value.text {
                "0" => return Err(value.refuse("at least 1")),
                _ => value.count()?,
            };
            Ok(())
        },
    },
    Setting {
        name: "placement",
        scope: Scope::Host,
        summary: "which of its machines a replica runs on: by_number, spread, least_allocated or most_allocated",
        kind: Kind::Choice(|| Placement::ALL.map(Placement::name).to_vec()),
        optional: false,
        topic: Topic::Host,
        read: |system, element| Some(look(system, element)?.placement.name().into()),
        apply: |system, target, value| {
            find(system, target)?.placement = value.choice(&Placement::ALL, Placement::name)?;
            Ok(())
        },
    },
    Setting {
        name: "speed",
        scope: Scope::Host,
        summary: "speed of a core relative to where demands were measured; a number > 0 or a factor *1.5",
        kind: Kind::Number("times"),
        optional: false,
        topic: Topic::Host,
        read: |system, element| Some(look(system, element)?.speed.to_string()),
        apply: |system, target, value| {
            let host = find(system, target)?;
            host.speed = value.number(Some(host.speed), "a number > 0 or a factor such as *1.5")?;
            Ok(())
        },
    },
];
