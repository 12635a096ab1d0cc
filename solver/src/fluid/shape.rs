//! Durations as exponential phases one after the other.

use tracecast_model::Distribution;

use crate::fit;
use crate::moments::Moments;

/// A Coxian distribution: phases one after the other, each of which may be the last.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Shape {
    /// Rate of each phase (1/s).
    pub(crate) rates: Vec<f64>,
    /// Probability that another phase follows; 0 for the last.
    pub(crate) onward: Vec<f64>,
    /// Squared coefficient of variation of the duration itself, which the phases may not reach.
    pub(crate) scv: f64,
}

impl Shape {
    /// With the same mean and, as far as `most` phases allow, the same variance (Tijms 1994, appendix B): k-1 or k equal
    /// phases below SCV 1; a fast phase that a slow one may follow above, which is the hyper-exponential distribution
    /// with balanced means. The mean must be positive.
    pub(crate) fn new(distribution: &Distribution, most: usize) -> Self {
        let Moments { mean, .. } = Moments::of(distribution);
        let scv = distribution.scv();
        if scv > 1.0 + 1e-9 {
            let (p, [fast, slow]) = fit::balanced_means(mean, scv);
            let onward = (1.0 - p) * (1.0 - slow / fast);
            return Self { rates: vec![fast, slow], onward: vec![onward, 0.0], scv };
        }
        let wanted = if scv > 0.0 { (1.0 / scv - 1e-9).ceil() } else { f64::INFINITY };
        let most = most.max(1) as f64;
        let (k, fewer) = if wanted > most {
            (most, 0.0)
        } else {
            let k = wanted.max(1.0);
            (k, fit::one_fewer(k, scv))
        };
        let count = k as usize;
        let mut onward = vec![1.0; count];
        onward[count - 1] = 0.0;
        if count > 1 {
            onward[count - 2] = 1.0 - fewer.max(0.0);
        }
        Self { rates: vec![(k - fewer.max(0.0)) / mean; count], onward, scv }
    }

    /// Number of phases.
    pub(crate) fn phases(&self) -> usize {
        self.rates.len()
    }

    /// Rate at which such durations end when they began at random times long ago.
    pub(crate) fn mean_rate(&self) -> f64 {
        let mut mean = 0.0;
        let mut reached = 1.0;
        for (rate, onward) in self.rates.iter().zip(&self.onward) {
            mean += reached / rate;
            reached *= onward;
        }
        1.0 / mean
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(shape: &Shape) -> Moments {
        // Backwards: the rest after each phase.
        let mut rest = (0.0, 0.0);
        for (rate, onward) in shape.rates.iter().zip(&shape.onward).rev() {
            let (first, second) = (1.0 / rate, 2.0 / (rate * rate));
            rest = (first + onward * rest.0, second + onward * (2.0 * first * rest.0 + rest.1));
        }
        Moments::new(rest.0, rest.1 - rest.0 * rest.0)
    }

    #[test]
    fn two_moments_are_kept() {
        for scv in [0.02, 0.1, 0.3, 0.5, 0.77, 1.0, 1.5, 4.0, 30.0] {
            let shape = Shape::new(&Distribution::with_scv(0.2, scv).unwrap(), 100);
            let found = moments(&shape);
            assert!((found.mean - 0.2).abs() < 1e-12, "{scv}: {found:?}");
            assert!((found.scv() - scv).abs() < 1e-9, "{scv}: {}", found.scv());
            assert!((shape.mean_rate() - 5.0).abs() < 1e-9);
        }
        assert_eq!(Shape::new(&Distribution::deterministic(1.0), 40).phases(), 40);
        assert_eq!(Shape::new(&Distribution::exponential(1.0), 40).phases(), 1);
    }
}
