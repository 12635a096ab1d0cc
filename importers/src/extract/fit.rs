//! Which distribution values come from.

use statrs::distribution::{ContinuousCDF, Exp, Gamma, LogNormal, Weibull};
use statrs::function::gamma::ln_gamma;
use tracecast_model::{Distribution, Family};

use super::sketch::{ACCURACY, Sketch, rounded};

/// A family may be off by so much, in standard deviations of whether a single value is below a quantile; that no response time
/// shows. At the median it is 2.5 % of all values, at the 95 % quantile 1.1 %.
const RELEVANT: f64 = 0.05;

/// By chance the largest of the differences, in the same unit, is hardly more than this, divided by the root of the number of
/// values.
const BY_CHANCE: f64 = 3.0;

/// Another family than the usual one must be closer by this factor.
const CLEARLY: f64 = 0.7;

/// Quantiles compared.
const COMPARED: usize = 100;

/// Values of an empirical distribution in a model file, each the mean of so many quantiles.
const VALUES: usize = 100;
/// See there.
const FINER: usize = 10;

/// An empirical distribution may lose this part of the variance, by the greatest values.
const LOST: f64 = 0.1;

/// The usual family for a mean (s) and a squared coefficient of variation ([`Distribution::with_scv`]).
pub(super) fn usual(mean: f64, scv: f64) -> Distribution {
    Distribution::with_scv(mean, rounded(scv)).unwrap_or_else(|_| Distribution::exponential(mean))
}

/// A distribution of the mean and variance of the values: the usual family for these, or the one that comes clearly closer to
/// their quantiles; the quantiles themselves, where no family comes close.
///
/// Closeness is the greatest difference of distribution functions at equally spaced quantiles, in standard deviations √q(1 - q)
/// (the statistic of Kolmogorov with the weight of Anderson and Darling 1952, eq. 4.7), so that tails count. Moments come
/// first, as queues feel them more than shapes.
pub(super) fn fit(values: &Sketch) -> Distribution {
    let (mean, scv) = (rounded(values.mean()), values.scv());
    let quantiles = quantiles(values, COMPARED);
    let measured = |distribution: Distribution| (distance(&distribution, &quantiles), distribution);
    let usual = measured(exponential(mean, values).unwrap_or_else(|| usual(mean, scv)));
    let others = [log_normal(mean, scv), weibull(mean, scv), uniform(mean, scv)];
    let others = others.into_iter().flatten().map(measured);
    let best =
        others.min_by(|a, b| a.0.total_cmp(&b.0)).filter(|best| best.0 < CLEARLY * usual.0).unwrap_or(usual);
    if best.0 <= RELEVANT + BY_CHANCE / (values.count() as f64).sqrt() {
        return best.1;
    }
    empirical(values).unwrap_or(best.1)
}

/// The values at the middles of so many equal parts, each with the part of all values below.
fn quantiles(values: &Sketch, parts: usize) -> Vec<(f64, f64)> {
    let middles = (0..parts).map(|part| (part as f64 + 0.5) / parts as f64);
    values.quantiles(middles.clone()).into_iter().zip(middles).collect()
}

/// See [`fit`]. The quantiles themselves are known up to the accuracy of sketches only.
fn distance(distribution: &Distribution, quantiles: &[(f64, f64)]) -> f64 {
    let off = |&(value, part): &(f64, f64)| {
        let at = |factor: f64| below(distribution, value * factor);
        let (Some(low), Some(high)) = (at(1.0 - ACCURACY), at(1.0 + ACCURACY)) else { return f64::INFINITY };
        (low - part).max(part - high).max(0.0) / (part * (1.0 - part)).sqrt()
    };
    quantiles.iter().map(off).fold(0.0, f64::max)
}

/// The distribution function; none where the family is not used here or its parameters are out of reach.
fn below(distribution: &Distribution, value: f64) -> Option<f64> {
    Some(match distribution.family() {
        Family::Exponential { mean } => Exp::new(1.0 / mean).ok()?.cdf(value),
        Family::Gamma { mean, scv } => Gamma::new(1.0 / scv, 1.0 / (mean * scv)).ok()?.cdf(value),
        Family::LogNormal { mean, scv } => {
            let square = scv.ln_1p();
            LogNormal::new(mean.ln() - 0.5 * square, square.sqrt()).ok()?.cdf(value)
        }
        Family::Weibull { shape, scale } => Weibull::new(*shape, *scale).ok()?.cdf(value),
        Family::Uniform { low, high } => ((value - low) / (high - low)).clamp(0.0, 1.0),
        Family::HyperExponential { branches } => {
            branches.iter().map(|branch| branch.probability * -(-value / branch.mean).exp_m1()).sum()
        }
        _ => return None,
    })
}

/// Where the squared coefficient of variation is 1 within two standard errors, which for exponential values are 2/√n each
/// (delta method on the first two moments).
fn exponential(mean: f64, values: &Sketch) -> Option<Distribution> {
    let error = 2.0 / (values.count() as f64).sqrt();
    ((values.scv() - 1.0).abs() < 2.0 * error).then(|| Distribution::exponential(mean))
}

fn log_normal(mean: f64, scv: f64) -> Option<Distribution> {
    Distribution::new(Family::LogNormal { mean, scv: rounded(scv) }).ok()
}

/// By bisection on the shape, with which the coefficient of variation falls.
fn weibull(mean: f64, scv: f64) -> Option<Distribution> {
    let scv_of = |shape: f64| (ln_gamma(1.0 + 2.0 / shape) - 2.0 * ln_gamma(1.0 + 1.0 / shape)).exp_m1();
    let (mut low, mut high) = (0.2f64, 20.0f64);
    if !(scv_of(high)..scv_of(low)).contains(&scv) {
        return None;
    }
    for _ in 0..50 {
        let middle = (low * high).sqrt();
        *(if scv_of(middle) > scv { &mut low } else { &mut high }) = middle;
    }
    let shape = rounded((low * high).sqrt());
    let scale = mean / ln_gamma(1.0 + 1.0 / shape).exp();
    Distribution::new(Family::Weibull { shape, scale }).ok()
}

/// Where its lower end is not negative.
fn uniform(mean: f64, scv: f64) -> Option<Distribution> {
    let half = mean * (3.0 * scv).sqrt();
    Distribution::new(Family::Uniform { low: rounded(mean - half), high: rounded(mean + half) }).ok()
}

/// Means of equal parts of the values, scaled to their mean; none where too much of the variance is lost.
fn empirical(values: &Sketch) -> Option<Distribution> {
    let fine = quantiles(values, VALUES * FINER);
    let mean_of = |part: &[(f64, f64)]| part.iter().map(|(value, _)| value).sum::<f64>() / part.len() as f64;
    let parts: Vec<f64> = fine.chunks(FINER).map(mean_of).collect();
    let sum: f64 = parts.iter().sum();
    let factor = values.mean() * parts.len() as f64 / sum;
    let scaled = parts.into_iter().map(|value| rounded(value * factor)).collect();
    let distribution = Distribution::new(Family::Empirical { values: scaled }).ok()?;
    (distribution.scv() >= (1.0 - LOST) * values.scv()).then_some(distribution)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten thousand values at the middles of equal parts of a distribution, by its inverse distribution function.
    fn fitted(inverse: impl Fn(f64) -> f64) -> Distribution {
        let mut sketch = Sketch::default();
        (0..10_000).for_each(|i| sketch.add(inverse((f64::from(i) + 0.5) / 10_000.0)));
        fit(&sketch)
    }

    fn close(found: f64, expected: f64) -> bool {
        (found / expected - 1.0).abs() < 0.02
    }

    #[test]
    fn families_are_told_apart() {
        let found = fitted(|q| -(1.0 - q).ln());
        assert!(matches!(found.family(), Family::Exponential { mean } if close(*mean, 1.0)), "{found:?}");
        let found = fitted(|q| 1.0 + 2.0 * q);
        assert!(
            matches!(found.family(), Family::Uniform { low, high } if close(*low, 1.0) && close(*high, 3.0))
        );
        let found = fitted(|q| Gamma::new(4.0, 4.0).unwrap().inverse_cdf(q));
        assert!(matches!(found.family(), Family::Gamma { scv, .. } if close(*scv, 0.25)), "{found:?}");
        let found = fitted(|q| LogNormal::new(0.0, 0.5).unwrap().inverse_cdf(q));
        assert!(matches!(found.family(), Family::LogNormal { .. }), "{found:?}");
        let found = fitted(|q| (-(1.0 - q).ln()).powf(1.5));
        assert!(
            matches!(found.family(), Family::Weibull { shape, .. } if close(*shape, 1.0 / 1.5)),
            "{found:?}"
        );
    }

    #[test]
    fn what_no_family_has_is_kept() {
        let found = fitted(|q| if q < 0.2 { 0.1 } else { 1.0 });
        let Family::Empirical { values } = found.family() else { panic!("{found:?}") };
        assert_eq!(values.iter().filter(|value| **value < 0.5).count(), 20);
        assert!((found.mean() - 0.82).abs() < 1e-5);
    }
}
