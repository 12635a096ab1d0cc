//! resilience4j's bulkhead.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Limit, Occupancy};
use crate::resilience::Ranges;

/// resilience4j's `SemaphoreBulkhead`, with the names and defaults of its settings (`BulkheadConfig.java`); who waits is let
/// in first come, first served (`fairCallHandlingStrategyEnabled`). The isolation by semaphores of Hystrix is the same
/// without waiting (10 calls).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Semaphore {
    /// Calls in progress; 25, at least 1.
    pub max_concurrent_calls: u32,
    /// Seconds that a call may wait to begin; 0.
    #[serde(with = "crate::seconds")]
    #[schemars(with = "crate::seconds::Schematic")]
    pub max_wait_duration: f64,
}

impl Default for Semaphore {
    fn default() -> Self {
        Self { max_concurrent_calls: 25, max_wait_duration: 0.0 }
    }
}

impl Limit for Semaphore {
    fn has_room(&self, occupancy: Occupancy) -> bool {
        occupancy.in_progress < self.max_concurrent_calls
    }

    fn may_wait(&self, _occupancy: Occupancy) -> bool {
        self.max_wait_duration > 0.0
    }

    fn max_wait(&self) -> Option<f64> {
        Some(self.max_wait_duration)
    }

    fn check(&self, ranges: &mut Ranges) {
        ranges.at_least_1("max_concurrent_calls", self.max_concurrent_calls);
        ranges.not_negative("max_wait_duration", self.max_wait_duration);
    }
}
