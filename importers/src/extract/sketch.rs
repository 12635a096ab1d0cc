//! A small summary of many values that merges.

use sketches_ddsketch::{Config, DDSketch};
use tracecast_model::Distribution;

use super::fit;

/// Quantiles are within this part of their values.
pub(super) const ACCURACY: f64 = 0.01;

/// Values below (s) count as 0: no clock tells them apart.
const LEAST: f64 = 1e-9;

/// Buckets at most; enough from nanoseconds to days.
const BUCKETS: u32 = 2048;

/// Times that vary by less than their clocks resolve do not vary: squared coefficient of variation.
const CONSTANT: f64 = 1e-8;

/// Below so many values the shape of a distribution is not told from them.
const ENOUGH_FOR_SHAPE: u64 = 50;

/// Count, mean, variance and quantiles.
///
/// Merging is associative and commutative up to rounding. Moments: Chan, Golub and LeVeque, *Updating formulae and a
/// pairwise algorithm for computing sample variances* (1979), eq. 2.1. Quantiles: Masson, Rim and Lee, *DDSketch* (2019).
#[derive(Clone)]
pub(super) struct Sketch {
    count: u64,
    mean: f64,
    m2: f64,
    values: DDSketch,
}

impl Default for Sketch {
    fn default() -> Self {
        let values = DDSketch::new(Config::new(ACCURACY, BUCKETS, LEAST));
        Self { count: 0, mean: 0.0, m2: 0.0, values }
    }
}

impl std::fmt::Debug for Sketch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} values, mean {}, SCV {}", self.count, self.mean, self.scv())
    }
}

impl Sketch {
    /// Adds a value.
    pub(super) fn add(&mut self, value: f64) {
        self.combine(1, value, 0.0);
        self.values.add(value);
    }

    pub(super) fn merge(&mut self, other: &Self) {
        if other.count == 0 {
            return;
        }
        self.combine(other.count, other.mean, other.m2);
        // Only sketches of different accuracy do not merge.
        let merged = self.values.merge(&other.values);
        debug_assert!(merged.is_ok());
    }

    fn combine(&mut self, count: u64, mean: f64, m2: f64) {
        let (a, b) = (self.count as f64, count as f64);
        let n = a + b;
        let delta = mean - self.mean;
        self.m2 += m2 + delta * delta * a * b / n;
        self.mean += delta * b / n;
        self.count += count;
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    pub(super) fn mean(&self) -> f64 {
        self.mean
    }

    pub(super) fn variance(&self) -> f64 {
        if self.count < 2 { 0.0 } else { self.m2 / (self.count - 1) as f64 }
    }

    pub(super) fn scv(&self) -> f64 {
        if self.mean > 0.0 { self.variance() / (self.mean * self.mean) } else { 0.0 }
    }

    /// The value below which that part of all values is.
    pub(super) fn quantile(&self, part: f64) -> f64 {
        self.values.quantile(part).ok().flatten().unwrap_or(self.mean)
    }

    /// The distribution of the values. A single value says nothing on the shape and gives an exponential distribution.
    pub(super) fn distribution(&self) -> Distribution {
        let mean = rounded(self.mean);
        if self.count == 1 {
            return Distribution::exponential(mean);
        }
        if mean == 0.0 || self.scv() < CONSTANT {
            return Distribution::deterministic(mean);
        }
        if self.count < ENOUGH_FOR_SHAPE {
            return fit::usual(mean, self.scv());
        }
        fit::fit(self)
    }

    /// The same with a variance that many times as large, by mean and variance alone.
    pub(super) fn spread(&self, factor: f64) -> Distribution {
        fit::usual(rounded(self.mean), factor * self.scv())
    }
}

/// To six digits, which is more than any trace supports and keeps files short.
pub(super) fn rounded(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sketch(values: &[f64]) -> Sketch {
        let mut sketch = Sketch::default();
        values.iter().for_each(|&value| sketch.add(value));
        sketch
    }

    /// Two-point distribution with known moments: 0 and 3 with weights 2:1 has mean 1 and variance 2.
    #[test]
    fn moments_of_two_points() {
        let values: Vec<f64> = (0..300).map(|i| if i % 3 == 0 { 3.0 } else { 0.0 }).collect();
        let sketch = sketch(&values);
        assert!((sketch.mean() - 1.0).abs() < 1e-12);
        assert!((sketch.variance() - 2.0 * 300.0 / 299.0).abs() < 1e-9);
        assert!(sketch.quantile(0.6) == 0.0 && (sketch.quantile(0.7) - 3.0).abs() < 3.0 * ACCURACY);
    }

    proptest! {
        #[test]
        fn merging_equals_adding(values in prop::collection::vec(0.0f64..10.0, 0..600), cut in 0usize..600) {
            let all = sketch(&values);
            let (first, rest) = values.split_at(cut.min(values.len()));
            let mut parts = sketch(first);
            parts.merge(&sketch(rest));
            prop_assert_eq!(parts.count, all.count);
            prop_assert!((parts.mean - all.mean).abs() < 1e-9);
            prop_assert!((parts.m2 - all.m2).abs() < 1e-6);
            for part in [0.0, 0.1, 0.5, 0.9, 1.0] {
                prop_assert_eq!(parts.quantile(part), all.quantile(part));
            }
        }
    }
}
