//! KEDA: between zero and one by itself, beyond by an HPA.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Behavior, Decision, Hpa, HpaMemory, HpaMetric, HpaTarget, Limit, Observation, Policy, Problems, Reading,
    Signal,
};
use crate::{Code, seconds};

/// KEDA's ScaledObject: two loops beside each other. At every polling interval KEDA brings the service from zero to its
/// first replicas when a trigger is active, and back after a cooldown; every sync period an HPA with the triggers as
/// external metrics does the rest.
///
/// As keda-docs (scaledobject-spec.md, concepts/scaling-deployments.md) and pkg/scaling/executor/scale_scaledobjects.go,
/// pkg/fallback/fallback.go of KEDA.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Keda {
    /// What it scales on; at least one.
    pub triggers: Vec<Trigger>,
    /// Seconds between KEDA's looks at the triggers.
    #[serde(default = "usual_polling", with = "seconds")]
    #[schemars(with = "seconds::Schematic")]
    pub polling_interval: f64,
    /// For so many seconds after a trigger was last seen active, the service does not go to zero (or its idle number).
    #[serde(default = "usual_cooldown", with = "seconds")]
    #[schemars(with = "seconds::Schematic")]
    pub cooldown_period: f64,
    /// For so many seconds after the start neither, if no trigger was active yet.
    #[serde(default, with = "seconds")]
    #[schemars(with = "seconds::Schematic")]
    pub initial_cooldown_period: f64,
    /// The number while no trigger is active, less than `min_replica_count`. KEDA supports 0 only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_replica_count: Option<u32>,
    /// The least number; with 0, while no trigger is active.
    #[serde(default)]
    pub min_replica_count: u32,
    /// The largest number.
    #[serde(default = "usual_max")]
    pub max_replica_count: u32,
    /// What to do when triggers cannot be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback: Option<Fallback>,
    /// That of the HPA.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub behavior: Option<Behavior>,
    /// That of the HPA; in [0, 1).
    #[serde(default = "super::hpa::usual_tolerance")]
    pub tolerance: f64,
    /// Seconds between evaluations of the HPA.
    #[serde(default = "super::hpa::usual_interval", with = "seconds")]
    #[schemars(with = "seconds::Schematic")]
    pub sync_period: f64,
}

/// A metric that KEDA looks at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Trigger {
    /// `queue_length` …, of another service as `SERVICE.queue_length`.
    pub metric: String,
    /// Over how many seconds it is averaged; 0 for the value at that instant.
    #[serde(default, with = "seconds")]
    #[schemars(with = "seconds::Schematic")]
    pub window: f64,
    /// What it should be: for each replica, or in all, as `metric_type` says.
    pub threshold: f64,
    /// Above it the trigger is active.
    #[serde(default)]
    pub activation_threshold: f64,
    /// What the threshold is of.
    #[serde(default)]
    pub metric_type: TriggerType,
}

/// What the threshold of a [`Trigger`] is of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TriggerType {
    /// Of each replica's part.
    #[default]
    AverageValue,
    /// Of the whole.
    Value,
}

/// What KEDA does when triggers cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fallback {
    /// After more failures than this in succession the HPA is told what leads to `replicas`.
    pub failure_threshold: u32,
    /// The number to fall back to.
    pub replicas: u32,
}

fn usual_polling() -> f64 {
    30.0
}

fn usual_cooldown() -> f64 {
    300.0
}

fn usual_max() -> u32 {
    100
}

/// What KEDA and its HPA remember.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct KedaMemory {
    /// Times (s) of the first evaluation, and of the next of either loop.
    pub loops: Option<KedaLoops>,
    /// When a trigger was last seen active; seconds since the start of the run.
    pub last_active: Option<f64>,
    /// For each trigger, how often in succession it could not be read.
    pub failures: Vec<u32>,
    /// What the HPA remembers.
    pub hpa: HpaMemory,
}

/// Times of KEDA's loops, in seconds since the start of the run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct KedaLoops {
    /// The first evaluation.
    pub created: f64,
    /// KEDA's next look.
    pub next_poll: f64,
    /// The HPA's next evaluation.
    pub next_sync: f64,
}

impl Policy for Keda {
    type Memory = KedaMemory;

    fn interval(&self) -> f64 {
        self.polling_interval.min(self.sync_period)
    }

    fn next_evaluation(&self, time: f64, memory: &KedaMemory) -> f64 {
        memory.loops.map_or(time + self.interval(), |loops| loops.next_poll.min(loops.next_sync))
    }

    fn signals(&self) -> Vec<Signal> {
        let signal = |trigger: &Trigger| Signal::of_service(&trigger.metric, trigger.window);
        self.triggers.iter().map(signal).collect()
    }

    fn decide(&self, observation: &Observation, memory: &mut KedaMemory) -> Decision {
        let time = observation.time;
        let start = KedaLoops { created: time, next_poll: time, next_sync: time };
        let mut loops = memory.loops.unwrap_or(start);
        let mut decision = Decision::new(observation.wanted);
        if time >= loops.next_poll {
            loops.next_poll = time + self.polling_interval;
            decision = self.poll(observation, loops.created, memory);
        }
        if time >= loops.next_sync {
            loops.next_sync = time + self.sync_period;
            if decision.replicas == observation.wanted {
                let limits = std::mem::take(&mut decision.limits);
                decision = self.sync(observation, memory);
                decision.limits.splice(0..0, limits);
            }
        }
        memory.loops = Some(loops);
        decision
    }

    fn most_replicas(&self) -> Option<u32> {
        Some(self.max_replica_count)
    }

    fn check(&self, problems: &mut Problems) {
        problems.bounds(self.min_replica_count, self.max_replica_count);
        if let Some(idle) = self.idle_replica_count {
            if idle != 0 {
                problems.add(
                    Code::ReplicaBounds,
                    format!("idle_replica_count is {idle}, but KEDA supports 0 only"),
                );
            } else if self.min_replica_count == 0 {
                problems.add(Code::ReplicaBounds, "idle_replica_count must be less than min_replica_count");
            }
        }
        if self.triggers.is_empty() {
            problems.add(Code::ScalingMetric, "KEDA needs a trigger");
        }
        for trigger in &self.triggers {
            problems.duration(&format!("the window of \"{}\"", trigger.metric), trigger.window);
            problems.target("threshold", trigger.threshold);
            let allowed = trigger.activation_threshold >= 0.0 && trigger.activation_threshold.is_finite();
            problems.range(
                "activation_threshold",
                trigger.activation_threshold,
                allowed,
                "finite and at least 0",
            );
        }
        let by_value = |trigger: &Trigger| trigger.metric_type == TriggerType::Value;
        if self.fallback.is_some() && self.triggers.iter().any(by_value) {
            problems.add(Code::ScalingMetric, "a fallback needs triggers of type average_value");
        }
        if let Some(behavior) = &self.behavior {
            behavior.check(problems);
        }
        problems.range("tolerance", self.tolerance, (0.0..1.0).contains(&self.tolerance), "in [0, 1)");
        problems.positive("polling_interval", self.polling_interval);
        problems.positive("sync_period", self.sync_period);
        problems.duration("cooldown_period", self.cooldown_period);
        problems.duration("initial_cooldown_period", self.initial_cooldown_period);
    }
}

impl Keda {
    /// These triggers, with the usual settings.
    pub fn new(triggers: Vec<Trigger>) -> Self {
        Self {
            triggers,
            polling_interval: usual_polling(),
            cooldown_period: usual_cooldown(),
            initial_cooldown_period: 0.0,
            idle_replica_count: None,
            min_replica_count: 0,
            max_replica_count: usual_max(),
            fallback: None,
            behavior: None,
            tolerance: super::hpa::usual_tolerance(),
            sync_period: super::hpa::usual_interval(),
        }
    }

    /// The HPA that KEDA makes: its least number is at least 1.
    fn hpa(&self) -> Hpa {
        let metric = |trigger: &Trigger| HpaMetric::External {
            metric: trigger.metric.clone(),
            window: trigger.window,
            target: match trigger.metric_type {
                TriggerType::AverageValue => HpaTarget::AverageValue(trigger.threshold),
                TriggerType::Value => HpaTarget::Value(trigger.threshold),
            },
        };
        Hpa {
            min_replicas: self.min_replica_count.max(1),
            metrics: self.triggers.iter().map(metric).collect(),
            behavior: self.behavior.clone(),
            tolerance: self.tolerance,
            interval: self.sync_period,
            ..Hpa::new(self.max_replica_count)
        }
    }

    /// RequestScale: from zero (or the idle number) to the least, back to it, or nothing.
    fn poll(&self, observation: &Observation, created: f64, memory: &mut KedaMemory) -> Decision {
        let current = observation.wanted;
        let mut active = None;
        let mut failed = false;
        for trigger in &self.triggers {
            match observation.reading(&trigger.metric, trigger.window) {
                Some(value) if value > trigger.activation_threshold => {
                    active = active.or(Some(&trigger.metric));
                }
                Some(_) => {}
                None => failed = true,
            }
        }
        let decision = Decision::new(current);
        if let Some(metric) = active {
            let from_idle = self.idle_replica_count.is_some() && current < self.min_replica_count;
            if from_idle || current == 0 {
                memory.last_active = Some(observation.time);
                return Decision::new(self.min_replica_count.max(1)).by(metric).limited(Limit::Activation);
            }
            // KEDA notes the time only if all triggers could be read.
            if !failed {
                memory.last_active = Some(observation.time);
            }
            return decision;
        }
        if failed && self.fallback.is_none_or(|fallback| fallback.replicas > 0) {
            return decision.limited(Limit::FailedMetric);
        }
        let lowest = self.idle_replica_count.unwrap_or(self.min_replica_count);
        let to_idle = self.idle_replica_count.is_some_and(|idle| current > idle);
        if to_idle || (current > 0 && self.min_replica_count == 0) {
            let passed = match memory.last_active {
                Some(last) => last + self.cooldown_period < observation.time,
                None => created + self.initial_cooldown_period < observation.time,
            };
            return if passed {
                Decision::new(lowest).limited(Limit::Activation)
            } else {
                decision.limited(Limit::Cooldown)
            };
        }
        if current < self.min_replica_count && self.idle_replica_count.is_none() {
            return Decision { recommended: current, ..Decision::new(self.min_replica_count) }
                .limited(Limit::MinReplicas);
        }
        decision
    }

    /// The HPA's evaluation, with what KEDA tells it for triggers that cannot be read (GetMetricsWithFallback).
    fn sync(&self, observation: &Observation, memory: &mut KedaMemory) -> Decision {
        let hpa = self.hpa();
        // With no replicas, or outside of its bounds, the HPA does not ask for metrics.
        if !(hpa.min_replicas..=hpa.max_replicas).contains(&observation.wanted) {
            return hpa.decide(observation, &mut memory.hpa);
        }
        memory.failures.resize(self.triggers.len(), 0);
        let mut told = Vec::new();
        for (trigger, failures) in self.triggers.iter().zip(&mut memory.failures) {
            if observation.reading(&trigger.metric, trigger.window).is_some() {
                *failures = 0;
                continue;
            }
            *failures = failures.saturating_add(1);
            if let Some(fallback) = self.fallback
                && trigger.metric_type == TriggerType::AverageValue
                && *failures > fallback.failure_threshold
            {
                told.push(Reading {
                    metric: trigger.metric.clone(),
                    window: trigger.window,
                    value: trigger.threshold * f64::from(fallback.replicas),
                });
            }
        }
        if told.is_empty() {
            return hpa.decide(observation, &mut memory.hpa);
        }
        let mut replaced = observation.clone();
        replaced.readings.retain(|reading| reading.value.is_finite());
        replaced.readings.append(&mut told);
        let mut decision = hpa.decide(&replaced, &mut memory.hpa);
        decision.limits.insert(0, Limit::Fallback);
        decision
    }
}
