//! A figure of a prediction by its name, as in `p95` or `crop.utilization`.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Metric, Multiplicity, Prediction, Service, System, Workload, WorkloadResult, feature};

/// Which figure of a prediction: `mean`, `p95`, `throughput`, `makespan` … of the workload, or
/// `service.utilization`, `workload.p95`, `host.utilization`, `service/operation.mean` of an element.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
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
    /// Can a prediction of the system have it?
    ///
    /// # Errors
    /// An element that the system does not have, or one that has no such figure.
    pub fn check(&self, system: &System) -> Result<(), MetricError> {
        let figure = self.figure.as_str();
        let Some(element) = &self.element else {
            return match system.workloads.as_slice() {
                [only] if self.is_of_workload(only, system) => Ok(()),
                [_] => Err(MetricError::Absent(self.to_string())),
                several => Err(MetricError::Ambiguous {
                    figure: figure.into(),
                    workloads: several.iter().map(|workload| workload.name.clone()).collect(),
                }),
            };
        };
        let workload = system.workloads.iter().find(|workload| workload.name == *element);
        let service = system.service(element);
        let owner = system.operations().find(|(name, _)| name.to_string() == *element);
        let owner = owner.and_then(|(name, _)| system.service(name.service()));
        let host = system.hosts.iter().find(|host| host.name == *element);
        if workload.is_none() && service.is_none() && owner.is_none() && host.is_none() {
            return Err(MetricError::UnknownElement(element.clone()));
        }
        let found = workload.is_some_and(|workload| self.is_of_workload(workload, system))
            || service.is_some_and(|service| figure == "queue_length" || self.is_of_service(service))
            || owner.is_some_and(|service| figure == "mean" || self.is_of_service(service))
            || host.is_some_and(|_| figure == "utilization");
        if found { Ok(()) } else { Err(MetricError::Absent(self.to_string())) }
    }

    fn is_of_workload(&self, workload: &Workload, system: &System) -> bool {
        match self.figure.as_str() {
            "makespan" => workload.load.is_finite(),
            "errors" => feature::features(system).iter().any(|(feature, _)| feature.can_fail()),
            "throughput" | "mean" => true,
            figure => figure.starts_with('p'),
        }
    }

    /// Has a service such a figure, and has each of its operations?
    fn is_of_service(&self, service: &Service) -> bool {
        match self.figure.as_str() {
            "throughput" | "utilization" => true,
            "waiting_time" => {
                service.concurrency != Multiplicity::Infinite
                    || service.lock.is_some()
                    || service.rate_limit.is_some()
            }
            "loss_rate" | "loss_share" => service.can_lose(),
            _ => false,
        }
    }

    /// Is it a time, in seconds?
    pub fn is_time(&self) -> bool {
        matches!(
            self.figure.as_str(),
            "makespan" | "mean" | "p50" | "p90" | "p95" | "p99" | "p999" | "p9999" | "waiting_time"
        )
    }

    /// The column of a [series](crate::Series) that has the figure over time, if there is one.
    pub fn column(&self, prediction: &Prediction) -> Option<String> {
        let element = match (&self.element, prediction.workloads.len()) {
            (Some(element), _) => element,
            (None, 1) => prediction.workloads.keys().next()?,
            (None, _) => return None,
        };
        let figure = if self.figure == "mean" { "response_time" } else { &self.figure };
        let column = format!("{element}.{figure}");
        prediction.series.as_ref()?.columns.contains_key(&column).then_some(column)
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

impl TryFrom<String> for MetricPath {
    type Error = MetricError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<MetricPath> for String {
    fn from(path: MetricPath) -> Self {
        path.to_string()
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures;

    #[test]
    fn what_a_system_can_have() {
        let mut system = fixtures::three_tiers(1.0);
        system.services[0].queue_capacity = Some(3);
        let of = |text: &str| text.parse::<MetricPath>().unwrap().check(&system);
        let workload = system.workloads[0].name.clone();
        for text in [
            "p99.9",
            "throughput",
            "errors",
            "web.utilization",
            "web.queue_length",
            "web.loss_share",
            "web/handle.mean",
            "web/handle.waiting_time",
            &format!("{workload}.mean"),
        ] {
            assert_eq!(of(text), Ok(()), "{text}");
        }
        for text in ["makespan", "queue_length", "web.mean", "web/handle.queue_length", "database.loss_share"]
        {
            assert_eq!(of(text), Err(MetricError::Absent(text.into())), "{text}");
        }
        assert_eq!(of("nobody.p95"), Err(MetricError::UnknownElement("nobody".into())));
        system.workloads.push(Workload { name: "second".into(), ..system.workloads[0].clone() });
        let several = "p95".parse::<MetricPath>().unwrap().check(&system);
        assert!(matches!(several, Err(MetricError::Ambiguous { .. })), "{several:?}");
    }

    #[test]
    fn files_have_them_as_text() {
        let path: MetricPath = serde_json::from_str("\"web/handle.p99.9\"").unwrap();
        assert_eq!(serde_json::to_string(&path).unwrap(), "\"web/handle.p999\"");
        assert!(serde_json::from_str::<MetricPath>("\"web.speed\"").is_err());
    }
}
