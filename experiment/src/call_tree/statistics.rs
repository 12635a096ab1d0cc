//! Statistics that few wild values do not spoil.

use statrs::distribution::{Binomial, DiscreteCDF};

/// The median; `None` of nothing.
pub(super) fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().checked_sub(1)?;
    Some(f64::midpoint(sorted[last / 2], sorted[sorted.len() / 2]))
}

/// How far a value lies above others, in standard deviations as the others' median absolute deviation tells them: the
/// modified z-score 0.6745 (x - median) / MAD (Iglewicz and Hoaglin 1993, "How to Detect and Handle Outliers", section
/// 3.3), with the value itself left out of median and MAD, so that it cannot hide among few. Taken of the logarithms,
/// since durations are skewed to the right and differ by factors. Infinite where the others are all equal and it is
/// larger. `None` where the values are not positive.
pub(super) fn robust_z(value: f64, others: &[f64]) -> Option<f64> {
    let logarithms: Vec<f64> = others.iter().map(|other| other.ln()).collect();
    let middle = median(&logarithms)?;
    let deviations: Vec<f64> = logarithms.iter().map(|logarithm| (logarithm - middle).abs()).collect();
    let distance = value.ln() - middle;
    let z = if distance == 0.0 { 0.0 } else { 0.6745 * distance / median(&deviations)? };
    (!z.is_nan() && distance.is_finite()).then_some(z)
}

/// Probability of at least `hits` in `tries` independent tries with the given chance each: the tail of a binomial
/// distribution.
pub(super) fn binomial_tail(hits: usize, tries: usize, chance: f64) -> f64 {
    match (hits.checked_sub(1), Binomial::new(chance, tries as u64)) {
        (Some(below), Ok(binomial)) => binomial.sf(below as u64),
        _ => 1.0,
    }
}

/// Probability that one of `size` equal peers is the slowest in at least `slowest` of `groups` groups: exact for independent
/// groups, since all ranks are equally likely then.
pub(super) fn rank_probability(slowest: usize, groups: usize, size: usize) -> f64 {
    binomial_tail(slowest, groups, 1.0 / size.max(1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_of_even_and_odd() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 3.0, 2.0]), Some(2.5));
        assert_eq!(median(&[]), None);
    }

    /// Others e^0 … e^4: median e^2, MAD 1; e^6 is 4 · 0.6745 above.
    #[test]
    fn robust_z_of_powers() {
        let others: Vec<f64> = (0..5).map(|k| f64::from(k).exp()).collect();
        let z = robust_z(6f64.exp(), &others).unwrap();
        assert!((z - 4.0 * 0.6745).abs() < 1e-12, "{z}");
        assert_eq!(robust_z(2.0, &[1.0, 1.0, 1.0]), Some(f64::INFINITY));
        assert_eq!(robust_z(1.0, &[1.0, 1.0, 1.0]), Some(0.0));
        assert_eq!(robust_z(0.0, &[1.0, 1.0]), None);
    }

    /// Ten of ten among two: 2^-10. At least 1 of 3 among three: 1 - (2/3)^3.
    #[test]
    fn rank_probabilities_by_hand() {
        assert!((rank_probability(10, 10, 2) / 0.5f64.powi(10) - 1.0).abs() < 1e-9);
        assert!((rank_probability(1, 3, 3) - 19.0 / 27.0).abs() < 1e-9);
        assert_eq!(rank_probability(0, 3, 3), 1.0);
    }
}
