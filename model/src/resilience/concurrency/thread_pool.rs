//! A pool of threads that make the calls.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Limit, Occupancy};
use crate::resilience::Ranges;

/// A pool of threads with a queue before it, with the names and defaults of Hystrix' properties
/// (`HystrixThreadPoolProperties.java`, `HystrixThreadPool.java`). resilience4j's `ThreadPoolBulkhead` is the same with its
/// numbers.
///
/// A thread is taken until the caller waits no more, so a call that has timed out gives it back: its thread is interrupted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ThreadPool {
    /// `coreSize`: threads; 10, at least 1.
    pub core_size: u32,
    /// `maxQueueSize`: calls that may wait for a thread; none where absent, as for Hystrix' -1, a `SynchronousQueue`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_queue_size: Option<u32>,
    /// `queueSizeRejectionThreshold`: the same, as a bound that can be changed while it runs; it holds where there is a queue.
    /// 5.
    pub queue_size_rejection_threshold: u32,
}

impl Default for ThreadPool {
    fn default() -> Self {
        Self { core_size: 10, max_queue_size: None, queue_size_rejection_threshold: 5 }
    }
}

impl Limit for ThreadPool {
    fn has_room(&self, occupancy: Occupancy) -> bool {
        occupancy.in_progress < self.core_size
    }

    fn may_wait(&self, occupancy: Occupancy) -> bool {
        self.max_queue_size.is_some_and(|most| {
            occupancy.waiting < most && occupancy.waiting < self.queue_size_rejection_threshold
        })
    }

    fn check(&self, ranges: &mut Ranges) {
        ranges.at_least_1("core_size", self.core_size);
    }
}
