//! The kinds of results, one file each: what is shown of it.

pub(super) mod batch;
pub(super) mod comparison;
pub(super) mod distribution;
pub(super) mod import;
pub(super) mod over_time;
pub(super) mod plan;
pub(super) mod prediction;
pub(super) mod validation;

use tracecast_experiment::text::{number, plain};
use tracecast_model::{Metric, seconds};

use super::chart::Unit;

/// Rows of a table at most; the rest is told.
const ROWS: usize = 1000;
/// Bars of a chart at most.
const BARS: usize = 16;

/// Is it a time, by its name?
fn is_time(name: &str) -> bool {
    name.parse::<tracecast_model::MetricPath>().is_ok_and(|path| path.is_time())
}

/// A figure by the unit that its name tells.
fn figure(name: &str, value: f64) -> String {
    if is_time(name) { seconds::display(value) } else { plain(value) }
}

/// The unit of an axis by the name of its figure.
fn unit(name: &str, largest: f64) -> Unit {
    if is_time(name) { Unit::of_times(largest) } else { Unit::NONE }
}

/// A figure with its interval where there is one, per second.
fn rate(metric: Metric) -> String {
    let text = number(metric);
    match text.split_once(' ') {
        Some((value, interval)) => format!("{value}/s {interval}"),
        None => format!("{text}/s"),
    }
}

/// A table of which no more than so many rows are shown.
fn long_table(html: &mut super::html::Html, header: &[&str], names: usize, mut rows: Vec<Vec<String>>) {
    let more = rows.len().saturating_sub(ROWS);
    rows.truncate(ROWS);
    html.table(header, names, &rows);
    if more > 0 {
        html.paragraph(&format!("{more} more rows are in the file."));
    }
}
