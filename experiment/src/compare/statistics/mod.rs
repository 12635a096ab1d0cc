//! Tests and intervals for two samples. All intervals are at 95 %, all tests two-sided.

mod holm;
mod means;
mod proportions;
mod quantile;
mod rank;
mod shift;
#[cfg(test)]
mod tests;

use serde::Serialize;

pub(super) use holm::holm;
pub(super) use means::{mean, mean_interval, welch};
pub(super) use proportions::{fisher, newcombe};
pub(super) use quantile::{quantile, quantile_interval};
pub(super) use rank::mann_whitney;
pub(super) use shift::hodges_lehmann;

/// Probability of error of tests, over all of a comparison, and of each interval.
pub const LEVEL: f64 = 0.05;

/// The standard normal quantile of the intervals.
pub(super) const Z: f64 = 1.959_963_984_540_054;

/// A difference, the candidate's figure less the base's.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// The difference.
    pub value: f64,
    /// Its 95 % interval; absent where there are too few observations for one.
    pub interval: Option<[f64; 2]>,
}
