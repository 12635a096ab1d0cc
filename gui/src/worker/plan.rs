//! The cheapest settings that meet the objectives.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tracecast_experiment::plan::{Cost, Effort, Plan, Request, Vary, plan};
use tracecast_experiment::{EngineChoice, Slo};

use super::{Handle, Task};
use crate::answers::Made;
use crate::project::RunOptions;
use crate::state::AppState;

/// What to search, and by what.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanRequest {
    /// What may be chosen.
    pub varied: Vec<Vary>,
    /// What it costs; absent: the cores that it takes.
    pub cost: Option<Cost>,
    /// Who judges.
    pub engine: EngineChoice,
}

/// Searches on the shown scenario.
pub(crate) fn cheapest(
    made: Arc<Made>,
    request: PlanRequest,
    objectives: Vec<String>,
    options: RunOptions,
) -> Task {
    Box::new(move |handle| {
        let found = search(&made, &request, &objectives, &options, handle);
        Box::new(move |state: &mut AppState| {
            state.plan = found.into();
        })
    })
}

fn search(
    made: &Made,
    asked: &PlanRequest,
    objectives: &[String],
    options: &RunOptions,
    handle: &Handle<'_>,
) -> Result<Plan, String> {
    let slos: Vec<Slo> = objectives
        .iter()
        .map(|text| text.parse().map_err(|error: tracecast_experiment::SloError| error.to_string()))
        .collect::<Result<_, _>>()?;
    let base = &made.system;
    let varied = asked.varied.as_slice();
    let cost = match &asked.cost {
        Some(cost) => cost.clone(),
        None => Cost::of_cores(base, varied).map_err(|error| error.to_string())?,
    };
    let request = Request {
        base,
        slos: &slos,
        varied,
        cost: &cost,
        engine: asked.engine,
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
