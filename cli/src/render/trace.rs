//! A trace as a call tree.

use tracecast_importers::{Trace, TraceId, TraceNode};
use tracecast_model::seconds;

/// What traces are ordered by to find the median one: nanoseconds, and the id for those of equal length.
pub(crate) fn trace_duration(trace: &Trace) -> (i64, TraceId) {
    ((trace.duration() * 1e9) as i64, trace.id)
}

/// Each span below what called it: when it began, how long it took, and its service where that is another.
pub(crate) fn trace(trace: &Trace) -> String {
    let mut text = format!(
        "trace {} · {} spans · {}\n\n{:>9}  {:>9}  span\n{}\n",
        trace.id,
        trace.nodes.len(),
        seconds::display(trace.duration()),
        "begins",
        "takes",
        "─".repeat(80)
    );
    let start = trace.start();
    for (depth, node) in trace.walk() {
        text.push_str(&line(trace, depth, node, start));
    }
    text
}

fn line(trace: &Trace, depth: usize, node: &TraceNode, start: i64) -> String {
    let span = &node.span;
    let time = |nanos: i64| seconds::display(nanos as f64 / 1e9);
    let branch = if depth == 0 { String::new() } else { format!("{}└ ", "  ".repeat(depth - 1)) };
    let caller = node.parent.map(|parent| &trace.nodes[parent].span.service);
    let service = if caller == Some(&span.service) { String::new() } else { format!("{}: ", span.service) };
    format!(
        "{:>9}  {:>9}  {branch}{service}{}\n",
        time(span.start - start),
        time(span.end - span.start),
        span.name
    )
}
