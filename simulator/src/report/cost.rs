//! What replicas cost.

use tracecast_model::{Cost, System};

use super::Outcome;
use crate::program::{Program, ServicePlan};
use crate::statistics::totals::Totals;

/// By the prices of all services that have one; a load that `ends` has a total, too.
pub(super) fn cost(system: &System, program: &Program, ends: bool, outcome: &Outcome) -> Option<Cost> {
    let services = system.services.iter().zip(&program.services);
    let priced: Vec<(f64, &ServicePlan)> =
        services.filter_map(|(service, plan)| Some((service.price?, plan))).collect();
    if priced.is_empty() {
        return None;
    }
    let total = |sample: &Totals| -> f64 {
        priced.iter().map(|(price, plan)| price * replica_seconds(plan, sample) / 3600.0).sum()
    };
    Some(Cost {
        per_hour: outcome.metric(|sample| total(sample) / sample.time * 3600.0)?,
        total: if ends { outcome.metric(total) } else { None },
    })
}

fn replica_seconds(plan: &ServicePlan, sample: &Totals) -> f64 {
    match plan.elastic {
        Some(place) => sample.replicas[place as usize].existing,
        None => f64::from(plan.replicas) * sample.time,
    }
}
