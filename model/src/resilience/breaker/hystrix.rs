//! Hystrix' circuit breaker.

use std::collections::VecDeque;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Breaker, CallOutcome, TimeOpen};
use crate::resilience::Ranges;

/// Hystrix' circuit breaker, with the names and defaults of its properties (version 1.5: `HystrixCircuitBreaker.java`,
/// `HealthCountsStream.java`, `HystrixCommandProperties.java`).
///
/// Errors are counted in buckets of `snapshot_interval`, beginning with the first call. Whenever a bucket is full, those of
/// the last `window` are looked at: with enough calls, and enough of them errors, the breaker opens, at that instant and not
/// at the call. Calls that it turns away count nowhere. When more than `sleep_window` has passed, one call is tried, and
/// only one: success closes the breaker and empties the window, an error opens it anew. That the successful trial is the
/// first call of the new window was concluded from the order of events in `AbstractCommand.java`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Hystrix {
    /// `metrics.rollingStats.timeInMilliseconds`: seconds that calls are remembered; 10, and at least `snapshot_interval`.
    #[serde(with = "crate::seconds")]
    #[schemars(with = "crate::seconds::Schematic")]
    pub window: f64,
    /// `metrics.healthSnapshot.intervalInMilliseconds`: seconds between two looks; 0.5, at least 0.001. The window has as many buckets as
    /// whole intervals.
    #[serde(with = "crate::seconds")]
    #[schemars(with = "crate::seconds::Schematic")]
    pub snapshot_interval: f64,
    /// `circuitBreaker.requestVolumeThreshold`: calls in the window without which it does not open; 20.
    pub request_volume_threshold: u32,
    /// `circuitBreaker.errorThresholdPercentage`: percentage of errors, cut to a whole number, from which on it opens; 50, 0
    /// to 100.
    pub error_threshold_percentage: u32,
    /// `circuitBreaker.sleepWindowInMilliseconds`: seconds until a call is tried; 5, ≥ 0.
    #[serde(with = "crate::seconds")]
    #[schemars(with = "crate::seconds::Schematic")]
    pub sleep_window: f64,
}

/// What Hystrix' breaker remembers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HystrixMemory {
    state: State,
    /// When the first bucket began; none before the first call.
    origin: Option<f64>,
    /// Buckets that are full.
    full: u64,
    /// Of those with calls, the latest last: its number, calls and errors.
    buckets: VecDeque<(u64, u64, u64)>,
    time_open: TimeOpen,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum State {
    #[default]
    Closed,
    Open {
        since: f64,
    },
    HalfOpen,
}

impl Default for Hystrix {
    fn default() -> Self {
        Self {
            window: 10.0,
            snapshot_interval: 0.5,
            request_volume_threshold: 20,
            error_threshold_percentage: 50,
            sleep_window: 5.0,
        }
    }
}

impl Hystrix {
    fn bucket_count(&self) -> u64 {
        // 10 s in intervals of 0.1 s are 100, whatever their binary fractions.
        (self.window / self.snapshot_interval * (1.0 + 1e-12)) as u64
    }

    /// A bucket is full at `now`.
    fn look(&self, memory: &mut HystrixMemory, now: f64) {
        let oldest = memory.full.saturating_sub(self.bucket_count());
        while memory.buckets.front().is_some_and(|bucket| bucket.0 < oldest) {
            memory.buckets.pop_front();
        }
        if memory.state != State::Closed {
            return;
        }
        let (calls, errors) = memory
            .buckets
            .iter()
            .fold((0, 0), |(calls, errors), bucket| (calls + bucket.1, errors + bucket.2));
        let percentage = (100 * errors).checked_div(calls).unwrap_or(0);
        if calls >= u64::from(self.request_volume_threshold)
            && percentage >= u64::from(self.error_threshold_percentage)
        {
            memory.state = State::Open { since: now };
            memory.time_open.open(now);
        }
    }
}

impl Breaker for Hystrix {
    type Memory = HystrixMemory;

    fn advance(&self, memory: &mut HystrixMemory, now: f64) {
        let origin = *memory.origin.get_or_insert(now);
        let sees_errors = self.request_volume_threshold > 0 || self.error_threshold_percentage > 0;
        while origin + (memory.full + 1) as f64 * self.snapshot_interval <= now {
            if memory.buckets.is_empty() && (sees_errors || memory.state != State::Closed) {
                // Nothing happens while there is nothing to be seen.
                let full = ((now - origin) / self.snapshot_interval) as u64;
                memory.full = full.max(memory.full + 1);
                continue;
            }
            memory.full += 1;
            self.look(memory, origin + memory.full as f64 * self.snapshot_interval);
        }
    }

    fn admits(&self, memory: &mut HystrixMemory, now: f64, _chance: f64) -> bool {
        match memory.state {
            State::Closed => true,
            State::Open { since } if now > since + self.sleep_window => {
                memory.state = State::HalfOpen;
                true
            }
            State::Open { .. } | State::HalfOpen => false,
        }
    }

    fn record(&self, memory: &mut HystrixMemory, now: f64, outcome: CallOutcome) {
        if memory.state == State::HalfOpen {
            if outcome.failed {
                memory.state = State::Open { since: now };
            } else {
                memory.state = State::Closed;
                memory.time_open.close(now);
                (memory.origin, memory.full) = (Some(now), 0);
                memory.buckets.clear();
            }
        }
        let number = memory.full;
        if memory.buckets.back().is_none_or(|last| last.0 != number) {
            memory.buckets.push_back((number, 0, 0));
        }
        if let Some(last) = memory.buckets.back_mut() {
            last.1 += 1;
            last.2 += u64::from(outcome.failed);
        }
    }

    fn time_open<'a>(&self, memory: &'a HystrixMemory) -> &'a TimeOpen {
        &memory.time_open
    }

    /// `THREAD_POOL_REJECTED` and `SEMAPHORE_REJECTED` are errors in `HystrixCommandMetrics.HealthCounts`.
    fn counts_rejections(&self) -> bool {
        true
    }

    fn check(&self, ranges: &mut Ranges) {
        let interval = self.snapshot_interval;
        let allowed = interval >= 0.001 && interval.is_finite();
        ranges.check("snapshot_interval", interval, allowed, "finite and at least a millisecond");
        let allowed = self.window >= self.snapshot_interval && self.window.is_finite();
        ranges.check("window", self.window, allowed, "finite and not below snapshot_interval");
        let percentage = f64::from(self.error_threshold_percentage);
        ranges.check("error_threshold_percentage", percentage, percentage <= 100.0, "in [0, 100]");
        ranges.not_negative("sleep_window", self.sleep_window);
    }
}
