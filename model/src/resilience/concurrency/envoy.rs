//! The thresholds of Envoy's circuit breakers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Limit, Occupancy};
use crate::resilience::Ranges;

/// Envoy's `CircuitBreakers.Thresholds` of a cluster, with their names and defaults (`circuit_breaker.proto`): limits to what
/// one proxy has in progress towards one service, not breakers that open on errors.
///
/// A request that finds a connection begins, unless `max_requests` are in progress. One that finds none waits, unless
/// `max_pending_requests` wait. What is turned away is never tried again by Envoy. That a connection of HTTP/1.1 carries one
/// request is its protocol; that Envoy allows each of its worker threads, and each endpoint, one connection more than the
/// threshold is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EnvoyThresholds {
    /// Connections; 1024, at least 1.
    pub max_connections: u32,
    /// Requests that wait for a connection; 1024.
    pub max_pending_requests: u32,
    /// Requests in progress; 1024.
    pub max_requests: u32,
    /// Retries, from when they are decided upon; 3. A budget of the retries takes its place.
    pub max_retries: u32,
    /// Does a connection carry any number of requests at once, as that of HTTP/2? Then nothing waits.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub multiplexed: bool,
}

impl Default for EnvoyThresholds {
    fn default() -> Self {
        Self {
            max_connections: 1024,
            max_pending_requests: 1024,
            max_requests: 1024,
            max_retries: 3,
            multiplexed: false,
        }
    }
}

impl EnvoyThresholds {
    fn has_connection(&self, occupancy: Occupancy) -> bool {
        self.multiplexed || occupancy.in_progress < self.max_connections
    }
}

impl Limit for EnvoyThresholds {
    fn has_room(&self, occupancy: Occupancy) -> bool {
        self.has_connection(occupancy) && occupancy.in_progress < self.max_requests
    }

    fn may_wait(&self, occupancy: Occupancy) -> bool {
        // With a connection there is nothing to wait for, but for those who do already.
        let waits = occupancy.waiting > 0 || !self.has_connection(occupancy);
        waits && occupancy.waiting < self.max_pending_requests
    }

    fn allows_retry(&self, occupancy: Occupancy) -> bool {
        occupancy.retries < self.max_retries
    }

    fn check(&self, ranges: &mut Ranges) {
        ranges.at_least_1("max_connections", self.max_connections);
    }
}
