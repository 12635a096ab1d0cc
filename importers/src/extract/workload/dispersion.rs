//! How much counts of requests vary, over short and over long times.

use statrs::distribution::{ChiSquared, ContinuousCDF, Normal};

/// Windows at least, for a variance to be told.
const LEAST_WINDOWS: usize = 8;

/// A hypothesis is refuted where it would be so by chance once in so many recordings.
const BY_CHANCE: f64 = 1e-3;

/// Windows must be longer than the steps of the clock by this factor, since times are off by one step.
const STEPS: f64 = 10.0;

/// Index of dispersion of counts, the variance of the number of requests in a window over its mean, for windows of
/// double length each (Cox and Lewis, *The Statistical Analysis of Series of Events*, 1966, ch. 4 and 6).
#[derive(Clone, Debug, Default)]
pub(super) struct Dispersion {
    /// From short windows to long ones.
    pub(super) scales: Vec<Scale>,
}

/// Windows of one length.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    /// Seconds.
    pub(super) length: f64,
    pub(super) windows: usize,
    /// Variance over mean of the counts in them.
    pub(super) index: f64,
}

impl Dispersion {
    /// Of times in order (ns), over windows from one mean gap to an eighth of all.
    pub(super) fn of(times: &[i64]) -> Self {
        let [first, inner @ .., last] = times else { return Self::default() };
        let whole = last - first;
        if inner.len() < LEAST_WINDOWS || whole <= 0 {
            return Self::default();
        }
        let gap = whole as f64 / (inner.len() + 1) as f64;
        let shortest = STEPS * clock_step(times) as f64;
        let lengths = (0..).map(|power: i32| gap * 2f64.powi(power));
        let scales = lengths
            .take_while(|length| length * LEAST_WINDOWS as f64 <= whole as f64)
            .filter(|length| *length >= shortest)
            .map(|length| scale(inner, *first, length, (whole as f64 / length) as usize));
        Self { scales: scales.collect() }
    }

    /// Is it no Poisson process? Counts of one vary as chance lets them: their scaled variance is χ² distributed (the test
    /// of Fisher 1950, *Biometrics* 6), on every scale.
    pub(super) fn refutes_poisson(&self) -> bool {
        let ratios = self.scales.iter().map(|scale| (scale.index, scale.windows - 1));
        varies_otherwise(&ratios.collect::<Vec<_>>())
    }

    /// Over the longest windows.
    pub(super) fn in_the_long_run(&self) -> Option<Scale> {
        self.scales.last().copied()
    }

    /// Smallest and largest.
    pub(super) fn range(&self) -> Option<(f64, f64)> {
        let indices = || self.scales.iter().map(|scale| scale.index);
        (!self.scales.is_empty())
            .then(|| (indices().fold(f64::INFINITY, f64::min), indices().fold(0.0, f64::max)))
    }
}

/// Counts in windows from `start` on; what is after the last is left out. `times` are in order.
fn scale(times: &[i64], start: i64, length: f64, windows: usize) -> Scale {
    let (mut sum, mut squares, mut open, mut inside) = (0.0, 0.0, 0, 0.0f64);
    for &time in times {
        let window = ((time - start) as f64 / length) as usize;
        if window != open {
            squares += inside * inside;
            (open, inside) = (window, 0.0);
        }
        if window >= windows {
            break;
        }
        inside += 1.0;
        sum += 1.0;
    }
    if open < windows {
        squares += inside * inside;
    }
    let n = windows as f64;
    let mean = sum / n;
    let variance = (squares - n * mean * mean) / (n - 1.0);
    Scale { length: length * 1e-9, windows, index: if mean > 0.0 { variance / mean } else { 1.0 } }
}

/// The greatest step of which all times are multiples from the first on (ns).
fn clock_step(times: &[i64]) -> i64 {
    let Some(&first) = times.first() else { return 1 };
    let mut step = 0i64;
    for time in times {
        let (mut a, mut b) = (step, time - first);
        while b != 0 {
            (a, b) = (b, a % b);
        }
        step = a;
        if step == 1 {
            break;
        }
    }
    step.max(1)
}

/// Do gaps between requests depend on those before? Their ranks, as values of a normal distribution, are summed over 1, 2,
/// 4 … in a row; the variances of these sums grow like their lengths where the gaps are independent (Lo and MacKinlay 1988,
/// *Review of Financial Studies* 1; by ranks as Wright 2000, so that single long gaps do not decide).
pub(super) fn gaps_depend(gaps: &[f64]) -> bool {
    let Ok(normal) = Normal::new(0.0, 1.0) else { return false };
    let mut by_length: Vec<usize> = (0..gaps.len()).collect();
    by_length.sort_by(|a, b| gaps[*a].total_cmp(&gaps[*b]));
    let mut scores = vec![0.0; gaps.len()];
    let mut rank = 0;
    for same in by_length.chunk_by(|a, b| gaps[*a] == gaps[*b]) {
        let middle = (rank as f64 + 0.5 * same.len() as f64) / gaps.len() as f64;
        same.iter().for_each(|place| scores[*place] = normal.inverse_cdf(middle));
        rank += same.len();
    }
    let variance = scores.iter().map(|score| score * score).sum::<f64>() / scores.len() as f64;
    let lengths =
        (1..).map(|power| 1usize << power).take_while(|length| gaps.len() / length >= LEAST_WINDOWS);
    let ratios: Vec<(f64, usize)> = lengths
        .map(|length| {
            let sums = scores.chunks_exact(length).map(|part| part.iter().sum::<f64>());
            let parts = gaps.len() / length;
            // Scores sum to 0, which takes a degree of freedom.
            let ratio =
                sums.map(|sum| sum * sum).sum::<f64>() / ((parts - 1) as f64 * length as f64 * variance);
            (ratio, parts - 1)
        })
        .collect();
    variance > 0.0 && varies_otherwise(&ratios)
}

/// Is one of the variances, each in units of what it should be and with its degrees of freedom, beyond chance?
fn varies_otherwise(ratios: &[(f64, usize)]) -> bool {
    let level = BY_CHANCE / (2.0 * ratios.len() as f64);
    ratios.iter().any(|&(ratio, freedom)| {
        let Ok(chance) = ChiSquared::new(freedom as f64) else { return false };
        let below = chance.cdf(ratio * freedom as f64);
        below < level || chance.sf(ratio * freedom as f64) < level
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every millisecond: counts do not vary.
    #[test]
    fn a_clock_is_no_poisson_process() {
        let times: Vec<i64> = (0..1000).map(|i| i * 1_000_003).collect();
        let dispersion = Dispersion::of(&times);
        assert!(dispersion.range().unwrap().1 < 0.2, "{dispersion:?}");
        assert!(dispersion.refutes_poisson());
    }

    /// Bortkewitsch's deaths by horse kicks, twenty years in each of ten corps (Andrews and Herzberg 1985, table 4.1): of 200
    /// counts 109, 65, 22, 3 and 1 are 0 to 4; their index of dispersion is known to be 0.611 / 0.61 = 1.0016.
    #[test]
    fn horse_kicks() {
        let counts = [(109, 0), (65, 1), (22, 2), (3, 3), (1, 4)];
        let counts = counts.iter().flat_map(|(times, count)| std::iter::repeat_n(*count, *times));
        let times: Vec<i64> = counts
            .enumerate()
            .flat_map(|(window, count)| (1..=count).map(move |i| window as i64 * 1000 + i * 100))
            .collect();
        let scale = scale(&times, 0, 1000.0, 200);
        assert!((scale.index - 1.0016).abs() < 2e-4, "{scale:?}");
    }

    /// Days between coal mining disasters (Jarrett 1979, *Biometrika* 66), the classic case of a rate that falls once.
    const DISASTERS: [i32; 190] = [
        157, 123, 2, 124, 12, 4, 10, 216, 80, 12, 33, 66, 232, 826, 40, 12, 29, 190, 97, 65, 186, 23, 92,
        197, 431, 16, 154, 95, 25, 19, 78, 202, 36, 110, 276, 16, 88, 225, 53, 17, 538, 187, 34, 101, 41,
        139, 42, 1, 250, 80, 3, 324, 56, 31, 96, 70, 41, 93, 24, 91, 143, 16, 27, 144, 45, 6, 208, 29, 112,
        43, 193, 134, 420, 95, 125, 34, 127, 218, 2, 0, 378, 36, 15, 31, 215, 11, 137, 4, 15, 72, 96, 124,
        50, 120, 203, 176, 55, 93, 59, 315, 59, 61, 1, 13, 189, 345, 20, 81, 286, 114, 108, 188, 233, 28, 22,
        61, 78, 99, 326, 275, 54, 217, 113, 32, 388, 151, 361, 312, 354, 307, 275, 78, 17, 1205, 644, 467,
        871, 48, 123, 456, 498, 49, 131, 182, 255, 194, 224, 566, 462, 228, 806, 517, 1643, 54, 326, 1312,
        348, 745, 217, 120, 275, 20, 66, 292, 4, 368, 307, 336, 19, 329, 330, 312, 536, 145, 75, 364, 37, 19,
        156, 47, 129, 1630, 29, 217, 7, 18, 1358, 2366, 952, 632,
    ];

    #[test]
    fn mining_disasters() {
        let gaps = DISASTERS.map(f64::from);
        assert!(gaps_depend(&gaps));
        let days = DISASTERS.iter().scan(0, |day, gap| {
            *day += gap;
            Some(i64::from(*day) * 1000)
        });
        assert!(Dispersion::of(&days.collect::<Vec<_>>()).refutes_poisson());
        // The same gaps, the first half and the second by turns, have no trend.
        let (early, late) = gaps.split_at(95);
        let mixed: Vec<f64> = early.iter().zip(late).flat_map(|(a, b)| [*a, *b]).collect();
        assert!(!gaps_depend(&mixed));
    }
}
