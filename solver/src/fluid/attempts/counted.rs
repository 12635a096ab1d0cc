//! What became of requests.

/// Sums over time, on average.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Counted([f64; FIGURES]);

const FIGURES: usize = 9;

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Figure {
    /// Requests sent for the first time.
    Started,
    /// Requests answered in time.
    Completed,
    /// Of them those that took more than one attempt.
    Retried,
    /// Their response times (s), from the first attempt on.
    Response,
    /// Requests given up.
    Failed,
    /// Attempts that have ended for whoever made them.
    Attempts,
    /// Of them those that took too long.
    Timeouts,
    /// Further attempts begun.
    Retries,
    /// Further attempts that a budget did not allow.
    Refused,
}

impl Default for Counted {
    fn default() -> Self {
        Self([0.0; FIGURES])
    }
}

impl Counted {
    pub(crate) fn of(&self, figure: Figure) -> f64 {
        self.0[figure as usize]
    }

    pub(super) fn add(&mut self, figure: Figure, amount: f64) {
        self.0[figure as usize] += amount;
    }

    /// Requests that are neither answered nor given up.
    pub(crate) fn in_flight(&self) -> f64 {
        (self.of(Figure::Started) - self.ended()).max(0.0)
    }

    /// Requests that are.
    pub(crate) fn ended(&self) -> f64 {
        self.of(Figure::Completed) + self.of(Figure::Failed)
    }

    /// Between this and another one, `part` of the way.
    pub(crate) fn towards(&self, other: &Self, part: f64) -> Self {
        let mut between = *self;
        between.0.iter_mut().zip(other.0).for_each(|(own, other)| *own += part * (other - *own));
        between
    }

    /// The mean of several.
    pub(crate) fn mean<'c>(all: impl Iterator<Item = &'c Self>) -> Self {
        let (mut sum, mut count) = (Self::default(), 0.0);
        for counted in all {
            sum.0.iter_mut().zip(counted.0).for_each(|(sum, number)| *sum += number);
            count += 1.0;
        }
        sum.0.iter_mut().for_each(|sum| *sum /= f64::max(count, 1.0));
        sum
    }
}
