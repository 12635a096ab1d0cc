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
    /// So many replicas of the service at that place in [`Program::elastic`] are gone.
    Crash { elastic: u32, replicas: u32 },
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
                FaultEffect::Errors { rate, .. } => {
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
