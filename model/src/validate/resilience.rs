//! What callers do about replies that do not come.

use super::Findings;
use crate::resilience::Ranges;
use crate::{CallKind, Code, OnFailure, Resilience, System};

pub(super) fn check(system: &System, found: &mut Findings) {
    for service in &system.services {
        let element = format!("service \"{}\"", service.name);
        service.resilience.iter().for_each(|policy| resilience(policy, &element, found));
        if let Some(limit) = &service.rate_limit {
            ranges("rate_limit: ", |ranges| limit.check(ranges), &element, found);
        }
        if let Some(shedding) = &service.shedding {
            ranges("shedding: ", |ranges| shedding.check(ranges), &element, found);
        }
        let is_balanced = service.work_queue.is_none() && service.lock.is_none() && service.polling.is_none();
        if let Some(limit) = &service.admission_limit {
            ranges("admission_limit: ", |ranges| limit.check(ranges), &element, found);
            if !is_balanced {
                let message = "admission_limit needs replicas that requests are sent to, which a work queue, a lock and polling do not \
                               have";
                found.error(Code::UnusedResilience, &element, message);
            }
        }
        if let Some(detection) = &service.outlier_detection {
            ranges("outlier_detection: ", |ranges| detection.check(ranges), &element, found);
            if !is_balanced {
                let message = "outlier_detection needs a load balancer, which a work queue, a lock and polling do not have";
                found.error(Code::UnusedResilience, &element, message);
            } else if service.most_replicas() < 2 {
                let message = "outlier_detection needs more than one replica";
                found.error(Code::UnusedResilience, &element, message);
            }
        }
        if service.lock.is_some() && (service.rate_limit.is_some() || service.shedding.is_some()) {
            let message = "a lock turns nobody away: it has no rate_limit and no shedding";
            found.error(Code::UnusedResilience, &element, message);
        }
    }
    for (name, operation) in system.operations() {
        let element = format!("operation \"{name}\"");
        let allowed = (0.0..=1.0).contains(&operation.error_rate);
        found.range(&element, "error_rate", operation.error_rate, allowed, "in [0, 1]");
        for call in operation.activities().into_iter().flat_map(|activity| &activity.calls) {
            let Some(policy) = &call.resilience else { continue };
            resilience(policy, &element, found);
            if call.kind == CallKind::Asynchronous {
                let message = format!(
                    "the call to \"{}\" has a resilience, but nobody waits for an asynchronous call",
                    call.to
                );
                found.error(Code::UnusedResilience, &element, message);
            }
        }
    }
    for workload in &system.workloads {
        let element = format!("workload \"{}\"", workload.name);
        let Some(policy) = &workload.resilience else { continue };
        resilience(policy, &element, found);
        if policy.on_failure != OnFailure::Fail {
            let message = "whoever sends requests has nothing to go on with: a request fails, or it does not";
            found.error(Code::UnusedResilience, &element, message);
        }
    }
}

fn resilience(policy: &Resilience, element: &str, found: &mut Findings) {
    if let Some(timeout) = policy.timeout {
        let allowed = timeout > 0.0 && timeout.is_finite();
        found.range(element, "timeout", timeout, allowed, "positive and finite");
    }
    if let Some(retry) = &policy.retry {
        ranges("", |ranges| retry.check(ranges), element, found);
    }
    if let Some(hedging) = &policy.hedging {
        ranges("hedging: ", |ranges| hedging.check(ranges), element, found);
        if policy.retry.is_some() {
            let message = "hedging takes the place of a retry: a call has one of the two";
            found.error(Code::UnusedResilience, element, message);
        }
        if policy.circuit_breaker.is_some() {
            let message = "hedging with a circuit_breaker: attempts that are given up since another was faster tell it nothing";
            found.error(Code::UnusedResilience, element, message);
        }
    }
    if let Some(breaker) = &policy.circuit_breaker {
        ranges("circuit_breaker: ", |ranges| breaker.check(ranges), element, found);
    }
    if let Some(limit) = &policy.rate_limit {
        ranges("rate_limit: ", |ranges| limit.check(ranges), element, found);
    }
    if let Some(limit) = &policy.concurrency_limit {
        ranges("concurrency_limit: ", |ranges| limit.check(ranges), element, found);
    }
}

/// Tells which settings are out of range; `policy` stands in front of their names.
pub(super) fn ranges(policy: &str, check: impl Fn(&mut Ranges), element: &str, found: &mut Findings) {
    let mut ranges = Ranges::default();
    check(&mut ranges);
    for (field, value, expected) in ranges.into_vec() {
        found.range(element, &format!("{policy}{field}"), value, false, expected);
    }
}
