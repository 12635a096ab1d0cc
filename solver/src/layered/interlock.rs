//! Customers that cannot be in two places at once.
//!
//! A thread that arrives at a station does not find there the work of the caller that waits for it, nor other work
//! done for that caller. Layered solvers that treat the groups as independent count such work as contention; Franks
//! (1999, ch. 4) calls the correction for it interlocking.

use super::network::{Network, Source};
use super::solve::State;

/// Per group: on behalf of which groups its customers work, and for which part of its throughput. Sorted by group;
/// begins with the group itself.
pub(crate) type Causes = Vec<Vec<(usize, f64)>>;

/// Everyone works for itself.
pub(crate) fn initial(network: &Network<'_>) -> Causes {
    (0..network.groups.len()).map(|g| vec![(g, 1.0)]).collect()
}

/// The causes as they follow from the rates and from the causes of the callers in the last round. After as many
/// rounds as there are layers they are settled.
pub(crate) fn update(network: &Network<'_>, state: &State) -> Causes {
    let mut causes = initial(network);
    for (g, group) in network.groups.iter().enumerate() {
        let Source::Pool { station, .. } = group.source else { continue };
        let total: f64 = network.stations[station].visits.iter().map(|&v| state.flow.rate[v]).sum();
        if total <= 0.0 {
            continue;
        }
        let mut parts = vec![(g, 1.0)];
        for &visit in &network.stations[station].visits {
            let share = state.flow.rate[visit] / total;
            let callers = &state.causes[network.visits[visit].group];
            parts.extend(callers.iter().map(|&(cause, part)| (cause, share * part)));
        }
        parts.sort_by_key(|&(cause, _)| cause);
        parts.dedup_by(|next, sum| {
            let same = next.0 == sum.0;
            if same {
                sum.1 += next.1;
            }
            same
        });
        causes[g] = parts;
    }
    causes
}

/// The part of what group `other` has at a station that a customer of group `arriving` cannot meet there: the work
/// for the very customer on whose behalf it comes.
pub(crate) fn blocked(state: &State, arriving: usize, other: usize) -> f64 {
    let (mut left, mut right) =
        (state.causes[arriving].iter().peekable(), state.causes[other].iter().peekable());
    let mut most = 0.0_f64;
    while let (Some(&&(a, part_a)), Some(&&(b, part_b))) = (left.peek(), right.peek()) {
        match a.cmp(&b) {
            std::cmp::Ordering::Less => drop(left.next()),
            std::cmp::Ordering::Greater => drop(right.next()),
            std::cmp::Ordering::Equal => {
                most = most.max(part_a * part_b * (1.0 - state.seen[a]));
                left.next();
                right.next();
            }
        }
    }
    most.min(1.0)
}
