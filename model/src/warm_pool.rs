//! Replicas that are kept ready beside those that are wanted.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Distribution;

/// Replicas that have started up in advance and take no requests until an autoscaler asks for them (warm pools of AWS' Auto Scaling,
/// pre-warmed containers of OpenWhisk).
///
/// It is full at the start. Whoever asks for a replica gets one from the pool if one there has started up, and another one then
/// starts up in its place; else a new one starts up. Those that are stopped do not come back to it. What is in the pool costs as much
/// as what takes requests, counts for no autoscaler and not for its bounds, and has not run its
/// [warm-up](crate::WarmUp).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WarmPool {
    /// Replicas in it, those that start up among them; at least 1.
    pub size: u32,
    /// Time until one of them takes requests, in place of `start_up`. None where absent.
    #[serde(default = "Distribution::zero", skip_serializing_if = "Distribution::is_zero")]
    pub activation: Distribution,
}
