//! Two models: what was changed, and what that does to their predictions.

mod changes;
#[cfg(test)]
mod tests;

use serde::Serialize;
use tracecast_model::{Metric, Prediction, System};
use tracecast_solver::bounds::bounds;

use super::Pair;
use crate::MetricPath;

pub use changes::{Change, changes};

/// Analytic solutions are closer than this part of a figure to their fixed point.
const SAME: f64 = 1e-4;

/// What differs between the predictions of two models.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModelComparison {
    /// Elements and parameters that were changed.
    pub changes: Vec<Change>,
    /// What limits each workload alone.
    pub limits: Vec<Limit>,
    /// Figures that both predictions have: workloads, services, hosts.
    pub figures: Vec<Figure>,
}

/// What limits a workload.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Limit {
    /// Name of the workload.
    pub workload: String,
    /// Requests per second at most; absent where nothing limits it.
    pub capacity: Pair<Option<f64>>,
    /// The element that does.
    pub bottleneck: Pair<Option<String>>,
}

/// A figure of both predictions.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figure {
    /// `users.mean`, `crop.utilization` …
    pub name: String,
    /// Is it a time, in seconds?
    pub is_time: bool,
    /// What each side has.
    pub value: Pair<Metric>,
    /// The change as a part of the base; absent where that is 0.
    pub relative: Option<f64>,
    /// Does the change lie within the 95 % interval of the difference, or within what a solution is off?
    pub within_uncertainty: bool,
}

/// Compares two models by their predictions under the same load.
pub fn compare_models(systems: Pair<&System>, predictions: Pair<&Prediction>) -> ModelComparison {
    ModelComparison {
        changes: changes(systems),
        limits: limits(systems),
        figures: names(predictions.base).into_iter().filter_map(|name| figure(name, predictions)).collect(),
    }
}

impl ModelComparison {
    /// Names of the workloads whose mean response time is longer by more than this part, and beyond the uncertainty.
    pub fn regressions(&self, more_than: f64) -> Vec<String> {
        let slower = |figure: &&Figure| {
            !figure.within_uncertainty && figure.relative.is_some_and(|change| change > more_than)
        };
        let name = |figure: &Figure| figure.name.strip_suffix(".mean").map(str::to_string);
        self.figures.iter().filter(slower).filter_map(name).collect()
    }
}

fn names(prediction: &Prediction) -> Vec<String> {
    let each = |elements: Vec<&String>, figures: &[&str]| -> Vec<String> {
        elements
            .iter()
            .flat_map(|element| figures.iter().map(move |figure| format!("{element}.{figure}")))
            .collect()
    };
    let of_workload = ["throughput", "makespan", "mean", "p50", "p95", "p99"];
    let mut names = each(prediction.workloads.keys().collect(), &of_workload);
    names.extend(each(prediction.services.keys().collect(), &["utilization"]));
    // A host may be called like a service, whose figure it then is.
    let hosts = prediction.hosts.keys().filter(|host| !prediction.services.contains_key(*host));
    names.extend(each(hosts.collect(), &["utilization"]));
    names
}

fn figure(name: String, predictions: Pair<&Prediction>) -> Option<Figure> {
    let path: MetricPath = name.parse().ok()?;
    let value =
        Pair { base: path.of(predictions.base).ok()?, candidate: path.of(predictions.candidate).ok()? };
    let change = value.candidate.mean - value.base.mean;
    // Independent runs: variances add.
    let width = |metric: Metric| metric.half_width.unwrap_or(SAME * metric.mean.abs());
    let half_width = width(value.base).hypot(width(value.candidate));
    Some(Figure {
        name,
        is_time: path.is_time(),
        value,
        relative: value.map(|metric| metric.mean).relative(),
        within_uncertainty: change.abs() <= half_width,
    })
}

/// Of the workloads that both have; none where the bounds do not cover a model.
fn limits(systems: Pair<&System>) -> Vec<Limit> {
    let (Ok(base), Ok(candidate)) = (bounds(systems.base), bounds(systems.candidate)) else {
        return Vec::new();
    };
    let element = |limit: &tracecast_solver::bounds::WorkloadBounds| {
        limit.bottleneck.as_ref().map(|resource| format!("{} of {}", resource.what(), resource.element()))
    };
    let pairs = base.iter().filter_map(|base| {
        let other = candidate.iter().find(|other| other.workload == base.workload)?;
        Some(Limit {
            workload: base.workload.clone(),
            capacity: Pair { base: base.capacity, candidate: other.capacity },
            bottleneck: Pair { base: element(base), candidate: element(other) },
        })
    });
    pairs.collect()
}
