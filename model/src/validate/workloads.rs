//! Workloads.

use super::{Findings, Names, exists};
use crate::{Code, Load, RateProfile, System, Workload};

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
        Load::Renewal { gap } => {
            let mean = gap.mean();
            found.range(element, "mean gap", mean, mean > 0.0 && mean.is_finite(), "positive and finite");
        }
        Load::Markov(arrivals) => {
            for problem in arrivals.problems() {
                found.error(Code::ArrivalMatrices, element, problem);
            }
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
        Load::Profile(profile) => rates(profile, element, found),
        Load::Replay { at } => {
            if at.is_empty() {
                found.error(Code::NoRequest, element, "it has no recorded arrival");
            }
            // One complaint is enough for a recording of a million arrivals.
            let wrong = at.iter().find(|at| !(**at >= 0.0 && at.is_finite()));
            if let Some(wrong) = wrong {
                found.range(element, "at", *wrong, false, "finite and not negative");
            }
            in_order(at, element, found);
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

fn rates(profile: &RateProfile, element: &str, found: &mut Findings) {
    let points = profile.points();
    if points.len() < 2 {
        return found.error(Code::NoRequest, element, "its profile needs at least two points");
    }
    let mut allowed = true;
    for point in points {
        for (field, value) in [("at", point.at), ("rate", point.rate)] {
            let inside = value >= 0.0 && value.is_finite();
            found.range(element, field, value, inside, "finite and not negative");
            allowed &= inside;
        }
    }
    let times: Vec<f64> = points.iter().map(|point| point.at).collect();
    if !in_order(&times, element, found) || !allowed {
        return;
    }
    if profile.total() <= 0.0 {
        found.error(
            Code::NoRequest,
            element,
            "its profile sends nothing: its rate is 0, or no time passes in it",
        );
    }
    let total = profile.total();
    found.range(element, "expected requests", total, total.is_finite(), "finite");
}

/// Do the times never go back?
fn in_order(times: &[f64], element: &str, found: &mut Findings) -> bool {
    let back = times.windows(2).find(|pair| pair[1] < pair[0]);
    if let Some(pair) = back {
        let message = format!("its times go back from {} s to {} s but must not", pair[0], pair[1]);
        found.error(Code::TimeOrder, element, message);
    }
    back.is_none()
}
