//! What a model has that can be a little larger.

use tracecast_model::{Load, System};

/// A number of the model, and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Parameter {
    /// The path of the setting where there is one, else in its manner.
    pub(super) path: String,
    /// Its value: seconds, calls, requests per second, or relative speed.
    pub(super) value: f64,
    place: Place,
}

#[derive(Clone, Debug, PartialEq)]
enum Place {
    Demand {
        service: usize,
        operation: usize,
    },
    Delay {
        service: usize,
        operation: usize,
    },
    /// The n-th call of the operation, in the order of its steps.
    Calls {
        service: usize,
        operation: usize,
        call: usize,
    },
    Speed {
        host: usize,
    },
    Rate {
        workload: usize,
    },
    ThinkTime {
        workload: usize,
    },
}

impl Parameter {
    /// All that are above 0, in the order of the model.
    pub(super) fn all(system: &System) -> Vec<Self> {
        let mut all = Vec::new();
        let mut add = |path: String, value: f64, place: Place| {
            if value > 0.0 {
                all.push(Self { path, value, place });
            }
        };
        for (workload, found) in system.workloads.iter().enumerate() {
            match &found.load {
                Load::Poisson { rate } => {
                    add(format!("{}.arrival_rate", found.name), *rate, Place::Rate { workload });
                }
                Load::Closed { think_time, .. } => {
                    let path = format!("{}.think_time", found.name);
                    add(path, think_time.mean(), Place::ThinkTime { workload });
                }
                _ => {}
            }
        }
        for (host, found) in system.hosts.iter().enumerate() {
            add(format!("{}.speed", found.name), found.speed, Place::Speed { host });
        }
        for (service, found) in system.services.iter().enumerate() {
            for (operation, of) in found.operations.iter().enumerate() {
                let name = format!("{}/{}", found.name, of.name);
                let activities = of.activities();
                let demand = activities.iter().map(|activity| activity.demand.mean()).sum();
                add(format!("{name}.demand"), demand, Place::Demand { service, operation });
                let delay = activities.iter().map(|activity| activity.delay.mean()).sum();
                add(format!("{name}.delay"), delay, Place::Delay { service, operation });
                let calls = activities.iter().flat_map(|activity| &activity.calls);
                for (call, to) in calls.enumerate() {
                    let path = format!("{name} -> {}.mean", to.to);
                    add(path, to.mean, Place::Calls { service, operation, call });
                }
            }
        }
        all
    }

    /// The system with this parameter so many times as large.
    pub(super) fn scaled(&self, system: &System, factor: f64) -> System {
        let mut system = system.clone();
        match self.place {
            Place::Demand { service, operation } => system.services[service].operations[operation]
                .for_each_activity_mut(&mut |activity| activity.demand = activity.demand.scaled(factor)),
            Place::Delay { service, operation } => system.services[service].operations[operation]
                .for_each_activity_mut(&mut |activity| activity.delay = activity.delay.scaled(factor)),
            Place::Calls { service, operation, call } => {
                let mut calls = 0;
                system.services[service].operations[operation].for_each_activity_mut(&mut |activity| {
                    for found in &mut activity.calls {
                        if calls == call {
                            found.mean *= factor;
                        }
                        calls += 1;
                    }
                });
            }
            Place::Speed { host } => system.hosts[host].speed *= factor,
            Place::Rate { workload } => {
                if let Load::Poisson { rate } = &mut system.workloads[workload].load {
                    *rate *= factor;
                }
            }
            Place::ThinkTime { workload } => {
                if let Load::Closed { think_time, .. } = &mut system.workloads[workload].load {
                    *think_time = think_time.scaled(factor);
                }
            }
        }
        system
    }
}
