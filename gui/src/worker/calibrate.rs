//! Fitting the model to measured runs.

use std::sync::Arc;

use tracecast_calibration::{CalibrationError, Plan, assess};
use tracecast_model::System;

use super::Task;
use crate::answers::Asked;
use crate::measured::{Calibrated, MeasuredRuns};
use crate::state::AppState;

/// Fits the plan's parameters, and predicts all runs.
pub(crate) fn calibrate(model: Arc<System>, runs: Arc<MeasuredRuns>, plan: Plan) -> Task {
    Box::new(move |handle| {
        let outcome = match assess(&model, &plan, &runs.table, &handle.control) {
            Ok(assessment) => Asked::Done(Arc::new(Calibrated { plan, assessment })),
            Err(CalibrationError::Cancelled) => Asked::No,
            Err(error) => Asked::Failed(error.to_string()),
        };
        Box::new(move |state: &mut AppState| state.calibration = outcome)
    })
}
