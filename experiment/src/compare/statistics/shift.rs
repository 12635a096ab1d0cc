//! By how much one of two samples is larger, whatever their distribution.

use super::rank::{is_exact, rank_sums};
use super::{Estimate, LEVEL, Z};

/// The median of all differences between a value of the candidate and one of the base (Hodges and Lehmann 1963, Ann. Math.
/// Statist. 34), with the interval that belongs to the test of Mann and Whitney (Hollander and Wolfe 1999, section 4.3).
/// `None` where a sample is empty.
pub(in super::super) fn hodges_lehmann(base: &[f64], candidate: &[f64]) -> Option<Estimate> {
    let sorted = |values: &[f64]| {
        let mut values = values.to_vec();
        values.sort_by(f64::total_cmp);
        values
    };
    let differences = Differences { base: sorted(base), candidate: sorted(candidate) };
    let pairs = base.len() * candidate.len();
    let last = pairs.checked_sub(1)?;
    let value = f64::midpoint(differences.smallest(last / 2 + 1), differences.smallest(pairs / 2 + 1));
    let cut = beyond(base.len(), candidate.len());
    let interval = (cut > 0).then(|| [differences.smallest(cut), differences.smallest(pairs + 1 - cut)]);
    Some(Estimate { value, interval })
}

/// How far from either end of the ordered differences the interval begins, counted from 1; 0 where there is none.
fn beyond(n: usize, m: usize) -> usize {
    if is_exact(n, m) {
        let size = n.min(m);
        let ranks: Vec<usize> = (1..=n + m).collect();
        let mut tail = 0.0;
        let chances = rank_sums(&ranks, size);
        let smallest = size * (size + 1) / 2;
        chances[smallest..]
            .iter()
            .take_while(|&&chance| {
                tail += chance;
                tail <= LEVEL / 2.0
            })
            .count()
    } else {
        let pairs = n as f64 * m as f64;
        (pairs / 2.0 - Z * (pairs * (n + m + 1) as f64 / 12.0).sqrt()).max(0.0) as usize
    }
}

/// The differences of all pairs, which are too many to list. Both are in ascending order.
struct Differences {
    base: Vec<f64>,
    candidate: Vec<f64>,
}

impl Differences {
    /// The smallest but `rank` - 1, by bisection over all numbers in their order.
    fn smallest(&self, rank: usize) -> f64 {
        let ends = |of: &[f64]| (of[0], of[of.len() - 1]);
        let ((base_low, base_high), (low, high)) = (ends(&self.base), ends(&self.candidate));
        let (mut below, mut found) = (key(low - base_high), key(high - base_low));
        while below < found {
            let middle = (i128::from(below) + i128::from(found)).div_euclid(2) as i64;
            if self.up_to(number(middle)) >= rank {
                found = middle;
            } else {
                below = middle + 1;
            }
        }
        // Without the sign of -0.
        number(found) + 0.0
    }

    /// How many are no larger.
    fn up_to(&self, limit: f64) -> usize {
        let mut first = 0;
        let mut count = 0;
        for &candidate in &self.candidate {
            while self.base.get(first).is_some_and(|base| candidate - base > limit) {
                first += 1;
            }
            count += self.base.len() - first;
        }
        count
    }
}

/// Whole numbers in the order of the finite numbers they stand for.
fn key(value: f64) -> i64 {
    flip((value + 0.0).to_bits() as i64)
}

fn number(key: i64) -> f64 {
    f64::from_bits(flip(key) as u64)
}

/// Negative numbers are in descending order of their bits; its own inverse.
fn flip(bits: i64) -> i64 {
    bits ^ ((bits >> 63) as u64 >> 1) as i64
}
