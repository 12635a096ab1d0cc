//! What is due when, in 16 bytes.

use std::hint::select_unpredictable;

/// A time that is not negative, with a number that orders equal times, and 32 bits of anything. One comparison of whole
/// numbers puts keys in order, since the bits of such times are in the order of the times.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Key(u128);

impl Key {
    /// After all others.
    pub(crate) const NEVER: Self = Self(u128::MAX);

    /// A key of that time; `sequence` orders those of the same time.
    #[inline]
    pub(crate) fn new(time: f64, sequence: u32, value: u32) -> Self {
        // Whole numbers again, since the next event waits for them: a zero of either sign is positive, and no time is
        // infinite, so that differences of times are numbers.
        let time = (time.to_bits() & (u64::MAX >> 1)).min(f64::MAX.to_bits());
        Self(u128::from(time) << 64 | u128::from(sequence) << 32 | u128::from(value))
    }

    #[inline]
    pub(crate) fn time(self) -> f64 {
        f64::from_bits((self.0 >> 64) as u64)
    }

    #[inline]
    pub(crate) fn value(self) -> u32 {
        self.0 as u32
    }

    /// The earlier of the two.
    #[inline]
    pub(crate) fn or_earlier(self, other: Self) -> Self {
        select_unpredictable(other < self, other, self)
    }
}

/// Keys in a [`Quad`].
pub(crate) const ARITY: usize = 4;

/// Four keys, which fill one cache line. Places without a key hold [`Key::NEVER`].
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(crate) struct Quad(pub(crate) [Key; ARITY]);

impl Quad {
    /// No keys.
    pub(crate) const NONE: Self = Self([Key::NEVER; ARITY]);

    /// The place of the least, and the least. Which one it is cannot be predicted, so nothing here is a branch.
    #[inline]
    pub(crate) fn least(&self) -> (usize, Key) {
        let [a, b, c, d] = self.0;
        let left = select_unpredictable(b < a, (1, b), (0, a));
        let right = select_unpredictable(d < c, (3, d), (2, c));
        select_unpredictable(right.1 < left.1, right, left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_are_the_same_time_and_none_is_infinite() {
        assert!(Key::new(0.0, 0, 0) < Key::new(-0.0, 1, 0));
        assert!(Key::new(-0.0, 0, 0) < Key::new(f64::MIN_POSITIVE, 0, 0));
        assert!(Key::new(f64::INFINITY, u32::MAX, u32::MAX) < Key::NEVER);
        assert_eq!(Key::new(f64::INFINITY, 0, 0).time(), f64::MAX);
    }
}
