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
    /// Per step that leads here and stop: where the search for the intensity of the station ended.
    pub(crate) searches: Vec<Vec<Search>>,
}

impl Level {
    pub(crate) fn new(stops: usize) -> Self {
        Self {
            customers: 0.0,
            throughput: 0.0,
            answers: vec![Waiting::default(); stops],
            searches: vec![vec![Search::NEW; stops]; MOST_STEPS],
        }
    }

    /// Between this and a level with more customers, or beyond it, where throughput and queues are linear.
    pub(crate) fn towards(&self, more: &Self, customers: f64) -> Self {
        let part = (customers - self.customers) / (more.customers - self.customers);
        let throughput = self.throughput + part * (more.throughput - self.throughput);
        self.mixed(more, customers, throughput, 1.0 - part, part)
    }

    /// One customer less than `less`, which has one less than this: per customer, all goes on as it does up to there.
    pub(crate) fn beyond(&self, less: &Self) -> Self {
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
        Self { customers, throughput, answers: pairs.map(delay).collect(), searches: Vec::new() }
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
