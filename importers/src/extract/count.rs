//! How many calls a visit makes at one place of its course.

use tracecast_model::CallCount;

use super::shape::SlotShape;

/// Differences of a share, or of a number of calls, that no response time shows.
const NO_DIFFERENCE: f64 = 0.02;

/// A number of calls, in each of as many branches as they are made in at once: none, or else one and a number that varies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Number {
    /// That there are any, in all branches.
    pub(super) probability: f64,
    /// Mean of the first call and those beyond it, where there are any; in each of several branches perhaps below 1.
    pub(super) mean: f64,
    /// How the number of those beyond the first varies.
    pub(super) count: CallCount,
}

impl Number {
    /// The number that comes closest to what so many visits showed at a slot: whether the calls beyond the first vary like a
    /// geometric or like a fixed number is told by their variance. Calls in `width` branches at once are divided evenly.
    pub(super) fn of(slot: &SlotShape, visits: u64, width: u32) -> Self {
        let share = slot.visits as f64 / visits.max(1) as f64;
        let probability = if share > 1.0 - NO_DIFFERENCE { 1.0 } else { share };
        let mean = slot.calls as f64 / visits.max(1) as f64 / probability;
        let fixed = CallCount::Fixed;
        if width > 1 {
            return Self { probability, mean: mean / f64::from(width), count: fixed };
        }
        if mean < 1.0 + NO_DIFFERENCE {
            let all = probability * mean;
            return Self { probability: all.min(1.0), mean: all.max(1.0), count: fixed };
        }
        let any = slot.calls as f64 / slot.visits.max(1) as f64;
        let variance = slot.squares as f64 / slot.visits.max(1) as f64 - any * any;
        let off = |count: CallCount| (variance - count.variance(any - 1.0)).abs();
        let count = if off(CallCount::Geometric) < off(fixed) { CallCount::Geometric } else { fixed };
        Self { probability, mean, count }
    }

    /// Mean and variation, where one of the ways in which numbers of calls vary gives all of this: a geometric number that is
    /// known not to be 0 is one more than a geometric number (it has no memory).
    pub(super) fn by_itself(&self) -> Option<(f64, CallCount)> {
        let mean = self.probability * self.mean;
        let is_it = match self.count {
            CallCount::Fixed => self.probability == 1.0 || self.mean == 1.0,
            CallCount::Geometric => (self.probability - mean / (1.0 + mean)).abs() < NO_DIFFERENCE,
        };
        is_it.then_some((mean, self.count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What visits with these numbers of calls show.
    fn number(counts: impl Iterator<Item = u64>) -> Number {
        let mut slot = SlotShape::default();
        let mut visits = 0;
        for count in counts {
            visits += 1;
            slot.visits += u64::from(count > 0);
            slot.calls += count;
            slot.squares += count * count;
        }
        Number::of(&slot, visits, 1)
    }

    /// A million visits, of which the k-th share has k calls, by the probabilities of a geometric number.
    fn geometric(mean: f64) -> impl Iterator<Item = u64> {
        let share = move |k: u64| 1e6 / (1.0 + mean) * (mean / (1.0 + mean)).powi(k as i32);
        (0..200).flat_map(move |k| std::iter::repeat_n(k, share(k).round() as usize))
    }

    #[test]
    fn numbers_are_told_by_their_variance() {
        let fixed = |probability, mean| Number { probability, mean, count: CallCount::Fixed };
        let by_itself = |mean| Some((mean, CallCount::Fixed));
        for (found, expected, simple) in [
            (number((0..10).map(|_| 3)), fixed(1.0, 3.0), by_itself(3.0)),
            (number((0..10).map(|k| k % 2)), fixed(0.5, 1.0), by_itself(0.5)),
            (number((0..10).map(|k| 1 + k % 2)), fixed(1.0, 1.5), by_itself(1.5)),
            (number((0..100).map(|k| 1 + k / 99)), fixed(1.0, 1.01), by_itself(1.01)),
            (number((0..10).map(|k| 2 * (k % 2))), fixed(0.5, 2.0), None),
        ] {
            assert_eq!((found, found.by_itself()), (expected, simple));
        }
        let (mean, count) = number(geometric(1.5)).by_itself().unwrap();
        assert!((mean - 1.5).abs() < 1e-4 && count == CallCount::Geometric, "{mean} {count:?}");
    }

    /// A geometric number of mean 2 in one visit out of four: 1/4 · 2/3 of all visits make calls, then 3 in the mean.
    #[test]
    fn what_is_not_always_reached_is_told_from_what_varies() {
        let none = std::iter::repeat_n(0, 3_000_000);
        for (found, probability) in
            [(number(geometric(2.0).chain(none)), 1.0 / 6.0), (number(geometric(2.0).map(|k| k + 1)), 1.0)]
        {
            assert_eq!((found.count, found.by_itself()), (CallCount::Geometric, None));
            assert!((found.probability - probability).abs() < 1e-4, "{found:?}");
            assert!((found.mean - 3.0).abs() < 1e-3, "{found:?}");
        }
    }
}
