//! Customers that cannot be in two places at once.
//!
//! A thread that arrives at a station does not find there the work of the caller that waits for it, nor other work
//! done for that caller. Layered solvers that treat the groups as independent count such work as contention; Franks
//! (1999, ch. 4) calls the correction for it interlocking.

use super::flow::Flow;
use super::network::{Network, Source};
use super::solve::State;

/// On whose behalf everyone works.
#[derive(Clone)]
pub(crate) struct Causes {
    /// Per group: on behalf of which groups its customers work, and for which part of its throughput. Sorted by group;
    /// includes the group itself.
    of: Vec<Vec<(usize, f64)>>,
    /// Per visit to a pool: its part of the calls, as they were when this was computed.
    shares: Vec<f64>,
}

/// Changes of shares that do not matter.
const SAME: f64 = 1e-9;

impl Causes {
    /// Everyone works for itself.
    pub(crate) fn new(network: &Network<'_>) -> Self {
        let of = (0..network.groups.len()).map(|g| vec![(g, 1.0)]).collect();
        Self { of, shares: vec![0.0; network.visits.len()] }
    }

    /// The causes as they follow from the rates.
    pub(crate) fn update(&mut self, network: &Network<'_>, flow: &Flow) {
        let pools = network.stations.iter().enumerate().filter(|&(k, _)| network.pool_of(k).is_some());
        let mut changed = false;
        for (_, station) in pools {
            let total: f64 = station.visits.iter().map(|&v| flow.rate[v]).sum();
            for &v in station.visits.iter().filter(|_| total > 0.0) {
                let share = flow.rate[v] / total;
                changed |= (share - self.shares[v]).abs() > SAME;
                self.shares[v] = share;
            }
        }
        if changed {
            // Callers before the called.
            for &g in network.group_order.iter().rev() {
                if let Source::Pool { station, .. } = network.groups[g].source {
                    self.of[g] = self.of_pool(network, g, station);
                }
            }
        }
    }

    fn of_pool(&self, network: &Network<'_>, group: usize, station: usize) -> Vec<(usize, f64)> {
        let mut parts = vec![(group, 1.0)];
        for &visit in &network.stations[station].visits {
            let callers = &self.of[network.visits[visit].group];
            parts.extend(callers.iter().map(|&(cause, part)| (cause, self.shares[visit] * part)));
        }
        parts.sort_by_key(|&(cause, _)| cause);
        parts.dedup_by(|next, sum| {
            let same = next.0 == sum.0;
            if same {
                sum.1 += next.1;
            }
            same
        });
        parts
    }
}

/// The part of what group `other` has at a station that a customer of group `arriving` cannot meet there: the work
/// for the very customer on whose behalf it comes.
pub(crate) fn blocked(state: &State, arriving: usize, other: usize) -> f64 {
    let (mut left, mut right) =
        (state.causes.of[arriving].iter().peekable(), state.causes.of[other].iter().peekable());
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
