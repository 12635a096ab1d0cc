//! How many calls a visit makes at one place of its course.

use tracecast_model::CallCount;

use super::shape::SlotShape;

/// Differences of a share, or of a number of calls, that no response time shows.
const NO_DIFFERENCE: f64 = 0.02;

/// A number of calls, in each of as many branches as they are made in at once: none with some probability, or else `least`
/// and a number that varies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Number {
    /// That there are any, in all branches.
    pub(super) probability: f64,
    /// As many, where there are any: 0 or 1.
    pub(super) least: u32,
    /// Mean of the calls beyond.
    pub(super) mean: f64,
    /// How their number varies.
    pub(super) count: CallCount,
}

impl Number {
    /// The number that comes closest to what so many visits showed at a slot.
    ///
    /// A geometric number that is known not to be 0 is one more than a geometric number (it has no memory), so that the calls
    /// beyond the first are compared with a geometric and a fixed number by their variance, and the visits without any with
    /// what that number gives by itself. Calls in `width` branches at once are divided evenly.
    pub(super) fn of(slot: &SlotShape, visits: u64, width: u32) -> Self {
        let share = slot.visits as f64 / visits.max(1) as f64;
        let probability = if share > 1.0 - NO_DIFFERENCE { 1.0 } else { share };
        let all = slot.calls as f64 / visits.max(1) as f64;
        let any = slot.calls as f64 / slot.visits.max(1) as f64;
        if width > 1 {
            let mean = all / probability / f64::from(width);
            return Self { probability, least: 0, mean, count: CallCount::Fixed };
        }
        let always = |count| Self { probability: 1.0, least: 0, mean: all, count };
        let fixed = CallCount::Fixed;
        if any < 1.0 + NO_DIFFERENCE {
            return always(fixed); // One or none.
        }
        let variance = slot.squares as f64 / slot.visits.max(1) as f64 - any * any;
        let beyond = CallCount::Geometric.variance(any - 1.0);
        let is_geometric = (variance - beyond).abs() < (variance - fixed.variance(any)).abs();
        let without_memory = is_geometric && (share - all / (1.0 + all)).abs() < NO_DIFFERENCE;
        match (is_geometric, probability < 1.0) {
            (true, _) if without_memory => always(CallCount::Geometric),
            (true, _) => {
                let mean = all / probability - 1.0;
                Self { probability, least: 1, mean, count: CallCount::Geometric }
            }
            (false, true) => Self { probability, least: 0, mean: any, count: fixed },
            (false, false) => always(fixed),
        }
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
        let fixed = |mean| Number { probability: 1.0, least: 0, mean, count: CallCount::Fixed };
        assert_eq!(number((0..10).map(|_| 3)), fixed(3.0));
        assert_eq!(number((0..10).map(|k| k % 2)), fixed(0.5));
        assert_eq!(number((0..10).map(|k| 1 + k % 2)), fixed(1.5));
        assert_eq!(number((0..10).map(|k| 2 * (k % 2))), Number { probability: 0.5, ..fixed(2.0) });
        let found = number(geometric(1.5));
        assert!((found.mean - 1.5).abs() < 1e-4);
        assert_eq!(found, Number { mean: found.mean, count: CallCount::Geometric, ..fixed(1.5) });
    }

    /// A geometric number of mean 2 in one visit out of four: 1/4 · 2/3 of all visits make calls, then 3 in the mean.
    #[test]
    fn what_is_not_always_reached_is_told_from_what_varies() {
        let none = std::iter::repeat_n(0, 3_000_000);
        let found = number(geometric(2.0).chain(none));
        assert_eq!((found.least, found.count), (1, CallCount::Geometric));
        assert!((found.probability - 1.0 / 6.0).abs() < 1e-4, "{found:?}");
        assert!((found.mean - 2.0).abs() < 1e-3, "{found:?}");
        let found = number(geometric(2.0).map(|k| k + 1));
        assert_eq!((found.probability, found.least), (1.0, 1));
        assert!((found.mean - 2.0).abs() < 1e-3, "{found:?}");
    }
}
