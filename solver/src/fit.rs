//! Distributions fitted to mean and variance.

use num_complex::Complex64;

use crate::moments::Moments;
use crate::normal;

/// A distribution with given mean and variance (Tijms, *Stochastic Models*, 1994, appendix B).
pub(crate) enum Fit {
    /// Two exponentials with balanced means, for SCV ≥ 1.
    HyperExponential { probability: f64, rates: [f64; 2] },
    /// k-1 or k exponential stages of the same rate, for SCV < 1.
    Erlang { fewer: f64, stages: u32, rate: f64 },
    /// For so many stages that they are normal, down to a constant.
    Normal(Moments),
}

/// SCV below which the sum of stages counts as normal.
pub(crate) const NEARLY_NORMAL: f64 = 0.03;

/// Two exponentials with balanced means, for SCV ≥ 1: the probability of the first, and their rates.
pub(crate) fn balanced_means(mean: f64, scv: f64) -> (f64, [f64; 2]) {
    let probability = 0.5 * (1.0 + ((scv - 1.0) / (scv + 1.0)).sqrt());
    (probability, [2.0 * probability / mean, 2.0 * (1.0 - probability) / mean])
}

/// Probability of one stage fewer than k in a mixture of k-1 and k equal stages, 1/k ≤ SCV ≤ 1/(k-1).
pub(crate) fn one_fewer(k: f64, scv: f64) -> f64 {
    (k * scv - (k * (1.0 + scv) - k * k * scv).max(0.0).sqrt()) / (1.0 + scv)
}

impl Fit {
    pub(crate) fn new(moments: Moments) -> Self {
        let Moments { mean, .. } = moments;
        let scv = moments.scv();
        if scv >= 1.0 {
            let (probability, rates) = balanced_means(mean, scv);
            return Self::HyperExponential { probability, rates };
        }
        if scv < NEARLY_NORMAL {
            return Self::Normal(moments);
        }
        let k = (1.0 / scv).ceil();
        let fewer = one_fewer(k, scv);
        Self::Erlang { fewer, stages: k as u32, rate: (k - fewer) / mean }
    }

    /// E exp(-sX), the Laplace–Stieltjes transform.
    pub(crate) fn transform(&self, s: Complex64) -> Complex64 {
        match *self {
            Self::HyperExponential { probability, rates: [fast, slow] } => {
                probability * fast / (fast + s) + (1.0 - probability) * slow / (slow + s)
            }
            Self::Erlang { fewer, stages, rate } => {
                let stage = rate / (rate + s);
                stage.powi(stages as i32 - 1) * (fewer + (1.0 - fewer) * stage)
            }
            Self::Normal(moments) => (0.5 * moments.variance * s * s - moments.mean * s).exp(),
        }
    }

    /// P(X ≤ x).
    pub(crate) fn below(&self, x: f64) -> f64 {
        match *self {
            Self::HyperExponential { probability, rates: [fast, slow] } => {
                1.0 - probability * (-fast * x).exp() - (1.0 - probability) * (-slow * x).exp()
            }
            Self::Erlang { fewer, stages, rate } => {
                let mut term = (-rate * x).exp();
                let mut above = 0.0;
                for stage in 1..stages {
                    above += term;
                    term *= rate * x / f64::from(stage);
                }
                // `above` has the terms of k-1 stages, `term` is the one that k stages have more.
                1.0 - above - (1.0 - fewer) * term
            }
            Self::Normal(moments) => normal::probability_below(moments, x),
        }
    }
}
