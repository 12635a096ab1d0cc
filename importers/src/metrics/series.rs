//! Values over time.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// Values of one thing over time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// What the file calls it; empty where it has no name (the result of a Prometheus expression).
    pub name: String,
    /// What it is, where that is known. Whoever knows more sets it.
    pub quantity: Quantity,
    /// What it is measured in.
    pub unit: Unit,
    /// How its values follow from each other.
    pub kind: Kind,
    /// What tells it apart from others of its name; e.g. `pod`, `operation`, and `quantile` ("0.95") as in Prometheus.
    pub labels: IndexMap<String, String>,
    /// Its values, in the order of the file.
    pub points: Vec<Point>,
}

/// A value at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Seconds since 1970.
    pub at: f64,
    /// Finite.
    pub value: f64,
}

/// What a series is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// Requests.
    Requests,
    /// Requests that failed.
    Failures,
    /// Response times.
    Latency,
    /// Processor time; in cores, their share, or seconds of it so far.
    Processor,
    /// Memory.
    Memory,
    /// Users of a load generator.
    Users,
    /// Anything else.
    Other,
}

/// What values are measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Seconds.
    Seconds,
    /// Per second.
    PerSecond,
    /// Cores: seconds of processor time per second.
    Cores,
    /// A share, 0 to 1.
    Share,
    /// Bytes.
    Bytes,
    /// A number, or something that the file does not tell.
    Number,
}

/// How the values of a series follow from each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Each is the state at its time.
    Gauge,
    /// Each is the sum so far. It begins anew, from 0, where what counts was restarted.
    Cumulative,
    /// Each is what came to it at its time.
    Increment,
}

impl Series {
    /// The value of a label.
    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels.get(name).map(String::as_str)
    }

    /// How much a sum grew between its points, each with the time when it grew: from one point to the next. A value that
    /// is less than the one before began anew from 0, as in Prometheus' `increase`.
    pub(super) fn growth(&self) -> impl Iterator<Item = (f64, f64, f64)> {
        self.points.windows(2).filter_map(|pair| match pair {
            [from, to] if to.at > from.at => {
                let grown = if to.value < from.value { to.value } else { to.value - from.value };
                Some((from.at, to.at, grown.max(0.0)))
            }
            _ => None,
        })
    }

    /// Its mean over time: of a sum its growth per second, else the mean of its values, which are as far apart as those
    /// who recorded them chose. None without points.
    pub fn mean(&self) -> Option<f64> {
        if self.kind == Kind::Cumulative {
            let (time, sum) = self
                .growth()
                .fold((0.0, 0.0), |(time, sum), (from, to, grown)| (time + to - from, sum + grown));
            return (time > 0.0).then(|| sum / time);
        }
        let sum: f64 = self.points.iter().map(|point| point.value).sum();
        (!self.points.is_empty()).then(|| sum / self.points.len() as f64)
    }
}
