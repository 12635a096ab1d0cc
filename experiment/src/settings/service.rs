//! Settings of services.

use tracecast_model::{
    Autoscaler, Cfs, Distribution, Hedging, LoadBalancing, Overflow, Reservation, Resilience, Service,
    StartUp, StartUpParts, System, WorkQueue,
};

use super::{Kind, Scope, Setting, Target, Topic, Value, lanes, none, or_none, policy, seconds};
use crate::EditError;

fn find<'a>(system: &'a mut System, target: &Target<'_>) -> Result<&'a mut Service, EditError> {
    let services: Vec<String> = system.services.iter().map(|service| service.name.clone()).collect();
    system
        .service_mut(target.element)
        .ok_or_else(|| EditError::unknown(target.path, "service", target.element, services))
}

/// A number of cores that may be absent.
fn cores(value: &Value<'_>, old: Option<f64>) -> Result<Option<f64>, EditError> {
    match value.text {
        "none" => Ok(None),
        _ => value.number(old, "a number > 0, a factor such as *2, or \"none\"").map(Some),
    }
}

/// A number of bytes that may be absent.
pub(super) fn bytes(value: &Value<'_>, old: Option<f64>) -> Result<Option<f64>, EditError> {
    match value.text {
        "none" => Ok(None),
        _ => value.number(old, "a number of bytes, a factor such as *2, or \"none\"").map(Some),
    }
}

/// Sets the mean of one part of a start-up whose other parts, if there are any, are known.
fn start_up_part(
    system: &mut System,
    target: &Target<'_>,
    value: &Value<'_>,
    part: fn(&mut StartUpParts) -> &mut Distribution,
) -> Result<(), EditError> {
    let service = find(system, target)?;
    let mut parts = match &service.start_up {
        StartUp::Parts(parts) => parts.clone(),
        StartUp::Whole(whole) if whole.is_zero() => StartUpParts::default(),
        StartUp::Whole(_) => return Err(value.refuse("a start_up in parts, not one as a whole")),
    };
    let part = part(&mut parts);
    let mean = value.duration(part.mean())?;
    if mean == part.mean() {
        return Ok(());
    }
    *part = if part.is_zero() { Distribution::deterministic(mean) } else { part.with_mean(mean) };
    service.start_up = StartUp::Parts(parts);
    Ok(())
}

/// Changes what callers of a service do.
fn change_policy(
    system: &mut System,
    target: &Target<'_>,
    change: impl FnOnce(&mut Resilience) -> Result<(), EditError>,
) -> Result<(), EditError> {
    let service = find(system, target)?;
    service.resilience = policy::change(service.resilience.as_ref(), None, change)?;
    Ok(())
}

/// The mean of one part of a start-up, where its parts are known.
fn start_up_part_of(service: &Service, part: fn(&StartUpParts) -> &Distribution) -> Option<String> {
    match &service.start_up {
        StartUp::Parts(parts) => Some(seconds(part(parts).mean())),
        StartUp::Whole(whole) if whole.is_zero() => Some(seconds(0.0)),
        StartUp::Whole(_) => None,
    }
}

/// The kind of a policy, as in files.
fn kind_of(policy: &Autoscaler) -> String {
    let file = serde_json::to_value(policy).unwrap_or_default();
    file["kind"].as_str().unwrap_or("autoscaler").to_owned()
}

/// The queue of a service whose messages are fetched.
fn work_queue<'a>(
    system: &'a mut System,
    target: &Target<'_>,
    value: &Value<'_>,
) -> Result<&'a mut WorkQueue, EditError> {
    let queue = find(system, target)?.work_queue.as_mut();
    queue.ok_or_else(|| value.refuse("a service with a work queue"))
}

/// What the file of such a setting would say.
pub(super) fn content(name: &str, system: &System, element: &str) -> Option<String> {
    match name {
        "autoscaler" => serde_json::to_string_pretty(system.service(element)?.autoscaler.as_ref()?).ok(),
        _ => None,
    }
}

/// Settings whose values are names of files.
pub(super) const IN_FILES: &[&str] = &["autoscaler"];

/// Alphabetical.
pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        name: "autoscaler",
        scope: Scope::Service,
        summary: "what changes the number of replicas; a JSON file as in models, or \"none\"",
        kind: Kind::File,
        optional: true,
        topic: Topic::Scaling,
        read: |system, element| {
            let service = system.service(element)?;
            let policy = service.autoscaler.as_ref();
            Some(policy.map_or_else(none, kind_of))
        },
        apply: |system, target, value| {
            let service = find(system, target)?;
            service.autoscaler = if value.text == "none" { None } else { Some(value.in_file()?) };
            Ok(())
        },
    },
    Setting {
        name: "cfs_period",
        scope: Scope::Service,
        summary: "length of the periods in which the kernel holds it to its CPU limit; 100ms, a factor *2, or \"none\"",
        kind: Kind::Duration,
        optional: true,
        topic: Topic::Container,
        read: |system, element| {
            let service = system.service(element)?;
            Some(service.cfs.map_or_else(none, |cfs| seconds(cfs.period)))
        },
        apply: |system, target, value| {
            let service = find(system, target)?;
            service.cfs = match value.text {
                "none" => None,
                _ => {
                    let old = service.cfs.unwrap_or_default();
                    Some(Cfs { period: value.duration(old.period)?, ..old })
                }
            };
            Ok(())
        },
    },
    Setting {
        name: "cfs_slice",
        scope: Scope::Service,
        summary: "processor time that a core gets at once of the quota of a cfs_period (100ms where none is set); 5ms, a factor *2, or \"none\"",
        kind: Kind::Duration,
        optional: true,
        topic: Topic::Container,
        read: |system, element| {
            let slice = system.service(element)?.cfs.and_then(|cfs| cfs.slice);
            Some(slice.map_or_else(none, seconds))
        },
        apply: |system, target, value| {
            let service = find(system, target)?;
            let old = service.cfs.unwrap_or_default();
            match value.text {
                "none" => service.cfs = service.cfs.map(|cfs| Cfs { slice: None, ..cfs }),
                _ => service.cfs = Some(Cfs { slice: Some(value.duration(old.slice)?), ..old }),
            }
            Ok(())
        },
    },
    Setting {
        name: "concurrency",
        scope: Scope::Service,
        summary: "threads in each replica; a whole number or \"infinite\"",
        kind: Kind::CountOrInfinite,
        optional: false,
        topic: Topic::Scaling,
        read: |system, element| {
            let service = system.service(element)?;
            Some(service.concurrency.to_string())
        },
        apply: |system, target, value| {
            find(system, target)?.concurrency = value.parse()?;
            Ok(())
        },
    },
    Setting {
        name: "container_start",
        scope: Scope::Service,
        summary: "mean time until the container of a replica runs, a part of the start-up; seconds, 5s, or a factor *2",
        kind: Kind::Duration,
        optional: false,
        topic: Topic::StartUp,
        read: |system, element| {
            let service = system.service(element)?;
            start_up_part_of(service, |parts| &parts.container_start)
        },
        apply: |system, target, value| {
            start_up_part(system, target, value, |parts| &mut parts.container_start)
        },
    },
    Setting {
        name: "cpu_limit",
        scope: Scope::Service,
        summary: "most processor time a replica gets, in cores; a number > 0, a factor *2, or \"none\"",
        kind: Kind::Number("cores"),
        optional: true,
        topic: Topic::Scaling,
        read: |system, element| {
            let service = system.service(element)?;
            Some(or_none(service.cpu_limit))
        },
        apply: |system, target, value| {
            let service = find(system, target)?;
            service.cpu_limit = cores(value, service.cpu_limit)?;
            Ok(())
        },
    },
    Setting {
        name: "cpu_request",
        scope: Scope::Service,
        summary: "processor time set aside for a replica, in cores; a number > 0, a factor *2, or \"none\"",
        kind: Kind::Number("cores"),
        optional: true,
        topic: Topic::Container,
        read: |system, element| {
            let service = system.service(element)?;
            Some(or_none(service.cpu_request))
        },
        apply: |system, target, value| {
            let service = find(system, target)?;
            service.cpu_request = cores(value, service.cpu_request)?;
            Ok(())
        },
    },
    Setting {
        name: "demand",
        scope: Scope::Service,
        summary: "processor time of all its operations; a factor *1.2",
        kind: Kind::Factor,
        optional: false,
        topic: Topic::Work,
        read: |system, element| {
            let service = system.service(element)?;
            (!service.operations.is_empty()).then(|| "*1".into())
        },
        apply: |system, target, value| {
            let service = find(system, target)?;
            let factor = value.text.strip_prefix('*').and_then(|text| text.trim().parse::<f64>().ok());
            let Some(factor) = factor.filter(|factor| factor.is_finite() && *factor >= 0.0) else {
                return Err(
                    value.refuse("a factor such as *1.2; for one operation use service/operation.demand")
                );
            };
            for operation in &mut service.operations {
                operation.for_each_activity_mut(&mut |activity| {
                    activity.demand = activity.demand.scaled(factor);
                });
            }
            Ok(())
        },
    },
    Setting {
        name: "host",
        scope: Scope::Service,
        summary: "name of the host it runs on",
        kind: Kind::Host,
        optional: false,
        topic: Topic::Container,
        read: |system, element| {
            let service = system.service(element)?;
            Some(service.host.clone())
        },
        apply: |system, target, value| {
            if !system.hosts.iter().any(|host| host.name == value.text) {
                let hosts = system.hosts.iter().map(|host| host.name.clone()).collect::<Vec<_>>();
                return Err(EditError::unknown(target.path, "host", value.text, hosts));
            }
            find(system, target)?.host = value.text.to_string();
            Ok(())
        },
    },
    Setting {
        name: "image_pull",
        scope: Scope::Service,
        summary: "mean time until the image of a replica is there, a part of the start-up; seconds, 5s, or a factor *2",
        kind: Kind::Duration,
        optional: false,
        topic: Topic::StartUp,
        read: |system, element| {
            let service = system.service(element)?;
            start_up_part_of(service, |parts| &parts.image_pull)
        },
        apply: |system, target, value| start_up_part(system, target, value, |parts| &mut parts.image_pull),
    },
    Setting {
        name: "lanes",
        scope: Scope::Service,
        summary: "the broker's queues that it fetches from, with their operations and weights: \"urgent: crop *3; rest: a, b\", or \"none\"",
        kind: Kind::Text,
        optional: true,
        topic: Topic::Work,
        read: |system, element| {
            let queue = system.service(element)?.work_queue.as_ref()?;
            if queue.lanes.is_empty() { Some(none()) } else { lanes::text(&queue.lanes) }
        },
        apply: |system, target, value| {
            let queue = work_queue(system, target, value)?;
            queue.lanes = if value.text == "none" { Vec::new() } else { lanes::parse(value)? };
            Ok(())
        },
    },
    Setting {
        name: "load_balancing",
        scope: Scope::Service,
        summary: "how requests are spread over replicas: round_robin, random, least_requests or power_of_two_choices",
        kind: Kind::Choice(|| LoadBalancing::ALL.map(LoadBalancing::name).to_vec()),
        optional: false,
        topic: Topic::Scaling,
        read: |system, element| {
            let service = system.service(element)?;
            Some(service.load_balancing.name().into())
        },
        apply: |system, target, value| {
            find(system, target)?.load_balancing = value.choice(&LoadBalancing::ALL, LoadBalancing::name)?;
            Ok(())
        },
    },
    Setting {
        name: "memory_limit",
        scope: Scope::Service,
        summary: "memory beyond which a replica is killed, of a service with memory; bytes such as 2e9, or a factor *2",
        kind: Kind::Number("B"),
        optional: false,
        topic: Topic::Container,
        read: |system, element| {
            let service = system.service(element)?;
            Some(service.memory.as_ref()?.limit.to_string())
        },
        apply: |system, target, value| {
            let memory = find(system, target)?.memory.as_mut();
            let memory =
                memory.ok_or_else(|| value.refuse("a service that says what its requests take (memory)"))?;
            memory.limit = value.number(Some(memory.limit), "a number of bytes, or a factor such as *2")?;
            Ok(())
        },
    },
    Setting {
        name: "memory_request",
        scope: Scope::Service,
        summary: "memory set aside for a replica, in bytes; a number such as 2e9, a factor *2, or \"none\"",
        kind: Kind::Number("B"),
        optional: true,
        topic: Topic::Container,
        read: |system, element| {
            let service = system.service(element)?;
            Some(or_none(service.memory_request))
        },
        apply: |system, target, value| {
            let service = find(system, target)?;
            service.memory_request = bytes(value, service.memory_request)?;
            Ok(())
        },
    },
    Setting {
        name: "overflow",
        scope: Scope::Service,
        summary: "what becomes of messages where no more may wait: reject or drop_head",
        kind: Kind::Choice(|| Overflow::ALL.map(Overflow::name).to_vec()),
        optional: false,
        topic: Topic::Resilience,
        read: |system, element| {
            let queue = system.service(element)?.work_queue.as_ref()?;
            Some(queue.overflow.name().into())
        },
        apply: |system, target, value| {
            let queue = work_queue(system, target, value)?;
            queue.overflow = value.choice(&Overflow::ALL, Overflow::name)?;
            Ok(())
        },
    },
    Setting {
        name: "prefetch",
        scope: Scope::Service,
        summary: "messages that a replica may hold at once; a whole number, \"infinite\", or \"none\": as many as it has threads",
        kind: Kind::CountOrInfinite,
        optional: true,
        topic: Topic::Scaling,
        read: |system, element| {
            let queue = system.service(element)?.work_queue.as_ref()?;
            Some(queue.prefetch.map_or_else(none, |prefetch| prefetch.to_string()))
        },
        apply: |system, target, value| {
            let queue = work_queue(system, target, value)?;
            queue.prefetch = if value.text == "none" { None } else { Some(value.parse()?) };
            Ok(())
        },
    },
    Setting {
        name: "price",
        scope: Scope::Service,
        summary: "what a replica costs per hour; a number, at least 0, a factor *2, or \"none\"",
        kind: Kind::Number("per hour"),
        optional: true,
        topic: Topic::Scaling,
        read: |system, element| {
            let service = system.service(element)?;
            Some(or_none(service.price))
        },
        apply: |system, target, value| {
            let service = find(system, target)?;
            service.price = match value.text {
                "none" => None,
                _ => Some(value.number(service.price, "a number, at least 0, or \"none\"")?),
            };
            Ok(())
        },
    },
    Setting {
        name: "readiness_delay",
        scope: Scope::Service,
        summary: "mean time until a replica is found ready, a part of the start-up; seconds, 5s, or a factor *2",
        kind: Kind::Duration,
        optional: false,
        topic: Topic::StartUp,
        read: |system, element| {
            let service = system.service(element)?;
            start_up_part_of(service, |parts| &parts.readiness_delay)
        },
        apply: |system, target, value| {
            start_up_part(system, target, value, |parts| &mut parts.readiness_delay)
        },
    },
    Setting {
        name: "replicas",
        scope: Scope::Service,
        summary: "copies, each with threads of its own; a whole number, at least 1 (0 only with an autoscaler)",
        kind: Kind::Count,
        optional: false,
        topic: Topic::Scaling,
        read: |system, element| {
            let service = system.service(element)?;
            Some(service.replicas.to_string())
        },
        apply: |system, target, value| {
            let service = find(system, target)?;
            service.replicas = match value.text {
                "0" if service.autoscaler.is_some() => 0,
                "0" => return Err(value.refuse("at least 1; 0 only with an autoscaler")),
                _ => value.count()?,
            };
            Ok(())
        },
    },
    Setting {
        name: "reservation",
        scope: Scope::Service,
        summary: "time for which a message belongs to who fetched it; 30min, a factor *2, or \"none\"",
        kind: Kind::Duration,
        optional: true,
        topic: Topic::Resilience,
        read: |system, element| {
            let service = system.service(element)?;
            let queue = service.work_queue.as_ref()?;
            Some(queue.reservation.map_or_else(none, |held| seconds(held.timeout)))
        },
        apply: |system, target, value| {
            let queue = work_queue(system, target, value)?;
            queue.reservation = match value.text {
                "none" => None,
                _ => {
                    let old = queue.reservation.unwrap_or_default();
                    Some(Reservation { timeout: value.duration(old.timeout)?, ..old })
                }
            };
            Ok(())
        },
    },
    Setting {
        name: "retries",
        scope: Scope::Service,
        summary: "attempts of its callers after the first has failed, at the backoff that there is; a whole number",
        kind: Kind::Count,
        optional: false,
        topic: Topic::Resilience,
        read: |system, element| Some(policy::retries(system.service(element)?.resilience.as_ref())),
        apply: |system, target, value| {
            change_policy(system, target, |policy| policy::set_retries(policy, value))
        },
    },
    Setting {
        name: "hedge_after",
        scope: Scope::Service,
        summary: "time after which its callers ask again while there is no answer; seconds, 50ms, a factor *1.2, or \"none\"",
        kind: Kind::Duration,
        optional: true,
        topic: Topic::Resilience,
        read: |system, element| {
            let service = system.service(element)?;
            let hedging = service.resilience.as_ref().and_then(|policy| policy.hedging);
            Some(hedging.map_or_else(none, |hedging| seconds(hedging.delay)))
        },
        apply: |system, target, value| {
            change_policy(system, target, |policy| {
                policy.hedging = match value.text {
                    "none" => None,
                    _ => {
                        let delay = value.duration(policy.hedging.map(|hedging| hedging.delay))?;
                        Some(Hedging { delay, ..policy.hedging.unwrap_or(Hedging::after(delay)) })
                    }
                };
                Ok(())
            })
        },
    },
    Setting {
        name: "start_up",
        scope: Scope::Service,
        summary: "mean time from asking for a replica until it takes requests, all parts of it; seconds, 5s, or a factor *2",
        kind: Kind::Duration,
        optional: false,
        topic: Topic::StartUp,
        read: |system, element| {
            let service = system.service(element)?;
            Some(seconds(service.start_up.mean()))
        },
        apply: |system, target, value| {
            let service = find(system, target)?;
            let mean = value.duration(service.start_up.mean())?;
            if mean != service.start_up.mean() {
                service.start_up = service.start_up.with_mean(mean);
            }
            Ok(())
        },
    },
    Setting {
        name: "timeout",
        scope: Scope::Service,
        summary: "time after which its callers give an attempt up; seconds, 120ms, a factor *1.2, or \"none\"",
        kind: Kind::Duration,
        optional: true,
        topic: Topic::Resilience,
        read: |system, element| Some(policy::timeout(system.service(element)?.resilience.as_ref())),
        apply: |system, target, value| {
            change_policy(system, target, |policy| policy::set_timeout(policy, value))
        },
    },
    Setting {
        name: "warm_up_factor",
        scope: Scope::Service,
        summary: "how many times as long work takes at first on a replica that has just started; at least 1, or a factor *2",
        kind: Kind::Number("times"),
        optional: false,
        topic: Topic::StartUp,
        read: |system, element| {
            let service = system.service(element)?;
            Some(service.warm_up.as_ref()?.factor.to_string())
        },
        apply: |system, target, value| {
            let service = find(system, target)?;
            let Some(warm_up) = &mut service.warm_up else {
                return Err(value.refuse("a service with a warm_up, which tells over what it falls"));
            };
            warm_up.factor = value.number(Some(warm_up.factor), "a number, at least 1")?;
            Ok(())
        },
    },
];
