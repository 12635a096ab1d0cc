//! A trace as a call tree.

use tracecast_importers::{Trace, TraceNode};
use tracecast_model::seconds;

use super::table::table;

/// What traces are ordered by to find the median one: nanoseconds, and the id for those of equal length.
pub(crate) fn trace_duration(trace: &Trace) -> (i64, tracecast_importers::TraceId) {
    ((trace.duration() * 1e9) as i64, trace.id)
}

/// Each span with its service, its duration, and when it began.
pub(crate) fn trace(trace: &Trace) -> String {
    let start = trace.start();
    let rows = trace.walk().map(|(depth, node)| row(depth, node, start));
    let header = ["span", "service", "begins after", "takes"];
    format!(
        "trace {} · {} spans · {}\n\n{}",
        trace.id,
        trace.nodes.len(),
        seconds::display(trace.duration()),
        table(&header, 2, rows.collect())
    )
}

fn row(depth: usize, node: &TraceNode, start: i64) -> Vec<String> {
    let span = &node.span;
    let branch = if depth == 0 { String::new() } else { format!("{}└ ", "  ".repeat(depth - 1)) };
    vec![
        format!("{branch}{}", span.name),
        span.service.to_string(),
        seconds::display((span.start - start) as f64 / 1e9),
        seconds::display((span.end - span.start) as f64 / 1e9),
    ]
}
