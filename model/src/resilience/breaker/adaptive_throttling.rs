//! A client that throttles itself, as in Google's book.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::throttle::{Counts, ThrottleMemory};
use super::{Breaker, CallOutcome, TimeOpen};
use crate::resilience::Ranges;

/// Adaptive throttling by the client (Beyer, Jones, Petoff and Murphy 2016, *Site Reliability Engineering*, chapter 21,
/// "Client-Side Throttling", equation "Client request rejection probability").
///
/// Of the last `window` seconds it knows how many calls were asked for, those that it turned away among them, and how many were
/// accepted. It turns a call away with probability max(0, (requests - K·accepts)/(requests + 1)): where a service accepts
/// so many per second, K times as many are sent. A call that is an error, or too late, was not accepted, whatever the reason.
/// Calls are counted by the second, accepted ones in that of their reply; the book says nothing of either.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AdaptiveThrottling {
    /// K, the book's multiplier: calls sent for each that is accepted; 2, finite and at least 1.
    pub accepts_multiplier: f64,
    /// Seconds that calls are remembered; 120, finite and at least 1.
    #[serde(with = "crate::seconds")]
    #[schemars(with = "crate::seconds::Schematic")]
    pub window: f64,
}

impl Default for AdaptiveThrottling {
    fn default() -> Self {
        Self { accepts_multiplier: 2.0, window: 120.0 }
    }
}

impl AdaptiveThrottling {
    /// The probability, in [0, 1), that a call is turned away after so many requests and accepts.
    pub fn rejection_probability(&self, requests: u64, accepts: u64) -> f64 {
        let requests = requests as f64;
        ((requests - self.accepts_multiplier * accepts as f64) / (requests + 1.0)).max(0.0)
    }

    fn probability(&self, counts: Counts) -> f64 {
        self.rejection_probability(counts.requests, counts.accepts)
    }
}

impl Breaker for AdaptiveThrottling {
    type Memory = ThrottleMemory;

    fn advance(&self, memory: &mut ThrottleMemory, now: f64) {
        memory.forget(now, self.window, |counts| self.probability(counts) > 0.0);
    }

    fn admits(&self, memory: &mut ThrottleMemory, now: f64, chance: f64) -> bool {
        let probability = self.probability(memory.look(now));
        let request = Counts { requests: 1, accepts: 0 };
        memory.count(now, request, |counts| self.probability(counts) > 0.0);
        chance >= probability
    }

    fn record(&self, memory: &mut ThrottleMemory, now: f64, outcome: CallOutcome) {
        if !outcome.failed {
            let accept = Counts { requests: 0, accepts: 1 };
            memory.count(now, accept, |counts| self.probability(counts) > 0.0);
        }
    }

    fn time_open<'a>(&self, memory: &'a ThrottleMemory) -> &'a TimeOpen {
        memory.time_open()
    }

    /// They are requests that were not accepted, which needs no further word.
    fn counts_rejections(&self) -> bool {
        false
    }

    fn admits_by_chance(&self) -> bool {
        true
    }

    fn check(&self, ranges: &mut Ranges) {
        ranges.finite_at_least_1("accepts_multiplier", self.accepts_multiplier);
        ranges.finite_at_least_1("window", self.window);
    }
}
