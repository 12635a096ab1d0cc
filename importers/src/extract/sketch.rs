//! A small summary of many values that merges.

use tracecast_model::{Distribution, Family};

/// Values kept for quantiles.
const KEPT: usize = 256;

/// Values of an empirical distribution in a model file.
const QUANTILES: usize = 32;

/// Times that vary by less than their clocks resolve do not vary: squared coefficient of variation.
const CONSTANT: f64 = 1e-8;

/// Below so many values the shape of a distribution is not told from them.
const ENOUGH_FOR_SHAPE: u64 = 50;

/// Count, central moments up to the third, and a sample for quantiles.
///
/// Merging is associative and commutative up to rounding. Moments: Pébay, *Formulas for robust, one-pass parallel
/// computation of covariances and arbitrary-order statistical moments* (2008), eq. 2.1 ff. The sample is that of the
/// smallest labels (bottom-k; Cohen and Kaplan, *Summarizing data using bottom-k sketches*, 2007): uniform, as the
/// labels are hashes, and the same whatever the order.
#[derive(Clone, Debug, Default)]
pub(super) struct Sketch {
    count: u64,
    mean: f64,
    m2: f64,
    m3: f64,
    /// By label.
    sample: Vec<(u64, f64)>,
}

impl Sketch {
    /// Adds a value under a label that tells it from others.
    pub(super) fn add(&mut self, label: u64, value: f64) {
        self.merge(&Self { count: 1, mean: value, m2: 0.0, m3: 0.0, sample: vec![(scatter(label), value)] });
    }

    pub(super) fn merge(&mut self, other: &Self) {
        if other.count == 0 {
            return;
        }
        let (a, b) = (self.count as f64, other.count as f64);
        let n = a + b;
        let delta = other.mean - self.mean;
        self.m3 += other.m3
            + delta.powi(3) * a * b * (a - b) / (n * n)
            + 3.0 * delta * (a * other.m2 - b * self.m2) / n;
        self.m2 += other.m2 + delta * delta * a * b / n;
        self.mean += delta * b / n;
        self.count += other.count;
        self.merge_sample(&other.sample);
    }

    fn merge_sample(&mut self, other: &[(u64, f64)]) {
        for &(label, value) in other {
            let full = self.sample.len() >= KEPT;
            if full && self.sample.last().is_some_and(|last| last.0 <= label) {
                break;
            }
            let place = self.sample.partition_point(|kept| (kept.0, kept.1) < (label, value));
            self.sample.insert(place, (label, value));
            self.sample.truncate(KEPT);
        }
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

    fn scv(&self) -> f64 {
        if self.mean > 0.0 { self.variance() / (self.mean * self.mean) } else { 0.0 }
    }

    fn skewness(&self) -> f64 {
        let n = self.count as f64;
        if self.m2 > 0.0 { (self.m3 / n) / (self.m2 / n).powf(1.5) } else { 0.0 }
    }

    /// The distribution of the values, by mean and variance; where their skewness says that the usual family for these
    /// is wrong, by quantiles. A single value says nothing on the shape and gives an exponential distribution.
    pub(super) fn distribution(&self) -> Distribution {
        if self.count == 0 || !self.mean.is_finite() || self.mean <= 0.0 {
            return Distribution::zero();
        }
        if self.count == 1 {
            return Distribution::exponential(rounded(self.mean));
        }
        if self.scv() < CONSTANT {
            return Distribution::deterministic(rounded(self.mean));
        }
        let usual = Distribution::with_scv(rounded(self.mean), rounded(self.scv()));
        let usual = usual.unwrap_or_else(|_| Distribution::exponential(rounded(self.mean)));
        match self.empirical() {
            Some(empirical) if self.count >= ENOUGH_FOR_SHAPE && !self.has_shape_of(&usual) => empirical,
            _ => usual,
        }
    }

    /// The same with a variance that many times as large, by mean and variance alone.
    pub(super) fn spread(&self, factor: f64) -> Distribution {
        let spread = Distribution::with_scv(rounded(self.mean), rounded(factor * self.scv()));
        spread.unwrap_or_else(|_| self.distribution())
    }

    /// Is the skewness that of the family, within twice its standard error √(6/n) and a quarter?
    fn has_shape_of(&self, usual: &Distribution) -> bool {
        let expected = skewness(usual);
        (self.skewness() - expected).abs() <= 2.0 * (6.0 / self.count as f64).sqrt() + 0.25 * (1.0 + expected)
    }

    /// Quantiles at the middles of equal shares, scaled to the mean; none where they lose more than a tenth of the
    /// variance, as with long tails.
    fn empirical(&self) -> Option<Distribution> {
        let mut sorted: Vec<f64> = self.sample.iter().map(|&(_, value)| value).collect();
        sorted.sort_by(f64::total_cmp);
        let quantile = |share: f64| sorted.get((share * sorted.len() as f64) as usize).copied();
        let values: Option<Vec<f64>> =
            (0..QUANTILES).map(|i| quantile((i as f64 + 0.5) / QUANTILES as f64)).collect();
        let distribution = Distribution::new(Family::Empirical { values: values? }).ok()?;
        if distribution.is_zero() {
            return None;
        }
        let scaled = Distribution::new(match distribution.with_mean(self.mean).family().clone() {
            Family::Empirical { values } => {
                Family::Empirical { values: values.into_iter().map(rounded).collect() }
            }
            other => other,
        });
        scaled.ok().filter(|scaled| (scaled.scv() / self.scv() - 1.0).abs() <= 0.1)
    }
}

/// Skewness of a gamma distribution, 2√SCV, or of a hyper-exponential one, from its moments 6 Σ p m³ and so on.
fn skewness(distribution: &Distribution) -> f64 {
    match distribution.family() {
        Family::Gamma { scv, .. } => 2.0 * scv.sqrt(),
        Family::HyperExponential { branches } => {
            let mean = distribution.mean();
            let third: f64 = branches.iter().map(|b| 6.0 * b.probability * b.mean.powi(3)).sum();
            let central = third - 3.0 * mean * distribution.second_moment() + 2.0 * mean.powi(3);
            central / distribution.variance().powf(1.5)
        }
        Family::Exponential { .. } => 2.0,
        _ => 0.0,
    }
}

/// To six digits, which is more than any trace supports and keeps files short.
pub(super) fn rounded(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}

/// A well-mixed hash of a label (the finalizer of SplitMix64; Steele, Lea and Flood 2014).
fn scatter(label: u64) -> u64 {
    let mixed = label.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sketch(values: &[f64]) -> Sketch {
        let mut sketch = Sketch::default();
        values.iter().enumerate().for_each(|(label, &value)| sketch.add(label as u64, value));
        sketch
    }

    /// Two-point distribution with known moments: 0 and 3 with weights 2:1 has mean 1, variance 2, skewness 1/√2.
    #[test]
    fn moments_of_two_points() {
        let values: Vec<f64> = (0..300).map(|i| if i % 3 == 0 { 3.0 } else { 0.0 }).collect();
        let sketch = sketch(&values);
        assert!((sketch.mean() - 1.0).abs() < 1e-12);
        assert!((sketch.variance() - 2.0 * 300.0 / 299.0).abs() < 1e-9);
        assert!((sketch.skewness() - 0.5f64.sqrt()).abs() < 1e-9);
    }

    #[test]
    fn shapes_are_chosen_by_fit() {
        let exponential: Vec<f64> = (0..1000).map(|i| -((f64::from(i) + 0.5) / 1000.0).ln()).collect();
        let family = |values: &[f64]| sketch(values).distribution().family().clone();
        assert!(matches!(family(&exponential), Family::Gamma { .. }), "SCV a little below 1");
        assert_eq!(family(&[2.0]), Family::Exponential { mean: 2.0 });
        assert_eq!(family(&[2.0, 2.0]), Family::Deterministic { value: 2.0 });
        let left: Vec<f64> = (0..200).map(|i| if i % 5 == 0 { 0.1 } else { 1.0 }).collect();
        assert!(matches!(family(&left), Family::Empirical { .. }), "skewed to the left, as no gamma is");
    }

    proptest! {
        #[test]
        fn merging_equals_adding(values in prop::collection::vec(0.0f64..10.0, 0..600), cut in 0usize..600) {
            let all = sketch(&values);
            let cut = cut.min(values.len());
            let mut parts = sketch(&values[..cut]);
            let mut rest = Sketch::default();
            for (label, &value) in values.iter().enumerate().skip(cut) {
                rest.add(label as u64, value);
            }
            parts.merge(&rest);
            prop_assert_eq!(&parts.sample, &all.sample);
            prop_assert_eq!(parts.count, all.count);
            prop_assert!((parts.mean - all.mean).abs() < 1e-9);
            prop_assert!((parts.m2 - all.m2).abs() < 1e-6);
            prop_assert!((parts.m3 - all.m3).abs() < 1e-5);
        }
    }
}
