//! Poisson probabilities without under- or overflow.

/// Probabilities of a Poisson variable between two bounds that leave out less than 1e-15; they sum to 1.
#[derive(Clone, Debug, PartialEq)]
pub struct PoissonWeights {
    /// The number that the first probability is of.
    pub first: usize,
    /// Probabilities of `first`, `first + 1`, ….
    pub probabilities: Vec<f64>,
}

impl PoissonWeights {
    /// For a mean ≥ 0.
    ///
    /// From the mode outwards, relative to its probability, and then divided by the sum (Fox and Glynn 1988): nothing
    /// underflows that matters, whatever the mean.
    pub fn new(mean: f64) -> Self {
        /// Terms smaller than this part of the greatest are left out on both sides.
        const NEGLIGIBLE: f64 = 1e-18;
        let mode = mean.floor() as usize;
        let mut below = Vec::new();
        let mut term = 1.0;
        for n in (1..=mode).rev() {
            term *= n as f64 / mean;
            if term < NEGLIGIBLE {
                break;
            }
            below.push(term);
        }
        let first = mode - below.len();
        let mut probabilities: Vec<f64> = below.into_iter().rev().collect();
        let mut term = 1.0;
        let mut n = mode;
        while term >= NEGLIGIBLE {
            probabilities.push(term);
            n += 1;
            term *= mean / n as f64;
        }
        let sum: f64 = probabilities.iter().sum();
        probabilities.iter_mut().for_each(|probability| *probability /= sum);
        Self { first, probabilities }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mean and variance of a Poisson variable are equal, and small probabilities are e^-m m^n/n!.
    #[test]
    fn moments_and_values() {
        for mean in [0.0, 0.3, 1.0, 17.5, 4000.0, 1e6] {
            let weights = PoissonWeights::new(mean);
            let numbered = || {
                weights.probabilities.iter().enumerate().map(|(i, p)| ((weights.first + i) as f64 - mean, p))
            };
            let first: f64 = numbered().map(|(n, p)| n * p).sum();
            let second: f64 = numbered().map(|(n, p)| n * n * p).sum();
            assert!(first.abs() < 1e-9 * (1.0 + mean), "{mean}: {first}");
            assert!((second - mean).abs() < 1e-9 * (1.0 + mean), "{mean}: {second}");
        }
        let weights = PoissonWeights::new(2.0);
        assert_eq!(weights.first, 0);
        assert!((weights.probabilities[3] - (-2.0f64).exp() * 8.0 / 6.0).abs() < 1e-15);
    }
}
