//! Settings of operations.

use tracecast_model::{Activity, Distribution, Element, Operation, System};

use super::{Kind, Scope, Setting, Target, Topic, family, seconds};
use crate::EditError;

fn find<'a>(system: &'a mut System, target: &Target<'_>) -> Result<&'a mut Operation, EditError> {
    let (service_name, operation_name) = target.element.split_once('/').unwrap_or((target.element, ""));
    let services: Vec<String> = system.services.iter().map(|service| service.name.clone()).collect();
    let service = system
        .service_mut(service_name)
        .ok_or_else(|| EditError::unknown(target.path, "service", service_name, services))?;
    let operations: Vec<String> = service.operations.iter().map(|operation| operation.name.clone()).collect();
    service
        .operations
        .iter_mut()
        .find(|operation| operation.name == operation_name)
        .ok_or_else(|| EditError::unknown(target.path, "operation", target.element, operations))
}

fn look<'a>(system: &'a System, element: &str) -> Option<&'a Operation> {
    let (service, name) = element.split_once('/')?;
    system.service(service)?.operations.iter().find(|operation| operation.name == name)
}

/// Mean over all activities, each as often as one request reaches it (s).
fn total(operation: &Operation, part: fn(&Activity) -> &Distribution) -> f64 {
    let mut total = 0.0;
    operation.walk(&mut |element, times| {
        if let Element::Activity(activity) = element {
            total += times * part(activity).mean();
        }
    });
    total
}

/// Mean of the squared coefficients of variation of its activities' work, each by its part of the work; none without work.
fn scv(operation: &Operation) -> Option<f64> {
    let (mut work, mut sum) = (0.0, 0.0);
    operation.walk(&mut |element, times| {
        if let Element::Activity(activity) = element {
            let part = times * activity.demand.mean();
            work += part;
            sum += part * activity.demand.scv();
        }
    });
    (work > 0.0).then(|| sum / work)
}

/// The family of its activities' work, where they have the same; none without work.
fn family_of(operation: &Operation) -> Option<&'static str> {
    let mut found = None;
    operation.walk(&mut |element, _| {
        if let Element::Activity(activity) = element
            && !activity.demand.is_zero()
        {
            let own = family::name(&activity.demand);
            found = Some(if found.is_none_or(|other| other == own) { own } else { SEVERAL });
        }
    });
    found
}

/// In place of a family where activities have different ones.
const SEVERAL: &str = "several";

/// Sets the mean of one request, `old` until now, and keeps the proportions and shapes of its activities. Where there is
/// nothing yet to keep proportions of, the first activity that requests reach gets it all.
fn set_total(operation: &mut Operation, old: f64, mean: f64, part: fn(&mut Activity) -> &mut Distribution) {
    if mean == old {
        return;
    }
    if old > 0.0 {
        operation.for_each_activity_mut(&mut |activity| {
            let distribution = part(activity);
            *distribution = distribution.scaled(mean / old);
        });
        return;
    }
    let mut times = Vec::new();
    operation.walk(&mut |element, of_it| {
        if let Element::Activity(_) = element {
            times.push(of_it);
        }
    });
    let first = times.iter().position(|&times| times > 0.0).unwrap_or_else(|| {
        *operation = operation.clone().with_activity(Activity::default());
        times.push(1.0);
        times.len() - 1
    });
    let mut number = 0;
    operation.for_each_activity_mut(&mut |activity| {
        if number == first {
            let distribution = part(activity);
            *distribution = distribution.with_mean(mean / times[first]);
        }
        number += 1;
    });
}

/// Alphabetical.
pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        name: "delay",
        scope: Scope::Operation,
        summary: "mean time of a request without using the host, over all activities; seconds, 120ms, or a factor *1.2",
        kind: Kind::Duration,
        optional: false,
        topic: Topic::Work,
        read: |system, element| Some(seconds(total(look(system, element)?, |activity| &activity.delay))),
        apply: |system, target, value| {
            let operation = find(system, target)?;
            let old = total(operation, |activity| &activity.delay);
            let mean = value.duration(old)?;
            set_total(operation, old, mean, |activity| &mut activity.delay);
            Ok(())
        },
    },
    Setting {
        name: "demand",
        scope: Scope::Operation,
        summary: "mean processor time of a request, over all activities; seconds, 120ms, or a factor *1.2. Keeps the shape",
        kind: Kind::Duration,
        optional: false,
        topic: Topic::Work,
        read: |system, element| Some(seconds(look(system, element)?.demand())),
        apply: |system, target, value| {
            let operation = find(system, target)?;
            let old = operation.demand();
            let mean = value.duration(old)?;
            set_total(operation, old, mean, |activity| &mut activity.demand);
            Ok(())
        },
    },
    Setting {
        name: "demand_family",
        scope: Scope::Operation,
        summary: "shape of the distribution of its processor time, of each activity. Keeps the mean, and the SCV where the family can have it",
        kind: Kind::Choice(|| family::NAMES.to_vec()),
        optional: false,
        topic: Topic::Work,
        read: |system, element| Some(family_of(look(system, element)?)?.into()),
        apply: |system, target, value| {
            let operation = find(system, target)?;
            let old =
                family_of(operation).ok_or_else(|| value.refuse("an operation that takes processor time"))?;
            if value.text == old {
                return Ok(());
            }
            if !family::NAMES.contains(&value.text) {
                return Err(value.refuse(&format!("one of {}", family::NAMES.join(", "))));
            }
            operation.for_each_activity_mut(&mut |activity| {
                let demand = &mut activity.demand;
                if !demand.is_zero()
                    && let Some(made) = family::of(value.text, demand.mean(), demand.scv())
                {
                    *demand = made;
                }
            });
            Ok(())
        },
    },
    Setting {
        name: "demand_scv",
        scope: Scope::Operation,
        summary: "how its processor time varies: variance / mean², of each activity; 0 is constant, 1 exponential. Keeps the mean, and the family where that can have it",
        kind: Kind::Number(""),
        optional: false,
        topic: Topic::Work,
        read: |system, element| Some(scv(look(system, element)?)?.to_string()),
        apply: |system, target, value| {
            let operation = find(system, target)?;
            let old = scv(operation).ok_or_else(|| value.refuse("an operation that takes processor time"))?;
            let new = value.number(Some(old), "a number, at least 0, or a factor such as *2")?;
            if new < 0.0 {
                return Err(value.refuse("at least 0"));
            }
            if new != old {
                operation.for_each_activity_mut(&mut |activity| {
                    // Mean and SCV are in their ranges.
                    if let Some(demand) = family::with_scv(&activity.demand, new) {
                        activity.demand = demand;
                    }
                });
            }
            Ok(())
        },
    },
    Setting {
        name: "error_rate",
        scope: Scope::Operation,
        summary: "share of its replies that are errors; 0 to 1, 5%, or a factor *2",
        kind: Kind::Share,
        optional: false,
        topic: Topic::Resilience,
        read: |system, element| Some(look(system, element)?.error_rate.to_string()),
        apply: |system, target, value| {
            let operation = find(system, target)?;
            operation.error_rate = value.share(operation.error_rate)?;
            Ok(())
        },
    },
];
