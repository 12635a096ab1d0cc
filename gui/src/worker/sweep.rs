//! A sweep on the shown scenario.

use std::sync::Arc;

use tracecast_model::EngineOptions;

use super::Task;
use crate::answers::{Asked, Made};
use crate::project::RunOptions;
use crate::state::AppState;
use crate::sweep::{self, SweepRequest};

/// Enough for a curve; a point that matters becomes a scenario.
const PRECISION: f64 = 0.05;
const REPLICATIONS: u32 = 5;

/// Predicts all values of the request.
pub(crate) fn sweep(made: Arc<Made>, request: SweepRequest, options: &RunOptions) -> Task {
    let asked = options.engine_options();
    let ends = made.system.workloads.iter().any(|workload| workload.load.is_finite());
    let options = EngineOptions {
        precision: asked.precision.max(PRECISION),
        replications: ends.then_some(REPLICATIONS),
        ..asked
    };
    Box::new(move |handle| {
        let found = sweep::run(&made.system, request, &options, &handle.control);
        Box::new(move |state: &mut AppState| {
            state.sweep = match found {
                Ok(sweep) => Asked::Done(sweep),
                Err(problem) => Asked::Failed(problem),
            };
        })
    })
}
