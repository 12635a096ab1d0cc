//! Samples by series.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Names of labels with their values; that of the metric is `__name__`.
pub type Labels = BTreeMap<String, String>;

/// The label that holds a metric's name.
pub(super) const NAME: &str = "__name__";

/// Nanoseconds after which a sample does not count as the present value any more (Prometheus' `--query.lookback-delta`).
const LOOKBACK: i64 = 300_000_000_000;

/// Samples of one metric with one set of labels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// Its labels, the metric's name among them.
    pub labels: Labels,
    /// In order of time.
    pub points: Vec<Point>,
}

/// A sample.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Nanoseconds since the start of the run.
    pub time: i64,
    /// The value; none marks the series as gone, until the next sample (Prometheus' staleness marker).
    pub value: Option<f64>,
}

impl Series {
    /// A metric's series without samples.
    pub fn new(metric: &str, mut labels: Labels) -> Self {
        labels.insert(NAME.to_owned(), metric.to_owned());
        Self { labels, points: Vec::new() }
    }

    /// The value at a time.
    pub(super) fn at(&self, time: i64) -> Option<f64> {
        let after = self.points.partition_point(|point| point.time <= time);
        let last = self.points.get(after.checked_sub(1)?)?;
        last.value.filter(|_| last.time > time.saturating_sub(LOOKBACK))
    }

    /// The samples after a time until another.
    pub(super) fn between(&self, start: i64, end: i64) -> Vec<(i64, f64)> {
        let within = self.points.iter().filter(|point| point.time > start && point.time <= end);
        within.filter_map(|point| Some((point.time, point.value?))).collect()
    }

    /// Adds a sample, or the mark that there is none.
    pub fn push(&mut self, time: i64, value: Option<f64>) {
        self.points.push(Point { time, value });
    }

    /// Forgets samples that are older than `keep` nanoseconds, but for the latest of them. Is anything but marks left?
    pub fn forget(&mut self, time: i64, keep: i64) -> bool {
        let older = self.points.partition_point(|point| point.time <= time.saturating_sub(keep));
        self.points.drain(..older.saturating_sub(1));
        self.points.iter().any(|point| point.value.is_some())
    }
}
