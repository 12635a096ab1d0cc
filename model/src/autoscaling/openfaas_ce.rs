//! OpenFaaS, Community Edition.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Decision, Limit, Observation, Policy, Problems, Quantity, Signal, whole};
use crate::seconds;

/// The scaling of OpenFaaS' Community Edition: an alert on the rate of answered requests adds a step of replicas each
/// time that it is sent, and its end takes the service to the least number at once.
///
/// The step is that of gateway/handlers/alerthandler.go (CalculateReplicas), the alert that of faas-netes
/// (prometheus-cfg.yaml: more than 5 requests a second over 10 s, for 5 s, evaluated every 15 s; alertmanager-cfg.yaml:
/// sent after 5 s, and again every 30 s). The way of alerts is simplified: every evaluation sees what there is at that
/// instant, and alerts are sent at evaluations. Scrapes, groups of alerts and their timers are not part of it.
///
/// The documentation gives a factor of 20 %, the source 10 %. With the five replicas that the edition allows at most, either is
/// a step of one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OpenfaasCe {
    /// The least number of replicas, at least 1.
    pub min_replicas: u32,
    /// The largest number of replicas; no more than 5 count.
    pub max_replicas: u32,
    /// The step in percent of the largest number, in [0, 100]; 0 turns scaling off.
    pub factor: u32,
    /// Answered requests per second above which the alert is.
    pub threshold: f64,
    /// Seconds over which the rate is measured.
    #[serde(with = "seconds")]
    #[schemars(with = "seconds::Schematic")]
    pub rate_window: f64,
    /// For so many seconds the rate must be above before the alert fires.
    #[serde(rename = "for", with = "seconds")]
    #[schemars(with = "seconds::Schematic")]
    pub pending: f64,
    /// Seconds between evaluations of the alert.
    #[serde(with = "seconds")]
    #[schemars(with = "seconds::Schematic")]
    pub interval: f64,
    /// Seconds until an alert is sent at first.
    #[serde(with = "seconds")]
    #[schemars(with = "seconds::Schematic")]
    pub group_wait: f64,
    /// Seconds until an alert that goes on is sent again.
    #[serde(with = "seconds")]
    #[schemars(with = "seconds::Schematic")]
    pub repeat_interval: f64,
}

/// More than so many the Community Edition does not set (gateway/scaling/ranges.go).
const CAP: u32 = 5;

impl Default for OpenfaasCe {
    fn default() -> Self {
        Self {
            min_replicas: 1,
            max_replicas: CAP,
            factor: 10,
            threshold: 5.0,
            rate_window: 10.0,
            pending: 5.0,
            interval: 15.0,
            group_wait: 5.0,
            repeat_interval: 30.0,
        }
    }
}

/// What the alert's state is; times are seconds since the start of the run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OpenfaasCeMemory {
    /// Since when the rate is above the threshold.
    pub above_since: Option<f64>,
    /// Since when the alert fires.
    pub firing_since: Option<f64>,
    /// When it was last sent.
    pub sent_at: Option<f64>,
}

impl Policy for OpenfaasCe {
    type Memory = OpenfaasCeMemory;

    fn interval(&self) -> f64 {
        self.interval
    }

    fn signals(&self) -> Vec<Signal> {
        vec![Signal::of_service(Quantity::CompletionRate.name(), self.rate_window)]
    }

    fn decide(&self, observation: &Observation, memory: &mut OpenfaasCeMemory) -> Decision {
        let time = observation.time;
        let name = Quantity::CompletionRate.name();
        let keep = Decision::new(observation.wanted);
        // No rate is no series, which is not above a threshold.
        let rate = observation.reading(name, self.rate_window).unwrap_or(0.0);
        if rate <= self.threshold {
            let OpenfaasCeMemory { sent_at, .. } = std::mem::take(memory);
            // The end of an alert that was never sent is not sent either.
            return if sent_at.is_some() { self.on_alert(false, observation.wanted).by(name) } else { keep };
        }
        let above_since = *memory.above_since.get_or_insert(time);
        if time - above_since < self.pending {
            return keep.by(name).limited(Limit::Activation);
        }
        let firing_since = *memory.firing_since.get_or_insert(time);
        let due = memory.sent_at.map_or(firing_since + self.group_wait, |sent| sent + self.repeat_interval);
        if time < due {
            return keep.by(name).limited(Limit::Cooldown);
        }
        memory.sent_at = Some(time);
        self.on_alert(true, observation.wanted).by(name)
    }

    fn most_replicas(&self) -> Option<u32> {
        Some(self.max_replicas.min(CAP))
    }

    fn check(&self, problems: &mut Problems) {
        problems.bounds(self.min_replicas, self.max_replicas.min(CAP));
        let min = self.min_replicas;
        problems.range("min_replicas", f64::from(min), min > 0, "at least 1");
        problems.range("factor", f64::from(self.factor), self.factor <= 100, "in [0, 100]");
        problems.range("threshold", self.threshold, self.threshold >= 0.0, "at least 0");
        problems.positive("interval", self.interval);
        problems.duration("rate_window", self.rate_window);
        problems.duration("for", self.pending);
        problems.duration("group_wait", self.group_wait);
        problems.positive("repeat_interval", self.repeat_interval);
    }
}

impl OpenfaasCe {
    /// What the gateway does with an alert (CalculateReplicas): one that fires adds a step, any other takes the number to
    /// the least. Whatever brings alerts calls it.
    pub fn on_alert(&self, firing: bool, current: u32) -> Decision {
        let max = self.max_replicas.min(CAP);
        let step = whole(f64::from(max) / 100.0 * f64::from(self.factor));
        if !firing || step == 0 {
            return Decision::new(self.min_replicas);
        }
        let mut decision = Decision::new(current.saturating_add(step));
        decision.change(decision.replicas.min(max), Limit::MaxReplicas);
        decision
    }
}
