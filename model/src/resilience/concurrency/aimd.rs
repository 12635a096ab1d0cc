//! A limit that shrinks when calls are too late.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Limit;
use super::adaptive::{Adapted, Sample};
use crate::resilience::Ranges;

/// Netflix' `AIMDLimit` (concurrency-limits), with the names and defaults of its settings: one more after each call that was in
/// time while at least half of the limit was in use, and a part of it after one that was not (Chiu and Jain 1989, *Computer
/// Networks and ISDN Systems* 17).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Aimd {
    /// The limit at first; 20, at least 1.
    pub initial_limit: u32,
    /// The limit at least; 20, at least 1.
    pub min_limit: u32,
    /// The limit at most; 200, at least 1.
    pub max_limit: u32,
    /// What is left of the limit; 0.9, in [0.5, 1).
    pub backoff_ratio: f64,
    /// Seconds from which on a call is too late, even if its caller still waits; 5.
    #[serde(with = "crate::seconds")]
    #[schemars(with = "crate::seconds::Schematic")]
    pub timeout: f64,
}

impl Default for Aimd {
    fn default() -> Self {
        Self { initial_limit: 20, min_limit: 20, max_limit: 200, backoff_ratio: 0.9, timeout: 5.0 }
    }
}

impl Limit for Aimd {
    fn start(&self) -> Option<Adapted> {
        Some(Adapted::new(self.initial_limit))
    }

    fn learn(&self, adapted: &mut Adapted, sample: Sample) {
        if sample.dropped || sample.duration > self.timeout {
            adapted.limit = (adapted.limit * self.backoff_ratio).floor();
        } else if 2.0 * f64::from(sample.in_progress) >= adapted.limit {
            adapted.limit += 1.0;
        }
        adapted.limit = adapted.limit.max(f64::from(self.min_limit)).min(f64::from(self.max_limit));
    }

    fn check(&self, ranges: &mut Ranges) {
        ranges.at_least_1("initial_limit", self.initial_limit);
        ranges.at_least_1("min_limit", self.min_limit);
        ranges.at_least_1("max_limit", self.max_limit);
        let ratio = self.backoff_ratio;
        ranges.check("backoff_ratio", ratio, (0.5..1.0).contains(&ratio), "in [0.5, 1)");
        ranges.positive("timeout", self.timeout);
    }
}
