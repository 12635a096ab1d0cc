//! A quantity that keeps its value until it changes.

/// A quantity over time, with its integral: busy cores, requests present.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Level {
    value: f64,
    since: f64,
    area: f64,
}

impl Level {
    /// Its value now.
    pub(crate) fn value(&self) -> f64 {
        self.value
    }

    /// Sets it from `now` on.
    #[inline]
    pub(crate) fn set(&mut self, now: f64, value: f64) {
        self.area += self.value * (now - self.since);
        self.since = now;
        self.value = value;
    }

    /// Changes it by `delta` from `now` on.
    #[inline]
    pub(crate) fn add(&mut self, now: f64, delta: f64) {
        self.set(now, self.value + delta);
    }

    /// Its integral from the start until `now`.
    pub(crate) fn area(&self, now: f64) -> f64 {
        self.area + self.value * (now - self.since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integrates_steps() {
        let mut level = Level::default();
        level.set(1.0, 2.0);
        level.add(4.0, 3.0);
        level.add(5.0, -5.0);
        assert_eq!((level.area(5.0), level.area(9.0), level.value()), (11.0, 11.0, 0.0));
    }
}
