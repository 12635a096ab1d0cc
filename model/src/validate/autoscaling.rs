//! Autoscalers: their settings, and whether what they scale on is there.

use super::{Findings, Names};
use crate::autoscaling::{Problems, Scope, Signal};
use crate::{Autoscaler, Code, Service, System};

pub(super) fn check(system: &System, names: &Names<'_>, found: &mut Findings) {
    for service in &system.services {
        let Some(autoscaler) = &service.autoscaler else { continue };
        let element = format!("service \"{}\"", service.name);
        let mut problems = Problems::default();
        autoscaler.check(&mut problems);
        for (code, message) in problems.into_vec() {
            found.error(code, &element, format!("autoscaler: {message}"));
        }
        for signal in autoscaler.signals() {
            check_signal(&signal, names, &element, found);
        }
        check_service(service, autoscaler, &element, found);
    }
}

/// A signal must be one that can be measured.
fn check_signal(signal: &Signal, names: &Names<'_>, element: &str, found: &mut Findings) {
    let mut refuse = |what: String| found.error(Code::ScalingMetric, element, format!("autoscaler: {what}"));
    let Some((other, quantity)) = signal.parse() else {
        return refuse(format!("there is no metric \"{}\"", signal.metric));
    };
    match (other, signal.scope) {
        (Some(_), Scope::Replica) => {
            refuse(format!("metric \"{}\" of each replica cannot be that of another service", signal.metric));
        }
        (Some(other), Scope::Service) if !names.services.contains_key(other) => {
            refuse(format!("there is no service \"{other}\", asked for as \"{}\"", signal.metric));
        }
        (_, Scope::Replica) if !quantity.is_of_replicas() => {
            refuse(format!("\"{}\" is not a figure of single replicas", signal.metric));
        }
        _ => {}
    }
    if quantity.is_counter() && signal.window > 0.0 {
        let message = format!("autoscaler: \"{}\" is a counter, which has a window of 0", signal.metric);
        found.error(Code::ScalingTime, element, message);
    }
    if quantity.is_rate() && signal.window == 0.0 {
        let message =
            format!("autoscaler: \"{}\" is a rate, which needs a window longer than 0", signal.metric);
        found.error(Code::ScalingTime, element, message);
    }
}

/// Copies of a lock, or of a thread that goes round, would be no copies.
fn check_service(service: &Service, autoscaler: &Autoscaler, element: &str, found: &mut Findings) {
    let mut refuse = |code: Code, what: &str| found.error(code, element, format!("autoscaler: {what}"));
    if service.lock.is_some() {
        refuse(Code::ReplicaBounds, "a lock has a fixed number of replicas");
    }
    if service.polling.is_some() {
        refuse(Code::ReplicaBounds, "polling has a single replica");
    }
    if autoscaler.needs_cpu_request() && service.requested_cpu().is_none() {
        refuse(
            Code::ScalingMetric,
            "utilization is measured against a cpu_request (or cpu_limit), and there is none",
        );
    }
}
