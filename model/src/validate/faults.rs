//! Things that go wrong.

use super::{Findings, Names};
use crate::{Code, FaultEffect, Service, System};

pub(super) fn check(system: &System, names: &Names<'_>, found: &mut Findings) {
    system.services.iter().for_each(|service| breakdowns(service, found));
    for (number, fault) in system.faults.iter().enumerate() {
        let element = format!("fault {}", number + 1);
        found.range(
            &element,
            "at",
            fault.at,
            fault.at >= 0.0 && fault.at.is_finite(),
            "finite and not negative",
        );
        let allowed = fault.duration > 0.0 && fault.duration.is_finite();
        found.range(&element, "duration", fault.duration, allowed, "positive and finite");
        let Some(service) = names.services.get(fault.effect.service()) else {
            let message = format!("there is no service \"{}\"", fault.effect.service());
            found.error(Code::UnknownName, &element, message);
            continue;
        };
        match &fault.effect {
            FaultEffect::Slow { factor, replica, .. } => {
                found.range(
                    &element,
                    "factor",
                    *factor,
                    *factor > 0.0 && factor.is_finite(),
                    "positive and finite",
                );
                one_replica(*replica, service, &element, found);
            }
            FaultEffect::Errors { rate, replica, .. } => {
                found.range(&element, "rate", *rate, (0.0..=1.0).contains(rate), "in [0, 1]");
                one_replica(*replica, service, &element, found);
            }
            FaultEffect::Network { from, delay, loss, .. } => {
                let allowed = *delay >= 0.0 && delay.is_finite();
                found.range(&element, "delay", *delay, allowed, "finite and not negative");
                found.range(&element, "loss", *loss, (0.0..1.0).contains(loss), "in [0, 1)");
                if let Some(from) = from.as_ref().filter(|from| !names.services.contains_key(from.as_str())) {
                    found.error(Code::UnknownName, &element, format!("there is no service \"{from}\""));
                }
            }
            FaultEffect::Crash { replicas, .. } => {
                if let Some(replicas) = replicas {
                    found.range(&element, "replicas", f64::from(*replicas), *replicas > 0, "at least 1");
                }
                can_crash(service, &element, found);
            }
        }
    }
}

fn one_replica(replica: Option<u32>, service: &Service, element: &str, found: &mut Findings) {
    let Some(replica) = replica else { return };
    let most = service.most_replicas();
    let expected = format!("less than the {most} replicas that there can be");
    found.range(element, "replica", f64::from(replica), replica < most, &expected);
}

fn can_crash(service: &Service, element: &str, found: &mut Findings) {
    if service.lock.is_some() || service.polling.is_some() {
        let message = "a lock, or a thread that goes round, cannot crash: nothing tells who has what then";
        found.error(Code::FaultTarget, element, message);
    }
}

/// Those of replicas by themselves, and those by force.
fn breakdowns(service: &Service, found: &mut Findings) {
    let element = format!("service \"{}\"", service.name);
    if let Some(grace) = service.grace_period {
        let allowed = grace >= 0.0 && grace.is_finite();
        found.range(&element, "grace_period", grace, allowed, "finite and not negative");
    }
    let Some(breakdowns) = &service.breakdowns else { return };
    let mean = breakdowns.time_to_failure.mean();
    found.range(&element, "breakdowns.time_to_failure", mean, mean > 0.0, "positive");
    can_crash(service, &element, found);
}
