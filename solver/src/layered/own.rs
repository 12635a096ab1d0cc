//! What a customer meets of its own group.

use super::network::{Network, Source};
use super::solve::State;

/// Per visit: the part of what the own group has there that one of its customers meets.
pub(crate) fn update(network: &Network<'_>, state: &mut State) {
    for (g, group) in network.groups.iter().enumerate() {
        let customers = state.customers(network, g);
        for v in network.visits_of(g) {
            state.own_late[v] = overtaken(network, state, v, customers);
        }
        match group.source {
            Source::Closed { population, think_time, .. } => {
                closed(network, state, g, population, think_time);
            }
            Source::Open { .. } | Source::Stream => {
                for v in network.visits_of(g) {
                    (state.own_busy[v], state.own_waiting[v], state.one[v]) = (1.0, 1.0, 0.0);
                }
            }
            Source::Pool { station, .. } => {
                for v in network.visits_of(g) {
                    let part = threads_met(network, station, network.visits[v].station, state.seen[g]);
                    (state.own_busy[v], state.own_waiting[v], state.one[v]) = (part, part, 1.0 - part);
                }
            }
        }
    }
}

/// Servers that a customer finds busy with its own last request, which has replied but is not done yet.
///
/// With S the time from the reply to the end and T that from the reply to the next request, both as if exponential,
/// the customer is back before the end with probability S/(S+T) (Franks and Woodside 1998 solve the Markov chain of
/// the phases; this is its case of one phase each).
fn overtaken(network: &Network<'_>, state: &State, visit: usize, customers: f64) -> f64 {
    let (rate, late) = (state.flow.rate[visit], state.flow.late[visit]);
    if late <= 0.0 || rate <= 0.0 || customers.is_infinite() {
        return 0.0;
    }
    let behind = late / rate;
    let away = (customers - state.present(network, visit)).max(0.0) / rate;
    behind / (behind + away) / network.stations[network.visits[visit].station].copies
}

/// A closed workload with one customer less, to first order: everyone else waits less where the missing one was, so
/// cycles get shorter and the rest is busier than Schweitzer's (N-1)/N says.
fn closed(network: &Network<'_>, state: &mut State, group: usize, population: f64, think_time: f64) {
    state.seen[group] = 1.0 - 1.0 / population;
    let throughput = state.throughput[group];
    if throughput <= 0.0 {
        return;
    }
    let cycle = (population / throughput).max(think_time);
    let saved: Vec<(usize, f64, f64)> = network
        .visits_of(group)
        .map(|v| {
            let station = &network.stations[network.visits[v].station];
            let demand = state.flow.busy[v] / throughput;
            let waiting = state.wait_rate(network, v) / throughput;
            let missing = state.present(network, v) / population / station.copies;
            let servers = station.servers.max(1.0);
            let hindrance =
                if servers > 1.0 { state.all_busy[network.visits[v].station] / servers } else { 1.0 };
            (v, (demand * missing * hindrance).min(waiting), waiting)
        })
        .collect();
    let total: f64 = saved.iter().map(|&(_, saved, _)| saved).sum();
    let others = (1.0 - 1.0 / population) * cycle / (cycle - total).max(0.5 * cycle);
    for (v, saved, waiting) in saved {
        state.one[v] = 1.0 / population;
        state.own_busy[v] = others.min(1.0);
        state.own_waiting[v] =
            if waiting > 0.0 { (others * (waiting - saved) / waiting).min(1.0) } else { others.min(1.0) };
    }
}

/// Part of the threads at one copy of a station that another thread of the same pool meets there.
fn threads_met(network: &Network<'_>, pool: usize, station: usize, seen: f64) -> f64 {
    let (queues, machines) = (network.stations[pool].copies, network.stations[station].copies);
    if queues == machines {
        return seen;
    }
    if machines == 1.0 {
        return 1.0 - (1.0 - seen) / queues;
    }
    // One queue for threads on several machines: only those on the same one are met.
    let threads = network.threads(pool);
    let on_machine = threads / machines;
    if threads <= 1.0 { 0.0 } else { seen * machines * (on_machine - 1.0).max(0.0) / (threads - 1.0) }
}
