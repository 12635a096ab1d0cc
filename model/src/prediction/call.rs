//! Figures of calls whose callers do not wait for ever.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Metric;

/// What became of the calls of a caller that does not wait for ever.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CallResult {
    /// Calls per second, each with all its attempts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<Metric>,
    /// Attempts for each call: 1 without retries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempts: Option<Metric>,
    /// Share of the attempts that took too long, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_share: Option<Metric>,
    /// Retries per second that their budget did not allow, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused_retries: Option<Metric>,
    /// Share of the attempts that were not made since the caller itself did not let them through (a circuit breaker, a
    /// limit), 0 to 1,
    /// where there is something that could.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejected_share: Option<Metric>,
    /// Share of time in which the circuit breaker was open or half-open, 0 to 1, over the replicas of the caller that have
    /// called at all; where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_share: Option<Metric>,
    /// Share of the calls that failed for good, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed_share: Option<Metric>,
}
