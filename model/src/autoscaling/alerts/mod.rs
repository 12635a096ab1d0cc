//! Alerts of Prometheus, sent by its Alertmanager to somebody who starts and stops replicas.

mod alertmanager;
mod check;
mod clocks;
mod duration;
mod metric;
mod prometheus;
mod rule;
mod story;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Decision, Observation, Policy, Problems, Signal};
pub use alertmanager::{Alertmanager, Group, Logged, Notification, Received};
pub use clocks::Clocks;
use clocks::{Nanos, nanos, seconds};
pub use metric::AlertMetric;
pub use prometheus::{Alert, Prometheus, Shown};
pub use rule::{AlertRule, ScaleAction};
pub use story::Story;

/// Alerting rules of Prometheus with the settings of its Alertmanager, as configured, and what notifications do.
///
/// Prometheus scrapes the metrics of every job, and evaluates the rules, each by a clock of its own; alerts that fire or are
/// resolved go to the Alertmanager, which groups them and sends them to a webhook, whose receiver changes the number of
/// replicas. The reaction to a condition therefore takes the time to the next scrape, to the next evaluation, `for` in whole
/// evaluation intervals, `group_wait` where there is no group yet or the time to the next flush of the group, and the webhook.
/// Each decision carries these parts ([`Decision::delays`]).
///
/// As Prometheus (rules/alerting.go, rules/manager.go) and Alertmanager (dispatch/dispatch.go, notify/notify.go) have it. All
/// rules are one group of rules, all alerts go to one receiver, and nothing fails. Prometheus begins with the run: it has no
/// samples from before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Alerts {
    /// The alerting rules, at least one.
    pub rules: Vec<AlertRule>,
    /// What the metrics in their expressions are.
    pub metrics: Vec<AlertMetric>,
    /// Seconds between scrapes of a job.
    #[serde(default = "one_minute", with = "duration")]
    #[schemars(with = "duration::Schematic")]
    pub scrape_interval: f64,
    /// Seconds between evaluations of the rules.
    #[serde(default = "one_minute", with = "duration")]
    #[schemars(with = "duration::Schematic")]
    pub evaluation_interval: f64,
    /// Alerts alike in these labels form a group: without any, all; by `...`, each for itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub group_by: Vec<String>,
    /// Seconds that a new group waits before it is sent.
    #[serde(default = "usual_group_wait", with = "duration")]
    #[schemars(with = "duration::Schematic")]
    pub group_wait: f64,
    /// Seconds until a group is looked at again.
    #[serde(default = "usual_group_interval", with = "duration")]
    #[schemars(with = "duration::Schematic")]
    pub group_interval: f64,
    /// Seconds after which a group is sent again although nothing has changed.
    #[serde(default = "usual_repeat_interval", with = "duration")]
    #[schemars(with = "duration::Schematic")]
    pub repeat_interval: f64,
    /// Are alerts sent that are resolved? Of a webhook they are.
    #[serde(default = "yes")]
    pub send_resolved: bool,
    /// Seconds from the sending of a notification until its receiver asks for other replicas.
    #[serde(default, with = "duration")]
    #[schemars(with = "duration::Schematic")]
    pub webhook_delay: f64,
    /// The least number of replicas.
    #[serde(default = "one")]
    pub min_replicas: u32,
    /// The largest number of replicas.
    pub max_replicas: u32,
}

fn one_minute() -> f64 {
    60.0
}

fn usual_group_wait() -> f64 {
    30.0
}

fn usual_group_interval() -> f64 {
    300.0
}

fn usual_repeat_interval() -> f64 {
    14_400.0
}

fn yes() -> bool {
    true
}

fn one() -> u32 {
    1
}

/// The state of the chain.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AlertsMemory {
    /// When scrapes and evaluations come.
    pub clocks: Option<Clocks>,
    /// Samples and alerts.
    pub prometheus: Prometheus,
    /// Groups and notifications.
    pub alertmanager: Alertmanager,
}

impl Policy for Alerts {
    type Memory = AlertsMemory;

    fn interval(&self) -> f64 {
        self.scrape_interval.min(self.evaluation_interval)
    }

    fn start(&self, phase: f64) -> AlertsMemory {
        AlertsMemory { clocks: Some(self.clocks_at(phase, 0)), ..AlertsMemory::default() }
    }

    fn clocks(&self) -> usize {
        self.jobs().len() + 1
    }

    fn first_evaluation(&self, phase: f64) -> f64 {
        seconds(self.clocks_at(phase, 0).next())
    }

    fn next_evaluation(&self, time: f64, memory: &AlertsMemory) -> f64 {
        let clocks = memory.clocks.as_ref().map_or_else(|| nanos(time + self.interval()), Clocks::next);
        seconds(memory.alertmanager.next().map_or(clocks, |next| next.min(clocks)))
    }

    fn signals(&self) -> Vec<Signal> {
        let mut signals: Vec<Signal> = self.metrics.iter().flat_map(AlertMetric::signals).collect();
        signals.sort_by(|a, b| a.metric.cmp(&b.metric));
        signals.dedup();
        signals
    }

    fn decide(&self, observation: &Observation, memory: &mut AlertsMemory) -> Decision {
        let now = nanos(observation.time);
        let clocks = memory.clocks.get_or_insert_with(|| self.clocks_at(0.0, now));
        let AlertsMemory { prometheus, alertmanager, .. } = memory;
        self.scrape(observation, clocks, prometheus, now);
        if clocks.evaluation <= now {
            clocks.evaluation = clocks::after(clocks.evaluation, nanos(self.evaluation_interval), now);
            for alert in prometheus.evaluate(&self.rules, now) {
                alertmanager.receive(self, alert, now);
            }
        }
        alertmanager.flush(self, now);
        let mut decision = Decision::new(observation.wanted);
        for notification in alertmanager.arrived(now) {
            for alert in &notification.alerts {
                self.act(alert, &notification, &mut decision);
            }
        }
        decision
    }

    fn most_replicas(&self) -> Option<u32> {
        Some(self.max_replicas)
    }

    fn check(&self, problems: &mut Problems) {
        self.check_settings(problems);
    }
}

impl Alerts {
    /// As documented, where nothing is configured; without rules.
    pub fn usual() -> Self {
        Self {
            rules: Vec::new(),
            metrics: Vec::new(),
            scrape_interval: one_minute(),
            evaluation_interval: one_minute(),
            group_by: Vec::new(),
            group_wait: usual_group_wait(),
            group_interval: usual_group_interval(),
            repeat_interval: usual_repeat_interval(),
            send_resolved: yes(),
            webhook_delay: 0.0,
            min_replicas: one(),
            max_replicas: one(),
        }
    }

    /// The jobs whose metrics are scraped together.
    fn jobs(&self) -> Vec<&str> {
        let mut jobs: Vec<&str> = self.metrics.iter().map(AlertMetric::job).collect();
        jobs.sort_unstable();
        jobs.dedup();
        jobs
    }

    fn clocks_at(&self, phase: f64, start: Nanos) -> Clocks {
        let (scrape, evaluation) = (nanos(self.scrape_interval), nanos(self.evaluation_interval));
        Clocks::new(phase, self.jobs().len(), start, scrape, evaluation)
    }

    /// Scrapes the jobs whose time has come.
    fn scrape(
        &self,
        observation: &Observation,
        clocks: &mut Clocks,
        prometheus: &mut Prometheus,
        now: Nanos,
    ) {
        let interval = nanos(self.scrape_interval);
        let mut unseen = None;
        for (job, (last, next)) in self.jobs().into_iter().zip(&mut clocks.jobs) {
            if *next > now {
                continue;
            }
            for metric in self.metrics.iter().filter(|metric| metric.job() == job) {
                metric.scrape(observation, now, &mut prometheus.series);
            }
            // Before the first scrape there is nothing to be seen since the start.
            unseen = unseen.max(Some(now - last.unwrap_or(0)));
            (*last, *next) = (Some(now), clocks::after(*next, interval, now));
        }
        let Some(unseen) = unseen else { return };
        let keep = self.looks_back();
        prometheus.series.retain_mut(|series| series.forget(now, keep));
        prometheus.look(&self.rules, now, unseen);
    }

    /// How far expressions look back, at most (ns).
    fn looks_back(&self) -> Nanos {
        let selectors = self.rules.iter().flat_map(|rule| rule.expr.selectors());
        selectors.map(|selector| selector.range.saturating_add(selector.offset)).fold(0, Nanos::max)
    }

    /// Does what an alert in a notification asks for.
    fn act(&self, alert: &Received, notification: &Notification, decision: &mut Decision) {
        let Some(rule) = self.rules.get(alert.rule) else { return };
        let Some(mut next) = rule.decide(alert.firing, decision.replicas) else { return };
        next.clamp(self.min_replicas, self.max_replicas);
        next.delays = alert.story.delays(alert.firing, notification.sent_at, self.webhook_delay);
        // Where several alerts have a say, the last that changed something tells why.
        if next.replicas != decision.replicas || decision.metric.is_none() {
            *decision = next;
        }
    }
}
