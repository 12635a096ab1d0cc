//! Busy servers from mean and variance of the number present.

use crate::moments::Moments;
use crate::normal;

/// What a station with c servers does when the number present, X, has given moments.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Busy {
    /// E[min(X, c)].
    pub(crate) mean: f64,
    /// Cov(X, min(X, c)) / Var(X): how much busier one more makes it, on average over the distribution.
    pub(crate) slope: f64,
    /// P(X ≥ c).
    pub(crate) all: f64,
}

/// The second-order closure of Rothkopf and Oren (1979, *Management Science* 25): the moments are those of a negative
/// binomial variable where the variance is above the mean, as with queues behind random arrivals. Where it is below,
/// as in a burst or a closed system, those of a normal variable (Massey and Pender 2013, *Queueing Systems* 75). In
/// between the two are blended, so that rates stay continuous.
pub(crate) fn busy(present: Moments, servers: f64) -> Busy {
    /// Index of dispersion below which the number is normal, and above which it is negative binomial.
    const BLEND: (f64, f64) = (0.9, 1.1);
    let mean = present.mean.max(0.0);
    let present = Moments::new(mean, present.variance.max(0.0));
    if mean < 1e-12 {
        return Busy { mean: mean * servers.min(1.0), slope: servers.min(1.0), all: 0.0 };
    }
    let dispersion = present.variance / mean;
    if dispersion <= BLEND.0 {
        return normal(present, servers);
    }
    let random = negative_binomial(Moments::new(mean, present.variance.max(mean)), servers);
    if dispersion >= BLEND.1 {
        return random;
    }
    let part = (dispersion - BLEND.0) / (BLEND.1 - BLEND.0);
    let even = normal(present, servers);
    let between = |a: f64, b: f64| a + part * (b - a);
    Busy {
        mean: between(even.mean, random.mean),
        slope: between(even.slope, random.slope),
        all: between(even.all, random.all),
    }
}

/// Without any spread: the fluid limit itself.
pub(crate) fn certain(mean: f64, servers: f64) -> Busy {
    let all = if mean < servers { 0.0 } else { 1.0 };
    Busy { mean: mean.clamp(0.0, servers), slope: 1.0 - all, all }
}

/// E[min(X, c)] = m - E[(X - c)⁺], and Cov(X, min(X, c)) = v·P(X < c) by Stein's lemma.
fn normal(present: Moments, servers: f64) -> Busy {
    let deviation = present.variance.sqrt();
    if deviation < 1e-9 {
        return certain(present.mean, servers);
    }
    let z = (present.mean - servers) / deviation;
    let over = deviation * (z * normal::cdf(z) + normal::density(z));
    Busy { mean: (present.mean - over).max(0.0), slope: normal::cdf(-z), all: normal::cdf(z) }
}

/// By sums over the numbers below c, from the highest that matters down, each from the one above.
fn negative_binomial(present: Moments, servers: f64) -> Busy {
    let Moments { mean, variance } = present;
    let first = servers.ceil() - 1.0;
    let highest = first.min((mean + 14.0 * variance.sqrt() + 20.0).floor());
    let excess = variance - mean;
    let poisson = excess < 1e-6 * mean;
    let shape = mean * mean / excess;
    let again = excess / variance;
    let logarithm = if poisson {
        highest * mean.ln() - mean - libm::lgamma(highest + 1.0)
    } else {
        libm::lgamma(shape + highest) - libm::lgamma(shape) - libm::lgamma(highest + 1.0)
            + shape * (mean / variance).ln()
            + highest * again.ln()
    };
    let mut probability = logarithm.exp();
    let (mut sum, mut first_moment, mut second_moment) = (0.0, 0.0, 0.0);
    let mut n = highest;
    loop {
        sum += probability;
        first_moment += n * probability;
        second_moment += n * n * probability;
        if n < 0.5 || probability < 1e-17 * sum {
            break;
        }
        probability *= if poisson { n / mean } else { n / ((shape + n - 1.0) * again) };
        n -= 1.0;
    }
    let all = (1.0 - sum).clamp(0.0, 1.0);
    let busy = first_moment + servers * all;
    let product = second_moment + servers * (mean - first_moment).max(0.0);
    Busy { mean: busy, slope: ((product - mean * busy) / variance).clamp(0.0, 1.0), all }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// M/M/1 in steady state is geometric: ρ servers busy, and Cov(X, 1{X > 0}) = E[X]·P(X = 0), so that
    /// λ + μρ = 2μ·Cov, the balance of the variance, holds exactly.
    #[test]
    fn a_geometric_number_is_exact() {
        for rho in [0.3, 0.8, 0.99] {
            let present = Moments::new(rho / (1.0 - rho), rho / ((1.0 - rho) * (1.0 - rho)));
            let busy = busy(present, 1.0);
            assert!((busy.mean - rho).abs() < 1e-9);
            assert!((busy.slope * present.variance - rho).abs() < 1e-9);
            assert!((busy.all - rho).abs() < 1e-9);
        }
    }

    /// With servers for all, everyone is served; with few, all are busy.
    #[test]
    fn far_from_critical_the_fluid_limit_holds() {
        for dispersion in [0.0, 0.5, 0.95, 1.0, 1.05, 2.0] {
            let few = busy(Moments::new(5.0, 5.0 * dispersion), 400.0);
            assert!((few.mean - 5.0).abs() < 1e-9 && (few.slope - 1.0).abs() < 1e-6, "{few:?}");
            let many = busy(Moments::new(1000.0, 1000.0 * dispersion), 20.0);
            assert!((many.mean - 20.0).abs() < 1e-9 && many.slope < 1e-9, "{many:?}");
        }
    }

    /// A container with a quarter of a core is busy at that rate whenever there is something to do.
    #[test]
    fn parts_of_a_server() {
        let present = Moments::new(2.0, 6.0);
        assert!((busy(present, 0.25).mean - 0.25 * busy(present, 1.0).mean).abs() < 1e-12);
    }
}
