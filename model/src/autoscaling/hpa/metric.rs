//! What an HPA scales on.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::per_replica::{Measure, per_replica};
use super::{Hpa, Proposal};
use crate::autoscaling::{Observation, Problems, Quantity, Signal};
use crate::{Code, seconds};

/// A metric and its target (Kubernetes' MetricSpec).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum HpaMetric {
    /// A resource that replicas use, on average: `average_utilization` or `average_value`.
    Resource {
        /// `cpu`.
        #[serde(default = "cpu")]
        name: String,
        /// What it should be.
        target: HpaTarget,
    },
    /// The same of one container of each replica. A replica has but one here, so both are alike.
    ContainerResource {
        /// The container's name.
        container: String,
        /// `cpu`.
        #[serde(default = "cpu")]
        name: String,
        /// What it should be.
        target: HpaTarget,
    },
    /// A figure that each replica has, on average: `average_value`.
    Pods {
        /// `request_rate`, `concurrency` …
        metric: String,
        /// Over how many seconds it is averaged; 0 for the value at that instant.
        #[serde(default, with = "seconds")]
        #[schemars(with = "seconds::Schematic")]
        window: f64,
        /// What it should be.
        target: HpaTarget,
    },
    /// A figure of one object, such as an ingress: `value`, or `average_value` of each replica's part.
    Object {
        /// `request_rate`, `queue_length` …, of another service as `SERVICE.request_rate`.
        metric: String,
        /// Over how many seconds it is averaged; 0 for the value at that instant.
        #[serde(default, with = "seconds")]
        #[schemars(with = "seconds::Schematic")]
        window: f64,
        /// What it should be.
        target: HpaTarget,
    },
    /// A figure from outside of the cluster, such as the length of a queue: `value`, or `average_value` of each
    /// replica's part.
    External {
        /// `queue_length` …, of another service as `SERVICE.queue_length`.
        metric: String,
        /// Over how many seconds it is averaged; 0 for the value at that instant.
        #[serde(default, with = "seconds")]
        #[schemars(with = "seconds::Schematic")]
        window: f64,
        /// What it should be.
        target: HpaTarget,
    },
}

/// What a metric should be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HpaTarget {
    /// In percent of what replicas request.
    AverageUtilization(u32),
    /// For each replica, in the unit of the metric.
    AverageValue(f64),
    /// For all together, in the unit of the metric.
    Value(f64),
}

fn cpu() -> String {
    Quantity::Cpu.name().to_owned()
}

impl HpaMetric {
    /// The usual one: 80 % of the CPU requests (pkg/apis/autoscaling/v2/defaults.go, and the API's description of `metrics`).
    pub(super) fn usual() -> Self {
        Self::Resource { name: cpu(), target: HpaTarget::AverageUtilization(80) }
    }

    pub(super) fn name(&self) -> &str {
        match self {
            Self::Resource { name, .. } | Self::ContainerResource { name, .. } => name,
            Self::Pods { metric, .. } | Self::Object { metric, .. } | Self::External { metric, .. } => metric,
        }
    }

    fn target(&self) -> HpaTarget {
        match *self {
            Self::Resource { target, .. }
            | Self::ContainerResource { target, .. }
            | Self::Pods { target, .. }
            | Self::Object { target, .. }
            | Self::External { target, .. } => target,
        }
    }

    /// Is it a figure of the whole, so that it is there without replicas, too?
    pub(super) fn is_of_service(&self) -> bool {
        matches!(self, Self::Object { .. } | Self::External { .. })
    }

    pub(super) fn signal(&self, resource_window: f64) -> Signal {
        match self {
            Self::Resource { name, .. } | Self::ContainerResource { name, .. } => {
                Signal::of_replicas(name, resource_window)
            }
            Self::Pods { metric, window, .. } => Signal::of_replicas(metric, *window),
            Self::Object { metric, window, .. } | Self::External { metric, window, .. } => {
                Signal::of_service(metric, *window)
            }
        }
    }

    /// How many replicas it calls for; `None` where it cannot be read.
    pub(super) fn propose(&self, hpa: &Hpa, observation: &Observation) -> Option<Proposal> {
        match self {
            Self::Resource { .. } | Self::ContainerResource { .. } | Self::Pods { .. } => {
                let measure = match self.target() {
                    HpaTarget::AverageUtilization(percent) => Measure::Utilization(percent),
                    HpaTarget::AverageValue(value) => Measure::Average(milli(value)),
                    HpaTarget::Value(_) => return None,
                };
                per_replica(hpa, observation, Quantity::parse(self.name())?, measure)
            }
            Self::Object { metric, window, .. } | Self::External { metric, window, .. } => {
                let total = milli(observation.reading(metric, *window)?);
                match self.target() {
                    HpaTarget::Value(value) => by_value(hpa, observation, total, milli(value)),
                    HpaTarget::AverageValue(value) => Some(by_average(hpa, observation, total, milli(value))),
                    HpaTarget::AverageUtilization(_) => None,
                }
            }
        }
    }

    pub(super) fn check(&self, problems: &mut Problems) {
        let (allowed, expected) = match (self, self.target()) {
            (Self::Resource { .. } | Self::ContainerResource { .. }, target) => {
                (!matches!(target, HpaTarget::Value(_)), "average_utilization or average_value")
            }
            (Self::Pods { .. }, target) => (matches!(target, HpaTarget::AverageValue(_)), "average_value"),
            (Self::Object { .. } | Self::External { .. }, target) => {
                (!matches!(target, HpaTarget::AverageUtilization(_)), "value or average_value")
            }
        };
        if !allowed {
            let message = format!("the target of metric \"{}\" must be {expected}", self.name());
            problems.add(Code::ScalingMetric, message);
        }
        let resource = matches!(self, Self::Resource { .. } | Self::ContainerResource { .. });
        if resource && self.name() != Quantity::Cpu.name() {
            let message = format!("resource \"{}\" is not known; there is \"cpu\"", self.name());
            problems.add(Code::ScalingMetric, message);
        }
        if let Self::Pods { window, .. } | Self::Object { window, .. } | Self::External { window, .. } = *self
        {
            problems.duration(&format!("the window of \"{}\"", self.name()), window);
        }
        match self.target() {
            HpaTarget::AverageUtilization(percent) => {
                problems.target("target average_utilization", f64::from(percent));
            }
            HpaTarget::AverageValue(value) => problems.target("target average_value", value),
            HpaTarget::Value(value) => problems.target("target value", value),
        }
    }

    pub(super) fn needs_request(&self) -> bool {
        matches!(self.target(), HpaTarget::AverageUtilization(_))
    }
}

/// Thousandths, as Kubernetes counts (`Quantity.MilliValue` rounds up). What binary fractions add must not be rounded up.
pub(super) fn milli(value: f64) -> i128 {
    // As large as a Quantity can be; sums of many fit into the wider type.
    i128::from((value * 1e3 - 1e-6).ceil() as i64)
}

/// GetObjectMetricReplicas and GetExternalMetricReplicas: in proportion to the ready replicas.
fn by_value(hpa: &Hpa, observation: &Observation, total: i128, target: i128) -> Option<Proposal> {
    let ratio = total as f64 / target as f64;
    let current = observation.wanted;
    if current == 0 {
        return Some(Proposal::new(ratio));
    }
    if observation.replicas.is_empty() {
        return None;
    }
    if hpa.is_near(ratio) {
        return Some(Proposal::within_tolerance(current));
    }
    Some(Proposal::new(ratio * f64::from(observation.ready())))
}

/// GetObjectPerPodMetricReplicas and GetExternalPerPodMetricReplicas: as many as share the total by the target.
fn by_average(hpa: &Hpa, observation: &Observation, total: i128, target: i128) -> Proposal {
    let existing = observation.existing();
    let ratio = total as f64 / (target as f64 * f64::from(existing));
    // Without replicas the ratio is no finite number, and near to nothing.
    if hpa.is_near(ratio) {
        return Proposal::within_tolerance(existing);
    }
    Proposal::new(total as f64 / target as f64)
}
