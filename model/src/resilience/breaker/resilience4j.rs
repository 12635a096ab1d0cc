//! resilience4j's circuit breaker.

use std::collections::VecDeque;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Breaker, CallOutcome, TimeOpen};
use crate::Backoff;
use crate::resilience::Ranges;

/// What its clock counts in.
const MILLISECOND: f64 = 0.001;

/// resilience4j's circuit breaker, with the names and defaults of its settings (`CircuitBreakerConfig.java`,
/// `CircuitBreakerStateMachine.java`, `CircuitBreakerMetrics.java`).
///
/// Every result is followed by a look at the window: from the minimum number of calls on, a share of failures, or of calls
/// that took longer than `slow_call_duration_threshold`, at or above its threshold opens the breaker. When more than
/// `wait_duration_in_open_state` has passed, the next call makes it half-open: so many calls are permitted, and the shares of
/// those alone close it or open it again. Results go to the state in which the breaker is when they come.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Resilience4j {
    /// Percentage of failures from which on it opens; 50, in (0, 100].
    pub failure_rate_threshold: f64,
    /// Percentage of slow calls from which on it opens; 100, in (0, 100].
    pub slow_call_rate_threshold: f64,
    /// Seconds; a call that takes longer is slow. 60, > 0.
    #[serde(with = "crate::seconds")]
    #[schemars(with = "crate::seconds::Schematic")]
    pub slow_call_duration_threshold: f64,
    /// What `sliding_window_size` counts.
    pub sliding_window_type: SlidingWindow,
    /// Calls, or seconds, that are remembered; 100, at least 1.
    pub sliding_window_size: u32,
    /// Calls in the window without which it does not open; 100, at least 1. More than a window of calls, or the calls permitted
    /// in half-open state, can hold counts as that.
    pub minimum_number_of_calls: u32,
    /// Time until a call is tried: the n-th delay for the n-th time that it opens without having been closed. 60 s.
    pub wait_duration_in_open_state: Backoff,
    /// Calls that are permitted in half-open state; 10, at least 1.
    pub permitted_number_of_calls_in_half_open_state: u32,
    /// Does it become half-open without a call, as soon as the wait is over?
    pub automatic_transition_from_open_to_half_open_enabled: bool,
    /// Seconds after which a half-open breaker that has not decided opens again; never where it is less than a millisecond,
    /// which it is by default: 0.
    #[serde(with = "crate::seconds")]
    #[schemars(with = "crate::seconds::Schematic")]
    pub max_wait_duration_in_half_open_state: f64,
}

/// What a sliding window is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SlidingWindow {
    /// So many calls, the last ones.
    #[default]
    CountBased,
    /// The calls of so many whole seconds of the clock, the present one among them.
    TimeBased,
}

/// What resilience4j's breaker remembers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Resilience4jMemory {
    state: State,
    /// Times that it opened without having been closed since.
    attempts: u32,
    window: Window,
    time_open: TimeOpen,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum State {
    #[default]
    Closed,
    Open {
        until: f64,
    },
    HalfOpen {
        since: f64,
        /// Calls that may still begin.
        permitted: u32,
    },
}

/// Calls by the second, or one by one with their numbers in place of seconds; the latest last.
#[derive(Clone, Debug, Default, PartialEq)]
struct Window {
    parts: VecDeque<(u64, Counts)>,
    sum: Counts,
    /// Calls ever.
    number: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Counts {
    calls: u32,
    failed: u32,
    slow: u32,
}

impl Default for Resilience4j {
    fn default() -> Self {
        Self {
            failure_rate_threshold: 50.0,
            slow_call_rate_threshold: 100.0,
            slow_call_duration_threshold: 60.0,
            sliding_window_type: SlidingWindow::CountBased,
            sliding_window_size: 100,
            minimum_number_of_calls: 100,
            wait_duration_in_open_state: Backoff::Fixed { delay: 60.0 },
            permitted_number_of_calls_in_half_open_state: 10,
            automatic_transition_from_open_to_half_open_enabled: false,
            max_wait_duration_in_half_open_state: 0.0,
        }
    }
}

impl Window {
    /// Adds a call to the part of that number, and forgets all parts before the last `size`.
    fn add(&mut self, number: u64, size: u32, counts: Counts) {
        while let Some(&(first, oldest)) = self.parts.front()
            && first + u64::from(size) <= number
        {
            self.sum.take(oldest);
            self.parts.pop_front();
        }
        match self.parts.back_mut() {
            Some((last, part)) if *last == number => part.add(counts),
            _ => self.parts.push_back((number, counts)),
        }
        self.sum.add(counts);
    }
}

impl Counts {
    fn add(&mut self, other: Self) {
        self.calls += other.calls;
        self.failed += other.failed;
        self.slow += other.slow;
    }

    fn take(&mut self, other: Self) {
        self.calls -= other.calls;
        self.failed -= other.failed;
        self.slow -= other.slow;
    }
}

impl Resilience4j {
    fn open(&self, memory: &mut Resilience4jMemory, now: f64) {
        memory.attempts += 1;
        let until = now + self.wait_duration_in_open_state.delay(memory.attempts);
        memory.state = State::Open { until };
        memory.time_open.open(now);
    }

    fn half_open(&self, memory: &mut Resilience4jMemory, now: f64) {
        let permitted = self.permitted_number_of_calls_in_half_open_state;
        memory.state = State::HalfOpen { since: now, permitted };
        memory.window = Window::default();
    }

    /// Is a threshold exceeded? None where there are too few calls to tell.
    fn exceeds(&self, counts: Counts, minimum: u32) -> Option<bool> {
        if counts.calls == 0 || counts.calls < minimum {
            return None;
        }
        let percentage = |part: u32| 100.0 * f64::from(part) / f64::from(counts.calls);
        let fails = percentage(counts.failed) >= self.failure_rate_threshold;
        Some(fails || percentage(counts.slow) >= self.slow_call_rate_threshold)
    }
}

impl Breaker for Resilience4j {
    type Memory = Resilience4jMemory;

    fn advance(&self, memory: &mut Resilience4jMemory, now: f64) {
        loop {
            match memory.state {
                State::Open { until }
                    if self.automatic_transition_from_open_to_half_open_enabled && until <= now =>
                {
                    self.half_open(memory, until);
                }
                State::HalfOpen { since, .. }
                    if self.max_wait_duration_in_half_open_state >= MILLISECOND
                        && since + self.max_wait_duration_in_half_open_state <= now =>
                {
                    self.open(memory, since + self.max_wait_duration_in_half_open_state);
                }
                _ => return,
            }
        }
    }

    fn admits(&self, memory: &mut Resilience4jMemory, now: f64, _chance: f64) -> bool {
        if let State::Open { until } = memory.state
            && now > until
        {
            self.half_open(memory, now);
        }
        match &mut memory.state {
            State::Closed => true,
            State::Open { .. } => false,
            State::HalfOpen { permitted, .. } => {
                let is_permitted = *permitted > 0;
                *permitted = permitted.saturating_sub(1);
                is_permitted
            }
        }
    }

    fn record(&self, memory: &mut Resilience4jMemory, now: f64, outcome: CallOutcome) {
        let slow = outcome.duration > self.slow_call_duration_threshold;
        let counts = Counts { calls: 1, failed: u32::from(outcome.failed), slow: u32::from(slow) };
        memory.window.number += 1;
        let (number, size) = (memory.window.number, self.sliding_window_size);
        match memory.state {
            State::Open { .. } => {}
            State::Closed => {
                let minimum = match self.sliding_window_type {
                    SlidingWindow::CountBased => {
                        memory.window.add(number, size, counts);
                        self.minimum_number_of_calls.min(size)
                    }
                    SlidingWindow::TimeBased => {
                        memory.window.add(now as u64, size, counts);
                        self.minimum_number_of_calls
                    }
                };
                if self.exceeds(memory.window.sum, minimum) == Some(true) {
                    self.open(memory, now);
                }
            }
            State::HalfOpen { .. } => {
                let size = self.permitted_number_of_calls_in_half_open_state;
                memory.window.add(number, size, counts);
                match self.exceeds(memory.window.sum, self.minimum_number_of_calls.min(size)) {
                    Some(true) => self.open(memory, now),
                    Some(false) => {
                        (memory.state, memory.attempts) = (State::Closed, 0);
                        memory.window = Window::default();
                        memory.time_open.close(now);
                    }
                    None => {}
                }
            }
        }
    }

    fn time_open<'a>(&self, memory: &'a Resilience4jMemory) -> &'a TimeOpen {
        &memory.time_open
    }

    /// `BulkheadFullException` and `RequestNotPermitted` are recorded like all other exceptions, where the breaker is outside,
    /// which is the default order.
    fn counts_rejections(&self) -> bool {
        true
    }

    fn check(&self, ranges: &mut Ranges) {
        ranges.percentage("failure_rate_threshold", self.failure_rate_threshold);
        ranges.percentage("slow_call_rate_threshold", self.slow_call_rate_threshold);
        ranges.positive("slow_call_duration_threshold", self.slow_call_duration_threshold);
        ranges.at_least_1("sliding_window_size", self.sliding_window_size);
        ranges.at_least_1("minimum_number_of_calls", self.minimum_number_of_calls);
        ranges.backoff("wait_duration_in_open_state", self.wait_duration_in_open_state);
        ranges.at_least_1(
            "permitted_number_of_calls_in_half_open_state",
            self.permitted_number_of_calls_in_half_open_state,
        );
        ranges
            .not_negative("max_wait_duration_in_half_open_state", self.max_wait_duration_in_half_open_state);
    }
}
