//! Messages of work queues that were delivered more than once.

use tracecast_experiment::text::{or_dash, plain};
use tracecast_model::{Prediction, ServiceResult};

use super::table::table;

/// A table of the services where there are any, or dead letters.
pub(crate) fn messages(prediction: &Prediction) -> String {
    let figures = |result: &ServiceResult| {
        [result.redeliveries, result.dead_letters, result.expired_reservations, result.repeated_work]
    };
    let rows: Vec<Vec<String>> = prediction
        .services
        .iter()
        .map(|(name, result)| (name, figures(result)))
        .filter(|(_, figures)| figures.iter().flatten().any(|figure| figure.mean > 0.0))
        .map(|(name, figures)| {
            let cells = figures.map(|figure| or_dash(figure, |rate| format!("{}/s", plain(rate.mean))));
            [name.clone()].into_iter().chain(cells).collect()
        })
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    let header = ["messages of", "delivered again", "dead letters", "expired", "done in vain"];
    format!("\n{}", table(&header, 1, rows))
}
