//! One or two settings, or the load, over a range of values.

use std::sync::atomic::{AtomicUsize, Ordering};

use tracecast_experiment::sweep::{self, Axis, PointError, grid};
use tracecast_experiment::text::short;
use tracecast_experiment::{EngineChoice, Scenario};
use tracecast_model::{EngineOptions, Metric, MetricPath, Prediction, RunControl, System};

use crate::project::Value;

/// What to look at.
#[derive(Clone, Debug, PartialEq)]
pub struct SweepRequest {
    /// What is varied: one or two, of different paths.
    pub axes: Vec<SweepAxis>,
    /// The figure.
    pub metric: MetricPath,
    /// Who predicts.
    pub engine: EngineChoice,
}

/// What is varied, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct SweepAxis {
    /// A path as on the command line, or "load".
    pub path: String,
    /// For people.
    pub title: String,
    /// In the order of the axis.
    pub values: Vec<SweepValue>,
}

/// A value of an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct SweepValue {
    /// Its place on the axis.
    pub number: f64,
    /// As on the command line.
    pub text: String,
}

/// The answer.
#[derive(Clone, Debug)]
pub struct Sweep {
    /// What was asked for.
    pub request: SweepRequest,
    /// The figure at each point, or why there is none; the last axis varies fastest.
    pub points: Vec<Result<Metric, String>>,
}

impl SweepAxis {
    /// What a value is called beside the others of the axis.
    pub(crate) fn label(&self, value: &SweepValue) -> String {
        if self.path == "load" { short(value.number) } else { value.text.clone() }
    }
}

impl SweepRequest {
    /// The values of a point, one for each axis.
    fn values(&self, mut point: usize) -> Vec<(&SweepAxis, &SweepValue)> {
        let mut values = Vec::new();
        for axis in self.axes.iter().rev() {
            values.push((axis, &axis.values[point % axis.values.len()]));
            point /= axis.values.len();
        }
        values.reverse();
        values
    }

    /// What a point sets.
    pub(crate) fn settings(&self, point: usize) -> impl Iterator<Item = (String, Value)> {
        let values = self.values(point).into_iter();
        values.map(|(axis, value)| (axis.path.clone(), Value::new(value.text.clone())))
    }

    /// A name for a point.
    pub(crate) fn name(&self, point: usize) -> String {
        let values = self.values(point).into_iter();
        let parts: Vec<String> =
            values.map(|(axis, value)| format!("{}={}", axis.path, value.text)).collect();
        parts.join(", ")
    }
}

/// Predicts all points, in parallel.
///
/// # Errors
/// A value that is none of its setting.
pub(crate) fn run(
    system: &System,
    request: SweepRequest,
    options: &EngineOptions,
    control: &RunControl<'_>,
) -> Result<Sweep, String> {
    let texts = |axis: &SweepAxis| axis.values.iter().map(|value| value.text.clone()).collect();
    let axes: Vec<Axis> =
        request.axes.iter().map(|axis| Axis { path: axis.path.clone(), values: texts(axis) }).collect();
    let scenarios: Vec<Scenario> = grid(&axes)
        .iter()
        .map(|point| point.scenario().map_err(|error| error.to_string()))
        .collect::<Result<_, _>>()?;
    let answers = predict_all(system, &scenarios, request.engine, options, control);
    let points = answers
        .into_iter()
        .map(|answer| {
            let prediction = answer.map_err(|error| error.to_string())?;
            request.metric.of(&prediction).map_err(|error| error.to_string())
        })
        .collect();
    Ok(Sweep { request, points })
}

/// Predicts changes of a system, in parallel, and tells how many are done.
pub(crate) fn predict_all(
    system: &System,
    scenarios: &[Scenario],
    engine: EngineChoice,
    options: &EngineOptions,
    control: &RunControl<'_>,
) -> Vec<Result<Prediction, PointError>> {
    let done = AtomicUsize::new(0);
    let listen = |_: usize, _: &Result<Prediction, PointError>| {
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        control.report(done as f64 / scenarios.len() as f64);
    };
    sweep::run(system, &Scenario::default(), scenarios, engine, options, control, &listen)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(path: &str, texts: &[&str]) -> SweepAxis {
        let value = |text: &&str| SweepValue { number: 1.0, text: (*text).into() };
        SweepAxis { path: path.into(), title: path.into(), values: texts.iter().map(value).collect() }
    }

    /// What is shown of a point is what was predicted of it: both count points as the grid does.
    #[test]
    fn points_are_those_of_the_grid() {
        let axes = vec![axis("a.replicas", &["1", "2", "3"]), axis("load", &["burst:1", "burst:2"])];
        let metric = "p95".parse().unwrap();
        let request = SweepRequest { axes, metric, engine: EngineChoice::Auto };
        let texts = |axis: &SweepAxis| axis.values.iter().map(|value| value.text.clone()).collect();
        let axes: Vec<Axis> =
            request.axes.iter().map(|axis| Axis { path: axis.path.clone(), values: texts(axis) }).collect();
        for (number, point) in grid(&axes).into_iter().enumerate() {
            let own: Vec<(String, String)> =
                request.settings(number).map(|(path, value)| (path, value.text)).collect();
            assert_eq!(own, point.0);
        }
        assert_eq!(request.name(3), "a.replicas=2, load=burst:2");
    }
}
