//! Where response times are spent.

use tracecast_model::{Metric, Prediction, Residence, WorkloadResult, seconds};

use super::table::table;

/// Rows of a workload; operations beyond are told in one.
const ROWS: usize = 15;

/// For every workload a table of its operations, those with most of the time first.
pub(crate) fn residences(prediction: &Prediction) -> String {
    let told = prediction.workloads.iter().filter(|(_, result)| !result.residence.is_empty());
    told.map(|(name, result)| {
        format!(
            "\nwhere the response time of {name} is spent (thread, core: waiting for one)\n{}",
            places(result)
        )
    })
    .collect()
}

fn places(result: &WorkloadResult) -> String {
    let mut all: Vec<(&String, &Residence)> = result.residence.iter().collect();
    all.sort_by(|a, b| b.1.total.mean.total_cmp(&a.1.total.mean));
    let sum: f64 = all.iter().map(|(_, residence)| residence.total.mean).sum();
    let share = |seconds: f64| format!("{:.1} %", 100.0 * seconds / sum);
    let cell = |metric: Option<Metric>| metric.map_or("-".to_owned(), |metric| seconds::display(metric.mean));
    let (first, rest) = all.split_at(all.len().min(ROWS));
    let mut rows: Vec<Vec<String>> = first
        .iter()
        .map(|(name, residence)| {
            vec![
                (*name).clone(),
                cell(residence.network),
                cell(residence.waiting_for_thread),
                cell(residence.waiting_for_core),
                cell(residence.work),
                cell(residence.delay),
                seconds::display(residence.total.mean),
                share(residence.total.mean),
            ]
        })
        .collect();
    if !rest.is_empty() {
        let left: f64 = rest.iter().map(|(_, residence)| residence.total.mean).sum();
        let mut row = vec![format!("{} more", rest.len())];
        row.extend(std::iter::repeat_n("-".to_owned(), 5));
        row.extend([seconds::display(left), share(left)]);
        rows.push(row);
    }
    table(&["operation", "network", "thread", "core", "work", "delay", "total", "share"], 1, rows)
}
