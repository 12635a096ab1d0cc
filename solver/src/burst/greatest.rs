//! The greater and the lesser of two normal variables.

use crate::moments::Moments;
use crate::normal;

/// How the greater and the lesser of X and Y follow from them.
pub(crate) struct Split {
    pub(crate) greater: Moments,
    pub(crate) lesser: Moments,
    /// Covariance of the greater and the lesser.
    pub(crate) covariance: f64,
    /// Probability that X is the greater: also its weight in covariances with others.
    pub(crate) x_is_greater: f64,
}

/// Beyond so many standard deviations apart, the order counts as certain.
const CERTAIN: f64 = 9.0;

/// Clark (1961), *The greatest of a finite set of random variables*, eq. 2 to 6: exact moments of the maximum of two
/// normal variables with the given covariance. The minimum follows from max + min = X + Y.
pub(crate) fn split(x: Moments, y: Moments, covariance: f64) -> Split {
    let spread = (x.variance + y.variance - 2.0 * covariance).max(0.0).sqrt();
    let difference = x.mean - y.mean;
    if spread <= 1e-12 * (x.mean.abs() + y.mean.abs()) || difference.abs() >= CERTAIN * spread {
        return if difference > 0.0 {
            Split { greater: x, lesser: y, covariance, x_is_greater: 1.0 }
        } else {
            Split { greater: y, lesser: x, covariance, x_is_greater: 0.0 }
        };
    }
    let alpha = difference / spread;
    let (p, density) = (normal::cdf(alpha), normal::density(alpha));
    // All relative to the mean of Y, so that nothing cancels.
    let excess = difference * p + spread * density;
    let second =
        (difference * difference + x.variance) * p + y.variance * (1.0 - p) + difference * spread * density;
    let greater = Moments::new(y.mean + excess, (second - excess * excess).max(0.0));
    let shortfall = difference - excess;
    let second_lesser = difference * difference + x.variance + y.variance - second;
    let lesser = Moments::new(y.mean + shortfall, (second_lesser - shortfall * shortfall).max(0.0));
    let of_sum = x.variance + y.variance + 2.0 * covariance;
    let covariance = 0.5 * (of_sum - greater.variance - lesser.variance);
    Split { greater, lesser, covariance, x_is_greater: p }
}

/// The later of two independent times.
pub(crate) fn later(x: Moments, y: Moments) -> Moments {
    split(x, y, 0.0).greater
}

#[cfg(test)]
mod tests {
    use super::*;

    /// E[max] of two independent standard normal variables is 1/√π, its variance 1 - 1/π (tables of order statistics).
    #[test]
    fn two_standard_normal_variables() {
        let standard = Moments::new(0.0, 1.0);
        let split = split(standard, standard, 0.0);
        let pi = std::f64::consts::PI;
        assert!((split.greater.mean - 1.0 / pi.sqrt()).abs() < 1e-12);
        assert!((split.greater.variance - (1.0 - 1.0 / pi)).abs() < 1e-12);
        assert!((split.lesser.mean + 1.0 / pi.sqrt()).abs() < 1e-12);
        assert!((split.covariance - 1.0 / pi).abs() < 1e-12);
    }
}
