//! Times at which loads jump, and faults begin and end.

use tracecast_model::{FaultEffect, Load, System};

use super::integrate::{Change, Event};

/// Every burst, and every time at which a rate has a kink or jumps.
pub(crate) fn of_loads(system: &System) -> Vec<Event> {
    let mut events = Vec::new();
    for (class, workload) in system.workloads.iter().enumerate() {
        let arrive = |(time, size): (f64, f64)| Event { time, change: Change::Burst { class, size } };
        events.extend(bursts(&workload.load).into_iter().map(arrive));
        if let Load::Profile(profile) = &workload.load {
            let kink = |at: f64| Event { time: at, change: Change::Rate };
            events.extend(profile.points().iter().map(|point| kink(point.at)));
        }
    }
    events
}

/// Requests of a load that arrive at once: when (s), and how many.
pub(crate) fn bursts(load: &Load) -> Vec<(f64, f64)> {
    match load {
        Load::Burst { bursts } => bursts.iter().map(|burst| (burst.at, f64::from(burst.size))).collect(),
        Load::Replay { at } => at.iter().map(|&time| (time, 1.0)).collect(),
        Load::Closed { .. }
        | Load::Poisson { .. }
        | Load::Renewal { .. }
        | Load::Markov(_)
        | Load::Profile(_)
        | Load::SerialClient(_) => Vec::new(),
    }
}

/// Every time at which a service becomes slower or faster by a fault.
pub(crate) fn of_faults(system: &System) -> Vec<Event> {
    let mut events = Vec::new();
    for (service, description) in system.services.iter().enumerate() {
        let slow: Vec<(f64, f64, f64)> = system
            .faults
            .iter()
            .filter(|fault| fault.effect.service() == description.name)
            .filter_map(|fault| match fault.effect {
                FaultEffect::Slow { factor, .. } => Some((fault.at, fault.end(), factor)),
                FaultEffect::Errors { .. } | FaultEffect::Network { .. } | FaultEffect::Crash { .. } => None,
            })
            .collect();
        for time in slow.iter().flat_map(|(begin, end, _)| [*begin, *end]) {
            let active = slow.iter().filter(|(begin, end, _)| *begin <= time && time < *end);
            let pace = 1.0 / active.map(|(_, _, factor)| factor).product::<f64>();
            events.push(Event { time, change: Change::Pace { service, pace } });
        }
    }
    events
}
