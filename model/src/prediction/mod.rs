//! What every engine answers.

mod call;
mod over_time;
mod response_time;
mod service;
mod workload;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use call::CallResult;
pub use over_time::{ScalingEvent, Series};
pub use response_time::{HalfWidths, HistogramBin, ResponseTime};
pub use service::{HostResult, OperationResult, Replicas, ServiceResult};
pub use workload::{Fates, WorkloadResult};

/// A prediction: how the run ended, and the figures by name of the element.
///
/// A figure that does not apply, or that the engine cannot give, is absent, never 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Prediction {
    /// "analytic" or "simulation".
    pub engine: String,
    /// Which method of that engine.
    pub method: String,
    /// How it ended.
    pub status: Status,
    /// Iterations of an analytic solution.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iterations: Option<u64>,
    /// Simulated events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events: Option<u64>,
    /// Independent replications of a simulation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replications: Option<u32>,
    /// Simulated seconds over all replications, without warm-up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub simulated_time: Option<f64>,
    /// Seconds of real time that it took. Engines leave it out, so that equal input gives equal output; whoever
    /// runs them may add it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub elapsed: Option<f64>,
    /// Seed of a simulation.
    pub seed: Option<u64>,
    /// By workload.
    pub workloads: IndexMap<String, WorkloadResult>,
    /// By service.
    pub services: IndexMap<String, ServiceResult>,
    /// By `"service/operation"`.
    pub operations: IndexMap<String, OperationResult>,
    /// By `"caller -> service/operation"`, where the caller (an operation or a workload) has a
    /// [`Resilience`](crate::Resilience).
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub calls: IndexMap<String, CallResult>,
    /// By host.
    pub hosts: IndexMap<String, HostResult>,
    /// What the replicas of all services with a [price](crate::Service::price) cost, where any has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Cost>,
    /// What autoscalers did in the first replication of a simulation, in order of time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scaling: Vec<ScalingEvent>,
    /// Figures over time, where asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub series: Option<Series>,
    /// What to know before using the figures.
    pub warnings: Vec<Warning>,
}

impl Prediction {
    /// An empty answer of an engine, to be filled.
    pub fn new(engine: &str, method: &str) -> Self {
        Self {
            engine: engine.into(),
            method: method.into(),
            status: Status::Converged,
            iterations: None,
            events: None,
            replications: None,
            simulated_time: None,
            elapsed: None,
            seed: None,
            workloads: IndexMap::new(),
            services: IndexMap::new(),
            operations: IndexMap::new(),
            calls: IndexMap::new(),
            hosts: IndexMap::new(),
            cost: None,
            scaling: Vec::new(),
            series: None,
            warnings: Vec::new(),
        }
    }

    /// Did it end as asked?
    pub fn is_converged(&self) -> bool {
        self.status == Status::Converged
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// As asked.
    Converged,
    /// Within a hundred times the tolerance, then no better.
    ConvergedLoosely,
    /// The iterations ran out.
    IterationLimit,
    /// The events, or the time or memory given, ran out before the asked precision; a warning says which, where it was not
    /// the events.
    EventLimit,
    /// An open load exceeds a capacity; the warnings say whose. Only the figures that exist then are given.
    Saturated,
    /// The caller stopped it.
    Cancelled,
}

impl Status {
    /// The name used in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Converged => "converged",
            Self::ConvergedLoosely => "converged_loosely",
            Self::IterationLimit => "iteration_limit",
            Self::EventLimit => "event_limit",
            Self::Saturated => "saturated",
            Self::Cancelled => "cancelled",
        }
    }
}

/// A mean and, from a simulation, its uncertainty.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Metric {
    /// The mean.
    pub mean: f64,
    /// Half the width of its 95 % confidence interval; absent where the engine is analytic,
    /// and where too little was seen of what is rare.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub half_width: Option<f64>,
}

impl Metric {
    /// A figure of an analytic engine.
    pub fn exact(mean: f64) -> Self {
        Self { mean, half_width: None }
    }

    /// A figure of a simulation.
    pub fn estimated(mean: f64, half_width: Option<f64>) -> Self {
        Self { mean, half_width }
    }

    /// Lower end of the interval; the mean itself where there is none.
    pub fn low(&self) -> f64 {
        self.mean - self.half_width.unwrap_or(0.0)
    }

    /// Upper end of the interval; the mean itself where there is none.
    pub fn high(&self) -> f64 {
        self.mean + self.half_width.unwrap_or(0.0)
    }
}

/// What replicas cost, in the currency of their prices.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Cost {
    /// Per hour.
    pub per_hour: Metric,
    /// Until the end, of a load that ends by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<Metric>,
}

/// Something to know before using the figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Warning {
    /// Kind, in `kebab-case`.
    pub code: String,
    /// Which element.
    pub element: String,
    /// A sentence.
    pub message: String,
}

impl Warning {
    /// Puts one together.
    pub fn new(code: &str, element: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), element: element.into(), message: message.into() }
    }
}
