//! Retries only in proportion to the calls that are made anyway.

use std::collections::VecDeque;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Ranges;

/// Parts of the time to live in which calls and retries are counted.
const SLOTS: f64 = 10.0;

/// A limit to the retries of one caller (a replica, with its client or its proxy).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum RetryBudget {
    /// Over the last `ttl` seconds at most `ratio` retries for each call, and `min_per_second` beside (Finagle's
    /// `RetryBudget`, Linkerd's service profiles: 0.2, 10, 10 s).
    Ratio {
        /// Retries for each first attempt; ≥ 0.
        ratio: f64,
        /// Retries per second that are allowed anyway; ≥ 0.
        #[serde(default = "ten")]
        min_per_second: f64,
        /// Seconds; > 0.
        #[serde(default = "ten", with = "crate::seconds")]
        #[schemars(with = "crate::seconds::Schematic")]
        ttl: f64,
    },
    /// At most this part of the attempts in progress may be retries, and `min_in_progress` in any case (Envoy's
    /// `retry_budget`: 0.2 and 3).
    InProgress {
        /// Retries in progress for each attempt in progress; ≥ 0.
        share: f64,
        /// Retries in progress that are allowed anyway.
        #[serde(default = "three")]
        min_in_progress: u32,
    },
    /// None while tokens are short: a failed attempt takes one, an answer brings a part of one, and with half of them or less
    /// nothing is tried again (gRPC's `retryThrottling`, gRFC A6; 10 and 0.1 in its example).
    Throttle {
        /// Tokens at most, and at first; > 0.
        max_tokens: f64,
        /// Tokens for each answer; > 0.
        token_ratio: f64,
    },
}

/// What a budget remembers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BudgetMemory {
    /// By slot of time, the latest last: its number, first attempts and retries.
    slots: VecDeque<(u64, f64, f64)>,
    /// Attempts in progress, retries among them.
    attempts: f64,
    retries: f64,
    /// Tokens that are missing.
    spent: f64,
}

impl RetryBudget {
    /// Tells which settings are out of range.
    pub(super) fn check(&self, ranges: &mut Ranges) {
        match *self {
            Self::Ratio { ratio, min_per_second, ttl } => {
                ranges.not_negative("ratio", ratio);
                ranges.not_negative("min_per_second", min_per_second);
                ranges.positive("ttl", ttl);
            }
            Self::InProgress { share, .. } => ranges.not_negative("share", share),
            Self::Throttle { max_tokens, token_ratio } => {
                ranges.positive("max_tokens", max_tokens);
                ranges.positive("token_ratio", token_ratio);
            }
        }
    }

    /// May there be a retry at `now` seconds?
    pub fn allows(&self, memory: &mut BudgetMemory, now: f64) -> bool {
        let left = self.left(memory, now);
        match *self {
            Self::Ratio { .. } => left >= 1.0,
            Self::InProgress { .. } | Self::Throttle { .. } => left > 0.0,
        }
    }

    /// Retries that the limit still leaves room for at `now` seconds, of mean numbers say; below 0 where it is exceeded.
    pub fn left(&self, memory: &mut BudgetMemory, now: f64) -> f64 {
        match *self {
            Self::Ratio { ratio, min_per_second, ttl } => {
                memory.forget(now, ttl);
                let sums = |sums: (f64, f64), slot: &(u64, f64, f64)| (sums.0 + slot.1, sums.1 + slot.2);
                let (calls, retries) = memory.slots.iter().fold((0.0, 0.0), sums);
                ratio * calls + min_per_second * ttl - retries
            }
            Self::InProgress { share, min_in_progress } => {
                (share * memory.attempts).max(f64::from(min_in_progress)) - memory.retries
            }
            Self::Throttle { max_tokens, .. } if memory.spent < 0.5 * max_tokens => f64::INFINITY,
            Self::Throttle { .. } => 0.0,
        }
    }

    /// An attempt begins.
    pub fn begins(&self, memory: &mut BudgetMemory, now: f64, is_retry: bool) {
        self.begin_many(memory, now, is_retry, 1.0);
    }

    /// So many attempts begin, on average.
    pub fn begin_many(&self, memory: &mut BudgetMemory, now: f64, is_retry: bool, number: f64) {
        let [calls, retries] = if is_retry { [0.0, number] } else { [number, 0.0] };
        memory.attempts += number;
        memory.retries += retries;
        if let Self::Ratio { ttl, .. } = *self {
            memory.forget(now, ttl);
            let slot = slot(now, ttl);
            if memory.slots.back().is_none_or(|last| last.0 != slot) {
                memory.slots.push_back((slot, 0.0, 0.0));
            }
            if let Some(last) = memory.slots.back_mut() {
                last.1 += calls;
                last.2 += retries;
            }
        }
    }

    /// The caller waits for an attempt no more.
    pub fn ends(&self, memory: &mut BudgetMemory, is_retry: bool) {
        self.end_many(memory, is_retry, 1.0);
    }

    /// So many attempts have come to an end, with errors or without.
    pub fn record(&self, memory: &mut BudgetMemory, failed: bool, number: f64) {
        if let Self::Throttle { max_tokens, token_ratio } = *self {
            let tokens = if failed { number } else { -token_ratio * number };
            memory.spent = (memory.spent + tokens).clamp(0.0, max_tokens);
        }
    }

    /// Callers wait for so many attempts no more, on average.
    pub fn end_many(&self, memory: &mut BudgetMemory, is_retry: bool, number: f64) {
        memory.attempts = (memory.attempts - number).max(0.0);
        if is_retry {
            memory.retries = (memory.retries - number).max(0.0);
        }
    }
}

impl BudgetMemory {
    fn forget(&mut self, now: f64, ttl: f64) {
        let number = slot(now, ttl);
        while self.slots.front().is_some_and(|first| first.0 + SLOTS as u64 <= number) {
            self.slots.pop_front();
        }
    }
}

fn slot(now: f64, ttl: f64) -> u64 {
    (now * SLOTS / ttl).max(0.0) as u64
}

fn ten() -> f64 {
    10.0
}

fn three() -> u32 {
    3
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(budget: RetryBudget, memory: &mut BudgetMemory, now: f64) -> u32 {
        let mut count = 0;
        while count < 10_000 && budget.allows(memory, now) {
            budget.begins(memory, now, true);
            count += 1;
        }
        count
    }

    /// Linkerd: "in addition to the retries from the ratio, min_per_second": 100 calls within 10 s at 20 % and 10/s give 20
    /// and 100 retries.
    #[test]
    fn a_ratio_of_the_calls_and_some_beside() {
        let budget = RetryBudget::Ratio { ratio: 0.2, min_per_second: 10.0, ttl: 10.0 };
        let mut memory = BudgetMemory::default();
        (0..100).for_each(|call| budget.begins(&mut memory, f64::from(call) * 0.05, false));
        assert_eq!(allowed(budget, &mut memory, 5.0), 120);
        // When all is older than the time to live, only what is allowed anyway is left.
        assert_eq!(allowed(budget, &mut memory, 5.0 + 10.0), 100);
    }

    /// gRFC A6: "if token_count is less than or equal to the threshold, defined to be (maxTokens / 2), then RPCs will not be
    /// retried"; failures take one, others bring `tokenRatio`; never more than `maxTokens` or less than none.
    #[test]
    fn failures_throttle_retries() {
        let budget = RetryBudget::Throttle { max_tokens: 10.0, token_ratio: 0.1 };
        let mut memory = BudgetMemory::default();
        budget.record(&mut memory, false, 100.0);
        for failures in 1..5 {
            budget.record(&mut memory, true, 1.0);
            assert!(budget.allows(&mut memory, 0.0), "{failures}");
        }
        budget.record(&mut memory, true, 1.0);
        assert!(!budget.allows(&mut memory, 0.0));
        budget.record(&mut memory, false, 1.0);
        assert!(budget.allows(&mut memory, 0.0));
        // From none to more than half takes 51 answers.
        budget.record(&mut memory, true, 1000.0);
        budget.record(&mut memory, false, 49.0);
        assert!(!budget.allows(&mut memory, 0.0));
        budget.record(&mut memory, false, 2.0);
        assert!(budget.allows(&mut memory, 0.0));
    }

    /// Envoy: 20 % of the active requests, but at least 3.
    #[test]
    fn a_share_of_what_is_in_progress() {
        let budget = RetryBudget::InProgress { share: 0.2, min_in_progress: 3 };
        let mut memory = BudgetMemory::default();
        assert_eq!(allowed(budget, &mut memory, 0.0), 3);
        let mut memory = BudgetMemory::default();
        (0..96).for_each(|_| budget.begins(&mut memory, 0.0, false));
        // n retries are 20 % of 96 + n from n = 24 on.
        assert_eq!(allowed(budget, &mut memory, 0.0), 24);
        (0..24).for_each(|_| budget.ends(&mut memory, true));
        assert!(budget.allows(&mut memory, 0.0));
    }
}
