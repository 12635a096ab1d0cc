//! A quantity that keeps its value until it changes.

/// A quantity over time, with its integral: busy cores.
///
/// The integral of a value v that changes by d at time t is v·now - Σ d·t, so a change costs two sums.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Level {
    value: f64,
    /// Sum of all changes, each times its time.
    moment: f64,
}

impl Level {
    /// Changes it by `delta` from `now` on.
    #[inline]
    pub(crate) fn add(&mut self, now: f64, delta: f64) {
        self.value += delta;
        debug_assert!(self.value > -1e-6, "a level of {}", self.value);
        self.moment += delta * now;
    }

    /// Its integral from the start until `now`.
    pub(crate) fn area(&self, now: f64) -> f64 {
        self.value * now - self.moment
    }
}

/// The same for a whole number that goes up and down by one: requests present.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Count {
    value: u64,
    /// As of [`Level`].
    moment: f64,
}

impl Count {
    /// Its value now.
    pub(crate) fn value(&self) -> u64 {
        self.value
    }

    /// One more from `now` on.
    #[inline]
    pub(crate) fn rise(&mut self, now: f64) {
        self.value += 1;
        self.moment += now;
    }

    /// One less from `now` on.
    #[inline]
    pub(crate) fn fall(&mut self, now: f64) {
        debug_assert!(self.value > 0, "one less than none");
        self.value -= 1;
        self.moment -= now;
    }

    /// Its integral from the start until `now`.
    pub(crate) fn area(&self, now: f64) -> f64 {
        self.value as f64 * now - self.moment
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_steps() {
        let mut count = Count::default();
        for now in [1.0, 1.0, 4.0] {
            count.rise(now);
        }
        (0..3).for_each(|_| count.fall(5.0));
        assert_eq!((count.area(5.0), count.area(9.0), count.value()), (9.0, 9.0, 0));
    }

    #[test]
    fn integrates_steps() {
        let mut level = Level::default();
        level.add(1.0, 2.0);
        level.add(4.0, 3.0);
        level.add(5.0, -5.0);
        assert_eq!((level.area(5.0), level.area(9.0)), (11.0, 11.0));
    }
}
