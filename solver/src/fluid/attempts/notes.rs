//! What cannot be followed of clients who give up and of faults, and what is only approximate.

use tracecast_model::{
    Completion, Element, EngineOptions, FaultEffect, Load, PredictError, System, Warning, Workload,
};

use super::STEPS;

/// Steps of time at most.
const MOST_STEPS: f64 = 200_000.0;

/// Refuses what is not followed.
pub(crate) fn require(system: &System, options: &EngineOptions) -> Result<(), PredictError> {
    let refuse = |what: &str, element: String| Err(crate::unsupported(what, element));
    for service in &system.services {
        let element = || format!("service \"{}\"", service.name);
        if service.resilience.is_some() {
            return refuse("timeouts, retries and fallbacks of calls to a service", element());
        }
        if service.work_queue.as_ref().is_some_and(|queue| queue.redelivery.is_some()) {
            return refuse("messages that are delivered again", element());
        }
        if service.breakdowns.is_some() {
            return refuse("breakdowns", element());
        }
    }
    for (name, operation) in system.operations() {
        let mut guarded = false;
        operation.walk(&mut |part, _| {
            if let Element::Activity(activity) = part {
                guarded |= activity.calls.iter().any(|call| call.resilience.is_some());
            }
        });
        if guarded {
            return refuse("timeouts, retries and fallbacks of its calls", format!("operation \"{name}\""));
        }
    }
    for (number, fault) in (1..).zip(&system.faults) {
        let element = || format!("fault {number}");
        match &fault.effect {
            FaultEffect::Slow { replica: None, .. } => {}
            FaultEffect::Slow { replica: Some(_), .. } => {
                return refuse("a fault of a single replica", element());
            }
            FaultEffect::Errors { .. } => return refuse("replies that are errors", element()),
            FaultEffect::Network { .. } => return refuse("a fault of the network", element()),
            FaultEffect::Crash { .. } => return refuse("a crash", element()),
        }
        if options.warm_up.is_some_and(|warm_up| warm_up > 0.0) {
            return refuse("a warm-up before a fault (leave it out, or simulate)", element());
        }
    }
    for workload in &system.workloads {
        let element = || format!("workload \"{}\"", workload.name);
        let Some(timeout) = workload.resilience.as_ref().and_then(|policy| policy.timeout) else { continue };
        if matches!(workload.load, Load::Closed { .. }) {
            return refuse("users who give up and think again", element());
        }
        if workload.shares().count() > 1 {
            return refuse("timeouts of requests to several operations", element());
        }
        if workload.completion == Completion::AllWork {
            return refuse("timeouts of requests that count until all their work is done", element());
        }
        if options.warm_up.is_some_and(|warm_up| warm_up > 0.0) {
            return refuse("a warm-up before clients with a timeout (leave it out, or simulate)", element());
        }
        let last = workload.load.last_arrival();
        if options.until.or(last).is_some_and(|end| end * STEPS > timeout * MOST_STEPS) {
            return refuse("a timeout so short against the time that is followed", element());
        }
    }
    Ok(())
}

/// What to know of the figures.
pub(crate) fn warnings(system: &System) -> Vec<Warning> {
    let gives_up =
        |workload: &&Workload| workload.resilience.as_ref().is_some_and(|policy| policy.timeout.is_some());
    let of = |workload: &Workload| {
        let message = "who gives up, and when, follows from mean numbers and their spread, as if requests were served in the \
                       order of their arrival";
        Warning::new("timeouts-by-means", format!("workload \"{}\"", workload.name), message)
    };
    system.workloads.iter().filter(gives_up).map(of).collect()
}
