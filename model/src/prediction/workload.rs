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
    /// What became of them, where one can fail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fates: Option<Fates>,
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

/// Shares of the requests of a workload that ended, 0 to 1, by how: together 1.
///
/// A request that failed counts for what went wrong last in it. One of which an asynchronous part is still open counts by what
/// is known when it counts as done.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Fates {
    /// Served at the first attempt of everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub served: Option<Metric>,
    /// Served after something was tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retried: Option<Metric>,
    /// Failed, with an error of an operation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Metric>,
    /// Failed, since somebody waited too long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timed_out: Option<Metric>,
    /// Failed, since a service turned it away or a caller did not let it through (a limit, load shedding, a circuit breaker).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shed: Option<Metric>,
    /// Failed, since a queue was full or a replica was gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost: Option<Metric>,
}

impl Fates {
    /// Those that there are, each with its name in files.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, Metric)> {
        let all = [
            ("served", self.served),
            ("retried", self.retried),
            ("error", self.error),
            ("timed_out", self.timed_out),
            ("shed", self.shed),
            ("lost", self.lost),
        ];
        all.into_iter().filter_map(|(name, metric)| Some((name, metric?)))
    }
}
