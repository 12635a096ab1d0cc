//! What the metrics of rules are in the simulated system, and how they are scraped.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::clocks::Nanos;
use crate::autoscaling::promql::{Labels, Series};
use crate::autoscaling::{Observation, Quantity, Signal};

/// A metric that rules look at.
///
/// `up` is Prometheus' own: a series of value 1 for each replica that is ready, told apart by the label `instance`, whose
/// figure is `ready_replicas`. Any other metric is one series. Metrics of one `job` (a label; without it, all those without) are
/// scraped at the same time. Prometheus scrapes every target at a time of its own; here the replicas of a job are scraped
/// together, and known as soon as they are ready, where a service discovery would take its time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlertMetric {
    /// Its name in expressions.
    pub name: String,
    /// Its labels.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub labels: IndexMap<String, String>,
    /// What it is at the instant of a scrape: `queue_length`, `concurrency`, `ready_replicas`, `replicas`, and the counters
    /// `arrivals` and `completions`; of another service as `SERVICE.queue_length`.
    pub figure: String,
}

/// The metric that Prometheus makes of each target.
const UP: &str = "up";

impl AlertMetric {
    /// Whose scrape it comes with.
    pub(super) fn job(&self) -> &str {
        self.labels.get("job").map_or("", String::as_str)
    }

    pub(super) fn is_up(&self) -> bool {
        self.name == UP
    }

    pub(super) fn signal(&self) -> Signal {
        Signal::of_service(&self.figure, 0.0)
    }

    /// Is it what it can be?
    pub(super) fn is_sound(&self) -> bool {
        let quantity = self.signal().parse().map(|(_, quantity)| quantity);
        !self.is_up() || quantity.is_none_or(|quantity| quantity == Quantity::ReadyReplicas)
    }

    /// Its labels.
    pub fn labels(&self) -> Labels {
        self.labels.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    /// Adds what a scrape finds to the series, and marks those as stale that it does not find.
    pub(super) fn scrape(&self, observation: &Observation, time: Nanos, series: &mut Vec<Series>) {
        let value = observation.reading(&self.figure, 0.0);
        if !self.is_up() {
            return sample(series, &Series::new(&self.name, self.labels()), time, value);
        }
        let ready = value.unwrap_or(0.0) as u32;
        let mut found: Vec<Series> = Vec::new();
        for replica in 0..ready {
            let mut labels = self.labels();
            labels.insert("instance".to_owned(), replica.to_string());
            found.push(Series::new(UP, labels));
        }
        let own = Series::new(UP, self.labels()).labels;
        for gone in series.iter_mut().filter(|series| {
            let is_own = own.iter().all(|(name, value)| series.labels.get(name) == Some(value));
            is_own && !found.iter().any(|one| one.labels == series.labels)
        }) {
            if gone.points.last().is_some_and(|point| point.value.is_some()) {
                gone.push(time, None);
            }
        }
        found.iter().for_each(|one| sample(series, one, time, Some(1.0)));
    }
}

/// Adds a sample to the series of these labels, which may be new.
fn sample(series: &mut Vec<Series>, of: &Series, time: Nanos, value: Option<f64>) {
    let known = series.iter().position(|series| series.labels == of.labels);
    let place = known.unwrap_or_else(|| {
        series.push(of.clone());
        series.len() - 1
    });
    series[place].push(time, value);
}
