//! On which machine of a host a replica runs.

mod cluster;
mod start;

pub use cluster::{Cluster, ResourceRequest};
pub(crate) use start::matters;
pub use start::{NoRoom, Start, at_start};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which of the equal machines of a host a new replica runs on.
///
/// All but `by_number` first leave out the machines that have no room: where the requests of the replicas on it
/// ([`Service::requested_cpu`](crate::Service::requested_cpu), [`Service::requested_memory`](crate::Service::requested_memory)) and of the new one sum to more than its cores or
/// its `memory`. What a replica does not ask for always fits. A replica that fits on no machine waits: it is there, takes no requests
/// and costs nothing, until one that stops leaves room for it; those that wait are looked at in the order in which they were
/// asked for. Replicas of the start are placed service by service, in the order of the services, and must fit. A replica that
/// crashes starts up anew where it was, and its room is kept.
///
/// To add one: a variant here with its line in [`Placement::ALL`], and its choice in [`Cluster::choose`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Placement {
    /// Replica i of a service runs on machine i modulo their number, whether there is room or not.
    #[default]
    ByNumber,
    /// That with the fewest replicas of the service, of those that with the fewest replicas of all services, of those that with the
    /// lowest number (Docker Swarm: swarmkit, `manager/scheduler/scheduler.go`, `nodeLess`, and `filter.go`, `ResourceFilter`;
    /// without its placement preferences, and without its moving away from nodes on which tasks fail: it replaces a task that fails
    /// by a new one, for which it chooses anew).
    Spread,
    /// That with the best mean of the shares of cores and memory that stay free, in whole percents (Kubernetes' scoring strategy
    /// `LeastAllocated` of `NodeResourcesFit`, `plugins/noderesources/least_allocated.go`). For this score only, a replica that
    /// does not ask for cores asks for a tenth of one, and one that does not ask for memory for 200 MiB
    /// (`scheduler/util/pod_resources.go`). Kubernetes takes one of the best at random; here it is that with the lowest
    /// number, so that a model says where its replicas start. Other scores of its default profile (topology spread, balance of
    /// resources, images that are there) are not in it.
    LeastAllocated,
    /// The same with the shares that are taken (`MostAllocated`, `most_allocated.go`): fills machines up one after the other.
    MostAllocated,
}

impl Placement {
    /// Every policy, for menus, help texts and tests.
    pub const ALL: [Self; 4] = [Self::ByNumber, Self::Spread, Self::LeastAllocated, Self::MostAllocated];

    /// The name used in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::ByNumber => "by_number",
            Self::Spread => "spread",
            Self::LeastAllocated => "least_allocated",
            Self::MostAllocated => "most_allocated",
        }
    }
}
