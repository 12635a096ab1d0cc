//! A call from one operation to another.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Distribution, OperationRef, Resilience};

/// A call to an operation of another service (LQN call).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// The callee, `"service/operation"`.
    pub to: OperationRef,
    /// Does the caller wait for the reply?
    #[serde(default)]
    pub kind: CallKind,
    /// Mean number of calls in one execution of the activity; ≥ 0.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub mean: f64,
    /// How the number varies around its mean.
    #[serde(default, skip_serializing_if = "is_default")]
    pub count: CallCount,
    /// Time on the network in seconds, both ways together, during which no host works. For an asynchronous call, the
    /// time until the message is at the callee. None where absent.
    #[serde(default = "Distribution::zero", skip_serializing_if = "Distribution::is_zero")]
    pub latency: Distribution,
    /// Replicas of the callee that each call goes to, one after the other (LQN fan-out); at least 1.
    #[serde(default = "one_replica", skip_serializing_if = "is_one_replica")]
    pub fan_out: u32,
    /// Replicas of the caller that share each replica of the callee, over fixed connections (LQN fan-in). Where absent,
    /// any replica can be called by any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fan_in: Option<u32>,
    /// What the caller does where the reply is late or is an error; only for synchronous calls. Where absent, that of the
    /// called service ([`Service::resilience`](crate::Service::resilience)).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resilience: Option<Box<Resilience>>,
}

/// Does the caller wait?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CallKind {
    /// The caller's thread is held until the reply (LQN rendezvous, synch-call).
    #[default]
    Synchronous,
    /// The caller goes on at once; nobody replies (LQN send-no-reply, asynch-call).
    Asynchronous,
}

/// How often something is repeated: the calls of one execution, the rounds of a loop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CallCount {
    /// The mean, if it is whole; else the whole number below or above it, at random.
    #[default]
    Fixed,
    /// Geometric with that mean, starting at 0 (LQN's stochastic call order).
    Geometric,
}

impl Call {
    /// One synchronous call without network time.
    pub fn new(to: OperationRef) -> Self {
        Self {
            to,
            kind: CallKind::Synchronous,
            mean: 1.0,
            count: CallCount::default(),
            latency: Distribution::zero(),
            fan_out: 1,
            fan_in: None,
            resilience: None,
        }
    }

    /// The same, asynchronous.
    pub fn asynchronous(mut self) -> Self {
        self.kind = CallKind::Asynchronous;
        self
    }

    /// The same with another mean number of calls.
    pub fn with_mean(mut self, mean: f64) -> Self {
        self.mean = mean;
        self
    }

    /// The same, with a caller that does not wait for ever.
    pub fn with_resilience(mut self, resilience: Resilience) -> Self {
        self.resilience = Some(Box::new(resilience));
        self
    }

    /// Variance of the number of calls in one execution.
    pub fn count_variance(&self) -> f64 {
        self.count.variance(self.mean)
    }
}

impl CallCount {
    /// Variance of a number with that mean.
    pub fn variance(self, mean: f64) -> f64 {
        match self {
            Self::Fixed => mean.fract() * (1.0 - mean.fract()),
            Self::Geometric => mean * (1.0 + mean),
        }
    }
}

impl CallKind {
    /// The name used in files and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Synchronous => "synchronous",
            Self::Asynchronous => "asynchronous",
        }
    }
}

fn one() -> f64 {
    1.0
}

fn is_one(mean: &f64) -> bool {
    *mean == 1.0
}

fn is_default(count: &CallCount) -> bool {
    *count == CallCount::default()
}

fn one_replica() -> u32 {
    1
}

fn is_one_replica(replicas: &u32) -> bool {
    *replicas == 1
}
