//! A thread that goes round the operations of its service.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Distribution;

/// The one thread of a service visits its operations in the order written, over and over, each with a line of its own
/// (polling: Takagi 1986, *Analysis of Polling Systems*).
///
/// Where going on takes time, the thread goes round all the time, also when nobody waits; else it rests until somebody
/// comes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Polling {
    /// When it goes on to the next operation.
    #[serde(default)]
    pub visit: PollingVisit,
    /// Time from one operation to the next (switch-over time).
    #[serde(default = "Distribution::zero", skip_serializing_if = "Distribution::is_zero")]
    pub switch_over: Distribution,
}

/// When a polling thread goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PollingVisit {
    /// When nobody waits any more.
    #[default]
    Exhaustive,
    /// When all are served who were waiting when it came.
    Gated,
    /// After so many requests at most, or when nobody waits; at least 1.
    Limited(u32),
}
