//! How to predict.

use serde::{Deserialize, Serialize};
use tracecast_experiment::EngineChoice;
use tracecast_model::{EngineOptions, System};

/// Of quick simulations. Intervals over time need five.
pub(crate) const ROUGH_REPLICATIONS: u32 = 5;

/// What the command line's options say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RunOptions {
    /// Both engines, or only one of them.
    #[serde(with = "by_name")]
    pub engine: EngineChoice,
    /// Of all random numbers.
    pub seed: u64,
    /// Interval of the mean response time that ends a steady-state simulation, relative to the mean, on either side.
    pub precision: f64,
    /// End of simulated time in seconds; absent: as long as the precision needs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<f64>,
}

impl Default for RunOptions {
    fn default() -> Self {
        let EngineOptions { seed, precision, until, .. } = EngineOptions::default();
        Self { engine: EngineChoice::Auto, seed, precision, until }
    }
}

impl RunOptions {
    /// The same for the engines.
    pub fn engine_options(&self) -> EngineOptions {
        let Self { seed, precision, until, .. } = *self;
        EngineOptions { seed, precision, until, ..EngineOptions::default() }
    }

    /// The same, quicker: no more precise than that, and fewer replications of a load that ends by itself.
    pub(crate) fn rough(&self, system: &System, precision: f64) -> EngineOptions {
        let ends = system.workloads.iter().any(|workload| workload.load.is_finite());
        EngineOptions {
            precision: self.precision.max(precision),
            replications: ends.then_some(ROUGH_REPLICATIONS),
            ..self.engine_options()
        }
    }

    /// Arguments of the command line that say the same; what is as always is left out.
    pub fn arguments(&self) -> Vec<String> {
        let default = Self::default();
        let mut arguments = Vec::new();
        let mut say = |name: &str, value: String| arguments.extend([name.to_owned(), value]);
        if self.seed != default.seed {
            say("--seed", self.seed.to_string());
        }
        if self.precision != default.precision {
            say("--precision", self.precision.to_string());
        }
        if let Some(until) = self.until {
            say("--until", until.to_string());
        }
        arguments
    }
}

/// Engines by their names.
mod by_name {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use tracecast_experiment::EngineChoice;

    pub(super) fn serialize<S: Serializer>(choice: &EngineChoice, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(choice.name())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<EngineChoice, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}
