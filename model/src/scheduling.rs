//! In which order work is served.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A scheduling discipline of a host's cores or of a service's threads (LQN scheduling).
///
/// To add one: a variant here with its line in [`Scheduling::ALL`], then what the engines need for it; an engine that
/// does not know a discipline refuses it by name. A host that never queues (LQN delay) has infinite cores instead.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scheduling {
    /// First come, first served: one piece of work holds one server to its end.
    #[default]
    Fcfs,
    /// Processor sharing: all present share the servers equally, each gets at most one.
    Ps,
    /// Any of those waiting, with equal probability.
    Random,
    /// Last come, first served: the last to come of those waiting; what is in service stays.
    Lcfs,
    /// The same, but whoever comes interrupts the longest in service, who goes on later where it stopped.
    PreemptiveLcfs,
    /// Those of the highest priority first, among them first come, first served; what is in service stays (LQN hol).
    Priority,
    /// The same, but a higher priority interrupts a lower one, which goes on later where it stopped (LQN pri, ppr).
    PreemptivePriority,
}

impl Scheduling {
    /// Every discipline, for menus, help texts and tests.
    pub const ALL: [Self; 7] = [
        Self::Fcfs,
        Self::Ps,
        Self::Random,
        Self::Lcfs,
        Self::PreemptiveLcfs,
        Self::Priority,
        Self::PreemptivePriority,
    ];

    /// The name used in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fcfs => "fcfs",
            Self::Ps => "ps",
            Self::Random => "random",
            Self::Lcfs => "lcfs",
            Self::PreemptiveLcfs => "preemptive_lcfs",
            Self::Priority => "priority",
            Self::PreemptivePriority => "preemptive_priority",
        }
    }

    /// Does it look at priorities?
    pub fn has_priorities(self) -> bool {
        matches!(self, Self::Priority | Self::PreemptivePriority)
    }
}
