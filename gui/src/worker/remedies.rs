//! What would help a scenario.

use std::sync::Arc;

use tracecast_experiment::EngineChoice;

use super::Task;
use crate::answers::{Answer, Key};
use crate::project::RunOptions;
use crate::remedies;
use crate::state::AppState;

/// Services whose changes are tried, and the load from which on they are.
const SERVICES: usize = 3;
const LOADED: f64 = 0.3;
/// Enough to tell which change helps most.
const PRECISION: f64 = 0.05;

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
    let options = options.rough(&made.system, PRECISION);
    // The simulation covers everything; the analytic engine answers at once where it can.
    let engine = if answer.analytic.prediction().is_some() {
        EngineChoice::Analytic
    } else {
        EngineChoice::Simulation
    };
    Some(Box::new(move |handle| {
        let found = remedies::remedies(&made.system, &loaded, engine, &options, &handle.control);
        Box::new(move |state: &mut AppState| {
            state.answers.entry(&key).remedies = found.into();
        })
    }))
}
