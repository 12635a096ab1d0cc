//! The normal distribution, and maxima of normal variables.

use crate::moments::Moments;

/// P(Z ≤ z) of the standard normal distribution.
pub(crate) fn cdf(z: f64) -> f64 {
    0.5 * libm::erfc(-z * std::f64::consts::FRAC_1_SQRT_2)
}

/// Density of the standard normal distribution.
pub(crate) fn density(z: f64) -> f64 {
    (-0.5 * z * z).exp() / (2.0 * std::f64::consts::PI).sqrt()
}

/// P(X ≤ x) of a normal variable with these moments; a step where the variance is 0.
pub(crate) fn probability_below(moments: Moments, x: f64) -> f64 {
    if moments.variance > 0.0 {
        return cdf((x - moments.mean) / moments.variance.sqrt());
    }
    if x >= moments.mean { 1.0 } else { 0.0 }
}
