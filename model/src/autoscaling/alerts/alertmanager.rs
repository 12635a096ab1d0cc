//! Alertmanager: groups of alerts, and when they are sent.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::clocks::{Nanos, nanos};
use super::story::Story;
use super::{Alerts, clocks};
use crate::autoscaling::promql::Labels;

/// An alert as the Alertmanager knows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Received {
    /// The place of its rule.
    pub rule: usize,
    /// Its labels.
    pub labels: Labels,
    /// It fires, or is resolved.
    pub firing: bool,
    /// How it came to be.
    pub story: Story,
}

/// The state of the Alertmanager.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Alertmanager {
    /// Groups with an alert in them.
    pub groups: Vec<Group>,
    /// What was sent last, by the labels of the group; it outlives the group.
    pub log: Vec<Logged>,
    /// Notifications on their way.
    pub sent: Vec<Notification>,
}

/// Alerts that are sent together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// The labels that they share.
    pub labels: Labels,
    /// The alerts.
    pub alerts: Vec<Received>,
    /// When it looks next whether there is something to send (ns since the start of the run).
    pub flush_at: Nanos,
}

/// What was sent last for a group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Logged {
    /// The labels of the group.
    pub group: Labels,
    /// When it had been sent (ns since the start of the run).
    pub at: Nanos,
    /// Labels of the alerts that fired.
    pub firing: Vec<Labels>,
    /// Labels of those that were resolved.
    pub resolved: Vec<Labels>,
}

/// A notification on its way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Notification {
    /// When it was sent and when it arrives (ns since the start of the run).
    pub sent_at: Nanos,
    /// When it arrives.
    pub arrives_at: Nanos,
    /// The alerts in it.
    pub alerts: Vec<Received>,
}

impl Alertmanager {
    /// Takes an alert into its group. A new group looks at its alerts after `group_wait` for the first time
    /// (dispatch/dispatch.go). That it does so at once where the alert has been firing for longer never comes to pass here: a
    /// group that is not there has no alert that has been firing (concluded).
    pub(super) fn receive(&mut self, settings: &Alerts, alert: Received, time: Nanos) {
        let labels = settings.group_of(&alert.labels);
        let Some(group) = self.groups.iter_mut().find(|group| group.labels == labels) else {
            let flush_at = time + nanos(settings.group_wait);
            return self.groups.push(Group { labels, alerts: vec![alert], flush_at });
        };
        match group.alerts.iter_mut().find(|known| known.labels == alert.labels) {
            Some(known) => *known = alert,
            None => group.alerts.push(alert),
        }
    }

    /// Looks at the groups whose time has come, sends what is to be sent, and forgets alerts that are resolved. A group without
    /// alerts is gone, and its next alert waits for `group_wait` again.
    pub(super) fn flush(&mut self, settings: &Alerts, time: Nanos) {
        for mut group in std::mem::take(&mut self.groups) {
            if group.flush_at > time {
                self.groups.push(group);
                continue;
            }
            group.flush_at = clocks::after(group.flush_at, nanos(settings.group_interval), time);
            self.notify(settings, &group, time);
            group.alerts.retain(|alert| alert.firing);
            if !group.alerts.is_empty() {
                self.groups.push(group);
            }
        }
    }

    fn notify(&mut self, settings: &Alerts, group: &Group, time: Nanos) {
        let labels = |firing: bool| {
            let those = group.alerts.iter().filter(move |alert| alert.firing == firing);
            those.map(|alert| alert.labels.clone()).collect::<Vec<Labels>>()
        };
        let (firing, resolved) = (labels(true), labels(false));
        let last = self.log.iter().find(|logged| logged.group == group.labels);
        if !settings.needs_update(last, &firing, &resolved, time) {
            return;
        }
        let mut arrives_at = time;
        let mut alerts = group.alerts.clone();
        alerts.retain(|alert| alert.firing || settings.send_resolved);
        if !alerts.is_empty() {
            arrives_at = time + nanos(settings.webhook_delay);
            alerts.sort_by(|a, b| order(&a.labels, &b.labels));
            self.sent.push(Notification { sent_at: time, arrives_at, alerts });
        }
        self.log.retain(|logged| logged.group != group.labels);
        self.log.push(Logged { group: group.labels.clone(), at: arrives_at, firing, resolved });
    }

    /// Notifications that have arrived.
    pub(super) fn arrived(&mut self, time: Nanos) -> Vec<Notification> {
        let (arrived, under_way) = self.sent.drain(..).partition(|sent| sent.arrives_at <= time);
        self.sent = under_way;
        arrived
    }

    /// When something happens next.
    pub(super) fn next(&self) -> Option<Nanos> {
        let flushes = self.groups.iter().map(|group| group.flush_at);
        flushes.chain(self.sent.iter().map(|sent| sent.arrives_at)).min()
    }
}

impl Alerts {
    /// Is there something to send (DedupStage.needsUpdate in notify/notify.go)? An alert that was not sent as firing; the
    /// end of all that were; the end of one, if that is sent; or the last notification was more than `repeat_interval` ago.
    ///
    /// That time is noted after the sending, and compared with that of the flush for being before it. So the same is sent again
    /// at the first flush later than `repeat_interval` and the time of sending after the last: where `repeat_interval` is a
    /// multiple of `group_interval`, one `group_interval` later than it says (concluded from the code; the documentation
    /// rounds it up to the next multiple). Sending takes some time always, so this holds for a delay of 0, too.
    fn needs_update(
        &self,
        last: Option<&Logged>,
        firing: &[Labels],
        resolved: &[Labels],
        time: Nanos,
    ) -> bool {
        let Some(last) = last else { return !firing.is_empty() };
        if !firing.iter().all(|labels| last.firing.contains(labels)) {
            return true;
        }
        if firing.is_empty() {
            return !last.firing.is_empty();
        }
        if self.send_resolved && !resolved.iter().all(|labels| last.resolved.contains(labels)) {
            return true;
        }
        last.at < time - nanos(self.repeat_interval)
    }

    /// The labels of an alert's group.
    fn group_of(&self, labels: &Labels) -> Labels {
        let counts = |name: &String| self.group_by.iter().any(|by| by == name || by == "...");
        labels.iter().filter(|(name, _)| counts(name)).map(|(n, v)| (n.clone(), v.clone())).collect()
    }
}

/// The order of alerts in a notification (AlertSlice in types/types.go, LabelSet.Before in prometheus/common): by job, by
/// instance, then the smaller set of labels, then by the first label that differs.
fn order(a: &Labels, b: &Labels) -> Ordering {
    for name in ["job", "instance"] {
        let order = match (a.get(name), b.get(name)) {
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (a, b) => a.cmp(&b),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
    let names = a.keys().chain(b.keys()).collect::<std::collections::BTreeSet<_>>();
    let first = names.into_iter().map(|name| a.get(name).cmp(&b.get(name))).find(|o| *o != Ordering::Equal);
    a.len().cmp(&b.len()).then(first.unwrap_or(Ordering::Equal))
}
