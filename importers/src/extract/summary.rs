//! The part of the report that tells what the model is made of.

use tracecast_model::{Call, Operation, Step, System};

use crate::{CallSummary, ImportReport, ServiceSummary};

/// Lists the services and calls of the model in the report; calls as often as they are made, with further attempts and without
/// what a failure prevents.
pub(super) fn complete(report: &mut ImportReport, system: &System) {
    report.services = system
        .services
        .iter()
        .map(|service| ServiceSummary {
            name: service.name.clone(),
            replicas: service.replicas,
            operations: service.operations.iter().map(|operation| operation.name.clone()).collect(),
        })
        .collect();
    let written = system.failures_written_out();
    let system = written.as_ref().map_or(system, |written| &written.system);
    report.calls =
        system.operations().flat_map(|(name, operation)| calls(&name.to_string(), operation)).collect();
}

/// The calls of one operation: one entry for each callee and kind, in the order in which they are first made.
fn calls(from: &str, operation: &Operation) -> Vec<CallSummary> {
    let mut found: Vec<CallSummary> = Vec::new();
    each_call(&operation.steps, 1.0, false, &mut |call, times, parallel| {
        let (to, kind) = (call.to.to_string(), call.kind.name());
        match found.iter_mut().find(|summary| summary.to == to && summary.kind == kind) {
            Some(summary) => {
                summary.mean += times * call.mean;
                summary.parallel |= parallel;
            }
            None => found.push(CallSummary {
                from: from.into(),
                to,
                kind: kind.into(),
                mean: times * call.mean,
                parallel,
            }),
        }
    });
    found
}

/// Every call, with how often it is reached and whether others are made meanwhile.
fn each_call(steps: &[Step], times: f64, parallel: bool, look: &mut impl FnMut(&Call, f64, bool)) {
    for step in steps {
        match step {
            Step::Activity(activity) => activity.calls.iter().for_each(|call| look(call, times, parallel)),
            Step::Fork(fork) => fork.branches.iter().for_each(|branch| each_call(branch, times, true, look)),
            Step::Choice(_) | Step::Loop(_) | Step::Reply(_) => {
                let inner = step.inner().into_iter();
                inner.for_each(|(inner, share)| each_call(inner, times * share, parallel, look));
            }
        }
    }
}
