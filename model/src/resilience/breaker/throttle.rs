//! What throttles have in common: they turn away a part of the calls, the larger the more of the last ones failed.

use std::collections::VecDeque;

use super::TimeOpen;

/// Seconds that are counted together, as in Envoy's `thread_local_controller.cc`.
const GRANULARITY: f64 = 1.0;

/// What a throttle remembers: calls of the last while, by the second. It counts as open while it might turn a call away.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ThrottleMemory {
    /// When each of them began, the latest last. Seconds without calls have none.
    seconds: VecDeque<(f64, Counts)>,
    sum: Counts,
    time_open: TimeOpen,
}

/// Calls, and how many of them were good.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Counts {
    pub(super) requests: u64,
    pub(super) accepts: u64,
}

impl ThrottleMemory {
    /// Forgets the seconds that began `window` seconds ago or before; `is_open` says of counts whether a call might be turned away.
    pub(super) fn forget(&mut self, now: f64, window: f64, is_open: impl Fn(Counts) -> bool) {
        while let Some(&(began, counts)) = self.seconds.front()
            && began + window <= now
        {
            self.seconds.pop_front();
            self.sum.requests -= counts.requests;
            self.sum.accepts -= counts.accepts;
            self.time_open.set(began + window, is_open(self.sum));
        }
    }

    /// All that is not forgotten; a second begins if none is going on.
    pub(super) fn look(&mut self, now: f64) -> Counts {
        if self.seconds.back().is_none_or(|(began, _)| began + GRANULARITY <= now) {
            self.seconds.push_back((now, Counts::default()));
        }
        self.sum
    }

    /// Counts what happens now.
    pub(super) fn count(&mut self, now: f64, counts: Counts, is_open: impl Fn(Counts) -> bool) {
        self.look(now);
        if let Some((_, second)) = self.seconds.back_mut() {
            second.requests += counts.requests;
            second.accepts += counts.accepts;
        }
        self.sum.requests += counts.requests;
        self.sum.accepts += counts.accepts;
        self.time_open.set(now, is_open(self.sum));
    }

    pub(super) fn time_open(&self) -> &TimeOpen {
        &self.time_open
    }
}
