//! Who evaluates alerting rules and who is told: configurations of Prometheus and of Alertmanager, and what the receiver of the
//! notifications does, which stands in no file of theirs.

use indexmap::IndexMap;
use tracecast_model::autoscaling::alerts::{AlertMetric, ScaleAction};

use super::Target;
use super::fields::Fields;

/// What configurations say of alerts, until the rules are read; what they leave out is as documented.
#[derive(Clone, Debug, Default)]
pub(super) struct Alerting {
    pub(super) scrape_interval: Option<f64>,
    pub(super) evaluation_interval: Option<f64>,
    pub(super) group_by: Vec<String>,
    pub(super) group_wait: Option<f64>,
    pub(super) group_interval: Option<f64>,
    pub(super) repeat_interval: Option<f64>,
    pub(super) send_resolved: Option<bool>,
    pub(super) metrics: Vec<AlertMetric>,
    /// By the names of services.
    pub(super) receivers: IndexMap<String, Receiver>,
}

/// What the receiver of notifications does to a service.
#[derive(Clone, Debug, Default)]
pub(super) struct Receiver {
    pub(super) min_replicas: Option<u32>,
    pub(super) max_replicas: Option<u32>,
    pub(super) webhook_delay: f64,
    /// By the names of alerts: where they fire, and where they are resolved.
    pub(super) actions: IndexMap<String, (ScaleAction, Option<ScaleAction>)>,
}

/// `prometheus.yml`.
pub(super) fn is_prometheus(fields: &Fields<'_>) -> bool {
    fields.peek("kind").is_none()
        && (fields.peek("scrape_configs").is_some() || fields.peek("global.scrape_interval").is_some())
}

pub(super) fn prometheus(fields: &Fields<'_>, target: &mut Target<'_>) {
    for (name, interval) in [
        ("scrape_interval", &mut target.alerting.scrape_interval),
        ("evaluation_interval", &mut target.alerting.evaluation_interval),
    ] {
        if let Some(seconds) = fields.seconds(&format!("global.{name}")) {
            *interval = Some(seconds);
            target.account.set.push(format!("{name} of alerts = {seconds} s"));
        }
    }
    for job in fields.items("scrape_configs") {
        if job.peek("scrape_interval").is_some() {
            target.leave(format!("{}.scrape_interval: all jobs are scraped at one interval", job.path()));
        }
        job.dismiss_all();
    }
    for silent in ["rule_files", "alerting", "scrape_configs", "global.external_labels", "storage"] {
        fields.dismiss(silent);
    }
}

/// `alertmanager.yml`.
pub(super) fn is_alertmanager(fields: &Fields<'_>) -> bool {
    fields.peek("kind").is_none() && fields.peek("route.receiver").is_some()
}

pub(super) fn alertmanager(fields: &Fields<'_>, target: &mut Target<'_>) {
    let mut set = Vec::new();
    let mut read = |name: &str| {
        let seconds = fields.seconds(&format!("route.{name}"))?;
        set.push(format!("{name} of alerts = {seconds} s"));
        Some(seconds)
    };
    let waits = ["group_wait", "group_interval", "repeat_interval"].map(&mut read);
    let [group_wait, group_interval, repeat_interval] = waits;
    let group_by: Vec<String> = fields.items("route.group_by").iter().filter_map(Fields::as_text).collect();
    if !group_by.is_empty() {
        set.push(format!("group_by of alerts = {}", group_by.join(", ")));
    }
    let name = fields.text("route.receiver");
    for receiver in fields.items("receivers") {
        let is_it = receiver.text("name") == name;
        for webhook in receiver.items("webhook_configs") {
            let resolved = webhook.text("send_resolved").map(|text| text == "true");
            if is_it {
                target.alerting.send_resolved = resolved;
            }
            webhook.dismiss("url");
        }
        receiver.dismiss_all();
    }
    if fields.peek("route.routes").is_some() {
        fields.dismiss("route.routes");
        target.leave("route.routes: all alerts take the first route");
    }
    let alerting = &mut target.alerting;
    **alerting =
        Alerting { group_wait, group_interval, repeat_interval, group_by, ..std::mem::take(alerting) };
    target.account.set.extend(set);
    for silent in ["templates", "inhibit_rules", "global"] {
        fields.dismiss(silent);
    }
}

/// A document of our own.
pub(super) fn is_actions(fields: &Fields<'_>) -> bool {
    fields.peek("kind").and_then(serde_json::Value::as_str) == Some("AlertActions")
}

pub(super) fn actions(fields: &Fields<'_>, target: &mut Target<'_>) {
    for metric in fields.items("metrics") {
        let labels = metric.texts("labels");
        if let (Some(name), Some(figure)) = (metric.text("name"), metric.text("figure")) {
            let buckets = metric.items("buckets").iter().filter_map(Fields::as_number).collect();
            target.alerting.metrics.push(AlertMetric { name, labels, figure, buckets });
        }
    }
    for (name, part) in fields.entries("services") {
        let mut receiver = Receiver {
            min_replicas: part.count("min_replicas"),
            max_replicas: part.count("max_replicas"),
            webhook_delay: part.seconds("webhook_delay").unwrap_or(0.0),
            ..Receiver::default()
        };
        for (alert, actions) in part.entries("alerts") {
            if let Some(firing) = action(&actions, "firing") {
                let resolved = actions.at("resolved").and_then(|_| action(&actions, "resolved"));
                receiver.actions.insert(alert.to_owned(), (firing, resolved));
            }
        }
        target.alerting.receivers.insert(name.to_owned(), receiver);
    }
}

/// `{ set: 5 }`, `{ add: 1 }` or `{ remove: 1 }`.
fn action(of: &Fields<'_>, path: &str) -> Option<ScaleAction> {
    let Some(part) = of.at(path) else {
        of.refuse("what it does, as { firing: { set: 5 } }");
        return None;
    };
    let known = [
        part.count("set").map(ScaleAction::Set),
        part.count("add").map(ScaleAction::Add),
        part.count("remove").map(ScaleAction::Remove),
    ];
    let known = known.into_iter().flatten().next();
    if known.is_none() {
        part.refuse("set, add or remove with a number of replicas");
    }
    known
}
