//! Things that go wrong at known times.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Something that goes wrong for a while, to see what becomes of the system meanwhile and afterwards.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Seconds since the start; ≥ 0.
    #[serde(with = "crate::seconds")]
    #[schemars(with = "crate::seconds::Schematic")]
    pub at: f64,
    /// Seconds that it lasts; > 0.
    #[serde(with = "crate::seconds")]
    #[schemars(with = "crate::seconds::Schematic")]
    pub duration: f64,
    /// What goes wrong.
    pub effect: FaultEffect,
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum FaultEffect {
    /// Work of a service that begins meanwhile takes longer.
    Slow {
        /// Whose.
        service: String,
        /// Of only one of its replicas, from 0 on; of all where absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        replica: Option<u32>,
        /// How many times as long; > 0.
        factor: f64,
    },
    /// Replies of a service are errors, instead of at their usual rates.
    Errors {
        /// Whose.
        service: String,
        /// Share of the replies; 0 to 1.
        rate: f64,
    },
    /// Replicas of a service are gone at once, with all that they had: their callers get errors, messages of a work queue are
    /// delivered again. Afterwards they start up anew.
    Crash {
        /// Whose.
        service: String,
        /// How many, those that have run longest first; all where absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        replicas: Option<u32>,
    },
}

impl Fault {
    /// When it is over (s).
    pub fn end(&self) -> f64 {
        self.at + self.duration
    }
}

impl FaultEffect {
    /// Whom it strikes.
    pub fn service(&self) -> &str {
        match self {
            Self::Slow { service, .. } | Self::Errors { service, .. } | Self::Crash { service, .. } => {
                service
            }
        }
    }
}
