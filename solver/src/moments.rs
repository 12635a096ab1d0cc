//! Mean and variance of a duration.

use tracecast_model::Distribution;

/// Mean (s) and variance (s²).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Moments {
    pub(crate) mean: f64,
    pub(crate) variance: f64,
}

impl Moments {
    pub(crate) const ZERO: Self = Self { mean: 0.0, variance: 0.0 };

    pub(crate) fn new(mean: f64, variance: f64) -> Self {
        Self { mean, variance }
    }

    pub(crate) fn of(distribution: &Distribution) -> Self {
        Self { mean: distribution.mean(), variance: distribution.variance() }
    }

    /// Of the sum of this and an independent one.
    pub(crate) fn plus(self, other: Self) -> Self {
        Self { mean: self.mean + other.mean, variance: self.variance + other.variance }
    }

    /// Of the sum of a random number of independent ones (Wald; variance by conditioning on the number).
    pub(crate) fn repeated(self, count: f64, count_variance: f64) -> Self {
        Self {
            mean: count * self.mean,
            variance: count * self.variance + count_variance * self.mean * self.mean,
        }
    }

    /// Of the product with a constant.
    pub(crate) fn times(self, factor: f64) -> Self {
        Self { mean: factor * self.mean, variance: factor * factor * self.variance }
    }

    pub(crate) fn second(self) -> f64 {
        self.variance + self.mean * self.mean
    }

    /// Squared coefficient of variation; 0 where the mean is 0.
    pub(crate) fn scv(self) -> f64 {
        if self.mean > 0.0 { self.variance / (self.mean * self.mean) } else { 0.0 }
    }
}
