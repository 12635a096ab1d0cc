//! One measured figure each, with the system that should give it.

use statrs::distribution::{ContinuousCDF, Normal};
use tracecast_experiment::{
    Edit, EngineChoice, LoadSpec, MetricError, MetricPath, Scenario, ScenarioError, predict,
};
use tracecast_model::{EngineOptions, Metric, PredictError, RunControl, System};

use crate::{Plan, Run, Runs, RunsError, TemplateError, template};

/// One measured figure of one run, and the scenario under which the model should give it.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// What has parameters of its own; empty where all share them.
    pub group: String,
    /// The columns that tell the run apart, with its values.
    pub run: Vec<(String, String)>,
    /// Which metric.
    pub metric: MetricPath,
    /// What was measured.
    pub measured: f64,
    /// Is it one of those to fit on?
    pub fitted: bool,
    /// What was set, and the load.
    pub scenario: Scenario,
}

/// Why a cell cannot be made or predicted.
#[derive(Debug, thiserror::Error)]
pub enum CellError {
    /// The table.
    #[error(transparent)]
    Runs(#[from] RunsError),
    /// A text with columns in it.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// A setting or load that does not fit the model.
    #[error("{run}: {error}")]
    Scenario {
        /// Which run.
        run: String,
        /// What is wrong.
        error: ScenarioError,
    },
    /// What the engine refuses.
    #[error("{run}: {error}")]
    Predict {
        /// Which run.
        run: String,
        /// What is wrong.
        error: PredictError,
    },
    /// A metric that does not exist, or that the prediction does not have.
    #[error("{run}: {error}")]
    Metric {
        /// Which run.
        run: String,
        /// What is wrong.
        error: MetricError,
    },
    /// A prediction that ended otherwise than asked.
    #[error("{run}: the prediction ended as \"{status}\"")]
    Status {
        /// Which run.
        run: String,
        /// How it ended.
        status: &'static str,
    },
}

impl Cell {
    /// All cells of a table under a plan, in the order of the table.
    ///
    /// # Errors
    /// Columns that do not exist, values that are no numbers, settings that are none.
    pub fn all(plan: &Plan, runs: &Runs) -> Result<Vec<Self>, CellError> {
        let named = plan.group.iter().chain(&plan.run).chain(plan.fit.keys()).chain(plan.measured.values());
        for column in named {
            runs.column(column)?;
        }
        let mut cells = Vec::new();
        for run in &runs.rows {
            for (metric, column) in &plan.measured {
                cells.push(Self::new(plan, run, metric, column)?);
            }
        }
        Ok(cells)
    }

    pub(crate) fn new(plan: &Plan, run: &Run, metric: &str, column: &str) -> Result<Self, CellError> {
        let place = format!("line {}", run.line);
        let group = plan.group.as_ref().map_or(String::new(), |column| run.text(column).to_string());
        let of_group = plan.groups.get(&group).cloned().unwrap_or_default();
        let mut scenario = Scenario::default();
        for text in plan.set.iter().chain(&of_group.set) {
            let edit = template::fill(text, run)?.parse::<Edit>();
            scenario
                .edits
                .push(edit.map_err(|error| CellError::Scenario { run: place.clone(), error: error.into() })?);
        }
        if let Some(text) = of_group.load.as_ref().or(plan.load.as_ref()) {
            let load = template::fill(text, run)?.parse::<LoadSpec>();
            scenario
                .loads
                .push(load.map_err(|error| CellError::Scenario { run: place.clone(), error: error.into() })?);
        }
        Ok(Self {
            group,
            run: plan.run.iter().map(|column| (column.clone(), run.text(column).to_string())).collect(),
            metric: metric.parse().map_err(|error| CellError::Metric { run: place, error })?,
            measured: run.measured(column)?,
            fitted: plan.fit.iter().all(|(column, values)| values.contains(run.text(column))),
            scenario,
        })
    }

    /// The run in words: `variant faas, replicas 2, requests 100`.
    pub fn label(&self) -> String {
        self.run.iter().map(|(column, value)| format!("{column} {value}")).collect::<Vec<_>>().join(", ")
    }

    /// Predicts the cell's metric with the given parameter values, as the mean over runs between which the speed of the
    /// machine differs by the relative standard deviation `run_to_run`.
    ///
    /// A polling clock makes a makespan a step function of the speed, so the mean over runs is not the value at the
    /// mean speed. The speeds are the midpoints of equally likely parts of a normal distribution.
    ///
    /// # Errors
    /// Settings that do not fit the model, or what the engine refuses.
    pub fn predict(
        &self,
        model: &System,
        parameters: &[Edit],
        run_to_run: Option<f64>,
        engine: EngineChoice,
        options: &EngineOptions,
        control: &RunControl<'_>,
    ) -> Result<Metric, CellError> {
        const PARTS: usize = 21;
        let mut scenario = self.scenario.clone();
        scenario.edits.extend_from_slice(parameters);
        let system =
            scenario.apply(model).map_err(|error| CellError::Scenario { run: self.place(), error })?;
        let Some(deviation) = run_to_run else {
            return self.predict_once(&system, engine, options, control);
        };
        let normal = Normal::standard();
        let mut sum = Metric::exact(0.0);
        for part in 0..PARTS {
            let quantile = normal.inverse_cdf((part as f64 + 0.5) / PARTS as f64);
            let mut slower = system.clone();
            for host in &mut slower.hosts {
                host.speed /= 1.0 + deviation * quantile;
            }
            let one = self.predict_once(&slower, engine, options, control)?;
            sum.mean += one.mean / PARTS as f64;
            // With the same seed the parts are not independent, so their half widths do not shrink in the mean.
            sum.half_width = match (sum.half_width, one.half_width) {
                (None, None) => None,
                (a, b) => Some(a.unwrap_or(0.0) + b.unwrap_or(0.0) / PARTS as f64),
            };
        }
        Ok(sum)
    }

    fn predict_once(
        &self,
        system: &System,
        engine: EngineChoice,
        options: &EngineOptions,
        control: &RunControl<'_>,
    ) -> Result<Metric, CellError> {
        let prediction = predict(system, engine, options, control)
            .map_err(|error| CellError::Predict { run: self.place(), error })?;
        if !prediction.is_converged() {
            return Err(CellError::Status { run: self.place(), status: prediction.status.name() });
        }
        self.metric.of(&prediction).map_err(|error| CellError::Metric { run: self.place(), error })
    }

    fn place(&self) -> String {
        format!("{} {}", self.group, self.label()).trim().to_string()
    }
}
