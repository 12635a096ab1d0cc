//! What would help a scenario.

use std::sync::Arc;

use tracecast_experiment::EngineChoice;
use tracecast_model::EngineOptions;

use super::Task;
use crate::answers::{Answer, Asked, Key};
use crate::project::RunOptions;
use crate::remedies;
use crate::state::AppState;

/// Services whose changes are tried, and the load from which on they are.
const SERVICES: usize = 3;
const LOADED: f64 = 0.3;
/// Enough to tell which change helps most.
const PRECISION: f64 = 0.05;
const REPLICATIONS: u32 = 5;

/// Tries changes of the most loaded services; nothing where there is no picture of the load yet.
pub(crate) fn remedies(key: Key, answer: &Answer, options: &RunOptions) -> Option<Task> {
    let made = Arc::clone(answer.made.as_ref()?);
    let picture = answer.picture.as_ref()?;
    let mut loaded: Vec<(&str, f64)> = picture
        .nodes
        .iter()
        .filter_map(|node| Some((node.id.strip_prefix("service:")?, node.load?)))
        .filter(|(_, load)| *load >= LOADED)
        .collect();
    loaded.sort_by(|a, b| b.1.total_cmp(&a.1));
    let loaded: Vec<String> = loaded.into_iter().take(SERVICES).map(|(name, _)| name.to_owned()).collect();
    let ends = made.system.workloads.iter().any(|workload| workload.load.is_finite());
    let asked = options.engine_options();
    let options = EngineOptions {
        precision: asked.precision.max(PRECISION),
        replications: ends.then_some(REPLICATIONS),
        ..asked
    };
    // The simulation covers everything; the analytic engine answers at once where it can.
    let engine = if answer.analytic.prediction().is_some() {
        EngineChoice::Analytic
    } else {
        EngineChoice::Simulation
    };
    Some(Box::new(move |handle| {
        let found = remedies::remedies(&made.system, &loaded, engine, &options, &handle.control);
        Box::new(move |state: &mut AppState| {
            state.answers.entry(&key).remedies = match found {
                Ok(remedies) => Asked::Done(remedies),
                Err(problem) => Asked::Failed(problem),
            };
        })
    }))
}
