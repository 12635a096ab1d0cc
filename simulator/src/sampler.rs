//! Distributions compiled for drawing.

use std::sync::Arc;

use rand::Rng;
use rand_distr::{Distribution as _, Exp1, Gamma, StandardNormal};
use tracecast_model::{CallCount, Distribution, Family, FaultEffect};

use crate::antithetic::Inverse;
use crate::streams::Stream;

/// Draws values of one distribution: one variant per family, with what can be worked out beforehand.
#[derive(Clone, Debug)]
pub(crate) enum Sampler {
    /// Always the same.
    Constant(f64),
    /// Exponential with that mean.
    Exponential(f64),
    /// Gamma; Erlang is gamma with a whole shape. Apart, since it is twice as large as all others.
    Gamma(Box<GammaPlan>),
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
    /// A time on the network, longer, and with messages that are lost.
    Disturbed(Box<Disturbed>),
    /// The same by inversion, for antithetic pairs.
    Inverse(Box<Inverse>),
}

/// A gamma distribution, with its parameters.
#[derive(Clone, Debug)]
pub(crate) struct GammaPlan {
    pub(crate) shape: f64,
    pub(crate) scale: f64,
    law: Gamma<f64>,
}

/// A time on a network that is out of order.
#[derive(Clone, Debug)]
pub(crate) struct Disturbed {
    of: Sampler,
    delay: f64,
    /// Natural logarithm of the probability that a message is lost.
    log_loss: f64,
    messages: u32,
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
        let gamma = |shape: f64| {
            let scale = mean / shape;
            let law = Gamma::new(shape, scale).map_err(|_| NotDrawable)?;
            Ok(Self::Gamma(Box::new(GammaPlan { shape, scale, law })))
        };
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

    /// Another sampler's times, longer by a delay, with the retransmissions of so many messages that are lost with a probability.
    pub(crate) fn disturbed(of: Self, delay: f64, loss: f64, messages: u32) -> Self {
        Self::Disturbed(Box::new(Disturbed { of, delay, log_loss: loss.ln(), messages }))
    }

    /// Draws a number in [0, 1).
    pub(crate) fn unit() -> Self {
        Self::Uniform { low: 0.0, width: 1.0 }
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
            Self::Uniform { low, width } => low + width * uniform(stream),
            other => other.draw_other(stream),
        }
    }

    #[inline(never)]
    fn draw_other(&self, stream: &mut Stream) -> f64 {
        match self {
            Self::Constant(value) => *value,
            Self::Exponential(mean) => mean * exponential(stream),
            Self::Gamma(gamma) => gamma.law.sample(stream),
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
            Self::Disturbed(disturbed) => disturbed.draw(stream),
            Self::Inverse(inverse) => inverse.draw(stream),
        }
    }
}

impl Disturbed {
    fn draw(&self, stream: &mut Stream) -> f64 {
        let mut time = self.of.draw(stream) + self.delay;
        for _ in 0..self.messages {
            // The number of losses is geometric; of probability 0 the logarithm is -∞, and the number 0.
            let losses = ((1.0 - uniform(stream)).ln() / self.log_loss).floor();
            time += FaultEffect::retransmission(losses as u32);
        }
        time
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

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::streams::stream;
    use tracecast_model::DistributionError;

    pub(crate) const DRAWS: usize = 200_000;

    pub(crate) fn every_family() -> Vec<Distribution> {
        let of = |family| -> Result<Distribution, DistributionError> { Distribution::new(family) };
        [
            of(Family::Deterministic { value: 0.7 }),
            of(Family::Exponential { mean: 2.0 }),
            of(Family::Erlang { mean: 3.0, stages: 4 }),
            Distribution::with_scv(0.5, 6.0),
            of(Family::LogNormal { mean: 2.0, scv: 0.5 }),
            of(Family::Gamma { mean: 0.1, scv: 3.0 }),
            of(Family::Weibull { shape: 1.5, scale: 2.0 }),
            of(Family::Uniform { low: 1.0, high: 4.0 }),
            of(Family::Empirical { values: vec![0.1, 0.2, 5.0] }),
        ]
        .into_iter()
        .map(|distribution| distribution.unwrap())
        .collect()
    }

    /// Mean and mean square of the draws, each against the model's moment within 4.5 of its own standard errors
    /// (a right sampler fails one of these 18 figures in about 8000 seeds).
    #[test]
    fn moments() {
        for distribution in every_family() {
            let sampler = Sampler::new(&distribution, 1.0).unwrap();
            let mut stream = stream(1, 0, "moments");
            let draws: Vec<f64> = (0..DRAWS).map(|_| sampler.draw(&mut stream)).collect();
            assert!(draws.iter().all(|&x| x >= 0.0));
            check(draws.iter().copied(), distribution.mean(), &distribution);
            check(draws.iter().map(|x| x * x), distribution.second_moment(), &distribution);
        }
    }

    pub(crate) fn check(values: impl Iterator<Item = f64> + Clone, theory: f64, distribution: &Distribution) {
        let n = DRAWS as f64;
        let mean = values.clone().sum::<f64>() / n;
        let variance = values.map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1.0);
        let allowed = 4.5 * (variance / n).sqrt() + 1e-9 * theory;
        assert!((mean - theory).abs() <= allowed, "{distribution:?}: {mean} ± {allowed}, theory {theory}");
    }

    /// A quantile that only the right shape has: the part of draws below the mean of each family.
    #[test]
    fn shapes() {
        // P(X < mean): exponential 1-1/e; log-normal Φ(σ/2) = Φ(0.3184); Weibull 1-exp(-Γ(1+1/k)^k).
        let weibull = 1.0 - (-libm::tgamma(1.0 + 1.0 / 1.5_f64).powf(1.5)).exp();
        for (family, part) in [
            (Family::Exponential { mean: 2.0 }, 1.0 - (-1.0_f64).exp()),
            (Family::LogNormal { mean: 2.0, scv: 0.5 }, 0.624_9),
            (Family::Weibull { shape: 1.5, scale: 2.0 }, weibull),
            (Family::Uniform { low: 1.0, high: 4.0 }, 0.5),
        ] {
            let distribution = Distribution::new(family).unwrap();
            let sampler = Sampler::new(&distribution, 1.0).unwrap();
            let mut stream = stream(2, 0, "shapes");
            let below = (0..DRAWS).filter(|_| sampler.draw(&mut stream) < distribution.mean()).count();
            let found = below as f64 / DRAWS as f64;
            // 4.5 standard deviations of a binomial part.
            let allowed = 4.5 * (part * (1.0 - part) / DRAWS as f64).sqrt();
            assert!((found - part).abs() < allowed, "{distribution:?}: {found}, theory {part}");
        }
    }

    /// Mean m, and variance m(1+m) for the geometric and f(1-f) for the fixed number with fraction f.
    #[test]
    fn numbers_of_calls() {
        for (mean, count, variance) in [
            (2.0, CallCount::Fixed, 0.0),
            (2.3, CallCount::Fixed, 0.21),
            (0.4, CallCount::Geometric, 0.56),
            (3.0, CallCount::Geometric, 12.0),
        ] {
            let sampler = Sampler::calls(mean, count);
            let mut stream = stream(3, 0, "calls");
            let draws: Vec<f64> = (0..DRAWS).map(|_| sampler.draw(&mut stream)).collect();
            assert!(draws.iter().all(|x| x.fract() == 0.0));
            check(draws.iter().copied(), mean, &Distribution::zero());
            check(draws.iter().map(|x| (x - mean) * (x - mean)), variance, &Distribution::zero());
        }
    }

    #[test]
    fn factors_scale() {
        for distribution in every_family() {
            let (plain, scaled) =
                (Sampler::new(&distribution, 1.0).unwrap(), Sampler::new(&distribution, 0.25).unwrap());
            let (mut a, mut b) = (stream(4, 0, "x"), stream(4, 0, "x"));
            for _ in 0..100 {
                let (x, y) = (plain.draw(&mut a), scaled.draw(&mut b));
                assert!((0.25 * x - y).abs() <= 1e-12 * x, "{distribution:?}");
            }
        }
    }

    #[test]
    fn what_has_no_mean_is_refused() {
        let heavy = Distribution::new(Family::Weibull { shape: 0.001, scale: 1.0 }).unwrap();
        assert_eq!(Sampler::new(&heavy, 1.0).err(), Some(NotDrawable));
    }
}
