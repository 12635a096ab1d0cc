//! Numbers of replicas by the clock.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Decision, Observation, Policy, Problems, Signal};
use crate::{Code, seconds};

/// Numbers of replicas at set times, whatever the load is (scheduled actions of AWS, KEDA's cron, a CronJob that scales).
///
/// From each time on its number holds, until the next one. A simulated clock has no dates, so that times count from its
/// start, and where they repeat, from the start of each period.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// In order of time, at least one.
    pub entries: Vec<ScheduleEntry>,
    /// After so many seconds the entries begin anew, for example after `"24h"`; where absent, the last one holds on.
    #[serde(default, with = "seconds::optional", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<seconds::Schematic>")]
    pub period: Option<f64>,
}

/// A number of replicas from a time on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScheduleEntry {
    /// Seconds after the start, or after the start of each period.
    #[serde(with = "seconds")]
    #[schemars(with = "seconds::Schematic")]
    pub at: f64,
    /// The number from then on.
    pub replicas: u32,
}

/// A schedule remembers nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduleMemory {}

impl Policy for Schedule {
    type Memory = ScheduleMemory;

    fn interval(&self) -> f64 {
        self.period.unwrap_or(f64::INFINITY)
    }

    fn clocks(&self) -> usize {
        0
    }

    fn first_evaluation(&self, _phase: f64) -> f64 {
        self.entries.first().map_or(f64::INFINITY, |entry| entry.at)
    }

    fn next_evaluation(&self, time: f64, _memory: &ScheduleMemory) -> f64 {
        let later = self.times(time).map(|(at, _)| at).filter(|&at| at > time);
        later.fold(f64::INFINITY, f64::min)
    }

    fn signals(&self) -> Vec<Signal> {
        Vec::new()
    }

    fn decide(&self, observation: &Observation, _memory: &mut ScheduleMemory) -> Decision {
        let past = self.times(observation.time).filter(|&(at, _)| at >= 0.0 && at <= observation.time);
        let last = past.max_by(|(a, _), (b, _)| a.total_cmp(b));
        Decision::new(last.map_or(observation.wanted, |(_, replicas)| replicas))
    }

    fn most_replicas(&self) -> Option<u32> {
        self.entries.iter().map(|entry| entry.replicas).max()
    }

    fn check(&self, problems: &mut Problems) {
        if self.entries.is_empty() {
            problems.add(Code::ScalingSteps, "a schedule needs an entry");
        }
        for entry in &self.entries {
            problems.duration("the time of an entry", entry.at);
        }
        for (entry, next) in self.entries.iter().zip(self.entries.iter().skip(1)) {
            if next.at <= entry.at {
                let message = format!("an entry at {} s follows one at {} s", next.at, entry.at);
                problems.add(Code::ScalingTime, message);
            }
        }
        let Some(period) = self.period else { return };
        problems.positive("period", period);
        if let Some(entry) = self.entries.last()
            && entry.at >= period
        {
            let message = format!("an entry at {} s lies beyond the period of {period} s", entry.at);
            problems.add(Code::ScalingTime, message);
        }
    }
}

impl Schedule {
    /// The times of all entries, with their numbers, in the periods around a time. Each is computed in one way only, so that a
    /// time that was asked for is found again.
    fn times(&self, time: f64) -> impl Iterator<Item = (f64, u32)> {
        let (first, period) = match self.period {
            Some(period) => ((time / period).floor() - 1.0, period),
            None => (0.0, 0.0),
        };
        let cycles = if self.period.is_some() { 3 } else { 1 };
        (0..cycles).flat_map(move |cycle| {
            let start = (first + f64::from(cycle)) * period;
            self.entries.iter().map(move |entry| (start + entry.at, entry.replicas))
        })
    }
}
