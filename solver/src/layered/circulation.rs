//! The customers of one group among themselves: mean value analysis over their number.
//!
//! With the others' part of every queue as it is, the queues at n customers follow from those at n - 1 (Reiser and
//! Lavenberg 1980), as exactly as if the group were alone with slower stations. For the threads of a pool, n is the
//! number of busy ones: their rate of completions with n busy makes the pool a load-dependent server for its callers
//! (Chandy, Herzog and Woo 1975), and what a thread meets is averaged over the distribution of n.

use super::level::{self, Level, Levels, Start};
use super::met::{Met, Own};
use super::network::{Network, Source};
use super::own::{self, Meeting};
use super::solve::State;
use super::threads;
use super::waiting::{Queue, Waiting};

/// Populations up to which the steps begin at one customer; the last steps of larger ones begin at Linearizer's solution.
const ALL_STEPS: f64 = 24.0;
const LAST_STEPS: usize = 6;
const LINEARIZATIONS: usize = level::MOST_STEPS;
/// Numbers of customers up to which all are looked at, and the factor to the next larger one after that; so many of the
/// last are looked at, too.
const FIRST: f64 = 2.0;
const GROWTH: f64 = 2.0;
const LAST: f64 = 1.0;

/// Recomputes the delays of a group's visits; for threads of a pool, those with some numbers of them busy.
pub(crate) fn update(
    network: &Network<'_>,
    state: &mut State,
    group: usize,
    met: &[Met],
    answers: &mut [Waiting],
) {
    let customers = match network.groups[group].source {
        Source::Closed { population, .. } => population,
        Source::Pool { station, .. } => network.stations[station].servers,
        Source::Open { .. } | Source::Stream => return open(network, state, group, met, answers),
    };
    let mut levels = std::mem::take(&mut state.levels[group]);
    if let Some(circle) = Circle::new(network, state, group, met, customers) {
        match network.groups[group].source {
            Source::Pool { station, .. } => {
                circle.steps(&mut levels, &numbers(customers, state.most_busy[group]));
                threads::update_pace(network, state, station, group, levels.all());
            }
            _ if customers <= ALL_STEPS => {
                circle.steps(&mut levels, &numbers(customers, customers));
                mix(network, group, levels.last(), &[1.0], answers);
            }
            _ => {
                circle.last_steps(&mut levels);
                mix(network, group, levels.last(), &[1.0], answers);
            }
        }
    }
    state.levels[group] = levels;
}

/// Recomputes how many threads of every pool are busy at a time, and with that the delays of its visits. Callers come
/// before the called, as the customers that can come to a pool depend on what its callers see of each other.
pub(crate) fn update_threads(network: &Network<'_>, state: &mut State, answers: &mut [Waiting]) {
    for &group in network.group_order.iter().rev() {
        if let Source::Pool { station, .. } = network.groups[group].source
            && state.throughput[group] > 0.0
        {
            let levels = std::mem::take(&mut state.levels[group]);
            let weights = threads::weights(network, state, station, group, levels.all());
            mix(network, group, levels.all(), &weights, answers);
            state.levels[group] = levels;
        }
        own::update_one(network, state, group);
    }
}

/// Customers from outside meet each other as random observers do.
fn open(network: &Network<'_>, state: &mut State, group: usize, met: &[Met], answers: &mut [Waiting]) {
    for v in network.visits_of(group) {
        if state.flow.rate[v] <= 0.0 {
            continue;
        }
        let station = &network.stations[network.visits[v].station];
        let busy = state.flow.busy[v] / station.copies;
        let own = Own {
            busy,
            open_waiting: busy * state.delay[v],
            open_load: busy,
            present: state.present(network, v) / station.copies,
            customers: f64::INFINITY,
            ..Own::default()
        };
        let mut search = state.searches[v];
        let pace = threads::pace(network, state, network.visits[v].station);
        answers[v] = Queue::new(station, &met[v], pace).waiting(&own, &mut search);
        state.searches[v] = search;
    }
}

/// The numbers of customers that are looked at, up to the first that is at least `likely`.
fn numbers(all: f64, likely: f64) -> Vec<f64> {
    let all = all.floor().max(1.0);
    let mut numbers = Vec::new();
    let mut n = 1.0;
    while n < all {
        numbers.push(n);
        if n >= likely {
            return numbers;
        }
        let most = (all - LAST).max(n + 1.0);
        n = if n < FIRST { n + 1.0 } else { (n * GROWTH).ceil().min(most) };
    }
    numbers.push(all);
    numbers
}

/// The customers of one group, or of one queue of it, on their way around.
struct Circle<'a> {
    customers: f64,
    /// Of one circle: requests per second now, and time of a cycle without any waiting.
    throughput: f64,
    fixed: f64,
    stops: Vec<Stop<'a>>,
}

/// One of the stations on the way.
struct Stop<'a> {
    queue: Queue<'a>,
    meeting: Meeting,
    /// Delay times this is time per cycle; 0 where nobody comes.
    weight: f64,
    /// Now, at one copy of the station: busy servers, customers, delay, and servers busy with the customer's last request.
    busy: f64,
    present: f64,
    delay: f64,
    late: f64,
}

impl<'a> Circle<'a> {
    fn new(
        network: &'a Network<'a>,
        state: &'a State,
        group: usize,
        met: &'a [Met],
        customers: f64,
    ) -> Option<Self> {
        let all = state.throughput[group];
        if all <= 0.0 || customers < 1.0 {
            return None;
        }
        let (queues, cycle) = match network.groups[group].source {
            Source::Pool { station, .. } => {
                let pool = &network.stations[station];
                let busy: f64 = pool.visits.iter().map(|&v| state.flow.busy[v]).sum();
                (pool.copies, busy / all)
            }
            Source::Closed { think_time, .. } => {
                (1.0, think_time + state.request(network, &network.groups[group]).mean)
            }
            _ => return None,
        };
        let stop = |v: usize| {
            let station = &network.stations[network.visits[v].station];
            let pace = threads::pace(network, state, network.visits[v].station);
            Stop {
                queue: Queue::new(station, &met[v], pace),
                meeting: Meeting::of(network, v),
                weight: state.weight(network, v) / all,
                busy: met[v].pace * state.flow.busy[v] / station.copies,
                present: state.present(network, v) / station.copies,
                delay: met[v].pace * state.delay[v],
                late: state.own_late[v].min(1.0),
            }
        };
        let stops: Vec<Stop<'_>> = network.visits_of(group).map(stop).collect();
        let waits: f64 = stops.iter().map(|stop| stop.weight * stop.delay).sum();
        let fixed = (cycle - waits).max(1e-3 * cycle);
        Some(Self { customers, throughput: all / queues, fixed, stops })
    }

    /// The solution for some numbers of customers, in ascending order from 1: from one number to the next one, or to a
    /// larger one with queues that are linear in between.
    fn steps(&self, levels: &mut Levels, numbers: &[f64]) {
        levels.resize(numbers.len(), self.stops.len());
        for (k, &n) in numbers.iter().enumerate() {
            let (lower, level) = levels.split(k);
            match lower {
                [.., before, last] if last.customers < n - 1.0 => {
                    self.step(n, &before.towards(Some(last), last, n - 1.0), level, 0);
                    let start = last.towards(None, level, n - 1.0);
                    self.step(n, &start, level, 1);
                }
                _ => self.step(n, &Start::of(lower.last()), level, 0),
            }
        }
    }

    /// The solution for all customers of a large population: some last steps from a start by Linearizer (Chandy and
    /// Neuse 1982), where queues change from N to N - 1 customers as they do from N - 1 to N - 2.
    fn last_steps(&self, levels: &mut Levels) {
        levels.resize(LAST_STEPS + 2, self.stops.len());
        let first = self.customers - LAST_STEPS as f64;
        let (lower, upper) = levels.first_two();
        self.scale(first - 1.0, lower);
        self.scale(first, upper);
        for pass in 0..LINEARIZATIONS {
            let before = upper.beyond(lower);
            self.step(first - 1.0, &before, lower, pass);
            self.step(first, &Start::of(Some(lower)), upper, pass);
        }
        for k in 0..LAST_STEPS {
            let (lower, level) = levels.split(k + 2);
            self.step(first + (k + 1) as f64, &Start::of(lower.last()), level, 0);
        }
    }

    /// As if so many customers found what all find now.
    fn scale(&self, customers: f64, level: &mut Level) {
        level.customers = customers;
        level.throughput = self.throughput * customers / self.customers;
        level.answers.iter_mut().zip(&self.stops).for_each(|(answer, stop)| answer.delay = stop.delay);
    }

    /// With so many customers, from the solution with one less. `pass`: how many steps have led there in this round.
    fn step(&self, customers: f64, start: &Start<'_>, level: &mut Level, pass: usize) {
        let relative = start.throughput / self.throughput;
        let mut time = self.fixed;
        for (i, stop) in self.stops.iter().enumerate().filter(|(_, stop)| stop.weight > 0.0) {
            let Meeting { share, mates, part } = stop.meeting;
            let busy = stop.busy * share * mates * relative;
            let own = Own {
                busy,
                late: stop.late,
                closed_waiting: busy * start.delay(i, level),
                present: stop.present * share * (mates * relative).min(1.0),
                customers: part * (customers - 1.0).max(0.0),
                ..Own::default()
            };
            let answer = stop.queue.waiting(&own, &mut level.searches[i][pass]);
            time += stop.weight * answer.delay;
            level.answers[i] = answer;
        }
        level.customers = customers;
        level.throughput = customers / time;
    }
}

/// The answers averaged over the levels.
fn mix(network: &Network<'_>, group: usize, levels: &[Level], weights: &[f64], answers: &mut [Waiting]) {
    for (i, v) in network.visits_of(group).enumerate() {
        let mut sum = Waiting::default();
        for (level, weight) in levels.iter().zip(weights) {
            sum.add(&level.answers[i], *weight);
        }
        answers[v] = sum;
    }
}
