//! Things that go wrong.

use super::{Findings, Names};
use crate::{Code, FaultEffect, System};

pub(super) fn check(system: &System, names: &Names<'_>, found: &mut Findings) {
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
                if let Some(replica) = replica {
                    let most = service.most_replicas();
                    let expected = format!("less than the {most} replicas that there can be");
                    found.range(&element, "replica", f64::from(*replica), *replica < most, &expected);
                }
            }
            FaultEffect::Errors { rate, .. } => {
                found.range(&element, "rate", *rate, (0.0..=1.0).contains(rate), "in [0, 1]");
            }
            FaultEffect::Crash { replicas, .. } => {
                if let Some(replicas) = replicas {
                    found.range(&element, "replicas", f64::from(*replicas), *replicas > 0, "at least 1");
                }
                if service.lock.is_some() || service.polling.is_some() {
                    let message =
                        "a lock, or a thread that goes round, cannot crash: nothing tells who has what then";
                    found.error(Code::FaultTarget, &element, message);
                }
            }
        }
    }
}
