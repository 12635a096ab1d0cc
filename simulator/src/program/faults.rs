//! Things that go wrong.

use std::ops::Range;

use tracecast_model::{FaultEffect, PredictError, System};

use super::{Program, unsupported};

/// Something that goes wrong for a while.
#[derive(Clone, Debug)]
pub(crate) struct FaultPlan {
    pub(crate) at: f64,
    pub(crate) end: f64,
    pub(crate) effect: EffectPlan,
}

/// What goes wrong.
#[derive(Clone, Debug)]
pub(crate) enum EffectPlan {
    /// Work of these replicas, among those of all services, takes so many times as long.
    Slow { replicas: Range<u32>, factor: f64 },
    /// Replies of these operations are errors at that rate.
    Errors { operations: Range<u32>, rate: f64 },
    /// The same of one replica, among those of all services.
    ReplicaErrors { replica: u32, rate: f64 },
    /// Times on the network, each with the number of its messages, are longer by that, and messages are lost.
    Network { latencies: Vec<(u32, u32)>, delay: f64, loss: f64 },
    /// So many replicas of the service at that place in [`Program::elastic`] are gone.
    Crash { elastic: u32, replicas: u32 },
}

/// A time on the network that a fault can make longer.
#[derive(Clone, Debug)]
pub(crate) struct Latency {
    /// Services.
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) variate: u32,
    /// The request, and the reply where somebody waits for it.
    pub(crate) messages: u32,
}

impl Program {
    /// Adds what goes wrong, once all services are there.
    pub(super) fn add_faults(&mut self, system: &System) -> Result<(), PredictError> {
        for (number, fault) in system.faults.iter().enumerate() {
            let element = format!("fault {}", number + 1);
            let place = system.services.iter().position(|service| service.name == fault.effect.service());
            let plan = place.map(|place| &self.services[place]);
            let plan = plan.ok_or_else(|| unsupported("a fault of an unknown service", &element))?;
            let effect = match &fault.effect {
                FaultEffect::Slow { replica, factor, .. } => {
                    let all = plan.first_replica..plan.first_replica + plan.replicas;
                    let replicas =
                        replica.map_or(all, |one| plan.first_replica + one..plan.first_replica + one + 1);
                    EffectPlan::Slow { replicas, factor: *factor }
                }
                FaultEffect::Errors { rate, replica: Some(replica), .. } => {
                    EffectPlan::ReplicaErrors { replica: plan.first_replica + replica, rate: *rate }
                }
                FaultEffect::Network { service, from, delay, loss } => {
                    let fits = |latency: &&Latency| {
                        latency.to == *service && from.as_ref().is_none_or(|from| latency.from == *from)
                    };
                    let those = self.latencies.iter().filter(fits);
                    let latencies = those.map(|latency| (latency.variate, latency.messages)).collect();
                    EffectPlan::Network { latencies, delay: *delay, loss: *loss }
                }
                FaultEffect::Errors { rate, replica: None, .. } => {
                    let (first, count) = plan.operations;
                    EffectPlan::Errors { operations: first..first + count, rate: *rate }
                }
                FaultEffect::Crash { replicas, .. } => {
                    let elastic = plan
                        .elastic
                        .ok_or_else(|| unsupported("a crash of replicas that are always there", &element))?;
                    EffectPlan::Crash { elastic, replicas: replicas.unwrap_or(u32::MAX) }
                }
            };
            self.faults.push(FaultPlan { at: fault.at, end: fault.end(), effect });
        }
        Ok(())
    }
}
