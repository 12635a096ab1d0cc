//! Stretches of time.

use crate::Nanos;
use crate::span::seconds;

/// From start to end; the end is not before the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Interval {
    pub(crate) start: Nanos,
    pub(crate) end: Nanos,
}

impl Interval {
    pub(crate) fn new(start: Nanos, end: Nanos) -> Self {
        Self { start, end: end.max(start) }
    }

    /// Seconds.
    pub(crate) fn length(self) -> f64 {
        seconds(self.end - self.start)
    }

    /// The part of it within `other`; empty where there is none.
    pub(crate) fn within(self, other: Self) -> Self {
        let start = self.start.clamp(other.start, other.end);
        Self::new(start, self.end.clamp(start, other.end))
    }

    /// The shortest stretch that holds both.
    pub(crate) fn hull(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// Seconds that it shares with `other`.
    pub(crate) fn overlap(self, other: Self) -> f64 {
        self.within(other).length()
    }

    /// Moved as little as possible so that it lies within `other`, and cut off where it is longer: removes the skew
    /// between two clocks when it is known that one stretch lies within the other.
    pub(crate) fn moved_into(self, other: Self) -> Self {
        let length = (self.end - self.start).min(other.end - other.start);
        let start = self.start.clamp(other.start, other.end - length);
        Self::new(start, start + length)
    }
}

/// What is left of `whole` outside all of `taken`, in order; `taken` is sorted on the way.
pub(crate) fn remainder(whole: Interval, taken: &mut [Interval]) -> impl Iterator<Item = Interval> {
    taken.sort_unstable();
    let end = Interval::new(whole.end, whole.end);
    let mut from = whole.start;
    taken.iter().copied().chain([end]).filter_map(move |interval| {
        let interval = interval.within(whole);
        let left = (interval.start > from).then(|| Interval::new(from, interval.start));
        from = from.max(interval.end);
        left
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(start: i64, end: i64) -> Interval {
        Interval::new(start, end)
    }

    #[test]
    fn remainder_leaves_out_overlapping_and_outlying_parts() {
        let mut taken = [at(5, 8), at(1, 3), at(2, 4), at(9, 20)];
        let left = |taken: &mut [Interval]| remainder(at(0, 10), taken).collect::<Vec<_>>();
        assert_eq!(left(&mut taken), [at(0, 1), at(4, 5), at(8, 9)]);
        assert_eq!(left(&mut []), [at(0, 10)]);
        assert!(left(&mut [at(-5, 30)]).is_empty());
    }

    #[test]
    fn moving_keeps_the_length_where_it_fits() {
        assert_eq!(at(-3, 1).moved_into(at(0, 10)), at(0, 4));
        assert_eq!(at(8, 12).moved_into(at(0, 10)), at(6, 10));
        assert_eq!(at(-5, 50).moved_into(at(0, 10)), at(0, 10));
        assert_eq!(at(2, 3).moved_into(at(0, 10)), at(2, 3));
    }
}
