//! What a control plane can see at an instant.

use serde::{Deserialize, Serialize};

use super::Quantity;

/// What a policy is shown at an evaluation.
///
/// Whoever calls the policy measures what [`Policy::signals`](super::Policy::signals) asks for. Loads are real numbers, so
/// that a simulation and a fluid solution fill it in alike.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// Seconds since the start.
    pub time: f64,
    /// The number of replicas that was asked for last (Kubernetes' `spec.replicas`); some may not exist yet.
    pub wanted: u32,
    /// Those that exist.
    pub replicas: Vec<Replica>,
    /// Figures of whole services; one that could not be measured is absent.
    pub readings: Vec<Reading>,
}

/// A figure of a whole service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// As in the [`Signal`](super::Signal) that asked for it.
    pub metric: String,
    /// As in the signal; seconds.
    pub window: f64,
    /// The value.
    pub value: f64,
}

/// One replica as the control plane knows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Replica {
    /// Where it is in its life.
    pub state: ReplicaState,
    /// When it was started; seconds since the start of the run.
    pub started_at: f64,
    /// When it last became ready or unready; seconds since the start of the run.
    pub changed_at: f64,
    /// Processor time set aside for it, in cores (Kubernetes' request); `None` where none is.
    pub cpu_request: Option<f64>,
    /// What is known of it; a quantity that was not measured yet is absent.
    pub samples: Vec<Sample>,
}

/// A figure of one replica.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// Of what.
    pub quantity: Quantity,
    /// The mean over the window.
    pub value: f64,
    /// When the window ended; seconds since the start of the run.
    pub taken_at: f64,
    /// Length of the window in seconds.
    pub window: f64,
}

/// Where a replica is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplicaState {
    /// Asked for, but its container does not run yet (Kubernetes' phase Pending).
    Starting,
    /// Runs and takes requests.
    Ready,
    /// Runs and takes no requests.
    Unready,
    /// Told to stop.
    Terminating,
}

impl Observation {
    /// The value of a figure of a service; `None` where it is absent or no number.
    pub fn reading(&self, metric: &str, window: f64) -> Option<f64> {
        let reading =
            self.readings.iter().find(|reading| reading.metric == metric && reading.window == window)?;
        reading.value.is_finite().then_some(reading.value)
    }

    /// How many replicas are ready.
    pub fn ready(&self) -> u32 {
        self.count(|state| state == ReplicaState::Ready)
    }

    /// How many replicas there are but for those that stop (Kubernetes' `status.replicas`).
    pub fn existing(&self) -> u32 {
        self.count(|state| state != ReplicaState::Terminating)
    }

    fn count(&self, matches: impl Fn(ReplicaState) -> bool) -> u32 {
        let count = self.replicas.iter().filter(|replica| matches(replica.state)).count();
        u32::try_from(count).unwrap_or(u32::MAX)
    }
}

impl Replica {
    /// What is known of a quantity; `None` where it is absent or no number.
    pub fn sample(&self, quantity: Quantity) -> Option<&Sample> {
        self.samples.iter().find(|sample| sample.quantity == quantity && sample.value.is_finite())
    }
}
