//! Settings of operations.

use tracecast_model::{Activity, Distribution, Operation, System};

use super::{Kind, Scope, Setting, Target, Topic, seconds};
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

/// Sets the total mean over all activities and keeps their proportions and shapes. Where there is nothing yet to keep
/// proportions of, the first activity gets it all.
fn set_total(operation: &mut Operation, mean: f64, part: fn(&mut Activity) -> &mut Distribution) {
    let mut total = 0.0;
    operation.for_each_activity_mut(&mut |activity| total += part(activity).mean());
    if mean == total {
        return;
    }
    let mut first = true;
    if operation.activities().is_empty() {
        *operation = operation.clone().with_activity(Activity::default());
    }
    operation.for_each_activity_mut(&mut |activity| {
        let distribution = part(activity);
        if total > 0.0 {
            *distribution = distribution.scaled(mean / total);
        } else if first {
            *distribution = distribution.with_mean(mean);
        }
        first = false;
    });
}

/// Alphabetical.
pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        name: "delay",
        scope: Scope::Operation,
        summary: "mean time without using the host, over all activities; seconds, 120ms, or a factor *1.2",
        kind: Kind::Duration,
        optional: false,
        topic: Topic::Work,
        read: |system, element| {
            let parts = look(system, element)?.activities();
            Some(seconds(parts.iter().map(|activity| activity.delay.mean()).sum()))
        },
        apply: |system, target, value| {
            let operation = find(system, target)?;
            let old: f64 = operation.activities().iter().map(|activity| activity.delay.mean()).sum();
            let mean = value.duration(old)?;
            set_total(operation, mean, |activity| &mut activity.delay);
            Ok(())
        },
    },
    Setting {
        name: "demand",
        scope: Scope::Operation,
        summary: "mean processor time, over all activities; seconds, 120ms, or a factor *1.2. Keeps the shape",
        kind: Kind::Duration,
        optional: false,
        topic: Topic::Work,
        read: |system, element| Some(seconds(look(system, element)?.demand())),
        apply: |system, target, value| {
            let operation = find(system, target)?;
            let mean = value.duration(operation.demand())?;
            set_total(operation, mean, |activity| &mut activity.demand);
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
