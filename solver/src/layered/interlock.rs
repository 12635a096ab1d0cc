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
    /// Per group: on behalf of which groups its customers work. Sorted by group; includes the group itself.
    of: Vec<Vec<Cause>>,
    /// Per visit to a pool: its part of the calls, as they were when this was computed.
    shares: Vec<f64>,
}

/// A group on whose behalf the customers of one circle of another work.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cause {
    pub(super) group: usize,
    /// For which part of the throughput.
    part: f64,
    /// The same for each of the circles of the cause that it is spread over.
    pub(super) density: f64,
}

impl Cause {
    /// It works for itself.
    fn own(group: usize) -> Self {
        Self { group, part: 1.0, density: 1.0 }
    }

    /// How many of so many circles with another such cause work for one of its circles that this does, too; of its own group,
    /// where `own` circles more do.
    pub(super) fn in_common(&self, other: Self, all: f64, circles: f64, own: f64) -> f64 {
        let covered = ((circles + own) * other.width()).min(all).max(self.width());
        (self.width().max(other.width()) / covered).min(1.0) * (circles + own) - own
    }

    /// Circles that it is spread over.
    pub(super) fn width(&self) -> f64 {
        self.part / self.density
    }
}

/// Changes of shares that do not matter.
const SAME: f64 = 1e-9;

impl Causes {
    /// Everyone works for itself.
    pub(crate) fn new(network: &Network<'_>) -> Self {
        let of = (0..network.groups.len()).map(|g| vec![Cause::own(g)]).collect();
        Self { of, shares: vec![0.0; network.visits.len()] }
    }

    /// Of a group, sorted by group.
    pub(super) fn of(&self, group: usize) -> &[Cause] {
        &self.of[group]
    }

    /// The causes as they follow from the rates.
    pub(crate) fn update(&mut self, network: &Network<'_>, flow: &Flow) {
        let mut changed = false;
        for (_, station) in network.stations.iter().enumerate().filter(|&(k, _)| network.pool_of(k).is_some())
        {
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

    fn of_pool(&self, network: &Network<'_>, group: usize, station: usize) -> Vec<Cause> {
        let mut parts = vec![Cause::own(group)];
        for &visit in &network.stations[station].visits {
            let callers = &self.of[network.visits[visit].group];
            let share = self.shares[visit];
            parts.extend(callers.iter().filter(|_| share > 0.0).map(|cause| {
                let circles = network.visits[visit].links.circles;
                let width = (cause.width() * circles).min(network.circles(cause.group));
                let part = share * cause.part;
                Cause { group: cause.group, part, density: part / width }
            }));
        }
        parts.sort_by_key(|cause| cause.group);
        parts.dedup_by(|next, sum| {
            let same = next.group == sum.group;
            if same {
                sum.part += next.part;
                sum.density += next.density;
            }
            same
        });
        parts
    }
}

/// The part of what so many circles of group `other` have at a station that a customer of group `arriving` cannot meet
/// there: the work for the very customer on whose behalf it comes. Of its own group, `besides` tells that the circle of
/// the customer is not among them.
pub(crate) fn blocked(
    network: &Network<'_>,
    state: &State,
    arriving: usize,
    (other, circles): (usize, f64),
    besides: bool,
) -> f64 {
    let own = f64::from(u8::from(besides));
    let (mut left, mut right) =
        (state.causes.of[arriving].iter().peekable(), state.causes.of[other].iter().peekable());
    let mut most = 0.0_f64;
    let mut of_some: Vec<(f64, f64)> = Vec::new();
    while let (Some(&&a), Some(&&b)) = (left.peek(), right.peek()) {
        match a.group.cmp(&b.group) {
            std::cmp::Ordering::Less => drop(left.next()),
            std::cmp::Ordering::Greater => drop(right.next()),
            std::cmp::Ordering::Equal => {
                let blocked = a.density * b.density * (1.0 - state.seen[a.group]);
                let common = a.in_common(b, network.circles(a.group), circles, own);
                if common >= circles {
                    most = most.max(blocked);
                } else if common > 0.0 {
                    of_some.push((blocked, common / circles));
                }
                left.next();
                right.next();
            }
        }
    }
    // The mean over the circles of the most for each; those that have a nearer cause in common have the farther ones too.
    of_some.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut covered = 0.0;
    let mut more = 0.0;
    for (blocked, common) in of_some {
        more += (blocked - most).max(0.0) * (common - covered).max(0.0);
        covered = covered.max(common);
    }
    (most + more).min(1.0)
}
