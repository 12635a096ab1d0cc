//! Times at which loads jump.

use tracecast_model::{Load, System};

use super::integrate::{Change, Event};

/// Every burst, and every time at which a rate has a kink or jumps.
pub(crate) fn of_loads(system: &System) -> Vec<Event> {
    let mut events = Vec::new();
    for (class, workload) in system.workloads.iter().enumerate() {
        let arrive = |time: f64, size: f64| Event { time, change: Change::Burst { class, size } };
        match &workload.load {
            Load::Burst { bursts } => {
                events.extend(bursts.iter().map(|burst| arrive(burst.at, f64::from(burst.size))));
            }
            Load::Replay { at } => events.extend(at.iter().map(|&time| arrive(time, 1.0))),
            Load::Profile(profile) => {
                let kink = |at: f64| Event { time: at, change: Change::Rate };
                events.extend(profile.points().iter().map(|point| kink(point.at)));
            }
            Load::Closed { .. }
            | Load::Poisson { .. }
            | Load::Renewal { .. }
            | Load::Markov(_)
            | Load::SerialClient(_) => {}
        }
    }
    events
}
