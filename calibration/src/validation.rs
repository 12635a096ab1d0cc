//! Fits on some runs, predicts the others, reports the error of every one.

use indexmap::IndexMap;
use rayon::prelude::*;
use serde::Serialize;
use tracecast_model::{Metric, RunControl, System};

use crate::calibrate::{Predictor, groups};
use crate::{CalibrationError, Cell, CellError, Fitted, Parameter, Plan, Runs};

/// The outcome of a validation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Validation {
    /// What was fitted.
    pub parameters: Vec<Parameter>,
    /// Every measured figure with its prediction.
    pub cells: Vec<CellReport>,
    /// The errors in short.
    pub summary: Summary,
}

/// One measured figure with its prediction.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CellReport {
    /// Whose parameters were used.
    pub group: String,
    /// The run in words.
    pub run: String,
    /// The columns that tell the run apart, with its values.
    #[serde(skip)]
    pub columns: Vec<(String, String)>,
    /// Which metric.
    pub metric: String,
    /// What was measured.
    pub measured: f64,
    /// What the model says.
    pub predicted: f64,
    /// Lower end of the 95 % prediction interval: where a measured value should lie, by the uncertainty of the
    /// parameters, of the simulation and of the measurement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub low: Option<f64>,
    /// Upper end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub high: Option<f64>,
    /// predicted / measured − 1.
    pub error: f64,
    /// Was it used for the fit?
    pub fitted: bool,
}

/// Absolute errors of the cells that were not fitted.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// Their mean.
    pub mean_error: f64,
    /// Their largest.
    pub max_error: f64,
    /// Predicted cells whose measured value lies in the prediction interval, as a part of all predicted cells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coverage: Option<f64>,
    /// The same for simpler models.
    pub baselines: IndexMap<String, BaselineSummary>,
}

/// Errors of a simpler model.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BaselineSummary {
    /// Mean of the absolute errors.
    pub mean_error: f64,
    /// Largest absolute error.
    pub max_error: f64,
}

/// Why there is nothing to report.
#[derive(Debug, thiserror::Error)]
pub enum ValidationError {
    /// A fit or a prediction is not possible.
    #[error(transparent)]
    Calibration(#[from] CalibrationError),
    /// All runs are fitted, none is left to predict.
    #[error("all runs are fitted, so none is left to judge by; name the runs to fit on in [fit]")]
    NothingLeft,
    /// A simpler model.
    #[error("baseline \"{name}\": {error}")]
    Baseline {
        /// Which.
        name: String,
        /// What is wrong.
        error: Box<ValidationError>,
    },
}

impl From<CellError> for ValidationError {
    fn from(error: CellError) -> Self {
        Self::Calibration(error.into())
    }
}

/// Fits the plan's parameters on the runs chosen for it, predicts all runs, and compares with simpler models.
///
/// # Errors
/// Runs, parameters or baselines that do not fit the model; no run left to predict.
pub fn validate(model: &System, plan: &Plan, runs: &Runs) -> Result<Validation, ValidationError> {
    let mut validation = validate_one(model, plan, runs)?;
    for baseline in &plan.baselines {
        let simpler = validate_one(model, &plan.for_baseline(baseline), runs).map_err(|error| {
            ValidationError::Baseline { name: baseline.name.clone(), error: error.into() }
        })?;
        let Summary { mean_error, max_error, .. } = simpler.summary;
        validation.summary.baselines.insert(baseline.name.clone(), BaselineSummary { mean_error, max_error });
    }
    Ok(validation)
}

fn validate_one(model: &System, plan: &Plan, runs: &Runs) -> Result<Validation, ValidationError> {
    let cells = Cell::all(plan, runs)?;
    if cells.iter().all(|cell| cell.fitted) {
        return Err(ValidationError::NothingLeft);
    }
    let control = RunControl::none();
    let predictor = Predictor::new(model, plan, &control).map_err(CalibrationError::from)?;
    let (fitted, cells) = fit_and_predict(&predictor, plan, &cells)?;
    let parameters = fitted.into_iter().flat_map(|group| group.parameters).collect();
    let summary = summarize(&cells);
    Ok(Validation { parameters, cells, summary })
}

/// Fits each group, and predicts all its cells, fitted or not.
pub(crate) fn fit_and_predict(
    predictor: &Predictor<'_>,
    plan: &Plan,
    cells: &[Cell],
) -> Result<(Vec<Fitted>, Vec<CellReport>), CalibrationError> {
    let per_group: Vec<(Fitted, Vec<CellReport>)> = groups(cells)
        .into_par_iter()
        .map(|group| {
            let fitted = predictor.fit_group(group, cells)?;
            let of_group: Vec<&Cell> = cells.iter().filter(|cell| cell.group == group).collect();
            let reports = report(predictor, &fitted, &of_group, plan.measurement_error());
            Ok((fitted, reports.map_err(|error| predictor.reason(error))?))
        })
        .collect::<Result<_, CalibrationError>>()?;
    let (fitted, reports): (Vec<_>, Vec<_>) = per_group.into_iter().unzip();
    Ok((fitted, reports.into_iter().flatten().collect()))
}

/// Predicts the cells of one group, with prediction intervals.
fn report(
    predictor: &Predictor<'_>,
    fitted: &Fitted,
    cells: &[&Cell],
    measurement_error: Option<f64>,
) -> Result<Vec<CellReport>, CellError> {
    let values = &fitted.fit.values;
    let predicted = predictor.predict(cells, values)?;
    let variances = parameter_variances(predictor, fitted, cells)?;
    Ok(cells
        .iter()
        .zip(&predicted)
        .zip(variances)
        .map(|((cell, metric), variance)| {
            let half = variance.map(|variance| {
                let simulation = metric.half_width.unwrap_or(0.0) / metric.mean / 1.96;
                let measurement = measurement_error.unwrap_or(0.0);
                let relative = (variance + simulation * simulation + measurement * measurement).sqrt();
                fitted.fit.quantile * relative
            });
            CellReport {
                group: cell.group.clone(),
                run: cell.label(),
                columns: cell.run.clone(),
                metric: cell.metric.to_string(),
                measured: cell.measured,
                predicted: metric.mean,
                low: half.map(|half| metric.mean * (-half).exp()),
                high: half.map(|half| metric.mean * half.exp()),
                error: metric.mean / cell.measured - 1.0,
                fitted: cell.fitted,
            }
        })
        .collect())
}

/// Variance of each prediction's logarithm that the uncertainty of the parameters causes, to first order: gᵀ C g.
pub(crate) fn parameter_variances(
    predictor: &Predictor<'_>,
    fitted: &Fitted,
    cells: &[&Cell],
) -> Result<Vec<Option<f64>>, CellError> {
    /// Relative step of the derivatives, as in the fit.
    const STEP: f64 = 0.02;
    let Some(covariance) = &fitted.fit.log_covariance else {
        return Ok(vec![None; cells.len()]);
    };
    let values = &fitted.fit.values;
    let mut gradients = vec![Vec::with_capacity(values.len()); cells.len()];
    for parameter in 0..values.len() {
        let side = |factor: f64| -> Result<Vec<Metric>, CellError> {
            let mut moved = values.clone();
            moved[parameter] *= factor;
            predictor.predict(cells, &moved)
        };
        let (up, down) = (side(STEP.exp())?, side((-STEP).exp())?);
        for (gradient, (up, down)) in gradients.iter_mut().zip(up.iter().zip(&down)) {
            gradient.push((up.mean / down.mean).ln() / (2.0 * STEP));
        }
    }
    Ok(gradients
        .into_iter()
        .map(|gradient| {
            let gradient = nalgebra::DVector::from_vec(gradient);
            Some(gradient.dot(&(covariance * &gradient)))
        })
        .collect())
}

fn summarize(cells: &[CellReport]) -> Summary {
    let predicted: Vec<&CellReport> = cells.iter().filter(|cell| !cell.fitted).collect();
    let errors = || predicted.iter().map(|cell| cell.error.abs());
    let inside =
        |cell: &&CellReport| -> Option<bool> { Some((cell.low?..=cell.high?).contains(&cell.measured)) };
    let covered: Option<Vec<bool>> = predicted.iter().map(inside).collect();
    Summary {
        mean_error: errors().sum::<f64>() / predicted.len() as f64,
        max_error: errors().fold(0.0, f64::max),
        coverage: covered.map(|inside| inside.iter().filter(|&&is| is).count() as f64 / inside.len() as f64),
        baselines: IndexMap::new(),
    }
}
