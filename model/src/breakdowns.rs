//! Replicas that break down now and then.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Distribution;

/// Each replica breaks down by itself, over and over: it takes requests for a while, is gone at once with all that it had, as in a
/// [crash](crate::FaultEffect::Crash), and after its repair starts up anew.
///
/// With exponential times, one thread in each replica, exponential demands and a work queue it is the M/M/c queue with server
/// breakdowns (Mitrany and Avi-Itzhak 1968, "A many-server queue with service interruptions").
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Breakdowns {
    /// Seconds for which a replica takes requests until it breaks down, whether it is busy or not (MTTF by its mean).
    pub time_to_failure: Distribution,
    /// Seconds until it starts up anew (MTTR by its mean, without the start).
    pub time_to_repair: Distribution,
}
