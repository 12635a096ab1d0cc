//! Figures over time, and what autoscalers did.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::autoscaling::Delay;

/// Figures over time: one table, a column per figure, a row per bin.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Series {
    /// Start of each bin in seconds.
    pub time: Vec<f64>,
    /// By name, e.g. `"client.throughput"`: mean over the replications for each bin; absent where nothing happened.
    pub columns: IndexMap<String, Vec<Option<f64>>>,
    /// By the same names: half the width of the 95 % interval over the replications for each bin, from a simulation;
    /// absent where fewer than five replications have the figure.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub half_widths: IndexMap<String, Vec<Option<f64>>>,
}

impl Series {
    /// Seconds of a bin; none where there is but one, which does not tell.
    pub fn bin_width(&self) -> Option<f64> {
        Some(self.time.get(1)? - self.time.first()?)
    }
}

/// An autoscaler asked for another number of replicas.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ScalingEvent {
    /// Seconds since the start of the run.
    pub time: f64,
    /// Whose replicas.
    pub service: String,
    /// The number that was asked for until then.
    pub from: u32,
    /// The number from then on.
    pub to: u32,
    /// What called for it, and what limited it.
    pub reason: String,
    /// Where the time since the cause went, as far as it is known, with the start of the replicas.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub delays: Vec<Delay>,
}
