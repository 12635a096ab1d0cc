//! What a customer meets of its own group.

use super::network::{Network, Source, Visit};
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
        }
        update_one(network, state, g);
    }
}

/// Per visit of a group: what a single customer makes up of it there.
pub(super) fn update_one(network: &Network<'_>, state: &mut State, group: usize) {
    for v in network.visits_of(group) {
        state.one[v] = match network.groups[group].source {
            Source::Closed { population, .. } => 1.0 / population,
            Source::Open { .. } | Source::Stream => 0.0,
            Source::Pool { .. } => {
                let meeting = Meeting::of(network, v);
                meeting.share * (1.0 - meeting.mates * state.seen[group]).max(0.0)
            }
        };
    }
}

/// How a customer meets others of its group at one copy of a station: those of its circle, as many as come to that copy. The other circles
/// of the group are strangers like other groups ([`Met`](super::met::Met)).
#[derive(Clone, Copy)]
pub(super) struct Meeting {
    /// Part of what the group has at one copy that is the circle's.
    pub(super) share: f64,
    /// What a customer sees of that, relative to the circle without it.
    pub(super) mates: f64,
    /// Part of the other customers of the circle that come there.
    pub(super) part: f64,
}

impl Meeting {
    pub(super) fn of(network: &Network<'_>, visit: usize) -> Self {
        let Visit { group, links, .. } = network.visits[visit];
        let share = 1.0 / links.circles;
        let Source::Pool { station, .. } = network.groups[group].source else {
            return Self { share, mates: 1.0, part: 1.0 };
        };
        if links.here >= 1.0 {
            return Self { share, mates: 1.0, part: 1.0 };
        }
        // One queue for threads on several machines: only those on the same one are met.
        let threads = network.stations[station].servers;
        let here = threads * links.here;
        let part = if threads <= 1.0 { 0.0 } else { (here - 1.0).max(0.0) / (threads - 1.0) };
        Self { share, mates: part / links.here, part }
    }
}

/// Servers that a customer finds busy with its own last request, which has replied but is not done yet.
///
/// With S the time from the reply to the end and T that from the reply to the next request, both as if exponential,
/// the customer is back before the end with probability S/(S+T) (Franks and Woodside 1998 solve the Markov chain of
/// the phases; this is its case of one phase each). T is short where the same execution of the caller calls again, and
/// long where the next one does. Only a request to the same copy of the station counts.
fn overtaken(network: &Network<'_>, state: &State, visit: usize, customers: f64) -> f64 {
    let (rate, late) = (state.flow.rate[visit], state.flow.late[visit]);
    if late <= 0.0 || rate <= 0.0 || customers.is_infinite() {
        return 0.0;
    }
    let behind = late / rate;
    let reach = network.visits[visit].links.reach;
    let away = (customers * reach - state.present(network, visit)).max(0.0) / rate;
    let again = (state.flow.again[visit] / rate).min(1.0);
    let soon = if again > 0.0 { state.flow.gaps[visit] / state.flow.again[visit] } else { 0.0 };
    let back = |after: f64| behind / (behind + after);
    let later = if again < 1.0 { (away - again * soon).max(0.0) / (1.0 - again) } else { away };
    again * back(soon) + (1.0 - again) * back(later)
}
