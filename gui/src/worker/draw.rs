//! The picture of a large system.

use std::sync::Arc;

use tracecast_experiment::picture::{Folding, Picture, layout_folded};
use tracecast_model::Prediction;

use super::Task;
use crate::answers::Made;
use crate::overview::Drawn;
use crate::state::AppState;

/// Draws a system with services put together.
pub(crate) fn draw(
    of: Arc<Picture>,
    made: Arc<Made>,
    prediction: Option<Arc<Prediction>>,
    folding: Folding,
) -> Task {
    Box::new(move |_| {
        let picture = Arc::new(layout_folded(&made.system, prediction.as_deref(), &folding));
        Box::new(move |state: &mut AppState| state.overview.drawn = Some(Drawn { of, folding, picture }))
    })
}
