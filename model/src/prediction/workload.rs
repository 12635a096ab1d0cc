//! Figures of workloads.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{HistogramBin, Metric, ResponseTime};
use crate::Residence;

/// Figures of a workload.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WorkloadResult {
    /// Requests done per second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub throughput: Option<Metric>,
    /// From the request to where the workload counts it as done (its `completion`), in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_time: Option<ResponseTime>,
    /// The distribution of the response times, where asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub histogram: Vec<HistogramBin>,
    /// From the request to its reply, where that is not what `response_time` is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_time: Option<Metric>,
    /// Requests begun, in a run of counted requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started: Option<u64>,
    /// Requests done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completed: Option<u64>,
    /// Requests that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<u64>,
    /// Share of its requests that failed, 0 to 1, where one can fail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed_share: Option<Metric>,
    /// Of a load that ends by itself: seconds until all is done, by the clock of the load (a serial client's starts
    /// after its last post and sees the end at a poll; that of a rate profile at the profile's start; else from the
    /// first request).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub makespan: Option<Metric>,
    /// By `"service/operation"`, where asked for ([`EngineOptions::breakdown`](crate::EngineOptions::breakdown)): where
    /// the response time is spent.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub residence: IndexMap<String, Residence>,
}
