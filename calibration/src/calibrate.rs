//! Fits the parameters of each group on the runs chosen for it.

use std::sync::atomic::{AtomicU32, Ordering};

use rayon::prelude::*;
use serde::Serialize;
use tracecast_experiment::{Edit, EngineChoice, UnknownEngine};
use tracecast_model::{EngineOptions, RunControl, System};

use crate::{Cell, CellError, Fit, FitError, FitStatus, Plan, Runs, fit};

/// A fitted parameter with its 95 % interval, where that is known.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Parameter {
    /// Whose parameter it is; empty where all runs share it.
    pub group: String,
    /// Its path.
    pub path: String,
    /// Its value, in the setting's unit.
    pub value: f64,
    /// Lower end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub low: Option<f64>,
    /// Upper end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub high: Option<f64>,
}

/// The fit of one group.
#[derive(Clone, Debug)]
pub struct Fitted {
    /// Which group; empty where all runs share parameters.
    pub group: String,
    /// What was found.
    pub parameters: Vec<Parameter>,
    /// The fit behind it.
    pub fit: Fit,
}

/// Why a fit is not possible.
#[derive(Debug, thiserror::Error)]
pub enum CalibrationError {
    /// The runs do not fit the plan or the model.
    #[error(transparent)]
    Cell(#[from] CellError),
    /// No such engine.
    #[error(transparent)]
    Engine(#[from] UnknownEngine),
    /// A group without runs to fit on.
    #[error("group \"{0}\" has no runs to fit on")]
    NothingToFit(String),
    /// It was cancelled.
    #[error("cancelled")]
    Cancelled,
    /// The numbers do not allow a fit.
    #[error("group \"{group}\": {message}")]
    Fit {
        /// Which group.
        group: String,
        /// What is wrong.
        message: String,
    },
}

/// Fits the plan's parameters, for each group on the cells chosen for it, in parallel.
///
/// # Errors
/// Runs or parameters that do not fit the model, or too few or uninformative runs.
pub fn calibrate(model: &System, plan: &Plan, runs: &Runs) -> Result<Vec<Fitted>, CalibrationError> {
    let cells = Cell::all(plan, runs)?;
    let control = RunControl::none();
    let predictor = Predictor::new(model, plan, &control)?;
    groups(&cells).into_par_iter().map(|group| predictor.fit_group(group, &cells)).collect()
}

/// Iterations of a fit before it is given up.
const MAX_ITERATIONS: u32 = 50;

/// The groups in the order in which they first appear.
pub(crate) fn groups(cells: &[Cell]) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for cell in cells {
        if !names.contains(&cell.group.as_str()) {
            names.push(&cell.group);
        }
    }
    names
}

/// Predicts cells for given parameter values.
pub(crate) struct Predictor<'a> {
    model: &'a System,
    paths: Vec<&'a str>,
    start: Vec<f64>,
    engine: EngineChoice,
    options: EngineOptions,
    run_to_run: Option<f64>,
    measurement_error: Option<f64>,
    control: &'a RunControl<'a>,
    /// How often cells were predicted.
    rounds: AtomicU32,
    /// How often they are predicted at most, as far as that can be told.
    most_rounds: AtomicU32,
}

impl<'a> Predictor<'a> {
    pub(crate) fn new(
        model: &'a System,
        plan: &'a Plan,
        control: &'a RunControl<'a>,
    ) -> Result<Self, UnknownEngine> {
        Ok(Self {
            model,
            control,
            rounds: AtomicU32::new(0),
            most_rounds: AtomicU32::new(0),
            paths: plan.parameters.iter().map(|parameter| parameter.path.as_str()).collect(),
            start: plan.parameters.iter().map(|parameter| parameter.start).collect(),
            engine: plan.engine.name.as_deref().map_or(Ok(EngineChoice::Auto), str::parse)?,
            options: plan.engine.options.clone(),
            run_to_run: plan.run_to_run,
            measurement_error: plan.measurement_error(),
        })
    }

    /// Predictions of the cells, in parallel; means with their half widths.
    pub(crate) fn predict(
        &self,
        cells: &[&Cell],
        values: &[f64],
    ) -> Result<Vec<tracecast_model::Metric>, CellError> {
        let edits: Vec<Edit> = self
            .paths
            .iter()
            .zip(values)
            .map(|(path, value)| Edit::new(*path, format!("{value:e}")))
            .collect();
        // Single predictions stop where all do; how far each is tells nobody anything.
        let stop = || self.is_stopped();
        let single = RunControl::none().with_time_limit(&stop);
        let predicted = cells
            .par_iter()
            .map(|cell| {
                cell.predict(self.model, &edits, self.run_to_run, self.engine, &self.options, &single)
            })
            .collect();
        let rounds = self.rounds.fetch_add(1, Ordering::Relaxed) + 1;
        let most = self.most_rounds.load(Ordering::Relaxed).max(rounds);
        self.control.report(f64::from(rounds) / f64::from(most));
        predicted
    }

    fn is_stopped(&self) -> bool {
        self.control.is_cancelled() || self.control.is_time_over()
    }

    /// Why cells could not be predicted: where it was cancelled meanwhile, for no other reason.
    pub(crate) fn reason(&self, error: CellError) -> CalibrationError {
        if self.is_stopped() { CalibrationError::Cancelled } else { error.into() }
    }

    pub(crate) fn fit_group(&self, group: &str, cells: &[Cell]) -> Result<Fitted, CalibrationError> {
        let chosen: Vec<&Cell> = cells.iter().filter(|cell| cell.fitted && cell.group == group).collect();
        if chosen.is_empty() {
            return Err(CalibrationError::NothingToFit(group.into()));
        }
        let measured: Vec<f64> = chosen.iter().map(|cell| cell.measured).collect();
        // Two for each derivative, and about one for the step.
        let per_iteration = 2 * self.paths.len() as u32 + 1;
        self.most_rounds.fetch_add(MAX_ITERATIONS * per_iteration, Ordering::Relaxed);
        let means = |values: &[f64]| -> Result<Vec<f64>, CellError> {
            Ok(self.predict(&chosen, values)?.iter().map(|metric| metric.mean).collect())
        };
        let refuse = |message: String| CalibrationError::Fit { group: group.into(), message };
        let fit = fit(&means, &measured, self.measurement_error, &self.start, MAX_ITERATIONS).map_err(
            |error| match error {
                FitError::Model(error) => self.reason(error),
                FitError::NotIdentifiable(parameter) => refuse(format!(
                    "the runs chosen do not fix \"{}\": it, or a mixture of it with others, has no effect on them",
                    self.paths[parameter]
                )),
                error @ FitError::TooFewMeasurements { .. } => refuse(error.to_string()),
            },
        )?;
        if fit.status != FitStatus::Converged {
            return Err(refuse(format!("the fit did not converge in {MAX_ITERATIONS} iterations")));
        }
        let parameters = self
            .paths
            .iter()
            .enumerate()
            .map(|(i, path)| Parameter {
                group: group.into(),
                path: (*path).into(),
                value: fit.values[i],
                low: fit.interval(i).map(|(low, _)| low),
                high: fit.interval(i).map(|(_, high)| high),
            })
            .collect();
        Ok(Fitted { group: group.into(), parameters, fit })
    }
}

impl Fitted {
    /// The model with the fitted values in it.
    ///
    /// # Errors
    /// A parameter that the model does not have.
    pub fn apply(&self, model: &System) -> Result<System, tracecast_experiment::EditError> {
        let mut system = model.clone();
        for parameter in &self.parameters {
            Edit::new(parameter.path.as_str(), format!("{:e}", parameter.value)).apply(&mut system)?;
        }
        Ok(system)
    }
}
