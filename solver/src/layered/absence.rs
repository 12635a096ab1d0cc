//! What others save elsewhere while a customer waits here.
//!
//! Threads that are met at a pool hold it for as long as they wait themselves for what they call. Part of that is for the
//! arriving customer, or for what is done on its behalf; but now it is here. In a system without it, which is what an
//! arrival sees (Reiser and Lavenberg 1980), they would be done sooner.

use super::network::{Network, Visit};
use super::own::Meeting;
use super::solve::State;

/// Part of an execution that is still ahead when it is met: what is behind was spent while the customer was elsewhere.
const AHEAD: f64 = 0.5;

/// Holding times do not become shorter than this part of themselves.
const LEAST: f64 = 0.1;

/// Waiting that single customers cause.
#[derive(Clone)]
pub(crate) struct Absence {
    /// Per group of threads: the time that an execution waits for one customer of each group, sorted by group (s).
    waits: Vec<Vec<(usize, f64)>>,
}

impl Absence {
    /// Nobody waits.
    pub(crate) fn new(network: &Network<'_>) -> Self {
        Self { waits: vec![Vec::new(); network.groups.len()] }
    }

    /// As it follows from the delays.
    pub(crate) fn of(network: &Network<'_>, state: &State) -> Self {
        let mut absence = Self::new(network);
        let mut sums = Sums::new(network.groups.len());
        for &group in &network.group_order {
            if network.groups[group].is_pool() && state.throughput[group] > 0.0 {
                absence.add_pool(network, state, group, &mut sums);
                absence.waits[group] = sums.take();
            }
        }
        absence
    }

    fn add_pool(&self, network: &Network<'_>, state: &State, group: usize, sums: &mut Sums) {
        let throughput = state.throughput[group];
        for visit in network.visits_of(group) {
            if let Some(pool) = network.pool_of(network.visits[visit].station) {
                let calls = state.flow.rate[visit] / throughput;
                self.waits[pool].iter().for_each(|&(cause, time)| sums.add(cause, calls * time));
            }
            let time = state.wait_rate(network, visit) / throughput;
            if time > 0.0 {
                at_station(network, state, visit, time, sums);
            }
        }
    }

    /// Holding times at a station while a customer of a group waits there, relative to the mean ones.
    pub(super) fn pace(&self, network: &Network<'_>, state: &State, group: usize, station: usize) -> f64 {
        let Some(pool) = network.pool_of(station) else { return 1.0 };
        let busy: f64 = network.stations[station].visits.iter().map(|&v| state.flow.busy[v]).sum();
        let waits = &self.waits[pool];
        let saved =
            |group: usize| waits.binary_search_by_key(&group, |&(cause, _)| cause).map(|k| waits[k].1);
        // The nearest cause in common has the farther ones, too.
        let causes = state.causes.of(group).iter();
        let saved =
            causes.filter_map(|cause| Some(cause.density * saved(cause.group).ok()?)).fold(0.0, f64::max);
        if busy > 0.0 { (1.0 - AHEAD * saved * state.throughput[pool] / busy).max(LEAST) } else { 1.0 }
    }
}

/// Times by group, with the groups that have one.
struct Sums {
    times: Vec<f64>,
    groups: Vec<usize>,
}

impl Sums {
    fn new(groups: usize) -> Self {
        Self { times: vec![0.0; groups], groups: Vec::new() }
    }

    fn add(&mut self, group: usize, time: f64) {
        if time > 0.0 {
            if self.times[group] == 0.0 {
                self.groups.push(group);
            }
            self.times[group] += time;
        }
    }

    /// All of them, sorted by group; begins anew.
    fn take(&mut self) -> Vec<(usize, f64)> {
        self.groups.sort_unstable();
        let times = &mut self.times;
        self.groups.drain(..).map(|group| (group, std::mem::take(&mut times[group]))).collect()
    }
}

/// Divides the time that a visit waits in an execution among those who are there and not of lower priority, and for whom
/// they work.
fn at_station(network: &Network<'_>, state: &State, visit: usize, time: f64, sums: &mut Sums) {
    let Visit { group, station, priority, .. } = network.visits[visit];
    let all = network.stations[station].visits.iter().copied();
    let visits = all.filter(|&other| network.visits[other].priority >= priority);
    // Circles, and what one of them has there: of its own circle, the waiting customer is not among them.
    let circles = visits.flat_map(|other| {
        let count = network.visits[other].links.circles;
        let busy = state.flow.busy[other] / count;
        if other == visit {
            let mates = Meeting::of(network, visit).mates * state.seen[group];
            [(other, 1.0, busy * mates, 0.0), (other, count - 1.0, busy, 1.0)]
        } else {
            [(other, count, busy, 0.0), (other, 0.0, 0.0, 0.0)]
        }
    });
    let total: f64 = circles.clone().map(|(_, count, busy, _)| count * busy).sum();
    for (other, count, busy, besides) in circles.filter(|(_, count, busy, _)| count * busy > 0.0) {
        // Both lists are sorted by group.
        let mut mine = state.causes.of(group).iter().peekable();
        for &cause in state.causes.of(network.visits[other].group) {
            while mine.next_if(|mine| mine.group < cause.group).is_some() {}
            let one = 1.0 - state.seen[cause.group];
            if one <= 0.0 {
                continue;
            }
            let all = network.circles(cause.group);
            let mine = mine.peek().filter(|mine| mine.group == cause.group);
            let common = mine.map_or(count * (cause.width() / all).min(1.0), |mine| {
                mine.in_common(cause, all, count, besides).max(0.0)
            });
            // The customer that the waiting thread works for itself is not among those it waits for.
            let known = mine.map_or(0.0, |mine| mine.density * cause.density * one);
            let share = busy * common / total;
            sums.add(cause.group, time * share * cause.density * one / (1.0 - known.min(0.5)));
        }
    }
}
