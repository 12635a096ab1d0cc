//! The cheapest settings that meet the objectives.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tracecast_experiment::Slo;
use tracecast_experiment::plan::{Cost, Effort, Plan, Request, Vary, plan};

use super::{Handle, Task};
use crate::answers::Made;
use crate::project::RunOptions;
use crate::state::AppState;

/// Searches on the shown scenario.
pub(crate) fn cheapest(
    made: Arc<Made>,
    varied: Vec<Vary>,
    objectives: Vec<String>,
    options: RunOptions,
) -> Task {
    Box::new(move |handle| {
        let found = search(&made, &varied, &objectives, &options, handle);
        Box::new(move |state: &mut AppState| {
            state.plan = found.into();
        })
    })
}

fn search(
    made: &Made,
    varied: &[Vary],
    objectives: &[String],
    options: &RunOptions,
    handle: &Handle<'_>,
) -> Result<Plan, String> {
    let slos: Vec<Slo> = objectives
        .iter()
        .map(|text| text.parse().map_err(|error: tracecast_experiment::SloError| error.to_string()))
        .collect::<Result<_, _>>()?;
    let base = &made.system;
    let cost = Cost::of_cores(base, varied).map_err(|error| error.to_string())?;
    let request = Request {
        base,
        slos: &slos,
        varied,
        cost: &cost,
        engine: options.engine,
        options: &options.engine_options(),
        effort: Effort::default(),
    };
    let combinations = varied.iter().map(|vary| vary.choices.len()).product::<usize>().max(1);
    let decided = AtomicUsize::new(0);
    let listen = |more: usize| {
        let decided = decided.fetch_add(more, Ordering::Relaxed) + more;
        handle.control.report(decided as f64 / combinations as f64);
    };
    plan(&request, &handle.control, &listen).map_err(|error| error.to_string())
}
