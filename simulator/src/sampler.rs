//! Distributions compiled for drawing.

use std::sync::Arc;

use rand::Rng;
use rand_distr::{Distribution as _, Exp1, Gamma, StandardNormal};
use tracecast_model::{CallCount, Distribution, Family};

use crate::streams::Stream;

/// Draws values of one distribution: one variant per family, with what can be worked out beforehand.
#[derive(Clone, Debug)]
pub(crate) enum Sampler {
    /// Always the same.
    Constant(f64),
    /// Exponential with that mean.
    Exponential(f64),
    /// Gamma; Erlang is gamma with a whole shape.
    Gamma(Gamma<f64>),
    /// Upper ends of the branches' probabilities, with their means.
    HyperExponential(Arc<[(f64, f64)]>),
    /// Mean and standard deviation of the logarithm.
    LogNormal { mu: f64, sigma: f64 },
    /// Inverse of the shape, and the scale.
    Weibull { power: f64, scale: f64 },
    /// Lower end and width.
    Uniform { low: f64, width: f64 },
    /// Any of the values.
    Empirical(Arc<[f64]>),
    /// A whole number or the next one, the latter with probability `fraction`.
    Whole { floor: f64, fraction: f64 },
    /// Geometric from 0; the value is the inverse of the logarithm of the probability of one more.
    Geometric { scale: f64 },
    /// An exponential residual, or else a part of the value drawn: the time left of something already running.
    Residual(Box<Sampler>),
}

/// Why a distribution cannot be drawn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotDrawable;

impl Sampler {
    /// Compiles a distribution whose values are multiplied by `factor`.
    ///
    /// # Errors
    /// [`NotDrawable`] for parameters so extreme that the mean is no number.
    pub(crate) fn new(distribution: &Distribution, factor: f64) -> Result<Self, NotDrawable> {
        let mean = distribution.mean() * factor;
        if mean == 0.0 {
            return Ok(Self::Constant(0.0));
        }
        if !mean.is_finite() || !factor.is_finite() {
            return Err(NotDrawable);
        }
        let gamma = |shape: f64| Gamma::new(shape, mean / shape).map(Self::Gamma).map_err(|_| NotDrawable);
        Ok(match distribution.family() {
            Family::Deterministic { .. } => Self::Constant(mean),
            Family::Exponential { .. } => Self::Exponential(mean),
            Family::Erlang { stages, .. } => gamma(f64::from(*stages))?,
            Family::Gamma { scv, .. } => gamma(1.0 / scv)?,
            Family::HyperExponential { branches } => {
                let total: f64 = branches.iter().map(|branch| branch.probability).sum();
                let mut end = 0.0;
                Self::HyperExponential(
                    branches
                        .iter()
                        .map(|branch| {
                            end += branch.probability / total;
                            (end, branch.mean * factor)
                        })
                        .collect(),
                )
            }
            Family::LogNormal { scv, .. } => {
                let variance = scv.ln_1p();
                Self::LogNormal { mu: mean.ln() - 0.5 * variance, sigma: variance.sqrt() }
            }
            Family::Weibull { shape, scale } => Self::Weibull { power: 1.0 / shape, scale: scale * factor },
            Family::Uniform { low, high } => {
                Self::Uniform { low: low * factor, width: (high - low) * factor }
            }
            Family::Empirical { values } => {
                Self::Empirical(values.iter().map(|value| value * factor).collect())
            }
        })
    }

    /// Draws the number of calls of one execution.
    pub(crate) fn calls(mean: f64, count: CallCount) -> Self {
        match count {
            CallCount::Fixed if mean.fract() == 0.0 => Self::Constant(mean),
            CallCount::Fixed => Self::Whole { floor: mean.floor(), fraction: mean.fract() },
            CallCount::Geometric => Self::Geometric { scale: 1.0 / (mean / (1.0 + mean)).ln() },
        }
    }

    /// Draws the time left at a random instant: the same for the memoryless, else a uniform part of a value.
    pub(crate) fn residual(self) -> Self {
        match self {
            Self::Exponential(_) => self,
            other => Self::Residual(Box::new(other)),
        }
    }

    /// The next value.
    #[inline]
    pub(crate) fn draw(&self, stream: &mut Stream) -> f64 {
        match self {
            Self::Constant(value) => *value,
            Self::Exponential(mean) => mean * exponential(stream),
            other => other.draw_other(stream),
        }
    }

    fn draw_other(&self, stream: &mut Stream) -> f64 {
        match self {
            Self::Constant(value) => *value,
            Self::Exponential(mean) => mean * exponential(stream),
            Self::Gamma(gamma) => gamma.sample(stream),
            Self::HyperExponential(branches) => {
                let u = uniform(stream);
                let branch = branches.iter().find(|(end, _)| u < *end).or(branches.last());
                branch.map_or(0.0, |(_, mean)| mean * exponential(stream))
            }
            Self::LogNormal { mu, sigma } => {
                let z: f64 = StandardNormal.sample(stream);
                (mu + sigma * z).exp()
            }
            Self::Weibull { power, scale } => scale * exponential(stream).powf(*power),
            Self::Uniform { low, width } => low + width * uniform(stream),
            Self::Empirical(values) => values[below(values.len(), stream)],
            Self::Whole { floor, fraction } => floor + f64::from(uniform(stream) < *fraction),
            // Inversion; 1 - u lies in (0, 1].
            Self::Geometric { scale } => ((1.0 - uniform(stream)).ln() * scale).floor(),
            Self::Residual(whole) => uniform(stream) * whole.draw(stream),
        }
    }
}

/// Uniform in [0, 1), with 53 random bits.
pub(crate) fn uniform(stream: &mut Stream) -> f64 {
    (stream.next_u64() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
}

/// A whole number below `count`, each equally likely up to 2⁻⁵³.
pub(crate) fn below(count: usize, stream: &mut Stream) -> usize {
    ((uniform(stream) * count as f64) as usize).min(count - 1)
}

fn exponential(stream: &mut Stream) -> f64 {
    Exp1.sample(stream)
}
