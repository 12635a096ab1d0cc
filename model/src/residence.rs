//! Where response times are spent.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Metric;

/// Where the requests of a workload spend their response time in one operation: seconds per request, over all its visits
/// there, without the calls that it waits for.
///
/// The totals of all operations sum to the response time. Where branches run side by side, time counts along the branch
/// that was waited for last.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Residence {
    /// All of it.
    pub total: Metric,
    /// Calls and messages to it on the network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<Metric>,
    /// Waiting for a thread.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting_for_thread: Option<Metric>,
    /// Waiting for a core, or what work takes longer because cores are shared or limited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting_for_core: Option<Metric>,
    /// Being worked on, as long as it takes on a core of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work: Option<Metric>,
    /// Delays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay: Option<Metric>,
}
