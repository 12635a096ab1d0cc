//! A small summary of many values that merges.

use sketches_ddsketch::{Config, DDSketch};
use tracecast_model::Distribution;

use super::fit;
use super::moments::Moments;

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

/// So many values are kept as they are, before they are counted in buckets: most summaries of parts hold only a few.
const FEW: usize = 256;

/// Count, mean, variance and quantiles.
///
/// Merging is associative and commutative, of the moments up to rounding. Quantiles: Masson, Rim and Lee, *DDSketch* (2019).
#[derive(Clone, Default)]
pub(super) struct Sketch {
    moments: Moments,
    /// Values that are in no bucket yet; those that are 0 are counted.
    recent: Vec<f64>,
    zeros: u64,
    buckets: Option<Box<DDSketch>>,
}

impl std::fmt::Debug for Sketch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} values, mean {}, SCV {}", self.count(), self.mean(), self.scv())
    }
}

impl Sketch {
    /// Adds a value.
    pub(super) fn add(&mut self, value: f64) {
        self.moments.add(value);
        if value == 0.0 {
            self.zeros += 1;
        } else {
            self.recent.push(value);
            self.settle_many();
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.moments.merge(other.moments);
        self.zeros += other.zeros;
        self.recent.extend(&other.recent);
        if let Some(buckets) = &other.buckets {
            // Only sketches of different accuracy do not merge.
            let merged = self.buckets.get_or_insert_with(no_buckets).merge(buckets);
            debug_assert!(merged.is_ok());
        }
        self.settle_many();
    }

    fn settle_many(&mut self) {
        if self.recent.len() >= FEW {
            self.settle();
        }
    }

    /// Counts all values in buckets.
    fn settle(&mut self) {
        let buckets = self.buckets.get_or_insert_with(no_buckets);
        self.recent.drain(..).for_each(|value| buckets.add(value));
        buckets.add_with_count(0.0, std::mem::take(&mut self.zeros));
    }

    pub(super) fn moments(&self) -> &Moments {
        &self.moments
    }

    pub(super) fn count(&self) -> u64 {
        self.moments.count()
    }

    pub(super) fn mean(&self) -> f64 {
        self.moments.mean()
    }

    pub(super) fn variance(&self) -> f64 {
        self.moments.variance()
    }

    pub(super) fn scv(&self) -> f64 {
        self.moments.scv()
    }

    /// Values below which these parts of all values are.
    pub(super) fn quantiles(&self, parts: impl Iterator<Item = f64>) -> Vec<f64> {
        let mut settled = self.clone();
        settled.settle();
        let quantile = |part| settled.buckets.as_ref()?.quantile(part).ok()?;
        parts.map(|part| quantile(part).unwrap_or(self.mean())).collect()
    }

    /// The distribution of the values. A single value says nothing on the shape and gives an exponential distribution.
    pub(super) fn distribution(&self) -> Distribution {
        let mean = rounded(self.mean());
        if self.count() == 1 {
            return Distribution::exponential(mean);
        }
        if mean == 0.0 || self.scv() < CONSTANT {
            return Distribution::deterministic(mean);
        }
        if self.count() < ENOUGH_FOR_SHAPE {
            return fit::usual(mean, self.scv());
        }
        fit::fit(self)
    }

    /// The same with a variance that many times as large, by mean and variance alone.
    pub(super) fn spread(&self, factor: f64) -> Distribution {
        fit::usual(rounded(self.mean()), factor * self.scv())
    }
}

fn no_buckets() -> Box<DDSketch> {
    Box::new(DDSketch::new(Config::new(ACCURACY, BUCKETS, LEAST)))
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
        let quantiles = sketch.quantiles([0.6, 0.7].into_iter());
        assert!(quantiles[0] == 0.0 && (quantiles[1] - 3.0).abs() < 3.0 * ACCURACY);
    }

    proptest! {
        #[test]
        fn merging_equals_adding(values in prop::collection::vec(0.0f64..10.0, 0..600), cut in 0usize..600) {
            let all = sketch(&values);
            let (first, rest) = values.split_at(cut.min(values.len()));
            let mut parts = sketch(first);
            parts.merge(&sketch(rest));
            prop_assert_eq!(parts.count(), all.count());
            prop_assert!((parts.mean() - all.mean()).abs() < 1e-9);
            let gaps = values.len().saturating_sub(1) as f64;
            prop_assert!(gaps * (parts.variance() - all.variance()).abs() < 1e-6);
            let quantiles = |sketch: &Sketch| sketch.quantiles([0.0, 0.1, 0.5, 0.9, 1.0].into_iter());
            prop_assert_eq!(quantiles(&parts), quantiles(&all));
        }
    }
}
