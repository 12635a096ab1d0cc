//! Which of two samples is larger, whatever their distributions.

use statrs::function::erf::erfc;

/// Above this number of observations times those of the smaller sample the exact distribution gives way to the normal one.
const EXACT: usize = 1500;

/// The outcome of a rank test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in super::super) struct RankTest {
    /// Pairs in which the candidate is larger, ties by half.
    pub(in super::super) u: f64,
    /// Probability of a U at least as far off where both have the same distribution.
    pub(in super::super) p: f64,
}

/// The test of Mann and Whitney (1947, Ann. Math. Statist. 18) with mid-ranks for ties. Small samples have the exact
/// permutation distribution, given the ties; others the normal one with the correction for ties and for continuity (Lehmann
/// 1975, "Nonparametrics", section 1.4). `None` where a sample is empty.
pub(in super::super) fn mann_whitney(base: &[f64], candidate: &[f64]) -> Option<RankTest> {
    let (n, m) = (base.len(), candidate.len());
    if n == 0 || m == 0 {
        return None;
    }
    let mut values: Vec<(f64, bool)> = base.iter().map(|&value| (value, false)).collect();
    values.extend(candidate.iter().map(|&value| (value, true)));
    values.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut doubled = Vec::with_capacity(n + m);
    let mut ties = 0.0;
    let mut sums = [0usize; 2];
    for equal in values.chunk_by(|a, b| a.0 == b.0) {
        // Twice the mean of ranks that begin at 1.
        let rank = 2 * doubled.len() + equal.len() + 1;
        doubled.extend(std::iter::repeat_n(rank, equal.len()));
        ties += (equal.len() as f64).powi(3) - equal.len() as f64;
        equal.iter().for_each(|(_, side)| sums[usize::from(*side)] += rank);
    }
    let u = (sums[1] - m * (m + 1)) as f64 / 2.0;
    let p = if is_exact(n, m) {
        let sum = if n < m { sums[0] } else { sums[1] };
        let chances = rank_sums(&doubled, n.min(m));
        let below: f64 = chances[..=sum].iter().sum();
        let above: f64 = chances[sum..].iter().sum();
        (2.0 * below.min(above)).min(1.0)
    } else {
        let pairs = n as f64 * m as f64;
        let all = (n + m) as f64;
        let variance = pairs / 12.0 * (all + 1.0 - ties / (all * (all - 1.0)));
        let distance = ((u - pairs / 2.0).abs() - 0.5).max(0.0);
        if variance > 0.0 { erfc(distance / (2.0 * variance).sqrt()) } else { 1.0 }
    };
    Some(RankTest { u, p })
}

/// Are samples of these sizes small enough for the exact distribution?
pub(super) fn is_exact(n: usize, m: usize) -> bool {
    (n + m).saturating_mul(n.min(m)) <= EXACT
}

/// Probability of each sum of `size` of the ranks, drawn at random (Streitberg and Röhmel 1986, the shift algorithm).
pub(super) fn rank_sums(ranks: &[usize], size: usize) -> Vec<f64> {
    let largest: usize = ranks.iter().rev().take(size).sum();
    let mut counts = vec![vec![0.0; largest + 1]; size + 1];
    counts[0][0] = 1.0;
    for &rank in ranks {
        for taken in (1..=size).rev() {
            let (fewer, with) = counts.split_at_mut(taken);
            for (more, &without) in with[0].iter_mut().skip(rank).zip(&fewer[taken - 1]) {
                *more += without;
            }
        }
    }
    let mut chances = counts.swap_remove(size);
    let all: f64 = chances.iter().sum();
    chances.iter_mut().for_each(|chance| *chance /= all);
    chances
}
