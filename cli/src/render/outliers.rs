//! Replicas that were left out since their replies were errors, killed for the memory that they took, or that no machine had
//! room for.

use tracecast_experiment::text::plain;
use tracecast_model::Prediction;

use super::table::table;

/// A table of the services where any were.
pub(crate) fn outliers(prediction: &Prediction) -> String {
    let rows: Vec<Vec<String>> = prediction
        .services
        .iter()
        .filter_map(|(name, result)| Some((name, result.ejections?, result.ejected?)))
        .filter(|(_, ejections, _)| ejections.mean > 0.0)
        .map(|(name, ejections, ejected)| {
            vec![name.clone(), format!("{}/s", plain(ejections.mean)), plain(ejected.mean)]
        })
        .collect();
    let mut text = String::new();
    if !rows.is_empty() {
        text = format!("\n{}", table(&["replicas left out of", "times", "on average"], 1, rows));
    }
    text + &killed(prediction) + &pending(prediction)
}

fn killed(prediction: &Prediction) -> String {
    let rows: Vec<Vec<String>> = prediction
        .services
        .iter()
        .filter_map(|(name, result)| Some((name, result.memory_kills?)))
        .filter(|(_, kills)| kills.mean > 0.0)
        .map(|(name, kills)| vec![name.clone(), format!("{}/h", plain(3600.0 * kills.mean))])
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    format!("\n{}", table(&["out of memory", "replicas killed"], 1, rows))
}

fn pending(prediction: &Prediction) -> String {
    let rows: Vec<Vec<String>> = prediction
        .services
        .iter()
        .filter_map(|(name, result)| Some((name, result.pending?)))
        .filter(|(_, pending)| pending.mean > 0.0)
        .map(|(name, pending)| vec![name.clone(), plain(pending.mean)])
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    format!("\n{}", table(&["no room on any machine", "replicas on average"], 1, rows))
}
