//! Services that call each other in a circle.

use std::collections::BTreeMap;

use tracecast_model::{Activity, CallKind, Distribution, OperationRef, Step, System, visits};

use super::build::Findings;
use super::sketch::Sketch;
use crate::ImportReport;

/// Replaces calls by delays of the callee's response time until no services call each other synchronously in a
/// circle, which the model cannot represent; the rarest calls first.
pub(super) fn break_cycles(system: &mut System, findings: &Findings, report: &mut ImportReport) {
    while let Some((from, to)) = rarest_on_cycle(system) {
        report.warn("call-cycle", || {
            format!("{from} and {to} call each other; the calls of {from} to {to} are modeled as a delay")
        });
        let response = |callee: &OperationRef| {
            let callee = findings.operations.find(callee.service(), callee.operation());
            callee.map_or_else(Sketch::default, |callee| findings.timing.response(callee)).distribution()
        };
        if let Some(service) = system.service_mut(&from) {
            for operation in &mut service.operations {
                replace(&mut operation.steps, &to, &response);
            }
        }
    }
}

/// Of the calls between services on one cycle, the pair with the fewest per request of their callers.
fn rarest_on_cycle(system: &System) -> Option<(String, String)> {
    let cycle = visits::synchronous_cycle(system)?;
    let mut pairs: BTreeMap<(&str, &str), f64> = BTreeMap::new();
    for (name, operation) in system.operations().filter(|(name, _)| cycle.contains(&name.service())) {
        let from = cycle.iter().copied().find(|service| *service == name.service())?;
        for call in operation.activities().into_iter().flat_map(|activity| &activity.calls) {
            if call.kind == CallKind::Synchronous
                && cycle.contains(&call.to.service())
                && call.to.service() != from
            {
                *pairs.entry((from, call.to.service())).or_default() += call.mean;
            }
        }
    }
    let rarest = pairs.into_iter().min_by(|a, b| a.1.total_cmp(&b.1))?;
    Some((rarest.0.0.to_string(), rarest.0.1.to_string()))
}

fn replace(steps: &mut [Step], to: &str, response: &impl Fn(&OperationRef) -> Distribution) {
    for step in steps {
        step.for_each_activity_mut(&mut |activity| wait_instead(activity, to, response));
    }
}

/// Extracted activities make one kind of call or none, so that one delay stands for it.
fn wait_instead(activity: &mut Activity, to: &str, response: &impl Fn(&OperationRef) -> Distribution) {
    let stays = |call: &tracecast_model::Call| call.kind == CallKind::Asynchronous || call.to.service() != to;
    for call in activity.calls.iter().filter(|call| !stays(call)) {
        let time = response(&call.to);
        let seconds = call.mean * (time.mean() + call.latency.mean());
        activity.delay =
            if time.is_zero() { Distribution::deterministic(seconds) } else { time.with_mean(seconds) };
    }
    activity.calls.retain(stays);
}
