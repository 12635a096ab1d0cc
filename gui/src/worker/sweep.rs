//! A sweep on the shown scenario.

use std::sync::Arc;

use super::Task;
use crate::answers::Made;
use crate::project::RunOptions;
use crate::state::AppState;
use crate::sweep::{self, SweepRequest};

/// Enough for a curve; a point that matters becomes a scenario.
const PRECISION: f64 = 0.05;

/// Predicts all values of the request.
pub(crate) fn sweep(made: Arc<Made>, request: SweepRequest, options: &RunOptions) -> Task {
    let options = options.rough(&made.system, PRECISION);
    Box::new(move |handle| {
        let found = sweep::run(&made.system, request, &options, &handle.control);
        Box::new(move |state: &mut AppState| {
            state.sweep = found.into();
        })
    })
}
