//! Where requests spent their time: services by request types, then each type by operation.

use std::collections::BTreeMap;

use tracecast_experiment::call_tree::{Breakdown, OperationTime, Part, TypeBreakdown};
use tracecast_experiment::text::{percent, plain};
use tracecast_model::seconds;

use super::call_tree::cut;
use super::table::{NAMES, table};

/// Types of requests printed, and operations of each; JSON has all.
const TYPES: usize = 5;
const OPERATIONS: usize = 15;

/// Tables within 80 columns.
pub(crate) fn time_by_operation(times: &Breakdown) -> String {
    let types = &times.types[..times.types.len().min(TYPES)];
    let mut text = String::new();
    for (letter, requests) in ('A'..).zip(types) {
        let failed =
            if requests.failed > 0 { format!(", {} failed", requests.failed) } else { String::new() };
        let line = format!("{letter}  {}: {}{failed}", requests.name, requests_of(requests.requests));
        text.push_str(&textwrap::fill(&line, textwrap::Options::new(80).subsequent_indent("   ")));
        text.push('\n');
    }
    if times.types.len() > TYPES {
        let rest = &times.types[TYPES..];
        let requests: usize = rest.iter().map(|requests| requests.requests).sum();
        text.push_str(&format!("and {requests} requests of {} other types (--json has all)\n", rest.len()));
    }
    if times.incomplete > 0 {
        text.push_str(&format!("left out: {} trees whose beginning is missing\n", times.incomplete));
    }
    text.push_str("\nTime on the critical path, per request:\n\n");
    text.push_str(&by_service(types));
    for (letter, requests) in ('A'..).zip(types) {
        text.push_str(&format!("\n{letter}: {} per request\n\n", seconds::display(requests.response_time)));
        text.push_str(&by_operation(requests));
    }
    text.push('\n');
    let notes = "critical: what the response waited for, which sums to the response time (Zhang et al. 2022). in all: \
                 handle time, whether waited for or not; for network, time between the two sides of a call, with queues on \
                 the way.";
    text.push_str(&textwrap::fill(notes, 80));
    text.push('\n');
    text
}

/// A row for each service, a column for each type.
fn by_service(types: &[TypeBreakdown]) -> String {
    let mut sums = BTreeMap::<String, Vec<f64>>::new();
    for (column, requests) in types.iter().enumerate() {
        for operation in &requests.operations {
            let name = match operation.part {
                Part::Work => operation.service.to_string(),
                Part::Network => "(network)".to_string(),
            };
            sums.entry(name).or_insert_with(|| vec![0.0; types.len()])[column] += operation.critical_time;
        }
    }
    let mut rows: Vec<(String, Vec<f64>)> = sums.into_iter().collect();
    rows.sort_by(|(_, a), (_, b)| b.iter().sum::<f64>().total_cmp(&a.iter().sum::<f64>()));
    rows.push(("response time".into(), types.iter().map(|requests| requests.response_time).collect()));
    let letters: Vec<String> = ('A'..).take(types.len()).map(String::from).collect();
    let header: Vec<&str> = std::iter::once("service").chain(letters.iter().map(String::as_str)).collect();
    let cell = |time: f64| if time > 0.0 { seconds::display(time) } else { "-".into() };
    let cells = rows.into_iter().map(|(name, times)| {
        std::iter::once(name).chain(times.into_iter().map(cell)).collect::<Vec<String>>()
    });
    table(&header, 1, cells.collect())
}

fn by_operation(requests: &TypeBreakdown) -> String {
    let row = |operation: &OperationTime| {
        let name = match operation.part {
            Part::Work => format!("{}/{}", operation.service, operation.operation),
            Part::Network => format!("→ {} (network)", operation.service),
        };
        vec![
            cut(&name, NAMES),
            seconds::display(operation.critical_time),
            share(operation.critical_time, requests),
            seconds::display(operation.time),
            plain(operation.calls),
            if operation.errors > 0.0 { plain(operation.errors) } else { "-".into() },
        ]
    };
    let mut rows: Vec<Vec<String>> = requests.operations.iter().take(OPERATIONS).map(row).collect();
    if let Some(rest) = requests.operations.get(OPERATIONS..).filter(|rest| !rest.is_empty()) {
        let sum = |of: fn(&OperationTime) -> f64| rest.iter().map(of).sum::<f64>();
        let critical = sum(|operation| operation.critical_time);
        rows.push(vec![
            format!("{} more", rest.len()),
            seconds::display(critical),
            share(critical, requests),
            seconds::display(sum(|operation| operation.time)),
            "-".into(),
            "-".into(),
        ]);
    }
    table(&["operation", "critical", "share", "in all", "calls", "errors"], 1, rows)
}

fn share(critical: f64, requests: &TypeBreakdown) -> String {
    if requests.response_time > 0.0 { percent(critical / requests.response_time) } else { "-".into() }
}

fn requests_of(count: usize) -> String {
    if count == 1 { "1 request".into() } else { format!("{count} requests") }
}
