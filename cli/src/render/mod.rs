//! How results look: in words for people, as JSON for scripts.

mod call_tree;
mod compared_models;
mod compared_traces;
mod messages;
mod model;
mod outliers;
mod picture;
mod plan;
mod prediction;
mod recovery;
mod report;
mod residence;
mod scaling;
mod sensitivity;
mod stragglers;
mod table;
mod throttled;
mod time_by_operation;
mod validation;

use serde::Serialize;

pub(crate) use call_tree::call_tree;
pub(crate) use compared_models::compared_models;
pub(crate) use compared_traces::{compared_traces, judged};
pub(crate) use model::system;
pub(crate) use picture::png;
pub(crate) use plan::plan;
pub(crate) use prediction::{prediction, verdicts};
pub(crate) use recovery::recoveries;
pub(crate) use report::{architecture, import_warning, manifests, work_queues};
pub(crate) use residence::residences;
pub(crate) use sensitivity::sensitivities;
pub(crate) use stragglers::stragglers;
pub(crate) use time_by_operation::time_by_operation;
pub(crate) use validation::{parameters, validation};

/// Indented JSON with a newline at the end.
pub(crate) fn json<T: Serialize + ?Sized>(value: &T) -> String {
    let mut text = serde_json::to_string_pretty(value).expect("results have only string keys");
    text.push('\n');
    text
}

/// One JSON object per line.
pub(crate) fn json_lines<T: Serialize>(values: &[T]) -> String {
    values
        .iter()
        .map(|value| serde_json::to_string(value).expect("results have only string keys") + "\n")
        .collect()
}
