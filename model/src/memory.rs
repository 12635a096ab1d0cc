//! Memory of a replica, and what happens where it is not enough.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::seconds;

/// Memory that a replica takes, up to a limit beyond which it is killed (Kubernetes' `limits.memory`, Docker's `--memory`).
///
/// All that a killed replica had goes as in a [crash](crate::FaultEffect::Crash). Its container starts up anew where it was: at once the
/// first time, then after a back-off that doubles each time, until it has run for long enough (Kubernetes, *Pod Lifecycle*, "Container
/// restarts": 10 s, at most 300 s, forgotten after 10 minutes; that the first restart does not wait is in kubelet's `doBackOff`, where
/// a container that is not known yet is not in back-off).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Memory {
    /// Bytes; more than `base`.
    pub limit: f64,
    /// Bytes of an idle replica; ≥ 0.
    #[serde(default)]
    pub base: f64,
    /// Bytes for each request at the replica, those that wait there for a thread included; > 0.
    pub per_request: f64,
    /// Seconds until it starts up anew when it has been killed for the second time; ≥ 0.
    #[serde(default = "ten_seconds", with = "seconds")]
    #[schemars(with = "seconds::Schematic")]
    pub back_off: f64,
    /// The longest back-off in seconds; ≥ `back_off`.
    #[serde(default = "five_minutes", with = "seconds")]
    #[schemars(with = "seconds::Schematic")]
    pub max_back_off: f64,
}

impl Memory {
    /// With Kubernetes' back-off.
    pub fn new(limit: f64, base: f64, per_request: f64) -> Self {
        Self { limit, base, per_request, back_off: ten_seconds(), max_back_off: five_minutes() }
    }

    /// Requests that a replica has room for.
    pub fn most_requests(&self) -> f64 {
        // Of so many exactly the quotient may fall short of the whole number by its rounding.
        ((self.limit - self.base) / self.per_request * (1.0 + f64::EPSILON)).floor().max(0.0)
    }

    /// Seconds until a replica starts up anew that has been killed so many times before.
    pub fn wait(&self, kills: u32) -> f64 {
        match kills.checked_sub(1) {
            None => 0.0,
            Some(doubled) => (self.back_off * f64::from(doubled.min(1000)).exp2()).min(self.max_back_off),
        }
    }

    /// Seconds after a start after which earlier kills are forgotten: twice the longest back-off.
    pub fn forgotten_after(&self) -> f64 {
        2.0 * self.max_back_off
    }
}

fn ten_seconds() -> f64 {
    10.0
}

fn five_minutes() -> f64 {
    300.0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// "10s, 20s, 40s, …", capped at 5 minutes.
    #[test]
    fn back_off_is_that_of_the_documentation() {
        let memory = Memory::new(1e9, 1e8, 1e6);
        let waits: Vec<f64> = (0..8).map(|kills| memory.wait(kills)).collect();
        assert_eq!(waits, [0.0, 10.0, 20.0, 40.0, 80.0, 160.0, 300.0, 300.0]);
        assert_eq!((memory.forgotten_after(), memory.most_requests()), (600.0, 900.0));
    }
}
