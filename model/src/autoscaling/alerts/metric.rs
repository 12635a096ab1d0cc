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
    /// `arrivals`, `completions`, `responses` and `response_seconds`; of another service as `SERVICE.queue_length`.
    pub figure: String,
    /// Upper bounds of the buckets of a histogram, in seconds, ascending: of `responses`, whose response times at the service are
    /// counted as `NAME_bucket` with the label `le`, `NAME_count` and `NAME_sum`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub buckets: Vec<f64>,
}

/// One series of a metric.
pub(super) struct Part {
    pub(super) name: String,
    pub(super) labels: Labels,
    figure: String,
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

    /// What is measured for it.
    pub(super) fn signals(&self) -> Vec<Signal> {
        self.parts().into_iter().map(|part| Signal::of_service(part.figure, 0.0)).collect()
    }

    /// Its series, but for those of `up`.
    pub(super) fn parts(&self) -> Vec<Part> {
        if self.buckets.is_empty() {
            return vec![Part {
                name: self.name.clone(),
                labels: self.labels(),
                figure: self.figure.clone(),
            }];
        }
        let part = |suffix: &str, figure: String| Part {
            name: format!("{}_{suffix}", self.name),
            labels: self.labels(),
            figure,
        };
        let bucket = |le: String, figure: String| {
            let mut bucket = part("bucket", figure);
            bucket.labels.insert("le".to_owned(), le);
            bucket
        };
        let within = |bound: &f64| bucket(bound.to_string(), format!("{}<={bound}", self.figure));
        let mut parts: Vec<Part> = self.buckets.iter().map(within).collect();
        parts.push(bucket("+Inf".to_owned(), self.figure.clone()));
        parts.push(part("count", self.figure.clone()));
        let service =
            self.figure.rsplit_once('.').map_or(String::new(), |(service, _)| format!("{service}."));
        parts.push(part("sum", format!("{service}{}", Quantity::ResponseSeconds.name())));
        parts
    }

    /// What is wrong with it, if anything is.
    pub(super) fn problem(&self) -> Option<String> {
        let quantity = Signal::of_service(&self.figure, 0.0).parse().map(|(_, quantity)| quantity);
        if self.is_up() && quantity.is_some_and(|quantity| quantity != Quantity::ReadyReplicas) {
            return Some("the figure of \"up\" is ready_replicas, of this service or of another".to_owned());
        }
        if self.buckets.is_empty() {
            return None;
        }
        if quantity != Some(Quantity::Responses) {
            return Some(format!("the figure of \"{}\", which has buckets, is responses", self.name));
        }
        let is_ascending = self.buckets.windows(2).all(|pair| pair[0] < pair[1]);
        let are_bounds = self.buckets.iter().all(|bound| *bound > 0.0 && bound.is_finite());
        let message = || format!("the buckets of \"{}\" must be positive, finite and ascending", self.name);
        (!is_ascending || !are_bounds).then(message)
    }

    /// Its labels.
    pub fn labels(&self) -> Labels {
        self.labels.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    /// Adds what a scrape finds to the series, and marks those as stale that it does not find.
    pub(super) fn scrape(&self, observation: &Observation, time: Nanos, series: &mut Vec<Series>) {
        if !self.is_up() {
            for Part { name, labels, figure } in self.parts() {
                let value = observation.reading(&figure, 0.0);
                sample(series, &Series::new(&name, labels), time, value);
            }
            return;
        }
        let value = observation.reading(&self.figure, 0.0);
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
