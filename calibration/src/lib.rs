//! Fitting a model to measured runs, and judging its predictions of others.
//!
//! A [`Plan`] says how measured runs ([`Runs`], a table) map to the model: what was set in each run, which load it had,
//! what was measured, which parameters are unknown, and which runs to fit them on. [`calibrate()`] fits them by
//! weighted least squares on relative errors ([`fit()`]); [`validate()`] also predicts the runs that were left out and
//! reports the error of every one, beside simpler models ([`Baseline`]). [`assess()`] does so where all runs may be fitted,
//! and says which run to measure next.
//!
//! How a run was measured is part of what is fitted: a load script's clock and its polling belong to the model.
//!
//! Invariant: all predictions come from the experiment crate; this one knows only numbers and their errors.

mod assess;
mod calibrate;
mod cells;
mod fit;
mod plan;
mod runs;
mod template;
mod validation;

pub use assess::{Assessment, NextRun, assess};
pub use calibrate::{CalibrationError, Fitted, Parameter, calibrate};
pub use cells::{Cell, CellError};
pub use fit::{Fit, FitError, FitStatus, Model, fit};
pub use plan::{Baseline, EnginePlan, GroupPlan, ParameterPlan, Plan, PlanError, Values};
pub use runs::{Run, Runs, RunsError};
pub use template::TemplateError;
pub use validation::{CellReport, Summary, Validation, ValidationError, validate};
