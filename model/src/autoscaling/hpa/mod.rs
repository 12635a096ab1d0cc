//! Kubernetes' Horizontal Pod Autoscaler.

mod behavior;
mod metric;
mod per_replica;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Decision, History, Limit, Observation, Policy, Problems, Signal, whole};
use crate::{Code, seconds};

pub use behavior::{Behavior, RateKind, RatePolicy, ScalingRules, SelectPolicy};
pub use metric::{HpaMetric, HpaTarget};

/// The Horizontal Pod Autoscaler of Kubernetes, API autoscaling/v2: the number of replicas in proportion to metrics over
/// their targets.
///
/// As pkg/controller/podautoscaler/{horizontal,replica_calculator}.go of Kubernetes, in the version that has tolerances by
/// direction (KEP-4951, 1.33): changes of both directions count for the policies of either, a recommendation is held
/// between the lowest and the highest of both windows, and replicas without samples count as at the target where that is
/// above their request. In the first version with behaviors (commit 0006726) `select: min` never scales up, since the
/// limit starts from 0 there; by reasoning over the code, not by running it.
///
/// Every number is rounded as there: usage up to thousandths, utilization down to whole percents, replicas up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Hpa {
    /// The least number of replicas; 0 needs an object or external metric.
    #[serde(default = "one")]
    pub min_replicas: u32,
    /// The largest number of replicas.
    pub max_replicas: u32,
    /// What it scales on: the one that calls for most replicas counts. By default 80 % of the CPU requests.
    #[serde(default = "usual_metrics")]
    pub metrics: Vec<HpaMetric>,
    /// How fast the number may change. Where absent, up to twice as many at each evaluation, or to 4 if that is more, and
    /// down to the largest recommendation of the last five minutes. That is not what a behavior without entries does
    /// (normalizeDesiredReplicas beside normalizeDesiredReplicasWithBehaviors).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub behavior: Option<Behavior>,
    /// Relative distance of a metric from its target within which nothing changes; in [0, 1).
    #[serde(default = "usual_tolerance")]
    pub tolerance: f64,
    /// Seconds between evaluations (`--horizontal-pod-autoscaler-sync-period`).
    #[serde(default = "usual_interval", with = "seconds")]
    #[schemars(with = "seconds::Schematic")]
    pub interval: f64,
    /// For so many seconds after its start a replica's CPU usage counts only while it is ready, and only usage after
    /// that (`--horizontal-pod-autoscaler-cpu-initialization-period`).
    #[serde(default = "usual_initialization", with = "seconds")]
    #[schemars(with = "seconds::Schematic")]
    pub cpu_initialization_period: f64,
    /// A replica that became unready sooner than so many seconds after its start was never ready
    /// (`--horizontal-pod-autoscaler-initial-readiness-delay`).
    #[serde(default = "usual_readiness", with = "seconds")]
    #[schemars(with = "seconds::Schematic")]
    pub initial_readiness_delay: f64,
    /// Over how many seconds the metrics server averages CPU usage, and how often it does (its `--metric-resolution`, 15 s
    /// in its manifests).
    #[serde(default = "usual_interval", with = "seconds")]
    #[schemars(with = "seconds::Schematic")]
    pub metric_window: f64,
}

fn one() -> u32 {
    1
}

fn usual_metrics() -> Vec<HpaMetric> {
    vec![HpaMetric::usual()]
}

pub(super) fn usual_tolerance() -> f64 {
    0.1
}

pub(super) fn usual_interval() -> f64 {
    15.0
}

fn usual_initialization() -> f64 {
    300.0
}

fn usual_readiness() -> f64 {
    30.0
}

/// What an HPA remembers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HpaMemory {
    /// Was it evaluated before?
    pub started: bool,
    /// What the metrics called for.
    pub recommendations: History,
    /// By how much the number went up.
    pub added: History,
    /// By how much it went down.
    pub removed: History,
}

/// What one metric calls for.
struct Proposal {
    replicas: u32,
    limits: Vec<Limit>,
}

impl Proposal {
    fn new(replicas: f64) -> Self {
        Self { replicas: whole(replicas), limits: Vec::new() }
    }

    fn within_tolerance(replicas: u32) -> Self {
        Self { replicas, limits: vec![Limit::Tolerance] }
    }
}

impl Policy for Hpa {
    type Memory = HpaMemory;

    fn interval(&self) -> f64 {
        self.interval
    }

    fn signals(&self) -> Vec<Signal> {
        self.metrics.iter().map(|metric| metric.signal(self.metric_window)).collect()
    }

    fn decide(&self, observation: &Observation, memory: &mut HpaMemory) -> Decision {
        let current = observation.wanted;
        let time = observation.time;
        if !std::mem::replace(&mut memory.started, true) {
            memory.recommendations.record(time, current, 0.0);
        }
        if current == 0 && self.min_replicas > 0 {
            return Decision::new(0).limited(Limit::AtZero);
        }
        let mut decision = Decision::new(current);
        if current > self.max_replicas || current < self.min_replicas {
            decision.clamp(self.min_replicas, self.max_replicas);
        } else {
            decision = self.recommend(observation);
            if decision.limits.contains(&Limit::FailedMetric) && decision.metric.is_none() {
                return decision;
            }
            self.normalize(&mut decision, memory, time, current);
        }
        if let Some(behavior) = &self.behavior {
            let keep = behavior.longest_period();
            if decision.replicas > current {
                memory.added.record(time, decision.replicas - current, keep);
            } else if decision.replicas < current {
                memory.removed.record(time, current - decision.replicas, keep);
            }
        }
        decision
    }

    fn needs_cpu_request(&self) -> bool {
        self.metrics.iter().any(HpaMetric::needs_request)
    }

    fn most_replicas(&self) -> Option<u32> {
        Some(self.max_replicas)
    }

    fn check(&self, problems: &mut Problems) {
        problems.bounds(self.min_replicas, self.max_replicas);
        if self.min_replicas == 0 && !self.metrics.iter().any(HpaMetric::is_of_service) {
            let message =
                "an HPA that goes down to 0 replicas needs an object or external metric to come back";
            problems.add(Code::ReplicaBounds, message);
        }
        if self.metrics.is_empty() {
            problems.add(Code::ScalingMetric, "an HPA needs a metric; leave the list out for the usual");
        }
        for metric in &self.metrics {
            metric.check(problems);
        }
        if let Some(behavior) = &self.behavior {
            behavior.check(problems);
        }
        problems.range("tolerance", self.tolerance, (0.0..1.0).contains(&self.tolerance), "in [0, 1)");
        problems.positive("interval", self.interval);
        problems.duration("metric_window", self.metric_window);
        problems.duration("cpu_initialization_period", self.cpu_initialization_period);
        problems.duration("initial_readiness_delay", self.initial_readiness_delay);
    }
}

impl Hpa {
    /// Up to so many replicas, with the usual settings.
    pub fn new(max_replicas: u32) -> Self {
        Self {
            min_replicas: one(),
            max_replicas,
            metrics: usual_metrics(),
            behavior: None,
            tolerance: usual_tolerance(),
            interval: usual_interval(),
            cpu_initialization_period: usual_initialization(),
            initial_readiness_delay: usual_readiness(),
            metric_window: usual_interval(),
        }
    }

    /// Is a metric so near to its target that nothing changes? The tolerance of a direction is that of its rules.
    fn is_near(&self, ratio: f64) -> bool {
        let behavior = self.behavior.as_ref();
        let up = behavior.and_then(|behavior| behavior.scale_up.tolerance).unwrap_or(self.tolerance);
        let down = behavior.and_then(|behavior| behavior.scale_down.tolerance).unwrap_or(self.tolerance);
        (1.0 - down..=1.0 + up).contains(&ratio)
    }

    /// The largest number that a metric calls for. If some metric cannot be read, the number does not go down; if none
    /// can, it does not change, and there is no metric in the decision (computeReplicasForMetrics).
    fn recommend(&self, observation: &Observation) -> Decision {
        let current = observation.wanted;
        let mut best: Option<(Proposal, &str)> = None;
        let mut failed = false;
        for metric in &self.metrics {
            match metric.propose(self, observation) {
                Some(proposal) => {
                    if best.as_ref().is_none_or(|(largest, _)| proposal.replicas > largest.replicas) {
                        best = Some((proposal, metric.name()));
                    }
                }
                None => failed = true,
            }
        }
        match best {
            Some((proposal, name)) if !failed || proposal.replicas >= current => Decision {
                metric: Some(name.to_owned()),
                limits: proposal.limits,
                ..Decision::new(proposal.replicas)
            },
            _ => Decision::new(current).limited(Limit::FailedMetric),
        }
    }

    /// Holds a recommendation by those of the past, by rates and by bounds.
    fn normalize(&self, decision: &mut Decision, memory: &mut HpaMemory, time: f64, current: u32) {
        let bounds = (self.min_replicas, self.max_replicas);
        if let Some(behavior) = &self.behavior {
            return behavior.apply(decision, memory, time, current, bounds);
        }
        // normalizeDesiredReplicas and convertDesiredReplicasWithRules.
        let window = behavior::DOWN_WINDOW;
        let desired = decision.replicas;
        let highest = memory.recommendations.within_inclusive(time, window).fold(desired, u32::max);
        memory.recommendations.record(time, desired, window);
        decision.change(highest, Limit::Stabilization);
        let limit = current.saturating_mul(2).max(4);
        if limit < self.max_replicas {
            decision.change(decision.replicas.min(limit), Limit::Rate);
        }
        decision.clamp(self.min_replicas, self.max_replicas);
    }
}
