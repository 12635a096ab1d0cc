//! Sensitivities in words.

use tracecast_experiment::sensitivity::{Relief, Sensitivities, Sensitivity};
use tracecast_experiment::text::{plain, signed_percent};

use super::table::table;

/// Rows of each table at most; the JSON has all.
const ROWS: usize = 12;

/// Elasticities below this are not worth a row.
const SMALL: f64 = 0.005;

/// What one more of each resource brings, and the parameters that matter most.
pub(crate) fn sensitivities(found: &Sensitivities) -> String {
    let worth = |relief: &&Relief| relief.response_time.abs().max(relief.throughput.abs()) >= SMALL;
    let reliefs: Vec<Vec<String>> = found
        .reliefs
        .iter()
        .filter(worth)
        .take(ROWS)
        .map(|relief| {
            vec![relief.edit.clone(), signed_percent(relief.response_time), signed_percent(relief.throughput)]
        })
        .collect();
    let matters = |each: &&Sensitivity| each.response_time.abs() >= SMALL;
    let parameters: Vec<Vec<String>> = found
        .parameters
        .iter()
        .filter(matters)
        .take(ROWS)
        .map(|each| {
            let change = format!("{:+.2} %", each.response_time);
            vec![each.parameter.clone(), plain(each.value), change]
        })
        .collect();
    let reliefs = if reliefs.is_empty() {
        "one more core or thread anywhere changes less than half a percent\n".to_string()
    } else {
        table(&["one more", "response time", "throughput"], 1, reliefs)
    };
    let header = ["parameter", "value", "response time per +1 %"];
    format!("\n{reliefs}\n{}", table(&header, 1, parameters))
}
