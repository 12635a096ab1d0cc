//! Containers that stood still for want of processor time.

use tracecast_experiment::text::{number, or_dash, part};
use tracecast_model::Prediction;

use super::table::table;

/// A table of those, if there are any.
pub(crate) fn throttled(prediction: &Prediction) -> String {
    let rows: Vec<Vec<String>> = prediction
        .services
        .iter()
        .filter(|(_, result)| result.throttled.is_some_and(|throttled| throttled.mean > 0.0))
        .map(|(name, result)| {
            vec![name.clone(), or_dash(result.throttled, number), or_dash(result.throttled_periods, part)]
        })
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    format!("\n{}", table(&["throttled", "replicas standing still", "periods used up"], 1, rows))
}
