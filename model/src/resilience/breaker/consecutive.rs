//! A breaker that opens after failures one after the other.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Breaker, CallOutcome, TimeOpen};
use crate::resilience::Ranges;

/// Linkerd's failure accrual by consecutive failures, with the names and defaults of its annotations
/// (`balancer.linkerd.io/failure-accrual-consecutive-…`; `consecutive_failures.rs` and `exp-backoff` of the proxy).
///
/// After so many failures one after the other, no call is made for `min_penalty`. Then one is tried: success closes the
/// breaker, a failure doubles the penalty, up to `max_penalty`. Late results of earlier calls count for nothing while no call
/// is made, and for that of the trial while one is. Linkerd has such a breaker for each replica of the callee; here it is one
/// for all of them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ConsecutiveFailures {
    /// Failures one after the other that open it; 7, at least 1.
    pub max_failures: u32,
    /// Seconds without calls at first; 1, > 0.
    #[serde(with = "crate::seconds")]
    #[schemars(with = "crate::seconds::Schematic")]
    pub min_penalty: f64,
    /// The most seconds without calls; 60, at least `min_penalty`.
    #[serde(with = "crate::seconds")]
    #[schemars(with = "crate::seconds::Schematic")]
    pub max_penalty: f64,
    /// The part of a penalty that is at most added to it at random, within `max_penalty`; 0.5, ≥ 0.
    pub jitter_ratio: f64,
}

/// What a breaker of consecutive failures remembers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ConsecutiveMemory {
    state: State,
    time_open: TimeOpen,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Closed {
        failures: u32,
    },
    /// `penalties` is how often it has been so without having been closed.
    Open {
        until: f64,
        penalties: u32,
    },
    /// One call may be made, or has been.
    Probation {
        is_tried: bool,
        penalties: u32,
    },
}

impl Default for State {
    fn default() -> Self {
        Self::Closed { failures: 0 }
    }
}

impl Default for ConsecutiveFailures {
    fn default() -> Self {
        Self { max_failures: 7, min_penalty: 1.0, max_penalty: 60.0, jitter_ratio: 0.5 }
    }
}

impl ConsecutiveFailures {
    fn open(&self, memory: &mut ConsecutiveMemory, now: f64, penalties: u32, chance: f64) {
        let base = (self.min_penalty * 2.0_f64.powi(penalties.min(1000) as i32)).min(self.max_penalty);
        let penalty = (base * (1.0 + self.jitter_ratio * chance)).min(self.max_penalty);
        memory.state = State::Open { until: now + penalty, penalties: penalties.saturating_add(1) };
        memory.time_open.open(now);
    }
}

impl Breaker for ConsecutiveFailures {
    type Memory = ConsecutiveMemory;

    fn advance(&self, memory: &mut ConsecutiveMemory, now: f64) {
        if let State::Open { until, penalties } = memory.state
            && until <= now
        {
            memory.state = State::Probation { is_tried: false, penalties };
        }
    }

    fn admits(&self, memory: &mut ConsecutiveMemory, _now: f64, _chance: f64) -> bool {
        match &mut memory.state {
            State::Closed { .. } => true,
            State::Open { .. } => false,
            State::Probation { is_tried, .. } => !std::mem::replace(is_tried, true),
        }
    }

    fn record(&self, memory: &mut ConsecutiveMemory, now: f64, outcome: CallOutcome) {
        match &mut memory.state {
            State::Closed { failures } if outcome.failed => {
                *failures += 1;
                if *failures >= self.max_failures {
                    self.open(memory, now, 0, outcome.chance);
                }
            }
            State::Probation { penalties, .. } if outcome.failed => {
                let penalties = *penalties;
                self.open(memory, now, penalties, outcome.chance);
            }
            State::Closed { .. } | State::Probation { .. } => {
                memory.state = State::default();
                memory.time_open.close(now);
            }
            State::Open { .. } => {}
        }
    }

    fn time_open<'a>(&self, memory: &'a ConsecutiveMemory) -> &'a TimeOpen {
        &memory.time_open
    }

    /// It classifies responses, and there is none.
    fn counts_rejections(&self) -> bool {
        false
    }

    fn is_random(&self) -> bool {
        self.jitter_ratio > 0.0
    }

    fn check(&self, ranges: &mut Ranges) {
        ranges.at_least_1("max_failures", self.max_failures);
        ranges.positive("min_penalty", self.min_penalty);
        let allowed = self.max_penalty >= self.min_penalty && self.max_penalty.is_finite();
        ranges.check("max_penalty", self.max_penalty, allowed, "finite and not below min_penalty");
        ranges.not_negative("jitter_ratio", self.jitter_ratio);
    }
}
