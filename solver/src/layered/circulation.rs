//! The customers of one group among themselves: mean value analysis over their number.
//!
//! With the others' part of every queue as it is, the queues at n customers follow from those at n - 1 (Reiser and
//! Lavenberg 1980), as exactly as if the group were alone with slower stations. For the threads of a pool, n is the
//! number of busy ones: their rate of completions with n busy makes the pool a load-dependent server for its callers
//! (Chandy, Herzog and Woo 1975), and what a thread meets is averaged over the distribution of n.

use super::met::{Met, Own};
use super::network::{Network, Source};
use super::own::Meeting;
use super::solve::State;
use super::threads::{self, Rates};
use super::waiting::{Waiting, waiting};

/// Populations up to which the steps begin at one customer; the last steps of larger ones begin at Linearizer's solution.
const ALL_STEPS: f64 = 24.0;
const LAST_STEPS: usize = 12;
const LINEARIZATIONS: usize = 3;
/// Numbers of customers up to which all are looked at, and the factor to the next larger one after that; so many
/// of the last are looked at again.
const FIRST: f64 = 4.0;
const GROWTH: f64 = 1.6;
const LAST: f64 = 2.0;
const REFINEMENTS: usize = 2;

/// Recomputes the delays of a group's visits.
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
    let Some(circle) = Circle::new(network, state, group, met, customers) else { return };
    let mut intensities = std::mem::take(&mut state.circle_intensities[group]);
    match network.groups[group].source {
        Source::Pool { station, .. } => {
            let levels = circle.levels(state, &numbers(customers, state.most_busy[group]), &mut intensities);
            let weights = threads::weights(network, state, station, group, &levels);
            circle.mix(&levels, &weights, answers);
        }
        _ if customers <= ALL_STEPS => {
            let levels = circle.levels(state, &numbers(customers, customers), &mut intensities);
            circle.mix(&levels[levels.len() - 1..], &[1.0], answers);
        }
        _ => circle.mix(&[circle.last(state, &mut intensities)], &[1.0], answers),
    }
    state.circle_intensities[group] = intensities;
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
        let rates = Rates::of(network, state, network.visits[v].station);
        let mut log_intensity = state.log_intensity[v];
        answers[v] = waiting(station, &met[v], &own, &rates.pace(), &mut log_intensity);
        state.log_intensity[v] = log_intensity;
    }
}

/// One number of customers with what they bring about.
pub(super) struct Level {
    pub(super) customers: f64,
    pub(super) throughput: f64,
    answers: Vec<Waiting>,
}

impl Level {
    fn empty(visits: usize) -> Self {
        Self { customers: 0.0, throughput: 0.0, answers: vec![Waiting::default(); visits] }
    }

    /// As if every customer found what it finds here.
    fn scaled(&self, customers: f64) -> Self {
        let throughput = self.throughput * customers / self.customers;
        Self { customers, throughput, answers: self.answers.clone() }
    }

    /// Between this and a level with more customers, where throughput and queues are linear.
    fn towards(&self, more: &Self, customers: f64) -> Self {
        let part = (customers - self.customers) / (more.customers - self.customers);
        let throughput = self.throughput + part * (more.throughput - self.throughput);
        self.mixed(more, customers, throughput, 1.0 - part, part)
    }

    /// One customer less than `less`, which has one less than this: per customer, all goes on as it does up to there.
    fn beyond(&self, less: &Self) -> Self {
        let customers = less.customers - 1.0;
        let (here, there) = (-customers / self.customers, 2.0 * customers / less.customers);
        let throughput = here * self.throughput + there * less.throughput;
        self.mixed(less, customers, throughput, here, there)
    }

    /// Queues as a weighted sum of those of two levels.
    fn mixed(&self, other: &Self, customers: f64, throughput: f64, weight: f64, other_weight: f64) -> Self {
        let pairs = self.answers.iter().zip(&other.answers);
        let delay = |(a, b): (&Waiting, &Waiting)| {
            let queue = weight * self.throughput * a.delay + other_weight * other.throughput * b.delay;
            Waiting { delay: (queue / throughput).max(0.0), ..*a }
        };
        Self { customers, throughput, answers: pairs.map(delay).collect() }
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

struct Circle<'a> {
    network: &'a Network<'a>,
    visits: Vec<usize>,
    met: &'a [Met],
    meetings: Vec<Meeting>,
    customers: f64,
    /// Of one circle: requests per second now, and time of a cycle without any waiting.
    throughput: f64,
    fixed: f64,
    /// Per visit: delay times this is time per cycle.
    weights: Vec<f64>,
    rates: Vec<Rates>,
}

impl<'a> Circle<'a> {
    fn new(
        network: &'a Network<'a>,
        state: &State,
        group: usize,
        met: &'a [Met],
        customers: f64,
    ) -> Option<Self> {
        let visits: Vec<usize> = network.visits_of(group).filter(|&v| state.flow.rate[v] > 0.0).collect();
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
        let weights: Vec<f64> = visits.iter().map(|&v| state.weight(network, v) / all).collect();
        let waits: f64 = visits.iter().zip(&weights).map(|(&v, weight)| weight * state.delay[v]).sum();
        let meetings = visits.iter().map(|&v| Meeting::of(network, group, v)).collect();
        let rates = visits.iter().map(|&v| Rates::of(network, state, network.visits[v].station)).collect();
        let fixed = (cycle - waits).max(1e-3 * cycle);
        Some(Self {
            network,
            visits,
            met,
            meetings,
            customers,
            throughput: all / queues,
            fixed,
            weights,
            rates,
        })
    }

    /// The solution for some numbers of customers, in ascending order from 1.
    ///
    /// `log_intensities`: per level and visit, where the search for the intensity of a station ended.
    fn levels(&self, state: &State, numbers: &[f64], log_intensities: &mut Vec<f64>) -> Vec<Level> {
        let width = self.visits.len();
        log_intensities.resize(log_intensities.len().max(numbers.len() * width), f64::NAN);
        let mut levels: Vec<Level> = Vec::with_capacity(numbers.len());
        for (k, &n) in numbers.iter().enumerate() {
            let intensities = &mut log_intensities[k * width..(k + 1) * width];
            let level = match levels.last() {
                None => self.step(state, n, &Level::empty(width), intensities),
                Some(last) if last.customers == n - 1.0 => self.step(state, n, last, intensities),
                Some(last) => self.jump(state, last, n, intensities),
            };
            levels.push(level);
        }
        levels
    }

    /// From one number of customers to a larger one, with queues that are linear in between.
    fn jump(&self, state: &State, from: &Level, customers: f64, log_intensities: &mut [f64]) -> Level {
        let mut level = from.scaled(customers);
        for _ in 0..REFINEMENTS {
            let before = from.towards(&level, customers - 1.0);
            level = self.step(state, customers, &before, log_intensities);
        }
        level
    }

    /// The solution for all customers of a large population: some last steps from a start by Linearizer (Chandy and
    /// Neuse 1982), where queues change from N to N - 1 customers as they do from N - 1 to N - 2.
    fn last(&self, state: &State, log_intensities: &mut Vec<f64>) -> Level {
        let width = self.visits.len();
        log_intensities.resize((LAST_STEPS + 2) * width, f64::NAN);
        let answers = self.visits.iter().map(|&v| Waiting { delay: state.delay[v], ..Waiting::default() });
        let now =
            Level { customers: self.customers, throughput: self.throughput, answers: answers.collect() };
        let mut level = now.scaled(self.customers - LAST_STEPS as f64);
        let mut one_less = level.scaled(level.customers - 1.0);
        let (start, steps) = log_intensities.split_at_mut(2 * width);
        let (lower, upper) = start.split_at_mut(width);
        for _ in 0..LINEARIZATIONS {
            let two_less = level.beyond(&one_less);
            one_less = self.step(state, one_less.customers, &two_less, lower);
            level = self.step(state, level.customers, &one_less, upper);
        }
        for k in 0..LAST_STEPS {
            let intensities = &mut steps[k * width..(k + 1) * width];
            level = self.step(state, level.customers + 1.0, &level, intensities);
        }
        level
    }

    /// With so many customers, from the solution with one less.
    fn step(&self, state: &State, customers: f64, other: &Level, log_intensities: &mut [f64]) -> Level {
        let relative = other.throughput / self.throughput;
        let mut time = self.fixed;
        let mut answers = Vec::with_capacity(self.visits.len());
        for (i, &v) in self.visits.iter().enumerate() {
            let station = &self.network.stations[self.network.visits[v].station];
            let Meeting { always, circle, strangers, part } = self.meetings[i];
            let busy = state.flow.busy[v] / station.copies;
            let present = state.present(self.network, v) / station.copies;
            let own = Own {
                busy: busy * (always + circle * relative),
                late: state.own_late[v].min(1.0),
                closed_waiting: busy * (always * state.delay[v] + circle * relative * other.answers[i].delay),
                present: present * (always + circle * relative).min(1.0),
                customers: strangers + part * (customers - 1.0).max(0.0),
                ..Own::default()
            };
            let pace = self.rates[i].pace();
            let answer = waiting(station, &self.met[v], &own, &pace, &mut log_intensities[i]);
            time += self.weights[i] * answer.delay;
            answers.push(answer);
        }
        Level { customers, throughput: customers / time, answers }
    }

    /// The answers averaged over the levels.
    fn mix(&self, levels: &[Level], weights: &[f64], answers: &mut [Waiting]) {
        for (i, &v) in self.visits.iter().enumerate() {
            let mean = |part: fn(&Waiting) -> f64| -> f64 {
                levels.iter().zip(weights).map(|(level, weight)| weight * part(&level.answers[i])).sum()
            };
            answers[v] = Waiting {
                delay: mean(|answer| answer.delay),
                own: mean(|answer| answer.own),
                growth: mean(|answer| answer.growth),
                full: mean(|answer| answer.full),
            };
        }
    }
}
