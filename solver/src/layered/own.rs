//! What a customer meets of its own group.

use super::network::{Network, Source};
use super::solve::State;

/// Per visit: what a single customer makes up of its group there, and what of its own last request is still served.
pub(crate) fn update(network: &Network<'_>, state: &mut State) {
    for (g, group) in network.groups.iter().enumerate() {
        let customers = state.customers(network, g);
        if let Source::Closed { population, .. } = group.source {
            state.seen[g] = 1.0 - 1.0 / population;
        }
        for v in network.visits_of(g) {
            state.own_late[v] = overtaken(network, state, v, customers);
            state.one[v] = match group.source {
                Source::Closed { population, .. } => 1.0 / population,
                Source::Open { .. } | Source::Stream => 0.0,
                Source::Pool { station, .. } => {
                    1.0 - threads_met(network, station, network.visits[v].station, state.seen[g])
                }
            };
        }
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

/// Servers that a customer finds busy with its own last request, which has replied but is not done yet.
///
/// With S the time from the reply to the end and T that from the reply to the next request, both as if exponential,
/// the customer is back before the end with probability S/(S+T) (Franks and Woodside 1998 solve the Markov chain of
/// the phases; this is its case of one phase each). T is short where the same execution of the caller calls again, and
/// long where the next one does.
fn overtaken(network: &Network<'_>, state: &State, visit: usize, customers: f64) -> f64 {
    let (rate, late) = (state.flow.rate[visit], state.flow.late[visit]);
    if late <= 0.0 || rate <= 0.0 || customers.is_infinite() {
        return 0.0;
    }
    let behind = late / rate;
    let away = (customers - state.present(network, visit)).max(0.0) / rate;
    let again = (state.flow.again[visit] / rate).min(1.0);
    let soon = if again > 0.0 { state.flow.gaps[visit] / state.flow.again[visit] } else { 0.0 };
    let back = |after: f64| behind / (behind + after);
    let later = if again < 1.0 { (away - again * soon).max(0.0) / (1.0 - again) } else { away };
    let met = again * back(soon) + (1.0 - again) * back(later);
    met / network.stations[network.visits[visit].station].copies
}
