//! Steps by how far a metric is beyond a threshold.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Decision, Limit, Observation, Policy, Problems, Signal};
use crate::{Code, seconds};

/// Step scaling as of AWS (Application Auto Scaling): alarms on a metric, with an adjustment by the size of the breach,
/// and cooldowns.
///
/// As the user guide ("How step scaling works") and the API's StepScalingPolicyConfiguration and StepAdjustment. While a
/// cooldown lasts after going up, what went up counts as part of the next step up, so that only a larger step adds, and
/// that only the difference; going down is blocked while the cooldown lasts that going down began, and going up ends it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepScaling {
    /// `cpu`, `queue_length` …, of another service as `SERVICE.queue_length`.
    pub metric: String,
    /// Is it divided by the number of ready replicas, as averages of AWS are?
    #[serde(default)]
    pub per_replica: bool,
    /// Seconds between evaluations, over which the metric is averaged (the alarm's period).
    #[serde(default = "usual_period", with = "seconds")]
    #[schemars(with = "seconds::Schematic")]
    pub period: f64,
    /// What to do when the metric is high.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale_out: Option<StepAlarm>,
    /// What to do when it is low.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale_in: Option<StepAlarm>,
    /// The least number of replicas.
    pub min_replicas: u32,
    /// The largest number of replicas.
    pub max_replicas: u32,
}

/// An alarm and its steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepAlarm {
    /// The metric breaches it at or above (going up), at or below (going down).
    pub threshold: f64,
    /// How many evaluations in succession must breach it.
    #[serde(default = "one")]
    pub evaluations: u32,
    /// What adjustments are.
    #[serde(default)]
    pub adjustment_type: AdjustmentType,
    /// The least number by which percentages change the number.
    #[serde(default)]
    pub min_adjustment_magnitude: u32,
    /// Seconds for which a change counts as recent.
    #[serde(default = "usual_cooldown", with = "seconds")]
    #[schemars(with = "seconds::Schematic")]
    pub cooldown: f64,
    /// Ranges of the breach without gaps or overlaps, each with its adjustment.
    pub steps: Vec<StepAdjustment>,
}

/// A range of how far the metric is beyond the threshold, with what to do there.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepAdjustment {
    /// Lower end of metric minus threshold; none where absent. It belongs to the range where that lies above the
    /// threshold, and does not where it lies below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lower: Option<f64>,
    /// Upper end; none where absent. It belongs to the range only below the threshold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upper: Option<f64>,
    /// Replicas or percent to add, less than 0 to take away; or the number itself.
    pub adjustment: i32,
}

/// What an adjustment is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AdjustmentType {
    /// So many replicas more.
    #[default]
    ChangeInCapacity,
    /// So many percent of the replicas more: more than one is rounded to zero, less than one to one.
    PercentChangeInCapacity,
    /// So many replicas.
    ExactCapacity,
}

fn one() -> u32 {
    1
}

fn usual_period() -> f64 {
    60.0
}

fn usual_cooldown() -> f64 {
    300.0
}

/// What step scaling remembers; times are seconds since the start of the run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StepMemory {
    /// How many evaluations in succession were high.
    pub high: u32,
    /// How many in succession were low.
    pub low: u32,
    /// The last change upwards whose cooldown lasts.
    pub out: Option<StepOut>,
    /// When the number last went down.
    pub scaled_in: Option<f64>,
}

/// A change upwards.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepOut {
    /// When; seconds since the start of the run.
    pub at: f64,
    /// The number before it.
    pub from: u32,
}

impl Policy for StepScaling {
    type Memory = StepMemory;

    fn interval(&self) -> f64 {
        self.period
    }

    fn signals(&self) -> Vec<Signal> {
        vec![Signal::of_service(&self.metric, self.period)]
    }

    fn decide(&self, observation: &Observation, memory: &mut StepMemory) -> Decision {
        let current = observation.wanted;
        let keep = Decision::new(current);
        let reading = observation.reading(&self.metric, self.period);
        let ready = observation.ready();
        let Some(value) = reading.filter(|_| !self.per_replica || ready > 0) else {
            // An alarm without data is neither high nor low.
            (memory.high, memory.low) = (0, 0);
            return keep.limited(Limit::FailedMetric);
        };
        let value = if self.per_replica { value / f64::from(ready) } else { value };
        let high = self.scale_out.as_ref().filter(|alarm| value >= alarm.threshold);
        let low = self.scale_in.as_ref().filter(|alarm| value <= alarm.threshold);
        memory.high = if high.is_some() { memory.high.saturating_add(1) } else { 0 };
        memory.low = if low.is_some() { memory.low.saturating_add(1) } else { 0 };
        if let Some(alarm) = high.filter(|alarm| memory.high >= alarm.evaluations) {
            return self.out(alarm, value, observation, memory);
        }
        if let Some(alarm) = low.filter(|alarm| memory.low >= alarm.evaluations) {
            return self.inwards(alarm, value, observation, memory);
        }
        keep
    }

    fn most_replicas(&self) -> Option<u32> {
        Some(self.max_replicas)
    }

    fn check(&self, problems: &mut Problems) {
        problems.bounds(self.min_replicas, self.max_replicas);
        problems.positive("period", self.period);
        if self.scale_out.is_none() && self.scale_in.is_none() {
            problems.add(Code::ScalingSteps, "there is neither scale_out nor scale_in");
        }
        for (field, alarm) in [("scale_out", &self.scale_out), ("scale_in", &self.scale_in)] {
            if let Some(alarm) = alarm {
                alarm.check(field, problems);
            }
        }
    }
}

impl StepScaling {
    fn out(
        &self,
        alarm: &StepAlarm,
        value: f64,
        observation: &Observation,
        memory: &mut StepMemory,
    ) -> Decision {
        let (time, current) = (observation.time, observation.wanted);
        memory.out = memory.out.filter(|out| time < out.at + alarm.cooldown);
        let from = memory.out.map_or(current, |out| out.from);
        let mut decision = Decision::new(alarm.apply(value, current)).by(&self.metric);
        decision.change(alarm.apply(value, from).max(current), Limit::Cooldown);
        decision.clamp(self.min_replicas, self.max_replicas);
        if decision.replicas <= current {
            decision.replicas = current;
            return decision;
        }
        memory.out = Some(StepOut { at: time, from });
        memory.scaled_in = None;
        decision
    }

    fn inwards(
        &self,
        alarm: &StepAlarm,
        value: f64,
        observation: &Observation,
        memory: &mut StepMemory,
    ) -> Decision {
        let (time, current) = (observation.time, observation.wanted);
        let mut decision = Decision::new(alarm.apply(value, current)).by(&self.metric);
        decision.clamp(self.min_replicas, self.max_replicas);
        if memory.scaled_in.is_some_and(|at| time < at + alarm.cooldown) {
            decision.change(current, Limit::Cooldown);
        }
        if decision.replicas < current {
            memory.scaled_in = Some(time);
            memory.out = None;
        } else {
            decision.replicas = current;
        }
        decision
    }
}

impl StepAlarm {
    /// The number that the step for a value makes of another; the same where no step is for it.
    fn apply(&self, value: f64, from: u32) -> u32 {
        let breach = value - self.threshold;
        let Some(step) = self.steps.iter().find(|step| step.contains(breach)) else { return from };
        let by = match self.adjustment_type {
            AdjustmentType::ExactCapacity => return u32::try_from(step.adjustment).unwrap_or(0),
            AdjustmentType::ChangeInCapacity => i64::from(step.adjustment),
            AdjustmentType::PercentChangeInCapacity => {
                let change = f64::from(from) * f64::from(step.adjustment) / 100.0;
                let magnitude = if change.abs() < 1.0 { change.abs().ceil() } else { change.abs().floor() };
                let magnitude = magnitude.max(f64::from(self.min_adjustment_magnitude)) as i64;
                if step.adjustment < 0 { -magnitude } else { magnitude }
            }
        };
        u32::try_from((i64::from(from) + by).max(0)).unwrap_or(u32::MAX)
    }

    fn check(&self, field: &str, problems: &mut Problems) {
        problems.range(&format!("{field} threshold"), self.threshold, self.threshold.is_finite(), "finite");
        let evaluations = f64::from(self.evaluations);
        problems.range(&format!("{field} evaluations"), evaluations, self.evaluations > 0, "at least 1");
        problems.duration(&format!("{field} cooldown"), self.cooldown);
        if self.steps.is_empty() {
            problems.add(Code::ScalingSteps, format!("{field} has no steps"));
        }
        let mut steps = self.steps.clone();
        let lower = |step: &StepAdjustment| step.lower.unwrap_or(f64::NEG_INFINITY);
        steps.sort_by(|a, b| lower(a).total_cmp(&lower(b)));
        for step in &steps {
            if step.upper.unwrap_or(f64::INFINITY) <= lower(step) {
                problems.add(Code::ScalingSteps, format!("{field} has a step whose ends are not in order"));
            }
            if self.adjustment_type == AdjustmentType::ExactCapacity && step.adjustment < 0 {
                problems.add(Code::ScalingSteps, format!("{field} has a step to less than 0 replicas"));
            }
        }
        if steps.windows(2).any(|pair| pair[0].upper.unwrap_or(f64::INFINITY) != lower(&pair[1])) {
            problems.add(Code::ScalingSteps, format!("the steps of {field} overlap or leave a gap"));
        }
    }
}

impl StepAdjustment {
    /// Above the threshold the lower end belongs to a range, below it the upper one: of ranges 0 to 10 and −10 to 0 around
    /// 50, those are [50, 60) and (40, 50].
    fn contains(&self, breach: f64) -> bool {
        let lower = self.lower.unwrap_or(f64::NEG_INFINITY);
        let upper = self.upper.unwrap_or(f64::INFINITY);
        let below = self.upper.is_some_and(|upper| upper <= 0.0);
        if below { lower < breach && breach <= upper } else { lower <= breach && breach < upper }
    }
}
