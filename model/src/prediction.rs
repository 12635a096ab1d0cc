//! What every engine answers.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Residence;
use crate::autoscaling::Delay;

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
    /// What autoscalers did in the first replication of a simulation, in order of time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scaling: Vec<ScalingEvent>,
    /// Figures over time, where asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub series: Option<Series>,
    /// What to know before using the figures.
    pub warnings: Vec<Warning>,
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

/// Figures of a workload.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WorkloadResult {
    /// Requests done per second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub throughput: Option<Metric>,
    /// From the request to where the workload counts it as done (its `completion`), in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_time: Option<ResponseTime>,
    /// The distribution of the response times, where asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub histogram: Vec<HistogramBin>,
    /// From the request to its reply, where that is not what `response_time` is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_time: Option<Metric>,
    /// Requests begun, in a run of counted requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started: Option<u64>,
    /// Requests done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completed: Option<u64>,
    /// Requests that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<u64>,
    /// Share of its requests that failed, 0 to 1, where one can fail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed_share: Option<Metric>,
    /// Of a load that ends by itself: seconds until all is done, by the clock of the load (a serial client's starts
    /// after its last post and sees the end at a poll; that of a rate profile at the profile's start; else from the
    /// first request).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub makespan: Option<Metric>,
    /// By `"service/operation"`, where asked for ([`EngineOptions::breakdown`](crate::EngineOptions::breakdown)): where
    /// the response time is spent.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub residence: IndexMap<String, Residence>,
}

/// A response time in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ResponseTime {
    /// The mean.
    pub mean: f64,
    /// Half the width of the 95 % confidence interval of the mean.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub half_width: Option<f64>,
    /// Median.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p50: Option<f64>,
    /// 90th percentile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p90: Option<f64>,
    /// 95th percentile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p95: Option<f64>,
    /// 99th percentile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p99: Option<f64>,
    /// 99.9th percentile, where enough requests lie beyond it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p999: Option<f64>,
    /// 99.99th percentile, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p9999: Option<f64>,
    /// Half the widths of the 95 % confidence intervals of the percentiles, from a simulation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub half_widths: Option<HalfWidths>,
}

/// Half the widths of the intervals of percentiles, in seconds; absent where too few requests lie beyond one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HalfWidths {
    /// Of the median.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p50: Option<f64>,
    /// Of the 90th percentile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p90: Option<f64>,
    /// Of the 95th percentile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p95: Option<f64>,
    /// Of the 99th percentile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p99: Option<f64>,
    /// Of the 99.9th percentile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p999: Option<f64>,
    /// Of the 99.99th percentile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p9999: Option<f64>,
}

/// Response times from `low` up to below `high`. Bins without any are left out.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HistogramBin {
    /// Seconds; 0 up to 0 is for times of exactly 0.
    pub low: f64,
    /// Seconds.
    pub high: f64,
    /// Requests, over all replications.
    pub count: u64,
    /// Part of all requests with times below `high`, 0 to 1.
    pub cumulative: f64,
    /// Half the width of the 95 % confidence interval of that part; absent from fewer than five replications.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub half_width: Option<f64>,
}

/// Figures of a service, over all its replicas.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ServiceResult {
    /// Requests per second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub throughput: Option<Metric>,
    /// Mean busy threads: requests in progress.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub utilization: Option<Metric>,
    /// Mean requests waiting and in progress.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue_length: Option<Metric>,
    /// Seconds per visit from arrival at the service to the thread, over all operations where visits can wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting_time: Option<Metric>,
    /// Requests per second that found the queue full, or that the service turned away, where either can be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss_rate: Option<Metric>,
    /// Share of the arriving requests that found the queue full or were turned away, 0 to 1, where either can be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss_share: Option<Metric>,
    /// Replicas over time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicas: Option<Replicas>,
    /// Messages per second whose handlers failed and that were delivered again, where the work queue does so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redeliveries: Option<Metric>,
    /// Messages per second whose last delivery failed, there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dead_letters: Option<Metric>,
    /// Mean replicas that stand still since they have used up their processor time of a period, where it is given by periods:
    /// throttled seconds per second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throttled: Option<Metric>,
    /// Share of the periods with work in which it was used up, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throttled_periods: Option<Metric>,
}

/// Number of replicas over time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Replicas {
    /// Mean over time, of those that take requests.
    pub mean: f64,
    /// Mean over time of all that exist, starting and stopping ones too: what they cost. Absent where that is the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub existing: Option<f64>,
    /// Smallest.
    pub min: u32,
    /// Largest.
    pub max: u32,
}

/// Figures of an operation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OperationResult {
    /// Requests per second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub throughput: Option<Metric>,
    /// Mean threads busy with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub utilization: Option<Metric>,
    /// Seconds per visit, from arrival at the service to the reply.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_time: Option<Metric>,
    /// Seconds per visit from arrival at the service to the thread, where visits can wait for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting_time: Option<Metric>,
    /// Requests per second that found the queue full, or that the service turned away, where either can be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss_rate: Option<Metric>,
    /// Share of the arriving requests that found the queue full or were turned away, 0 to 1, where either can be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss_share: Option<Metric>,
    /// Share of its replies that are errors, 0 to 1, where there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed_share: Option<Metric>,
    /// Seconds that a thread is held, by phase.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holding_time: Vec<Metric>,
    /// Requests, waiting and in progress, that one finds at the service when it arrives; where asked for
    /// ([`EngineOptions::breakdown`](crate::EngineOptions::breakdown)).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found_on_arrival: Option<Metric>,
}

/// What became of the calls of a caller that does not wait for ever.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CallResult {
    /// Calls per second, each with all its attempts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<Metric>,
    /// Attempts for each call: 1 without retries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempts: Option<Metric>,
    /// Share of the attempts that took too long, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_share: Option<Metric>,
    /// Retries per second that their budget did not allow, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused_retries: Option<Metric>,
    /// Share of the attempts that were not made since the caller itself did not let them through (a circuit breaker, a
    /// limit), 0 to 1,
    /// where there is something that could.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejected_share: Option<Metric>,
    /// Share of time in which the circuit breaker was open or half-open, 0 to 1, over the replicas of the caller that have
    /// called at all; where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_share: Option<Metric>,
    /// Share of the calls that failed for good, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed_share: Option<Metric>,
}

/// Figures of a host.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HostResult {
    /// Mean busy cores, over all machines where replicas have one each.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub utilization: Option<Metric>,
}

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

impl Replicas {
    /// A number that does not change.
    pub fn fixed(replicas: u32) -> Self {
        Self { mean: f64::from(replicas), existing: None, min: replicas, max: replicas }
    }
}

impl ResponseTime {
    /// The mean with its interval.
    pub fn metric(&self) -> Metric {
        Metric { mean: self.mean, half_width: self.half_width }
    }

    /// The percentiles that there are, by name, with their intervals.
    pub fn percentiles(&self) -> impl Iterator<Item = (&'static str, Metric)> {
        let widths = self.half_widths.unwrap_or_default();
        let all = [
            ("p50", self.p50, widths.p50),
            ("p90", self.p90, widths.p90),
            ("p95", self.p95, widths.p95),
            ("p99", self.p99, widths.p99),
            ("p999", self.p999, widths.p999),
            ("p9999", self.p9999, widths.p9999),
        ];
        all.into_iter().filter_map(|(name, value, width)| Some((name, Metric::estimated(value?, width))))
    }

    /// One of them.
    pub fn percentile(&self, name: &str) -> Option<Metric> {
        self.percentiles().find(|&(known, _)| known == name).map(|(_, metric)| metric)
    }
}

impl Warning {
    /// Puts one together.
    pub fn new(code: &str, element: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), element: element.into(), message: message.into() }
    }
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
