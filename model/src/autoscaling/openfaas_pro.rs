//! OpenFaaS Pro.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Decision, Limit, Observation, Policy, Problems, Quantity, Signal, whole};
use crate::{Code, seconds};

/// The autoscaler of OpenFaaS Pro: replicas in proportion to the mean load of each, and to zero after a time without requests.
///
/// As docs.openfaas.com (architecture/autoscaling), with the defaults of its labels. How often it evaluates is not
/// documented: 15 s are the interval of the chart's Prometheus. Rates are over 30 s as in the documented recording rules, CPU
/// usage over a minute; requests in progress are those of the instant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OpenfaasPro {
    /// What the load is (`com.openfaas.scale.type`).
    #[serde(rename = "type")]
    pub load: OpenfaasLoad,
    /// The load that a replica should have (`…scale.target`): requests per second, requests in progress, or thousandths of
    /// a core.
    pub target: f64,
    /// The part of the target at which it scales (`…scale.target-proportion`); > 0.
    pub target_proportion: f64,
    /// The least number of replicas under load (`…scale.min`), at least 1.
    pub min_replicas: u32,
    /// The largest number of replicas (`…scale.max`).
    pub max_replicas: u32,
    /// May it go to zero (`…scale.zero`)?
    pub zero: bool,
    /// After so many seconds without requests (`…scale.zero-duration`).
    #[serde(with = "seconds")]
    #[schemars(with = "seconds::Schematic")]
    pub zero_duration: f64,
    /// Seconds between evaluations.
    #[serde(with = "seconds")]
    #[schemars(with = "seconds::Schematic")]
    pub interval: f64,
}

/// What the load of a function is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OpenfaasLoad {
    /// Answered requests per second.
    #[default]
    Rps,
    /// Requests in progress.
    Capacity,
    /// Processor time, in thousandths of a core.
    Cpu,
}

impl Default for OpenfaasPro {
    fn default() -> Self {
        Self {
            load: OpenfaasLoad::Rps,
            target: 50.0,
            target_proportion: 0.9,
            min_replicas: 1,
            max_replicas: 20,
            zero: false,
            zero_duration: 900.0,
            interval: 15.0,
        }
    }
}

/// When there was something to do last; seconds since the start of the run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OpenfaasProMemory {
    /// The last evaluation with a request, or the first one.
    pub last_busy: Option<f64>,
}

impl OpenfaasLoad {
    fn signal(self) -> Signal {
        match self {
            Self::Rps => Signal::of_service(Quantity::CompletionRate.name(), 30.0),
            Self::Capacity => Signal::of_service(Quantity::Concurrency.name(), 0.0),
            Self::Cpu => Signal::of_service(Quantity::Cpu.name(), 60.0),
        }
    }
}

impl Policy for OpenfaasPro {
    type Memory = OpenfaasProMemory;

    fn interval(&self) -> f64 {
        self.interval
    }

    fn signals(&self) -> Vec<Signal> {
        vec![self.load.signal(), self.traffic()]
    }

    fn decide(&self, observation: &Observation, memory: &mut OpenfaasProMemory) -> Decision {
        let time = observation.time;
        let traffic = self.traffic();
        let busy = observation.reading(&traffic.metric, traffic.window).is_none_or(|rate| rate > 0.0);
        let last_busy = *memory.last_busy.get_or_insert(time);
        if busy {
            memory.last_busy = Some(time);
        }
        if observation.wanted == 0 {
            // The gateway starts the least number at the first request.
            let replicas = if busy { self.min_replicas } else { 0 };
            return Decision::new(replicas).by(traffic.metric).limited(Limit::AtZero);
        }
        let signal = self.load.signal();
        let Some(load) = observation.reading(&signal.metric, signal.window) else {
            return Decision::new(observation.wanted).limited(Limit::FailedMetric);
        };
        let load = if self.load == OpenfaasLoad::Cpu { load * 1e3 } else { load };
        // ready · (load / ready) / target, where the number of those ready falls out.
        let mut decision =
            Decision::new(whole(load / (self.target * self.target_proportion))).by(signal.metric);
        decision.clamp(self.min_replicas, self.max_replicas);
        if self.zero && !busy && time - last_busy >= self.zero_duration {
            decision.replicas = 0;
        }
        decision
    }

    fn most_replicas(&self) -> Option<u32> {
        Some(self.max_replicas)
    }

    fn check(&self, problems: &mut Problems) {
        problems.bounds(self.min_replicas, self.max_replicas);
        if self.min_replicas == 0 {
            problems.add(Code::ReplicaBounds, "min_replicas is at least 1; \"zero\" is what allows none");
        }
        problems.target("target", self.target);
        problems.target("target_proportion", self.target_proportion);
        problems.positive("interval", self.interval);
        problems.duration("zero_duration", self.zero_duration);
    }
}

impl OpenfaasPro {
    /// Requests that arrived since the last evaluation.
    fn traffic(&self) -> Signal {
        Signal::of_service(Quantity::RequestRate.name(), self.interval)
    }
}
