//! Envoy's admission control.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::throttle::{Counts, ThrottleMemory};
use super::{Breaker, CallOutcome, TimeOpen};
use crate::resilience::Ranges;

/// Parts of the random number that decides, as in the original.
const ACCURACY: f64 = 1e4;

/// Envoy's filter `admission_control`, with the names and defaults of its settings
/// (`envoy/extensions/filters/http/admission_control/v3/admission_control.proto`, `admission_control.cc`,
/// `thread_local_controller.cc`).
///
/// A call is turned away with probability max(0, (n - s/`sr_threshold`)/(n + 1))^(1/`aggression`), where n calls of the last
/// `sampling_window` seconds have ended, s of them well: those turned away do not count. Calls are counted by the second of their
/// end. A worker thread of Envoy knows its own calls only; here a replica of the caller has one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AdmissionControl {
    /// Seconds that calls are remembered; 30, finite and at least 1.
    #[serde(with = "crate::seconds")]
    #[schemars(with = "crate::seconds::Schematic")]
    pub sampling_window: f64,
    /// Percentage of good calls below which some are turned away; 95, in (0, 100].
    pub sr_threshold: f64,
    /// How steeply they become more: with 1 linearly; 1, finite and at least 1.
    pub aggression: f64,
    /// Calls per second, cut to a whole number, below which none are turned away; 0.
    pub rps_threshold: u32,
    /// Percentage of calls that are turned away at most; 80, in [0, 100].
    pub max_rejection_probability: f64,
}

impl Default for AdmissionControl {
    fn default() -> Self {
        Self {
            sampling_window: 30.0,
            sr_threshold: 95.0,
            aggression: 1.0,
            rps_threshold: 0,
            max_rejection_probability: 80.0,
        }
    }
}

impl AdmissionControl {
    /// The probability, in [0, 1], that a call is turned away where so many have ended in the window, of which some well. It
    /// does not know `rps_threshold`.
    pub fn rejection_probability(&self, requests: u64, successes: u64) -> f64 {
        let requests = requests as f64;
        let missing = requests - successes as f64 / (self.sr_threshold / 100.0);
        let linear = (missing / (requests + 1.0)).max(0.0);
        linear.powf(1.0 / self.aggression).min(self.max_rejection_probability / 100.0)
    }

    /// The same, or 0 where there are too few calls per second.
    fn probability(&self, counts: Counts) -> f64 {
        let rate = (counts.requests as f64 / self.sampling_window).floor();
        if rate < f64::from(self.rps_threshold) {
            return 0.0;
        }
        self.rejection_probability(counts.requests, counts.accepts)
    }
}

impl Breaker for AdmissionControl {
    type Memory = ThrottleMemory;

    fn advance(&self, memory: &mut ThrottleMemory, now: f64) {
        memory.forget(now, self.sampling_window, |counts| self.probability(counts) > 0.0);
    }

    fn admits(&self, memory: &mut ThrottleMemory, now: f64, chance: f64) -> bool {
        (ACCURACY * chance).floor() >= ACCURACY * self.probability(memory.look(now))
    }

    fn record(&self, memory: &mut ThrottleMemory, now: f64, outcome: CallOutcome) {
        let counts = Counts { requests: 1, accepts: u64::from(!outcome.failed) };
        memory.count(now, counts, |counts| self.probability(counts) > 0.0);
    }

    fn time_open<'a>(&self, memory: &'a ThrottleMemory) -> &'a TimeOpen {
        memory.time_open()
    }

    /// Overflows of Envoy's own limits are answered with 503, which the filter sees as it goes out.
    fn counts_rejections(&self) -> bool {
        true
    }

    fn admits_by_chance(&self) -> bool {
        true
    }

    fn check(&self, ranges: &mut Ranges) {
        ranges.finite_at_least_1("sampling_window", self.sampling_window);
        ranges.percentage("sr_threshold", self.sr_threshold);
        ranges.finite_at_least_1("aggression", self.aggression);
        let percentage = self.max_rejection_probability;
        let allowed = (0.0..=100.0).contains(&percentage);
        ranges.check("max_rejection_probability", percentage, allowed, "in [0, 100]");
    }
}
