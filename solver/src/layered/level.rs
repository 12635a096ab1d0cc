//! Numbers of customers of a group with what they bring about.

use super::occupancy::Search;
use super::waiting::Waiting;

/// Steps that are taken to one level in a round, at most.
pub(super) const MOST_STEPS: usize = 3;

/// One number of customers.
#[derive(Clone)]
pub(crate) struct Level {
    pub(crate) customers: f64,
    pub(crate) throughput: f64,
    /// Per stop.
    pub(crate) answers: Vec<Waiting>,
    /// Per stop and step that leads here: where the search for the intensity of the station ended.
    pub(crate) searches: Vec<[Search; MOST_STEPS]>,
}

impl Level {
    pub(crate) fn new(stops: usize) -> Self {
        Self {
            customers: 0.0,
            throughput: 0.0,
            answers: vec![Waiting::default(); stops],
            searches: vec![[Search::NEW; MOST_STEPS]; stops],
        }
    }

    /// Between this and a level with more customers, or beyond it, where throughput and queues are linear. `more` is none
    /// where it is the level that the step leads to, as it is `now`.
    pub(crate) fn towards<'a>(&'a self, more: Option<&'a Self>, now: &Self, customers: f64) -> Start<'a> {
        let part = (customers - self.customers) / (now.customers - self.customers);
        let throughput = self.throughput + part * (now.throughput - self.throughput);
        Start::mixed((self, 1.0 - part), (more, part * now.throughput), throughput)
    }

    /// One customer less than the level that the step leads to, `less`, which has one less than this: per customer, all
    /// goes on as it does up to there.
    pub(crate) fn beyond(&self, less: &Self) -> Start<'_> {
        let customers = less.customers - 1.0;
        let (here, there) = (-customers / self.customers, 2.0 * customers / less.customers);
        let throughput = here * self.throughput + there * less.throughput;
        Start::mixed((self, here), (None, there * less.throughput), throughput)
    }
}

/// What a step begins from: one customer less than where it leads to.
pub(crate) struct Start<'a> {
    pub(crate) throughput: f64,
    level: Option<&'a Level>,
    /// None for the level that the step leads to.
    other: Option<&'a Level>,
    /// Weights of the delays of both.
    weights: [f64; 2],
}

impl<'a> Start<'a> {
    /// A level itself; none for no customers.
    pub(crate) fn of(level: Option<&'a Level>) -> Self {
        let throughput = level.map_or(0.0, |level| level.throughput);
        Self { throughput, level, other: level, weights: [1.0, 0.0] }
    }

    /// Queues as a weighted sum of those of two levels: weight of the first, weight × throughput of the other.
    fn mixed(
        (level, weight): (&'a Level, f64),
        (other, part): (Option<&'a Level>, f64),
        throughput: f64,
    ) -> Self {
        let weights = [weight * level.throughput, part].map(|part| part / throughput);
        Self { throughput, level: Some(level), other, weights }
    }

    /// Delay at a stop, before the step changes it there.
    pub(crate) fn delay(&self, stop: usize, now: &Level) -> f64 {
        let Some(level) = self.level else { return 0.0 };
        let other = self.other.unwrap_or(now);
        let [weight, other_weight] = self.weights;
        (weight * level.answers[stop].delay + other_weight * other.answers[stop].delay).max(0.0)
    }
}

/// Levels in ascending order. Their place in memory, and the searches, are kept from round to round.
#[derive(Clone, Default)]
pub(crate) struct Levels {
    levels: Vec<Level>,
    used: usize,
}

impl Levels {
    /// Uses so many levels.
    pub(crate) fn resize(&mut self, used: usize, stops: usize) {
        while self.levels.len() < used {
            self.levels.push(Level::new(stops));
        }
        self.used = used;
    }

    /// A level and those below it.
    pub(crate) fn split(&mut self, k: usize) -> (&[Level], &mut Level) {
        let (lower, upper) = self.levels.split_at_mut(k);
        (lower, &mut upper[0])
    }

    /// The lowest two.
    pub(crate) fn first_two(&mut self) -> (&mut Level, &mut Level) {
        let (lower, upper) = self.levels.split_at_mut(1);
        (&mut lower[0], &mut upper[0])
    }

    pub(crate) fn all(&self) -> &[Level] {
        &self.levels[..self.used]
    }

    /// The one with the most customers.
    pub(crate) fn last(&self) -> &[Level] {
        &self.levels[self.used - 1..self.used]
    }
}
