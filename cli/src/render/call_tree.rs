//! A trace as a call tree within 80 columns.

use tracecast_experiment::call_tree::{CallTree, Row, Rows, Straggler, as_seconds};
use tracecast_experiment::text::plain;
use tracecast_model::seconds;

const WIDTH: usize = 80;
/// Room for `⇢ message`.
const KIND: usize = 9;
/// Indentation beyond this is cut off.
const INDENT: usize = 16;
/// The least that is left for names.
const NAME: usize = 28;

/// Each call below the one that made it, with its total time, its own, and a bar of when it ran.
pub(crate) fn call_tree(tree: &CallTree, rows: &Rows, late: &[&Straggler], chosen: &str) -> String {
    let mut text = format!(
        "trace {} · {} spans, {} calls · {}\n",
        tree.trace,
        tree.spans,
        tree.calls.len(),
        seconds::display(tree.response_time())
    );
    text.push_str(&textwrap::fill(chosen, WIDTH));
    text.push_str("\n\n");
    let time = |value: f64| seconds::display(value);
    let times = rows.rows.iter().flat_map(|row| [row.total, row.own]);
    let column = times.map(|value| time(value).chars().count()).max().unwrap_or(0).max(5);
    let bar = WIDTH - NAME - KIND - 2 * column - 4;
    let scale = Scale::of(tree, bar);
    let begin_and_end = format!("0{:>width$}", time(scale.length), width = bar - 1);
    text.push_str(&format!(
        "{:NAME$} {:KIND$} {:>column$} {:>column$} {begin_and_end}\n{}\n",
        "call",
        "kind",
        "total",
        "own",
        "─".repeat(WIDTH)
    ));
    let deepest = rows.rows.iter().map(|row| row.depth).max().unwrap_or(0);
    let step = if 2 * deepest <= INDENT { 2 } else { 1 };
    for row in &rows.rows {
        let indent = (row.depth * step).min(INDENT);
        let name = cut(&format!("{}{}", " ".repeat(indent), name(tree, row, late)), NAME);
        let kind = kind(tree, row);
        let line = format!(
            "{name:NAME$} {kind:KIND$} {:>column$} {:>column$} {}",
            time(row.total),
            time(row.own),
            scale.bar(tree, row)
        );
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text.push('\n');
    text.push_str(&notes(tree, rows, late));
    text
}

/// Marks, how many, the service where that is another than the caller's, and the operation.
fn name(tree: &CallTree, row: &Row, late: &[&Straggler]) -> String {
    let call = &tree.calls[row.calls[0]];
    let caller = call.parent.map(|parent| &tree.calls[parent].service);
    let mut name = String::new();
    if row.calls.iter().any(|&call| tree.calls[call].error) {
        name.push_str("✗ ");
    }
    if late.iter().any(|case| row.calls.contains(&case.call)) {
        name.push_str("▲ ");
    }
    if row.calls.len() > 1 {
        name.push_str(&format!("×{} ", row.calls.len()));
    }
    if caller != Some(&call.service) {
        name.push_str(&format!("{}: ", call.service));
    }
    name + &call.operation
}

fn kind(tree: &CallTree, row: &Row) -> String {
    let call = &tree.calls[row.calls[0]];
    if call.asynchronous { format!("⇢ {}", call.kind_name()) } else { call.kind_name().into() }
}

/// The text, cut where it is longer than allowed: in the middle, since the ends of names tell most.
pub(super) fn cut(text: &str, allowed: usize) -> String {
    let length = text.chars().count();
    if length <= allowed {
        return text.to_string();
    }
    let tail = allowed / 3;
    let head: String = text.chars().take(allowed - tail - 1).collect();
    let end: String = text.chars().skip(length - tail).collect();
    format!("{head}…{end}")
}

/// Time along a bar.
struct Scale {
    start: f64,
    length: f64,
    cells: usize,
}

impl Scale {
    /// From the first begin to the last end; work may go on after the reply.
    fn of(tree: &CallTree, cells: usize) -> Self {
        let start = tree.calls.iter().map(|call| call.seen.start).min().unwrap_or(0);
        let end = tree.calls.iter().map(|call| call.seen.end.max(call.handled.end)).max().unwrap_or(0);
        Self { start: as_seconds(start), length: as_seconds(end - start), cells }
    }

    fn bar(&self, tree: &CallTree, row: &Row) -> String {
        let mut cells = vec![' '; self.cells];
        for &place in &row.calls {
            let call = &tree.calls[place];
            self.fill(&mut cells, call.seen.start, call.seen.end, '·');
            self.fill(&mut cells, call.handled.start, call.handled.end, '█');
            for child in tree.waited_for(place) {
                let wait = tree.calls[child].seen.within(call.handled);
                self.within(&mut cells, wait.start, wait.end, '─');
            }
        }
        cells.into_iter().collect()
    }

    fn place(&self, nanos: i64) -> f64 {
        let part = (as_seconds(nanos) - self.start) / self.length;
        if part.is_finite() { part * self.cells as f64 } else { 0.0 }
    }

    /// All cells that the stretch touches, at least one.
    fn fill(&self, cells: &mut [char], start: i64, end: i64, sign: char) {
        let first = (self.place(start).floor() as usize).min(self.cells - 1);
        let last = (self.place(end).ceil() as usize).clamp(first + 1, self.cells);
        cells[first..last].fill(sign);
    }

    /// The cells of which it takes the most part.
    fn within(&self, cells: &mut [char], start: i64, end: i64, sign: char) {
        let first = (self.place(start).round() as usize).min(self.cells);
        let last = (self.place(end).round() as usize).clamp(first, self.cells);
        cells[first..last].fill(sign);
    }
}

fn notes(tree: &CallTree, rows: &Rows, late: &[&Straggler]) -> String {
    let mut lines =
        vec!["█ own (handle) time   ─ waiting for calls   · on the way (network, queues)".to_string()];
    let mut marks = Vec::new();
    if tree.calls.iter().any(|call| call.error) {
        marks.push("✗ failed");
    }
    if tree.calls.iter().any(|call| call.asynchronous) {
        marks.push("⇢ not waited for");
    }
    if !late.is_empty() {
        marks.push("▲ straggler");
    }
    if !marks.is_empty() {
        lines.push(marks.join("   "));
    }
    if rows.folded {
        lines.push(format!(
            "{} calls are too many for a page: ×N stands for N calls of one operation, with their means",
            tree.calls.len()
        ));
    }
    if rows.hidden > 0 {
        lines.push(format!("{} calls further down are not shown", rows.hidden));
    }
    let moved = tree.calls.iter().map(|call| call.skew.abs()).max().unwrap_or(0);
    if moved > 0 {
        let count = tree.calls.iter().filter(|call| call.skew != 0).count();
        lines.push(format!(
            "clocks differ: {count} calls were moved into their callers' time, by up to {}",
            seconds::display(as_seconds(moved))
        ));
    }
    if !tree.complete {
        lines.push("the beginning of this request is missing in the trace".into());
    }
    lines.extend(late.iter().map(|case| straggler(case)));
    let lines: Vec<String> = lines
        .iter()
        .map(|line| textwrap::fill(line, textwrap::Options::new(WIDTH).subsequent_indent("  ")) + "\n")
        .collect();
    lines.concat()
}

fn straggler(case: &Straggler) -> String {
    let sure = match (case.z, case.chance) {
        (Some(z), _) => format!(", robust z {}", plain(z)),
        (None, Some(chance)) => format!(", so often by chance: {chance:.1e}"),
        (None, None) => String::new(),
    };
    format!(
        "▲ {}/{} took {}, {} longer than the median of {}{sure}",
        case.service,
        case.operation,
        seconds::display(case.duration),
        seconds::display(case.delay),
        super::stragglers::peers(case),
    )
}
