//! A machine, or a pool of equal cores.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Multiplicity, Placement, Scheduling};

/// A pool of equal cores that services run on (LQN processor).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Host {
    /// Unique among the hosts.
    pub name: String,
    /// Cores; `"infinite"` makes it a pure delay.
    #[serde(default = "one_core")]
    pub cores: Multiplicity,
    /// Speed of a core relative to that on which demands were measured; > 0. A demand of d takes d / speed.
    #[serde(default = "unit_speed", skip_serializing_if = "is_unit")]
    pub speed: f64,
    /// Factors of the speed with 1, 2, … pieces of work on a machine, waiting or not; the last holds for all more. Each
    /// > 0; where there is none, 1.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub speed_by_load: Vec<f64>,
    /// How the cores are shared.
    #[serde(default = "processor_sharing")]
    pub scheduling: Scheduling,
    /// Does every replica of every service on it get a machine of its own like this one, instead of all sharing it?
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub per_replica: bool,
    /// Machines like this one (LQN processor replicas), between which `placement` chooses.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub replicas: u32,
    /// Which of the machines a replica runs on.
    #[serde(default, skip_serializing_if = "is_by_number")]
    pub placement: Placement,
    /// Bytes of memory of a machine that replicas can set aside; > 0. Unknown where absent, and then no limit. Placement looks at it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<f64>,
    /// Groups of services that get a fixed share of the cores (LQN processor groups).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub share_groups: Vec<ShareGroup>,
}

/// Services that together get a share of their host, when there is not enough for all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShareGroup {
    /// Unique on its host.
    pub name: String,
    /// Part of the host, in (0, 1]; those of all groups of a host sum to at most 1.
    pub share: f64,
    /// May it never use more than its share, even if the rest is idle?
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub capped: bool,
}

impl Host {
    /// One core, processor sharing, speed 1, shared by all services on it.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            cores: one_core(),
            speed: 1.0,
            speed_by_load: Vec::new(),
            scheduling: processor_sharing(),
            per_replica: false,
            replicas: 1,
            placement: Placement::default(),
            memory: None,
            share_groups: Vec::new(),
        }
    }

    /// The same with another number of cores.
    pub fn with_cores(mut self, cores: Multiplicity) -> Self {
        self.cores = cores;
        self
    }

    /// The same with another scheduling.
    pub fn with_scheduling(mut self, scheduling: Scheduling) -> Self {
        self.scheduling = scheduling;
        self
    }
}

fn one_core() -> Multiplicity {
    Multiplicity::Finite(1)
}

fn one() -> u32 {
    1
}

fn is_one(replicas: &u32) -> bool {
    *replicas == 1
}

fn is_by_number(placement: &Placement) -> bool {
    *placement == Placement::ByNumber
}

fn unit_speed() -> f64 {
    1.0
}

fn is_unit(speed: &f64) -> bool {
    *speed == 1.0
}

fn processor_sharing() -> Scheduling {
    Scheduling::Ps
}
