//! Quantiles.

use statrs::distribution::{Binomial, DiscreteCDF};

use super::LEVEL;

/// The smallest value that at least this part of the values does not exceed; `None` for nothing.
pub(in super::super) fn quantile(sorted: &[f64], part: f64) -> Option<f64> {
    // Without the rounding of 0.95 · 100.
    let rank = (part * sorted.len() as f64 - 1e-9).ceil().max(1.0) as usize;
    sorted.get(rank - 1).copied()
}

/// The interval of a quantile from order statistics (Conover 1999, "Practical Nonparametric Statistics", section 3.2);
/// `None` where there are too few values beyond it.
pub(in super::super) fn quantile_interval(sorted: &[f64], part: f64) -> Option<[f64; 2]> {
    let below = Binomial::new(part, sorted.len() as u64).ok()?;
    let low = below.inverse_cdf(LEVEL / 2.0) as usize;
    let high = below.inverse_cdf(1.0 - LEVEL / 2.0) as usize + 1;
    Some([*sorted.get(low.checked_sub(1)?)?, *sorted.get(high - 1)?])
}
