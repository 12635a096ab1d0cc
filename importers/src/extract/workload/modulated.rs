//! Requests that come now more, now less: a Markov-modulated Poisson process with two states.

use tracecast_model::MarkovArrivals;

use super::dispersion::Dispersion;
use crate::extract::sketch::rounded;

/// Speeds of change that are tried, from one that the longest windows hardly show to one that the shortest do not.
const SPEEDS: i32 = 100;

/// Shares of the time in the busier state that are tried.
const SHARES: i32 = 40;

/// Gaps that the likelihood is of, at most.
const LIKELY: usize = 20_000;

/// Changes must be seen so often in a recording for their speed to be told from it: changes in the mean, at the least.
const LEAST_CHANGES: f64 = 10.0;

/// How the index of dispersion of counts grows with time: from 1 to 1 + `excess`, within some `1 / speed` seconds.
#[derive(Clone, Copy, Debug)]
struct Growth {
    excess: f64,
    /// Sum of the rates of change between both states (1/s).
    speed: f64,
}

/// The process whose counts vary over short and long times as those recorded, at `rate` requests per second of which the
/// part `sampled` was recorded; none where they do not vary more than those of a Poisson process, or still vary more the
/// longer one looks.
///
/// The index of dispersion of counts over a time t is 1 + a (1 - (1 - e⁻ᵇᵗ) / bt) (Heffes and Lucantoni 1986, *IEEE J. SAC* 4,
/// eq. 8 and 9): a and b are those of weighted least squares over all windows. What is left free, how much of the time is
/// busy, is chosen by the likelihood of the gaps (s), a product of matrices (Meier-Hellstern 1987, *EJOR* 29, eq. 2).
pub(super) fn fit(dispersion: &Dispersion, gaps: &[f64], rate: f64, sampled: f64) -> Option<MarkovArrivals> {
    let growth = growth(dispersion)?;
    let seen = rate * sampled;
    let gaps = &gaps[..gaps.len().min(LIKELY)];
    // From hardly ever busy to the share beyond which the other rate would be negative.
    let most = 2.0 * seen / (growth.excess * growth.speed);
    let shares = (1..=SHARES).map(|i| f64::from(i) / f64::from(SHARES) * most / (1.0 + most));
    let likely = shares.map(|share| {
        let process = process(seen, growth, share);
        (log_likelihood(&process, gaps), share)
    });
    let (_, share) = likely.max_by(|a, b| a.0.total_cmp(&b.0))?;
    // Leaving out requests at random leaves the part of the excess that they are of all.
    Some(process(rate, Growth { excess: growth.excess / sampled, ..growth }, share))
}

/// States of `share` and 1 - `share` of the time.
fn process(rate: f64, Growth { excess, speed }: Growth, share: f64) -> MarkovArrivals {
    let difference = (0.5 * excess * rate * speed / (share * (1.0 - share))).sqrt();
    let rates = [rate + (1.0 - share) * difference, (rate - share * difference).max(0.0)].map(rounded);
    let [leave, enter] = [speed * (1.0 - share), speed * share].map(rounded);
    MarkovArrivals::modulated(&rates, &[vec![0.0, leave], vec![enter, 0.0]])
}

/// By least squares, weighted by how well the variance of so many windows is known.
fn growth(dispersion: &Dispersion) -> Option<Growth> {
    let (shortest, longest) = (dispersion.scales.first()?.length, dispersion.in_the_long_run()?);
    let whole = longest.length * longest.windows as f64;
    let (slow, fast) = (LEAST_CHANGES / whole, 4.0 / shortest);
    let tried = (0..=SPEEDS).map(|i| slow * (fast / slow).powf(f64::from(i) / f64::from(SPEEDS)));
    let fitted = tried.map(|speed| {
        let (mut product, mut square, mut sum) = (0.0, 0.0, 0.0);
        for scale in &dispersion.scales {
            let n = scale.windows as f64;
            // Around the mean of the recording, a sample's variance lacks that of the mean.
            let part = |time: f64| 1.0 - (1.0 - (-speed * time).exp()) / (speed * time);
            let expected = (part(scale.length) - part(n * scale.length) / n) * n / (n - 1.0);
            let (excess, weight) = (scale.index - 1.0, (n - 1.0) / (2.0 * scale.index * scale.index));
            product += weight * excess * expected;
            square += weight * expected * expected;
            sum += weight * excess * excess;
        }
        (sum - product * product / square, Growth { excess: product / square, speed })
    });
    let all: Vec<(f64, Growth)> = fitted.collect();
    let best = all.iter().enumerate().min_by(|a, b| a.1.0.total_cmp(&b.1.0))?;
    (best.0 > 0 && best.1.1.excess > 0.0).then_some(best.1.1)
}

/// Of the gaps after an arrival in the long run, with two states.
fn log_likelihood(process: &MarkovArrivals, gaps: &[f64]) -> f64 {
    let [[a, b], [c, d]] = [[process.d0[0][0], process.d0[0][1]], [process.d0[1][0], process.d0[1][1]]];
    let rates = [process.d1[0][0], process.d1[1][1]];
    // exp(D₀x) by the eigenvalues of D₀, which are real and differ: both rates of change are positive.
    let middle = 0.5 * (a + d);
    let half = (0.25 * (a - d) * (a - d) + b * c).sqrt();
    let (slow, fast) = (middle + half, middle - half);
    let stationary = process.stationary();
    let mut state = [stationary[0] * rates[0], stationary[1] * rates[1]];
    let mut sum = 0.0;
    let total = state[0] + state[1];
    state = [state[0] / total, state[1] / total];
    for gap in gaps {
        let (slow, fast) = ((slow * gap).exp(), (fast * gap).exp());
        let (same, other) = (0.5 * (slow + fast), 0.5 * (slow - fast) / half);
        let next = [
            (state[0] * (same + other * (a - middle)) + state[1] * other * c) * rates[0],
            (state[0] * other * b + state[1] * (same + other * (d - middle))) * rates[1],
        ];
        let density = next[0] + next[1];
        sum += density.ln();
        state = [next[0] / density, next[1] / density];
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::super::dispersion::Scale;
    use super::*;

    /// Its formula, for windows of a process that is known.
    fn known(excess: f64, speed: f64) -> Dispersion {
        let windows = |power: i32| 1usize << (16 - power);
        let scales = (0..=12).map(|power| {
            let (length, n) = (0.1 * 2f64.powi(power), windows(power) as f64);
            let index = |time: f64| 1.0 + excess * (1.0 - (1.0 - (-speed * time).exp()) / (speed * time));
            Scale {
                length,
                windows: windows(power),
                index: (index(length) - index(n * length) / n) * n / (n - 1.0),
            }
        });
        Dispersion { scales: scales.collect() }
    }

    #[test]
    fn growth_is_found_again() {
        let found = growth(&known(5.0, 0.3)).unwrap();
        assert!((found.excess / 5.0 - 1.0).abs() < 0.05, "{found:?}");
        assert!((found.speed / 0.3 - 1.0).abs() < 0.1, "{found:?}");
        // Slower than anything that the recording shows.
        assert!(growth(&known(5.0, 1e-4)).is_none());
        assert!(growth(&known(-0.5, 0.3)).is_none());
    }

    /// Both moments of counts that went in come out, whatever the share.
    #[test]
    fn a_process_has_the_dispersion_asked_for() {
        for share in [0.1, 0.4] {
            let growth = Growth { excess: 2.0, speed: 0.5 };
            let process = process(10.0, growth, share);
            assert!((process.rate() - 10.0).abs() < 1e-4, "{process:?}");
            let difference = process.d1[0][0] - process.d1[1][1];
            // Heffes and Lucantoni 1986, eq. 8, in the long run.
            let excess = 2.0 * difference * difference * share * (1.0 - share) / (10.0 * 0.5);
            assert!((excess - 2.0).abs() < 1e-4, "{excess}");
        }
    }

    /// Rates that do not differ are a Poisson process, whose likelihood is known.
    #[test]
    fn the_likelihood_of_a_poisson_process() {
        let process = MarkovArrivals::modulated(&[3.0, 3.0], &[vec![0.0, 0.7], vec![0.2, 0.0]]);
        let gaps = [0.1, 0.5, 0.02, 1.3];
        let expected: f64 = gaps.iter().map(|gap| 3f64.ln() - 3.0 * gap).sum();
        assert!((log_likelihood(&process, &gaps) - expected).abs() < 1e-12);
    }
}
