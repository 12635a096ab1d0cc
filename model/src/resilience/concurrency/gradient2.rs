//! A limit that follows how response times change.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Limit;
use super::adaptive::{Adapted, Sample};
use crate::resilience::Ranges;

/// Netflix' `Gradient2Limit` (concurrency-limits), with the names and defaults of its settings: a new limit is the old one times the
/// quotient of the usual and the present response time, which is at least a half and at most 1, and `queue_size` beside. What is
/// usual is a mean over long, by exponential smoothing. As the library does without a window, each call is a measurement.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Gradient2 {
    /// The limit at first; 20, at least 1.
    pub initial_limit: u32,
    /// The limit at least; 20, at least 1.
    pub min_limit: u32,
    /// The limit at most; 200, at least 1.
    pub max_concurrency: u32,
    /// How much a new value counts; 0.2, in (0, 1].
    pub smoothing: f64,
    /// Requests that may queue; 4.
    pub queue_size: f64,
    /// How many times the usual response time is not yet more than usual; 1.5, at least 1.
    pub rtt_tolerance: f64,
    /// Calls that the usual response time is a mean of, about; 600, at least 1.
    pub long_window: u32,
}

impl Default for Gradient2 {
    fn default() -> Self {
        Self {
            initial_limit: 20,
            min_limit: 20,
            max_concurrency: 200,
            smoothing: 0.2,
            queue_size: 4.0,
            rtt_tolerance: 1.5,
            long_window: 600,
        }
    }
}

/// Calls at first over which the usual response time is a plain mean.
const WARM_UP: f64 = 10.0;

impl Gradient2 {
    /// Takes a response time into the usual one.
    fn note(&self, adapted: &mut Adapted, duration: f64) {
        if adapted.calls < WARM_UP {
            adapted.calls += 1.0;
            adapted.base += (duration - adapted.base) / adapted.calls;
        } else {
            adapted.base += 2.0 / f64::from(self.long_window + 1) * (duration - adapted.base);
        }
    }
}

impl Limit for Gradient2 {
    fn start(&self) -> Option<Adapted> {
        Some(Adapted::new(self.initial_limit))
    }

    fn learn(&self, adapted: &mut Adapted, sample: Sample) {
        self.note(adapted, sample.duration);
        let usual = adapted.base;
        // After a long overload what was usual is too long, and forgotten faster.
        if usual > 2.0 * sample.duration {
            adapted.base *= 0.95;
        }
        if f64::from(sample.in_progress) < 0.5 * adapted.limit {
            return;
        }
        let gradient = (self.rtt_tolerance * usual / sample.duration).clamp(0.5, 1.0);
        let next = adapted.limit * gradient + self.queue_size;
        let smooth = adapted.limit + self.smoothing * (next - adapted.limit);
        adapted.limit = smooth.min(f64::from(self.max_concurrency)).max(f64::from(self.min_limit));
    }

    fn check(&self, ranges: &mut Ranges) {
        ranges.at_least_1("initial_limit", self.initial_limit);
        ranges.at_least_1("min_limit", self.min_limit);
        ranges.at_least_1("max_concurrency", self.max_concurrency);
        ranges.at_least_1("long_window", self.long_window);
        ranges.check("smoothing", self.smoothing, self.smoothing > 0.0 && self.smoothing <= 1.0, "in (0, 1]");
        ranges.not_negative("queue_size", self.queue_size);
        ranges.check("rtt_tolerance", self.rtt_tolerance, self.rtt_tolerance >= 1.0, "at least 1");
    }
}
