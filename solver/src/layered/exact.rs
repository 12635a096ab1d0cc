//! Product-form systems, solved exactly.

use tracecast_model::{HostId, Scheduling, Status, Step, System};

use super::network::{Group, Kind, Network, Source};
use super::solve::{Ending, State};
use super::{body, flow};
use crate::mva::multi::{Class, Network as Multiclass};
use crate::mva::single::{self, Servers};

/// Work that exact analysis of several classes may take: population vectors × classes × stations.
const AFFORDABLE: f64 = 2e6;

/// Solves the network if it is closed and of product form (Baskett, Chandy, Muntz and Palacios 1975): only closed
/// workloads, no service that can run out of threads, no messages that cause work, no forks, whole cores, and at every host either
/// sharing or, first come first served, the same exponential demand for everyone. One class exactly; several
/// exactly where that is affordable and all hosts have one core.
pub(crate) fn solve(network: &Network<'_>) -> Option<(State, Ending)> {
    if !is_product_form(network) {
        return None;
    }
    let mut solved = State::new(network);
    let state = &mut solved;
    // Demands per request: the rates that one request per second of each closed workload makes. Open ones have their own and
    // meet no queue.
    for (throughput, group) in state.throughput.iter_mut().zip(&network.groups) {
        if !matches!(group.source, Source::Open { .. }) {
            *throughput = 1.0;
        }
    }
    flow::update(network, state);
    body::update(network, state);
    let classes = network.groups.iter().filter(|group| matches!(group.source, Source::Closed { .. })).count();
    let residence_times = match classes {
        1 => single_class(network, state),
        _ => several_classes(network, state)?,
    };
    for (v, visit) in network.visits.iter().enumerate() {
        let (work, visits) = (state.flow.busy[v], state.flow.rate[v]);
        let waiting = (residence_times[v] - work).max(0.0);
        let unit = if network.stations[visit.station].is_sharing() { work } else { visits };
        state.delay[v] = if unit > 0.0 { waiting / unit } else { 0.0 };
    }
    body::update(network, state);
    for (g, group) in network.groups.iter().enumerate() {
        if let Source::Closed { population, think_time, .. } = group.source {
            let cycle = think_time + state.request(network, group).mean;
            state.throughput[g] = if cycle > 0.0 { population / cycle } else { 0.0 };
        }
    }
    flow::update(network, state);
    for (v, visit) in network.visits.iter().enumerate() {
        // As often as at a random time, but for the missing customer; only percentiles use it.
        let station = &network.stations[visit.station];
        state.full[v] = state.load(station).powf(station.servers).min(1.0);
    }
    Some((solved, Ending { status: Status::Converged, iterations: 1, runaway: None }))
}

/// Per visit: residence time per request, by exact analysis of the only class.
fn single_class(network: &Network<'_>, state: &State) -> Vec<f64> {
    let mut stations = Vec::new();
    let mut weights = Vec::new();
    for (v, visit) in network.visits.iter().enumerate() {
        let station = &network.stations[visit.station];
        stations.push(single::Station {
            demand: state.flow.busy[v] / station.copies,
            servers: Servers::Finite(station.servers as u32),
            copies: station.copies as u32,
        });
        weights.push((v, station.copies));
    }
    let (population, outside) = closed_parts(network, state, 0);
    let solution = single::solve(&stations, population, outside);
    let mut residence_times = vec![0.0; network.visits.len()];
    for (&(v, copies), time) in weights.iter().zip(&solution.residence_times) {
        residence_times[v] += copies * time;
    }
    residence_times
}

fn several_classes(network: &Network<'_>, state: &State) -> Option<Vec<f64>> {
    if network.stations.iter().any(|station| station.servers > 1.0 || station.copies > 1.0) {
        return None;
    }
    let stations = network.stations.len();
    let mut multiclass = Multiclass { classes: Vec::new(), delays: vec![false; stations] };
    for (g, group) in network.groups.iter().enumerate() {
        if !matches!(group.source, Source::Closed { .. }) {
            continue;
        }
        let (population, think_time) = closed_parts(network, state, g);
        let mut demands = vec![0.0; stations];
        for v in network.visits_of(g) {
            demands[network.visits[v].station] = state.flow.busy[v];
        }
        multiclass.classes.push(Class { population, think_time, demands });
    }
    if multiclass.exact_cost() > AFFORDABLE {
        return None;
    }
    let solution = multiclass.solve_exact();
    Some(network.visits.iter().map(|visit| solution.residence_times[visit.group][visit.station]).collect())
}

/// Population of a workload, and the time of a cycle that passes without any queue: thinking, delays, latencies.
fn closed_parts(network: &Network<'_>, state: &State, group: usize) -> (u32, f64) {
    let Source::Closed { population, think_time, .. } = network.groups[group].source else { return (0, 0.0) };
    let work: f64 = network.visits_of(group).map(|v| state.flow.busy[v]).sum();
    let alone = state.request(network, &network.groups[group]).mean;
    (population as u32, think_time + (alone - work).max(0.0))
}

fn is_product_form(network: &Network<'_>) -> bool {
    let harmless = |(g, group): (usize, &Group)| {
        matches!(group.source, Source::Closed { .. }) || network.group_visits[g].is_empty()
    };
    let closed = network.groups.iter().enumerate().all(harmless);
    let whole = network.stations.iter().all(|station| {
        // Routing in turn is none at random.
        let at_random = station.copies == 1.0 || station.arrival_scv >= 1.0;
        let cores = matches!(station.kind, Kind::Host(_)) && station.servers.fract() == 0.0;
        cores && station.servers >= 1.0 && at_random
    });
    closed && whole && is_sequential(network.system) && equal_where_first_come(network)
}

/// Is a request at one place at a time, and its caller nowhere else?
fn is_sequential(system: &System) -> bool {
    !system
        .operations()
        .any(|(_, operation)| operation.has_step(|step| matches!(step, Step::Fork(_) | Step::Reply(_))))
}

/// First come first served has product form only for exponential demands with one mean.
fn equal_where_first_come(network: &Network<'_>) -> bool {
    let mut means: Vec<Option<f64>> = vec![None; network.system.hosts.len()];
    for (o, (_, operation)) in network.system.operations().enumerate() {
        let HostId(host) = network.index.host_of(network.index.service_of(tracecast_model::OperationId(o)));
        if network.system.hosts[host].scheduling != Scheduling::Fcfs {
            continue;
        }
        for activity in operation.activities() {
            if activity.demand.is_zero() {
                continue;
            }
            let slice = activity.demand.mean() / (1.0 + activity.calls_mean());
            let mean = *means[host].get_or_insert(slice);
            let same = (slice / mean - 1.0).abs() < 1e-9;
            if !same || (activity.demand.scv() - 1.0).abs() > 1e-9 {
                return false;
            }
        }
    }
    true
}
