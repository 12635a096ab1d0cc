//! How long a breaker was not closed.

/// The time that a breaker was open or half-open.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct TimeOpen {
    since: Option<f64>,
    seconds: f64,
}

impl TimeOpen {
    /// It leaves the closed state; nothing where it had left it before.
    pub(super) fn open(&mut self, now: f64) {
        self.since.get_or_insert(now);
    }

    /// It leaves the closed state or comes back to it, unless it is there already.
    pub(super) fn set(&mut self, now: f64, is_open: bool) {
        if is_open { self.open(now) } else { self.close(now) }
    }

    /// It is closed again.
    pub(super) fn close(&mut self, now: f64) {
        self.seconds += self.since.take().map_or(0.0, |since| now - since);
    }

    pub(super) fn is_open(&self) -> bool {
        self.since.is_some()
    }

    /// Seconds until `now`.
    pub(super) fn seconds(&self, now: f64) -> f64 {
        self.seconds + self.since.map_or(0.0, |since| now - since)
    }
}
