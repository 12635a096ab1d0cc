//! What cannot be met by any means.

use tracecast_model::feature::{self, Feature};
use tracecast_model::{Load, System};
use tracecast_solver::bounds::bounds;

/// What a load that does not end exceeds, by the utilization law (Denning and Buzen, ACM Computing Surveys 10(3), 1978, 3.1):
/// a resource is busy for its demand times the arrival rate, and no more than all of the time. Demands are those without
/// any contention, so only a lower bound of how long threads are held.
///
/// None where that is not known: requests that are lost, given up, retried or fail early need less or more of what is behind.
pub(super) fn overloaded(system: &System) -> Option<String> {
    let is_unsure = |feature: Feature| {
        feature.can_fail() || matches!(feature, Feature::Lock | Feature::Polling | Feature::Quorum)
    };
    if feature::features(system).into_iter().any(|(feature, _)| is_unsure(feature)) {
        return None;
    }
    let limits = bounds(system).ok()?;
    let mut used: Vec<(String, f64)> = Vec::new();
    for (workload, limit) in system.workloads.iter().zip(&limits) {
        let rate = match workload.load {
            Load::Closed { .. } => continue,
            _ if workload.load.is_finite() => continue,
            _ => workload.load.rate()?,
        };
        for need in &limit.demands {
            let name = format!("{} of {}", need.resource.what(), need.resource.element());
            let load = rate * need.demand / need.servers;
            match used.iter_mut().find(|(known, _)| *known == name) {
                Some((_, sum)) => *sum += load,
                None => used.push((name, load)),
            }
        }
    }
    // At exactly the capacity there is no steady state either, but that is for an engine to say.
    let (name, load) =
        used.into_iter().max_by(|a, b| a.1.total_cmp(&b.1)).filter(|(_, load)| *load > 1.0 + 1e-9)?;
    Some(format!("{name}: {:.0} % of what there is", load * 100.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracecast_model::fixtures;

    /// Database: 12 ms of work for each request, and one core.
    #[test]
    fn by_the_utilization_law() {
        assert_eq!(overloaded(&fixtures::three_tiers(83.0)), None);
        let told = overloaded(&fixtures::three_tiers(100.0)).unwrap();
        assert_eq!(told, "cores of host \"database\": 120 % of what there is");
    }

    /// With a limited queue some of the load is lost, so that the rest may be in time.
    #[test]
    fn what_is_lost_is_no_load() {
        let mut system = fixtures::three_tiers(100.0);
        system.services[2].queue_capacity = Some(3);
        assert_eq!(overloaded(&system), None);
    }
}
