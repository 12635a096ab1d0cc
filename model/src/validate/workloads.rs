//! Workloads.

use super::{Findings, Names, exists};
use crate::{Code, Load, System, Workload};

pub(super) fn check(system: &System, names: &Names<'_>, found: &mut Findings) {
    found.unique("workload", system.workloads.iter().map(|workload| workload.name.as_str()));
    for workload in &system.workloads {
        let element = format!("workload \"{}\"", workload.name);
        found.name(&element, &workload.name, "workload");
        if workload.requests.is_empty() {
            found.error(Code::NoRequest, &element, "it asks for no operation");
        }
        for request in &workload.requests {
            exists(names, &request.operation, &element, found);
            let allowed = request.weight > 0.0 && request.weight.is_finite();
            found.range(&element, "weight", request.weight, allowed, "positive and finite");
        }
        load(workload, &element, found);
    }
}

fn load(workload: &Workload, element: &str, found: &mut Findings) {
    match &workload.load {
        Load::Closed { population, .. } => {
            found.range(element, "population", f64::from(*population), *population > 0, "at least 1");
        }
        Load::Poisson { rate } => {
            found.range(element, "rate", *rate, *rate > 0.0 && rate.is_finite(), "positive and finite");
        }
        Load::Burst { bursts } => {
            if bursts.is_empty() {
                found.error(Code::NoRequest, element, "it has no burst");
            }
            for burst in bursts {
                found.range(element, "size", f64::from(burst.size), burst.size > 0, "at least 1");
                let allowed = burst.at >= 0.0 && burst.at.is_finite();
                found.range(element, "at", burst.at, allowed, "finite and not negative");
            }
        }
        Load::SerialClient(client) => {
            found.range(element, "requests", f64::from(client.requests), client.requests > 0, "at least 1");
            for (field, value) in [("poll_interval", client.poll_interval), ("poll_time", client.poll_time)] {
                let allowed = value >= 0.0 && value.is_finite();
                found.range(element, field, value, allowed, "finite and not negative");
            }
        }
    }
}
