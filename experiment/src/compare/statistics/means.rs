//! Means and their differences.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::{Estimate, LEVEL};

/// The mean; not a number for nothing.
pub(in super::super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Variance of the mean; `None` for fewer than two values.
fn variance_of_mean(values: &[f64]) -> Option<f64> {
    let count = values.len() as f64;
    let center = mean(values);
    let squares: f64 = values.iter().map(|value| (value - center).powi(2)).sum();
    (values.len() > 1).then(|| squares / (count - 1.0) / count)
}

/// Half the width of Student's interval of the mean; `None` for fewer than two values.
pub(in super::super) fn mean_interval(values: &[f64]) -> Option<f64> {
    let variance = variance_of_mean(values)?;
    Some(student((values.len() - 1) as f64)? * variance.sqrt())
}

/// The difference of means with the interval of Welch (1947, Biometrika 34), which allows for different variances.
pub(in super::super) fn welch(base: &[f64], candidate: &[f64]) -> Estimate {
    let value = mean(candidate) - mean(base);
    let half_width = || {
        let (first, second) = (variance_of_mean(base)?, variance_of_mean(candidate)?);
        let variance = first + second;
        if variance == 0.0 {
            return Some(0.0);
        }
        let spread = first.powi(2) / (base.len() - 1) as f64 + second.powi(2) / (candidate.len() - 1) as f64;
        Some(student(variance.powi(2) / spread)? * variance.sqrt())
    };
    Estimate { value, interval: half_width().map(|half_width| [value - half_width, value + half_width]) }
}

/// Quantile of Student's distribution for two-sided intervals.
fn student(freedom: f64) -> Option<f64> {
    Some(StudentsT::new(0.0, 1.0, freedom).ok()?.inverse_cdf(1.0 - LEVEL / 2.0))
}
