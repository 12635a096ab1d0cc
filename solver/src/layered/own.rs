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
                Source::Pool { .. } => {
                    let meeting = Meeting::of(network, g, v);
                    1.0 - (meeting.always + meeting.circle * state.seen[g])
                }
            };
        }
    }
}

/// How a customer meets others of its group at one copy of a station: so much of their mean always, so much in
/// proportion to the others in its circle, the customers that share a queue.
#[derive(Clone, Copy)]
pub(super) struct Meeting {
    pub(super) always: f64,
    pub(super) circle: f64,
    /// Customers that may be met: so many that are not in the circle, and the part of those that are.
    pub(super) strangers: f64,
    pub(super) part: f64,
}

impl Meeting {
    pub(super) fn of(network: &Network<'_>, group: usize, visit: usize) -> Self {
        let everyone = Self { always: 0.0, circle: 1.0, strangers: 0.0, part: 1.0 };
        let Source::Pool { station, .. } = network.groups[group].source else { return everyone };
        let (queues, threads) = (network.stations[station].copies, network.threads(station));
        let machines = network.stations[network.visits[visit].station].copies;
        if queues == machines {
            return everyone;
        }
        if machines == 1.0 {
            // Threads of all replicas, of which those of the other replicas are no part of the circle.
            let strangers = threads - threads / queues;
            return Self { always: 1.0 - 1.0 / queues, circle: 1.0 / queues, strangers, part: 1.0 };
        }
        // One queue for threads on several machines: only those on the same one are met.
        let on_machine = threads / machines;
        let part = if threads <= 1.0 { 0.0 } else { (on_machine - 1.0).max(0.0) / (threads - 1.0) };
        Self { always: 0.0, circle: machines * part, strangers: 0.0, part }
    }
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
