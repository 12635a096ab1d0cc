//! Figures of services, their operations and their hosts.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Metric;

/// Figures of a service, over all its replicas.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ServiceResult {
    /// Requests per second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub throughput: Option<Metric>,
    /// Mean busy threads: requests in progress.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub utilization: Option<Metric>,
    /// Mean requests waiting and in progress.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue_length: Option<Metric>,
    /// Seconds per visit from arrival at the service to the thread, over all operations where visits can wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting_time: Option<Metric>,
    /// Requests per second that found the queue full, or that the service turned away, where either can be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss_rate: Option<Metric>,
    /// Share of the arriving requests that found the queue full or were turned away, 0 to 1, where either can be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss_share: Option<Metric>,
    /// Replicas over time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicas: Option<Replicas>,
    /// Seconds that replicas were there, starting and stopping ones too, of a load that ends by itself; where they come and go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replica_seconds: Option<Metric>,
    /// Replicas per second that were killed for the memory that they took, where there is a limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_kills: Option<Metric>,
    /// Mean replicas that were asked for and for which no machine has room, where machines are chosen by what is on them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<Metric>,
    /// Times per second that a replica was left out since its replies were errors, where the service does so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ejections: Option<Metric>,
    /// Mean replicas that are left out, there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ejected: Option<Metric>,
    /// Messages per second whose handlers failed, or whose reservations expired, and that were delivered again, where the work
    /// queue does so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redeliveries: Option<Metric>,
    /// Messages per second whose last delivery failed, there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dead_letters: Option<Metric>,
    /// Reservations per second that expired, whether their handlers still worked or were gone, where messages are reserved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expired_reservations: Option<Metric>,
    /// Handlers per second that came to their ends after the reservations of their messages had expired: work that is done again, or
    /// for dead letters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeated_work: Option<Metric>,
    /// Mean replicas that stand still since they have used up their processor time of a period, where it is given by periods:
    /// throttled seconds per second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throttled: Option<Metric>,
    /// Share of the periods with work in which it was used up, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throttled_periods: Option<Metric>,
}

/// Number of replicas over time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Replicas {
    /// Mean over time, of those that take requests.
    pub mean: f64,
    /// Mean over time of all that exist, starting and stopping ones too, but for those that no machine has room for: what they cost.
    /// Absent where that is the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub existing: Option<f64>,
    /// Smallest.
    pub min: u32,
    /// Largest.
    pub max: u32,
}

impl Replicas {
    /// A number that does not change.
    pub fn fixed(replicas: u32) -> Self {
        Self { mean: f64::from(replicas), existing: None, min: replicas, max: replicas }
    }
}

/// Figures of an operation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OperationResult {
    /// Requests per second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub throughput: Option<Metric>,
    /// Mean threads busy with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub utilization: Option<Metric>,
    /// Seconds per visit, from arrival at the service to the reply.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_time: Option<Metric>,
    /// Seconds per visit from arrival at the service to the thread, where visits can wait for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting_time: Option<Metric>,
    /// Requests per second that found the queue full, or that the service turned away, where either can be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss_rate: Option<Metric>,
    /// Share of the arriving requests that found the queue full or were turned away, 0 to 1, where either can be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss_share: Option<Metric>,
    /// Share of its replies that are errors, 0 to 1, where there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed_share: Option<Metric>,
    /// Seconds that a thread is held, by phase.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holding_time: Vec<Metric>,
    /// Requests, waiting and in progress, that one finds at the service when it arrives; where asked for
    /// ([`EngineOptions::breakdown`](crate::EngineOptions::breakdown)).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found_on_arrival: Option<Metric>,
}

/// Figures of a host.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HostResult {
    /// Mean busy cores, over all machines where replicas have one each.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub utilization: Option<Metric>,
}
