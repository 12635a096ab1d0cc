//! Open loads that are more than the system can bear.

use tracecast_model::{
    HostId, Load, Metric, PredictError, Prediction, ServiceId, Status, System, Warning, WorkloadResult,
};

use super::network::{Kind, Network};
use super::solve::State;
use crate::bounds::{self, Resource};

/// What cannot keep up.
pub(crate) struct Overload {
    resource: Resource,
    /// Load over capacity, at least 1.
    load: f64,
}

/// The resource with the highest open load, if that reaches its capacity. Needs no solution: cores and limits, and
/// threads at holding times without contention.
pub(crate) fn of_resources(system: &System) -> Result<Option<Overload>, PredictError> {
    if !system.workloads.iter().any(|workload| matches!(workload.load, Load::Poisson { .. })) {
        return Ok(None);
    }
    let all = bounds::bounds(system)?;
    let mut loads: Vec<(Resource, f64)> = Vec::new();
    for (workload, limits) in system.workloads.iter().zip(&all) {
        let Load::Poisson { rate } = workload.load else { continue };
        for demand in &limits.demands {
            let load = rate * demand.demand / demand.servers;
            match loads.iter_mut().find(|(resource, _)| *resource == demand.resource) {
                Some((_, sum)) => *sum += load,
                None => loads.push((demand.resource.clone(), load)),
            }
        }
    }
    Ok(loads
        .into_iter()
        .filter(|&(_, load)| load >= 1.0)
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(resource, load)| Overload { resource, load }))
}

/// The station that cannot keep up with those who do not wait for it, open workloads and messages, at the holding
/// times of the solution.
pub(crate) fn of_stations(network: &Network<'_>, state: &State) -> Option<Overload> {
    let loads = network.stations.iter().map(|station| {
        let open: f64 = station
            .visits
            .iter()
            .map(|&v| state.flow.busy[v] * state.open_part(network.visits[v].group))
            .sum();
        (resource(network, station.kind), open / (station.copies * station.servers.max(1.0)))
    });
    loads
        .filter(|&(_, load)| load >= 1.0 - 1e-6)
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(resource, load)| Overload { resource, load: load.max(1.0) })
}

/// The station that the iteration found to have a queue without end.
pub(crate) fn of_station(network: &Network<'_>, station: usize) -> Overload {
    Overload { resource: resource(network, network.stations[station].kind), load: 1.0 }
}

fn resource(network: &Network<'_>, kind: Kind) -> Resource {
    let name = |service: ServiceId| network.system.services[service.0].name.clone();
    match kind {
        Kind::Host(HostId(host)) => {
            Resource::Host { host: network.system.hosts[host].name.clone(), service: None }
        }
        Kind::Limit(service) => Resource::Limit { service: name(service) },
        Kind::Pool(service) => Resource::Threads { service: name(service) },
    }
}

/// Says so. Of figures only those exist that an overloaded system has: what the only open workload gets through.
pub(crate) fn report(overload: &Overload, system: &System, prediction: &mut Prediction) {
    prediction.status = Status::Saturated;
    let element = overload.resource.element();
    let open: Vec<(&str, f64)> = system
        .workloads
        .iter()
        .filter_map(|workload| match workload.load {
            Load::Poisson { rate } => Some((workload.name.as_str(), rate)),
            _ => None,
        })
        .collect();
    let message = match open.as_slice() {
        [(name, rate)] => {
            let capacity = rate / overload.load;
            if system.workloads.len() == 1 {
                let throughput = Some(Metric::exact(capacity));
                let result = WorkloadResult { throughput, ..WorkloadResult::default() };
                prediction.workloads.insert((*name).to_owned(), result);
            }
            format!(
                "its {} bear at most {capacity:.4} requests per second of workload \"{name}\", which sends {rate}",
                overload.resource.what()
            )
        }
        _ => format!(
            "open workloads and messages ask for {:.1} % of what its {} can bear",
            100.0 * overload.load,
            overload.resource.what()
        ),
    };
    prediction.warnings.push(Warning::new("saturated", element, message));
}
