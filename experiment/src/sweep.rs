//! Many scenarios of one system, in parallel.

use rayon::prelude::*;
use tracecast_model::{EngineOptions, PredictError, Prediction, RunControl, System};

use crate::{Edit, EngineChoice, LoadSpec, Scenario, ScenarioError, engines};

/// One axis of a grid: a setting, or the load, with its values.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// A path as in [`Edit`], or `load`.
    pub path: String,
    /// Values as on the command line.
    pub values: Vec<String>,
}

/// One point of a grid: the value on each axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point(pub Vec<(String, String)>);

/// Why a point has no prediction.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PointError {
    /// The scenario does not fit the system.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// The engine refuses.
    #[error(transparent)]
    Predict(#[from] PredictError),
}

/// All points of the grid; the last axis varies fastest.
pub fn grid(axes: &[Axis]) -> Vec<Point> {
    axes.iter().fold(vec![Point(Vec::new())], |points, axis| {
        points
            .iter()
            .flat_map(|point| {
                axis.values.iter().map(|value| {
                    let mut next = point.clone();
                    next.0.push((axis.path.clone(), value.clone()));
                    next
                })
            })
            .collect()
    })
}

impl Point {
    /// The scenario of this point.
    ///
    /// # Errors
    /// A value that is no load; whether edits fit is seen when they are applied.
    pub fn scenario(&self) -> Result<Scenario, ScenarioError> {
        let mut scenario = Scenario::default();
        for (path, value) in &self.0 {
            if path == "load" {
                scenario.loads.push(value.parse::<LoadSpec>()?);
            } else {
                scenario.edits.push(Edit::new(path.as_str(), value.as_str()));
            }
        }
        Ok(scenario)
    }
}

/// Predicts all scenarios in parallel; `done` hears of each as it is finished, from any thread. The answers stand in the
/// order of the scenarios.
///
/// The analytic engine begins everywhere at the solution of `origin`, so that an answer does not depend on which others
/// are asked for.
pub fn run(
    base: &System,
    origin: &Scenario,
    scenarios: &[Scenario],
    engine: EngineChoice,
    options: &EngineOptions,
    control: &RunControl<'_>,
    done: &(dyn Fn(usize, &Result<Prediction, PointError>) + Sync),
) -> Vec<Result<Prediction, PointError>> {
    let start = origin.apply(base).ok().and_then(|system| engines::start(&system, engine, options, control));
    let one = |scenario: &Scenario| -> Result<Prediction, PointError> {
        let system = scenario.apply(base)?;
        Ok(engines::predict_from(start.as_ref(), &system, engine, options, control)?)
    };
    scenarios
        .par_iter()
        .enumerate()
        .map(|(i, scenario)| {
            let answer = one(scenario);
            done(i, &answer);
            answer
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_axis_varies_fastest() {
        let axis = |path: &str, values: &[&str]| Axis {
            path: path.into(),
            values: values.iter().map(ToString::to_string).collect(),
        };
        let points = grid(&[axis("a.replicas", &["1", "2"]), axis("load", &["burst:1", "burst:2"])]);
        let second: Vec<&str> = points.iter().map(|point| point.0[1].1.as_str()).collect();
        assert_eq!(second, ["burst:1", "burst:2", "burst:1", "burst:2"]);
        assert_eq!(points[3].scenario().unwrap().edits[0].to_string(), "a.replicas=2");
    }
}
