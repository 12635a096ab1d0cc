//! A figure of a prediction by its name, as in `p95` or `crop.utilization`.

use std::fmt;
use std::str::FromStr;

use tracecast_model::{Metric, Prediction, WorkloadResult};

/// Which figure of a prediction: `mean`, `p95`, `throughput`, `makespan` … of the workload, or
/// `service.utilization`, `workload.p95`, `host.utilization`, `service/operation.mean` of an element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetricPath {
    element: Option<String>,
    figure: String,
}

/// Why a figure cannot be given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MetricError {
    /// A word that names no figure.
    #[error("there is no metric \"{0}\"; there are {known}", known = FIGURES.join(", "))]
    UnknownFigure(String),
    /// An element that the prediction does not have.
    #[error("the prediction has no workload, service, operation or host \"{0}\"")]
    UnknownElement(String),
    /// The prediction has the element, but not that figure of it.
    #[error("the prediction has no {0}")]
    Absent(String),
    /// No element named, and there are several workloads.
    #[error("{figure} of which workload? There are {}", .workloads.join(", "))]
    Ambiguous {
        /// The figure.
        figure: String,
        /// The workloads.
        workloads: Vec<String>,
    },
}

const FIGURES: [&str; 15] = [
    "errors",
    "loss_rate",
    "loss_share",
    "makespan",
    "mean",
    "p50",
    "p90",
    "p95",
    "p99",
    "p999",
    "p9999",
    "queue_length",
    "throughput",
    "utilization",
    "waiting_time",
];

impl MetricPath {
    /// Is it a time, in seconds?
    pub fn is_time(&self) -> bool {
        matches!(
            self.figure.as_str(),
            "makespan" | "mean" | "p50" | "p90" | "p95" | "p99" | "p999" | "p9999" | "waiting_time"
        )
    }

    /// Is it a part of a whole?
    pub fn is_share(&self) -> bool {
        matches!(self.figure.as_str(), "errors" | "loss_share")
    }

    /// Looks the figure up.
    ///
    /// # Errors
    /// What the prediction does not have.
    pub fn of(&self, prediction: &Prediction) -> Result<Metric, MetricError> {
        let found = match &self.element {
            None => match prediction.workloads.len() {
                1 => prediction.workloads.values().next().and_then(|workload| self.of_workload(workload)),
                _ => {
                    return Err(MetricError::Ambiguous {
                        figure: self.figure.clone(),
                        workloads: prediction.workloads.keys().cloned().collect(),
                    });
                }
            },
            Some(element) => self.of_element(element, prediction)?,
        };
        found.ok_or_else(|| MetricError::Absent(self.to_string()))
    }

    fn of_element(&self, element: &str, prediction: &Prediction) -> Result<Option<Metric>, MetricError> {
        let workload = prediction.workloads.get(element).and_then(|workload| self.of_workload(workload));
        let figure = self.figure.as_str();
        let service = || {
            prediction.services.get(element).and_then(|service| match figure {
                "throughput" => service.throughput,
                "utilization" => service.utilization,
                "queue_length" => service.queue_length,
                "waiting_time" => service.waiting_time,
                "loss_rate" => service.loss_rate,
                "loss_share" => service.loss_share,
                _ => None,
            })
        };
        let operation = || {
            prediction.operations.get(element).and_then(|operation| match figure {
                "throughput" => operation.throughput,
                "utilization" => operation.utilization,
                "mean" => operation.response_time,
                "waiting_time" => operation.waiting_time,
                "loss_rate" => operation.loss_rate,
                "loss_share" => operation.loss_share,
                _ => None,
            })
        };
        let host = || {
            prediction.hosts.get(element).and_then(|host| match figure {
                "utilization" => host.utilization,
                _ => None,
            })
        };
        let known = prediction.workloads.contains_key(element)
            || prediction.services.contains_key(element)
            || prediction.operations.contains_key(element)
            || prediction.hosts.contains_key(element);
        if !known {
            return Err(MetricError::UnknownElement(element.into()));
        }
        Ok(workload.or_else(service).or_else(operation).or_else(host))
    }

    fn of_workload(&self, workload: &WorkloadResult) -> Option<Metric> {
        let time = workload.response_time;
        match self.figure.as_str() {
            "throughput" => workload.throughput,
            "makespan" => workload.makespan,
            "mean" => time.map(|time| time.metric()),
            "errors" if workload.failed_share.is_some() => workload.failed_share,
            "errors" => {
                let share = workload.failed? as f64 / workload.started.filter(|&n| n > 0)? as f64;
                Some(Metric::exact(share))
            }
            percentile => time?.percentile(percentile),
        }
    }
}

impl fmt::Display for MetricPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.element {
            Some(element) => write!(f, "{element}.{}", self.figure),
            None => f.write_str(&self.figure),
        }
    }
}

/// As people write them, 99.9 % is p99.9.
fn spelled_out(text: &str) -> String {
    for (written, figure) in [("p99.99", "p9999"), ("p99.9", "p999")] {
        if let Some(element) = text.strip_suffix(written) {
            return format!("{element}{figure}");
        }
    }
    text.to_owned()
}

impl FromStr for MetricPath {
    type Err = MetricError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = spelled_out(text.trim());
        let (element, figure) = match text.rsplit_once('.') {
            Some((element, figure)) => (Some(element.to_string()), figure),
            None => (None, text.as_str()),
        };
        if !FIGURES.contains(&figure) {
            return Err(MetricError::UnknownFigure(figure.into()));
        }
        Ok(Self { element, figure: figure.into() })
    }
}
