//! Shares and their differences.

use statrs::distribution::{Discrete, Hypergeometric};

use super::{Estimate, Z};

/// Probability of a table at least as unlikely as this one where both shares are equal: Fisher's exact test (1935, "The
/// Design of Experiments", chapter 2), two-sided by summing all tables that are no more likely.
pub(in super::super) fn fisher(hits: [usize; 2], of: [usize; 2]) -> f64 {
    let (all, marked) = ((of[0] + of[1]) as u64, (hits[0] + hits[1]) as u64);
    let Ok(tables) = Hypergeometric::new(all, marked, of[1] as u64) else { return 1.0 };
    // Tables of equal probability differ by rounding.
    let limit = tables.ln_pmf(hits[1] as u64) + 1e-7;
    let first = (marked + of[1] as u64).saturating_sub(all);
    let last = marked.min(of[1] as u64);
    let sum: f64 =
        (first..=last).map(|k| tables.ln_pmf(k)).filter(|&chance| chance <= limit).map(f64::exp).sum();
    sum.min(1.0)
}

/// The difference of two shares with the score interval of Newcombe (1998, Statistics in Medicine 17:873, method 10).
pub(in super::super) fn newcombe(hits: [usize; 2], of: [usize; 2]) -> Estimate {
    let share = |side: usize| hits[side] as f64 / of[side] as f64;
    let value = share(1) - share(0);
    let [[low0, high0], [low1, high1]] = [0, 1].map(|side| wilson(hits[side] as f64, of[side] as f64));
    let below = ((share(1) - low1).powi(2) + (high0 - share(0)).powi(2)).sqrt();
    let above = ((high1 - share(1)).powi(2) + (share(0) - low0).powi(2)).sqrt();
    Estimate { value, interval: Some([value - below, value + above]) }
}

/// The score interval of a share (Wilson 1927).
fn wilson(hits: f64, of: f64) -> [f64; 2] {
    let square = Z * Z;
    let center = hits + square / 2.0;
    let width = Z * (hits * (of - hits) / of + square / 4.0).sqrt();
    [(center - width) / (of + square), (center + width) / (of + square)]
}
