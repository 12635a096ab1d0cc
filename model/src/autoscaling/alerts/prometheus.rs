//! Prometheus: what it has scraped, and the states of its alerts.

use serde::{Deserialize, Serialize};

use super::alertmanager::Received;
use super::clocks::{Nanos, nanos};
use super::rule::AlertRule;
use super::story::Story;
use crate::autoscaling::promql::{Labels, Series};

/// The state of Prometheus.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Prometheus {
    /// Samples, as long as rules look back.
    pub series: Vec<Series>,
    /// Alerts that are pending or fire.
    pub alerts: Vec<Alert>,
    /// What the samples show, whether an evaluation has found it yet or not.
    pub shown: Vec<Shown>,
}

/// An alert (rules/alerting.go): pending, then firing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// The place of its rule.
    pub rule: usize,
    /// Its labels, `alertname` among them.
    pub labels: Labels,
    /// The first evaluation that found it true (ns).
    pub active_at: Nanos,
    /// The evaluation from which on it fires (ns).
    pub fired_at: Option<Nanos>,
    /// The first evaluation that did not find it true any more (ns).
    pub ended_at: Option<Nanos>,
    /// How it came to be.
    pub story: Story,
}

/// Since when samples show a condition, or do not any more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shown {
    /// The place of its rule.
    pub rule: usize,
    /// The labels of its alert.
    pub labels: Labels,
    /// Is it true?
    pub holds: bool,
    /// Since which scrape (ns).
    pub since: Nanos,
    /// How long before that the scrape before it was (ns).
    pub unseen: Nanos,
}

impl Prometheus {
    /// Notes what rules would find right after a scrape, `unseen` nanoseconds after the one before it.
    pub(super) fn look(&mut self, rules: &[AlertRule], time: Nanos, unseen: Nanos) {
        for (place, rule) in rules.iter().enumerate() {
            let Ok(found) = conditions(rule, &self.series, time) else { continue };
            for shown in self.shown.iter_mut().filter(|shown| shown.rule == place) {
                let holds = found.contains(&shown.labels);
                if holds != shown.holds {
                    (shown.holds, shown.since, shown.unseen) = (holds, time, unseen);
                }
            }
            for labels in found {
                if !self.shown.iter().any(|shown| shown.rule == place && shown.labels == labels) {
                    self.shown.push(Shown { rule: place, labels, holds: true, since: time, unseen });
                }
            }
        }
        let alerts = &self.alerts;
        let is_alert = |shown: &Shown| alerts.iter().any(|alert| alert.is(shown.rule, &shown.labels));
        self.shown.retain(|shown| shown.holds || is_alert(shown));
    }

    /// How a condition came to be found as it is by an evaluation.
    fn story(&self, rule: usize, labels: &Labels, holds: bool, time: Nanos) -> Story {
        let known = self.shown.iter().find(|shown| shown.rule == rule && shown.labels == *labels);
        let known = known.filter(|shown| shown.holds == holds);
        Story {
            unseen: known.map_or(0, |shown| shown.unseen),
            shown_at: known.map_or(time, |shown| shown.since),
            found_at: time,
            settled_at: time,
        }
    }

    /// Evaluates all rules. Alerts that begin or cease to fire are sent to the Alertmanager at once.
    ///
    /// A condition makes a pending alert, which fires at the first evaluation `for` or more after the one that made it, the
    /// same one where `for` is 0: so `for` counts as the next multiple of the evaluation interval (concluded). One evaluation
    /// without it ends a pending alert; one that fires is resolved, unless less than `keep_firing_for` has passed since the
    /// first such evaluation. A rule whose expression fails changes nothing.
    ///
    /// Prometheus sends alerts that fire again every minute (`--rules.alert.resend-delay`), each time with an end in four
    /// minutes or four intervals, and resolved ones for 15 minutes more. Where everything arrives, none of that changes what the
    /// Alertmanager does (concluded: the end never comes, and a group made of resolved alerts is flushed and gone at once).
    pub(super) fn evaluate(&mut self, rules: &[AlertRule], time: Nanos) -> Vec<Received> {
        let mut sent = Vec::new();
        for (place, rule) in rules.iter().enumerate() {
            let Ok(found) = conditions(rule, &self.series, time) else { continue };
            let (own, others): (Vec<Alert>, Vec<Alert>) =
                std::mem::take(&mut self.alerts).into_iter().partition(|alert| alert.rule == place);
            self.alerts = others;
            for labels in found.iter().filter(|labels| !own.iter().any(|alert| alert.labels == **labels)) {
                let alert = Alert {
                    rule: place,
                    labels: labels.clone(),
                    active_at: time,
                    fired_at: None,
                    ended_at: None,
                    story: self.story(place, labels, true, time),
                };
                self.alerts.extend(alert.step(rule, true, time, &mut sent));
            }
            for mut alert in own {
                let holds = found.contains(&alert.labels);
                if !holds && alert.ended_at.is_none() {
                    alert.ended_at = Some(time);
                    if alert.fired_at.is_some() {
                        alert.story = self.story(place, &alert.labels, false, time);
                    }
                }
                self.alerts.extend(alert.step(rule, holds, time, &mut sent));
            }
        }
        sent
    }
}

impl Alert {
    fn is(&self, rule: usize, labels: &Labels) -> bool {
        self.rule == rule && self.labels == *labels
    }

    /// What becomes of it at an evaluation; none where it is over.
    fn step(mut self, rule: &AlertRule, holds: bool, time: Nanos, sent: &mut Vec<Received>) -> Option<Self> {
        if holds {
            self.ended_at = None;
        }
        let ended_at = self.ended_at.unwrap_or(time);
        match (self.fired_at, holds) {
            (None, true) if time - self.active_at >= nanos(rule.pending) => {
                self.fired_at = Some(time);
                self.story.settled_at = time;
                sent.push(self.received(true));
                Some(self)
            }
            (_, true) => Some(self),
            (None, false) => None,
            (Some(_), false) if time - ended_at < nanos(rule.keep_firing_for) => Some(self),
            (Some(_), false) => {
                self.story.settled_at = time;
                sent.push(self.received(false));
                None
            }
        }
    }

    fn received(&self, firing: bool) -> Received {
        Received { rule: self.rule, labels: self.labels.clone(), firing, story: self.story }
    }
}

/// The labels of the alerts that a rule has now.
fn conditions(rule: &AlertRule, series: &[Series], time: Nanos) -> Result<Vec<Labels>, String> {
    let values = rule.expr.evaluate(series, time)?;
    let with_own = |mut labels: Labels| {
        labels.remove("__name__");
        labels.extend(rule.labels.iter().map(|(name, value)| (name.clone(), value.clone())));
        labels.insert("alertname".to_owned(), rule.alert.clone());
        labels
    };
    Ok(values.into_iter().map(|(labels, _)| with_own(labels)).collect())
}
