use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::*;

fn close(a: f64, b: f64, limit: f64) {
    assert!((a - b).abs() <= limit, "{a} is not {b}");
}

/// Table I of Mann and Whitney (1947), n = m = 4: P(U ≤ u) to three digits. Both tails are twice that.
#[test]
fn table_of_mann_and_whitney() {
    let table = [0.014, 0.029, 0.057, 0.100, 0.171, 0.243, 0.343, 0.443];
    let ranks: Vec<usize> = (1..=8).collect();
    let chances = rank::rank_sums(&ranks, 4);
    for (u, expected) in table.into_iter().enumerate() {
        close(chances[10..=10 + u].iter().sum(), expected, 0.0005);
    }
}

/// Hollander and Wolfe (1973), example 4.1, permeability of membranes: U = 35 of 50, one-sided p = 0.1272, shift 0.305, whose
/// 96 % interval, the shortest of at least 95 %, is -0.15 to 0.76.
#[test]
fn permeability() {
    let term = [0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46];
    let weeks = [1.15, 0.88, 0.90, 0.74, 1.21];
    let test = mann_whitney(&weeks, &term).unwrap();
    assert_eq!(test.u, 35.0);
    close(test.p / 2.0, 0.1272, 0.00005);
    let shift = hodges_lehmann(&weeks, &term).unwrap();
    close(shift.value, 0.305, 1e-9);
    let [low, high] = shift.interval.unwrap();
    close(low, -0.15, 1e-9);
    close(high, 0.76, 1e-9);
}

/// Ties: every choice of the candidate's values out of all, counted one by one.
#[test]
fn ties_by_counting() {
    let (base, candidate) = ([1.0, 2.0, 2.0, 3.0, 5.0], [2.0, 3.0, 3.0, 4.0]);
    let all: Vec<f64> = base.iter().chain(&candidate).copied().collect();
    let u = |chosen: u32| {
        let side = |wanted: u32| (0..9).filter(move |&k| chosen >> k & 1 == wanted);
        let pair = |a: f64, b: f64| {
            if b > a {
                1.0
            } else if b == a {
                0.5
            } else {
                0.0
            }
        };
        side(0).flat_map(|a| side(1).map(move |b| (a, b))).map(|(a, b)| pair(all[a], all[b])).sum::<f64>()
    };
    let seen = u(0b1_1110_0000);
    let choices: Vec<f64> = (0..1u32 << 9).filter(|chosen| chosen.count_ones() == 4).map(u).collect();
    let part =
        |is: &dyn Fn(f64) -> bool| choices.iter().filter(|&&u| is(u)).count() as f64 / choices.len() as f64;
    let expected = 2.0 * part(&|u| u <= seen).min(part(&|u| u >= seen));
    let test = mann_whitney(&base, &candidate).unwrap();
    assert_eq!(test.u, seen);
    close(test.p, expected, 1e-12);
}

/// Just beyond the exact sizes, with many ties and without: near the exact probability. The approximation's error is of the
/// order of 1/n.
#[test]
fn the_normal_distribution_takes_over_smoothly() {
    for steps in [3.0, 1e9] {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(1);
        let mut draw = |n: usize, shift: f64| -> Vec<f64> {
            (0..n).map(|_| ((random.random::<f64>() + shift) * steps).floor()).collect()
        };
        let (base, candidate) = (draw(28, 0.0), draw(28, 0.15));
        let test = mann_whitney(&base, &candidate).unwrap();
        let mut all: Vec<f64> = base.iter().chain(&candidate).copied().collect();
        all.sort_by(f64::total_cmp);
        let mut ranks = Vec::new();
        for equal in all.chunk_by(|a, b| a == b) {
            ranks.extend(vec![2 * ranks.len() + equal.len() + 1; equal.len()]);
        }
        let chances = rank::rank_sums(&ranks, 28);
        let sum = (2.0 * test.u) as usize + 28 * 29;
        let tails = [chances[..=sum].iter().sum::<f64>(), chances[sum..].iter().sum::<f64>()];
        let exact = 2.0 * tails[0].min(tails[1]);
        assert!(exact < 0.5);
        close(test.p, exact, 0.005);
    }
}

/// The smallest difference and so on, as a list of all of them has it.
#[test]
fn shifts_of_large_samples() {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(2);
    let mut draw = |n: usize| -> Vec<f64> { (0..n).map(|_| random.random::<f64>() - 0.5).collect() };
    let (base, candidate) = (draw(101), draw(99));
    let mut all: Vec<f64> = base.iter().flat_map(|a| candidate.iter().map(move |b| b - a)).collect();
    all.sort_by(f64::total_cmp);
    let shift = hodges_lehmann(&base, &candidate).unwrap();
    assert_eq!(shift.value, all[all.len() / 2]);
}

/// Student's sleep data (1908): the difference by Welch is -3.3655 to 0.2055, as R's manual of `t.test` has it.
#[test]
fn sleep() {
    let first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0];
    let second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];
    let found = welch(&second, &first);
    close(found.value, -1.58, 1e-12);
    let [low, high] = found.interval.unwrap();
    close(low, -3.365_483_2, 1e-6);
    close(high, 0.205_483_2, 1e-6);
}

/// The lady tasting tea, 3 of 4 right: 17/70 on one side, 34/70 on both; 4 of 4: 1/70 and 2/70.
#[test]
fn tea() {
    close(fisher([1, 3], [4, 4]), 34.0 / 70.0, 1e-9);
    close(fisher([0, 4], [4, 4]), 2.0 / 70.0, 1e-9);
    assert_eq!(fisher([0, 0], [4, 9]), 1.0);
}

/// Newcombe (1998), table II, method 10: 56/70 against 48/80 is 0.0524 to 0.3339; 10/10 against 0/10 is 0.6075 to 1.
#[test]
fn differences_of_shares() {
    let [low, high] = newcombe([48, 56], [80, 70]).interval.unwrap();
    close(low, 0.0524, 0.00005);
    close(high, 0.3339, 0.00005);
    let [low, high] = newcombe([0, 10], [10, 10]).interval.unwrap();
    close(low, 0.6075, 0.00005);
    close(high, 1.0, 1e-9);
}

/// The usual worked example of four tests at 0.05: the two smallest are significant.
#[test]
fn holm_steps_down() {
    let adjusted = holm(&[0.01, 0.04, 0.03, 0.005]);
    for (found, expected) in adjusted.into_iter().zip([0.03, 0.06, 0.06, 0.02]) {
        close(found, expected, 1e-12);
    }
}

/// Quantiles as the definition has them, and the interval of a median from the tables of the sign test.
#[test]
fn quantiles() {
    let sorted: Vec<f64> = (1..=100).map(f64::from).collect();
    assert_eq!(quantile(&sorted, 0.95), Some(95.0));
    assert_eq!(quantile(&sorted[..3], 0.5), Some(2.0));
    assert_eq!(quantile(&[], 0.5), None);
    // The table of the sign test for n = 100: 40th to 61st for the median.
    assert_eq!(quantile_interval(&sorted, 0.5), Some([40.0, 61.0]));
    assert_eq!(quantile_interval(&sorted[..20], 0.99), None);
}

/// Of samples from one skewed distribution, 5 % are called different: 2000 tries have a standard deviation of 0.5 %, and no
/// discrete test exceeds its level. Four standard deviations.
#[test]
fn no_more_false_alarms_than_asked_for() {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(3);
    for (n, m) in [(8, 9), (40, 60)] {
        let mut draw =
            |n: usize| -> Vec<f64> { (0..n).map(|_| (1.0 - random.random::<f64>()).powi(-2)).collect() };
        let tries = 2000;
        let alarms =
            (0..tries).filter(|_| mann_whitney(&draw(n), &draw(m)).unwrap().p <= LEVEL).count() as f64;
        let share = alarms / f64::from(tries);
        assert!(share < 0.07 && share > 0.025, "{n} {m}: {share}");
    }
}
