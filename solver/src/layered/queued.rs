//! The states of a birth–death process in which all servers are busy and customers queue.

/// Weights below this part of their sum do not matter.
const NEGLIGIBLE: f64 = 1e-10;

/// Distance of the first ratio below 1, in units of √b, from which the continued fraction is used. At a distance d its error
/// is below 1e-6 from depth 90/d² on.
const CLEARLY: f64 = 3.0;
const DEPTH: f64 = 90.0;
/// States that must be left for that, so that it does not matter that their number is whole.
const MANY: f64 = 20.0;
/// Weights are scaled before they overflow, in a block.
const LARGE: f64 = 1e150;
/// So many states before the most likely one are not summed one by one.
const FAR: f64 = 200.0;
/// States that are summed between two looks at whether more matter.
const BLOCK: u32 = 8;

/// Sums over the states, relative to the first: weights w₀ = 1, wₘ₊₁ = wₘ(a - mb).
pub(super) struct Queued {
    /// Of the weights, and of weight × place.
    pub(super) sum: f64,
    pub(super) further: f64,
    /// What the weight of the first has become.
    pub(super) scale: f64,
}

/// The state that comes next, and the factor from its weight to that of the one behind it.
struct Next {
    weight: f64,
    ratio: f64,
    place: f64,
}

impl Queued {
    /// `ratio`: a ≥ 0; `shrink`: b ≥ 0, and then a < 1 if it is 0; `states`: how many there are, but for the first.
    pub(super) fn of(ratio: f64, shrink: f64, states: f64) -> Self {
        if ratio > 1.0 + FAR * shrink && shrink > 0.0 {
            return Self::beyond_peak(ratio, shrink);
        }
        let clearly = 1.0 - CLEARLY * shrink.sqrt();
        let mut queued = Self { sum: 0.0, further: 0.0, scale: 1.0 };
        let mut next = Next { weight: 1.0, ratio, place: 0.0 };
        if clearly < MANY * shrink {
            queued.add(&mut next, shrink, states.max(0.0) as u32 + 1);
            return queued;
        }
        if ratio > clearly && !queued.add(&mut next, shrink, ((ratio - clearly) / shrink) as u32 + 1) {
            return queued;
        }
        let (sum, further) = falling(next.ratio, shrink);
        queued.sum += next.weight * sum;
        queued.further += next.weight * (next.place * sum + further);
        queued
    }

    /// Adds so many states one by one, or as many as matter. Do those behind them?
    fn add(&mut self, next: &mut Next, shrink: f64, states: u32) -> bool {
        let mut left = states;
        while left > 0 {
            let block = left.min(BLOCK);
            for _ in 0..block {
                self.sum += next.weight;
                self.further += next.weight * next.place;
                next.weight *= next.ratio;
                next.ratio -= shrink;
                next.place += 1.0;
            }
            left -= block;
            if next.weight < NEGLIGIBLE * self.sum {
                return false;
            }
            if next.weight > LARGE {
                let factor = 1.0 / next.weight;
                *self = Self {
                    sum: self.sum * factor,
                    further: self.further * factor,
                    scale: self.scale * factor,
                };
                next.weight = 1.0;
            }
        }
        true
    }

    /// Weights that first grow. With K = a/b, those at all m ≤ K, negative ones too, are terms of a Poisson distribution
    /// with mean 1/b, from its K-th down: they sum to bᴷ·K!·exp(1/b), from which the few at negative m are taken off. Then
    /// Σ wₘ₊₁ = Σ wₘ(a - mb) gives Σ m·wₘ.
    fn beyond_peak(ratio: f64, shrink: f64) -> Self {
        let last = ratio / shrink;
        let log_all = last * shrink.ln() + libm::lgamma(last + 1.0) + 1.0 / shrink;
        let scale = (-log_all).exp();
        let (mut before, mut weight, mut at) = (0.0, 1.0, ratio);
        while weight > NEGLIGIBLE * before {
            at += shrink;
            weight /= at;
            before += weight;
        }
        let sum = 1.0 - scale * before;
        Self { sum, further: (scale + (ratio - 1.0) * sum) / shrink, scale }
    }
}

/// Σ wₘ and Σ m·wₘ of weights that fall: Σ wₘ = ∫ e⁻ˣ(1 + bx)ᴷ dx is an incomplete gamma function, of which this is
/// Legendre's continued fraction (Abramowitz and Stegun 1964, 6.5.31). Geometric for b = 0.
///
/// What is in the denominator of its first term comes from the recurrence of numerators and denominators (Wallis), with one
/// division in all.
fn falling(a: f64, b: f64) -> (f64, f64) {
    let gap = 1.0 - a;
    let depth = (DEPTH * b / (gap * gap)) as u32 + 4;
    let (mut before, mut last) = ([1.0, 0.0], [gap + 2.0 * b, 1.0]);
    let (mut k, mut part) = (2.0, gap + 2.0 * b);
    for _ in 1..depth {
        part += 2.0 * b;
        let factor = k * b * (a - (k - 1.0) * b);
        let next = [part * last[0] + factor * before[0], part * last[1] + factor * before[1]];
        (before, last) = (last, next);
        k += 1.0;
    }
    let [numerator, denominator] = last;
    let all = 1.0 / (gap * numerator + a * b * denominator);
    (all * numerator, all * a * denominator)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against the plain sum over all states, wherever the peak lies; the tolerance is that of the continued fraction.
    #[test]
    fn equals_the_plain_sum() {
        let close_to_one = [0.93, 0.98, 0.995, 1.01, 1.2, 3.0];
        for states in [3.0, 40.0, 100.0, 700.0, 4000.0, 20_000.0] {
            for first in (1..=20).map(|k| 0.05 * f64::from(k)).chain(close_to_one) {
                let shrink = first / states;
                let (mut sum, mut further, mut weight, mut scale) = (0.0, 0.0, 1.0, 1.0);
                for m in 0..=states as u32 {
                    sum += weight;
                    further += weight * f64::from(m);
                    weight *= first - f64::from(m) * shrink;
                    if weight > LARGE {
                        let factor = 1.0 / weight;
                        (sum, further, scale, weight) = (sum * factor, further * factor, scale * factor, 1.0);
                    }
                }
                let queued = Queued::of(first, shrink, states);
                let close = |a: f64, b: f64| (a - b).abs() <= 1e-6 * b;
                assert!(close(queued.further / queued.sum, further / sum), "{states} {first}");
                let (all, expected) = (queued.sum.ln() - queued.scale.ln(), sum.ln() - f64::ln(scale));
                assert!(scale == 0.0 || (all - expected).abs() <= 1e-6, "{states} {first}: {all} {expected}");
            }
        }
    }
}
