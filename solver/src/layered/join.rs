//! The slowest of parallel branches.

use crate::fit::{Fit, NEARLY_NORMAL};
use crate::moments::Moments;

/// Mean and variance of the maximum of independent durations, each known by mean and variance: a distribution is
/// fitted to each, and `E[max] = ∫(1-ΠF)`, `E[max²] = ∫2x(1-ΠF)` are integrated numerically. Exact for exponential and
/// for deterministic branches. Layered solvers use three-point approximations here (Mak and Lundstrom 1990); with
/// fits by two moments, large numbers of branches keep their tails.
pub(crate) fn maximum(branches: &[Moments]) -> Moments {
    let waiting: Vec<Moments> = branches.iter().copied().filter(|branch| branch.mean > 0.0).collect();
    match waiting.as_slice() {
        [] => Moments::ZERO,
        [one] => *one,
        several => {
            let fits: Vec<Fit> = several.iter().map(|&branch| Fit::new(branch)).collect();
            integrate(&breakpoints(several), &|x| 1.0 - fits.iter().map(|fit| fit.below(x)).product::<f64>())
        }
    }
}

/// Mean and variance of the time when so many of independent durations are over: an order statistic of different
/// distributions, of which at time x the number that are over is Poisson-binomial (David and Nagaraja 2003, §5.1).
pub(crate) fn quorum(branches: &[Moments], quorum: usize) -> Moments {
    let timeless = branches.iter().filter(|branch| branch.mean <= 0.0).count();
    let waiting: Vec<Moments> = branches.iter().copied().filter(|branch| branch.mean > 0.0).collect();
    let Some(needed) = quorum.checked_sub(timeless).filter(|&needed| needed > 0) else {
        return Moments::ZERO;
    };
    let fits: Vec<Fit> = waiting.iter().map(|&branch| Fit::new(branch)).collect();
    let fewer = |x: f64| {
        // Probability of each number that is over, up to one less than needed.
        let mut over = vec![0.0; needed];
        over[0] = 1.0;
        for fit in &fits {
            let below = fit.below(x);
            for n in (0..needed).rev() {
                let before = if n > 0 { over[n - 1] } else { 0.0 };
                over[n] = over[n] * (1.0 - below) + before * below;
            }
        }
        over.iter().sum()
    };
    integrate(&breakpoints(&waiting), &fewer)
}

/// Mean and variance of the maximum of `count` equal independent durations.
pub(crate) fn maximum_of(branch: Moments, count: f64) -> Moments {
    if branch.mean <= 0.0 || count <= 1.0 {
        return branch;
    }
    let fit = Fit::new(branch);
    integrate(&breakpoints(&[branch]), &|x| 1.0 - fit.below(x).powf(count))
}

/// Ends of the panels of integration: where any of the distributions bends.
fn breakpoints(branches: &[Moments]) -> Vec<f64> {
    let mut points = vec![0.0];
    for branch in branches {
        let deviation = branch.variance.sqrt();
        let spread = [-8.0, -4.0, -2.0, -1.0, 0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0];
        points.extend(spread.iter().map(|k| branch.mean + k * deviation));
        if branch.scv() > NEARLY_NORMAL {
            points.extend([0.0625, 0.125, 0.25, 0.5].map(|part| branch.mean * part));
        }
    }
    points.retain(|&x| x >= 0.0);
    points.sort_by(f64::total_cmp);
    points.dedup_by(|a, b| *a - *b <= 1e-12 * a.abs());
    points
}

/// Moments from the probability to be above x, by Gauss–Legendre quadrature with six nodes in each panel.
fn integrate(points: &[f64], above: &impl Fn(f64) -> f64) -> Moments {
    const NODES: [(f64, f64); 3] = [
        (0.238_619_186_083_196_9, 0.467_913_934_572_691),
        (0.661_209_386_466_264_5, 0.360_761_573_048_138_6),
        (0.932_469_514_203_152, 0.171_324_492_379_170_4),
    ];
    let (mut mean, mut second) = (0.0, 0.0);
    for panel in points.windows(2) {
        let (center, half) = (0.5 * (panel[0] + panel[1]), 0.5 * (panel[1] - panel[0]));
        for (node, weight) in NODES {
            for x in [center - half * node, center + half * node] {
                let probability = above(x);
                mean += half * weight * probability;
                second += half * weight * 2.0 * x * probability;
            }
        }
    }
    Moments::new(mean, (second - mean * mean).max(0.0))
}
