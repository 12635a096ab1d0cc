//! One setting, or the load, over a range of values.

use std::sync::atomic::{AtomicUsize, Ordering};

use tracecast_experiment::sweep::{self, Axis, PointError, grid};
use tracecast_experiment::{EngineChoice, Scenario};
use tracecast_model::{EngineOptions, Metric, MetricPath, Prediction, RunControl, System};

/// What to look at.
#[derive(Clone, Debug, PartialEq)]
pub struct SweepRequest {
    /// A path as on the command line, or "load".
    pub path: String,
    /// Its values.
    pub values: Vec<String>,
    /// The figure.
    pub metric: MetricPath,
    /// Who predicts.
    pub engine: EngineChoice,
}

/// The answer.
#[derive(Clone, Debug)]
pub struct Sweep {
    /// What was asked for.
    pub request: SweepRequest,
    /// The figure at each value, or why there is none.
    pub points: Vec<Result<Metric, String>>,
}

/// Predicts all values, in parallel.
///
/// # Errors
/// A value that is none of its setting.
pub(crate) fn run(
    system: &System,
    request: SweepRequest,
    options: &EngineOptions,
    control: &RunControl<'_>,
) -> Result<Sweep, String> {
    let axis = Axis { path: request.path.clone(), values: request.values.clone() };
    let scenarios: Vec<Scenario> = grid(&[axis])
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
