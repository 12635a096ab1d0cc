//! A call tree along time: a row for each call, a bar for when it ran.

use std::fmt::{self, Write};

use super::describe;
use super::markup::{self, Escaped, Hex, LEFT};
use super::palette::{BLUE, VERMILLION};
use super::service_colors::{ServiceColors, mixed};
use super::text::{self, TEXT_SIZE};
use super::time_axis::TimeAxis;
use crate::call_tree::{Call, CallTree, Row, Rows, Straggler, as_seconds};

const WIDTH: f64 = 1180.0;
/// Room for names, with their indentation.
const NAMES: f64 = 350.0;
/// Room for each of the three columns of times.
const COLUMN: f64 = 72.0;
const ROW: f64 = 21.0;
const BAR: f64 = 12.0;
/// A failure's or a straggler's ink, dark enough for text.
const ALARM: [u8; 3] = [170, 60, 0];

/// A call tree as a self-contained SVG document: a row for each of `rows`, with name, a bar (colored by service, full where the
/// call itself worked and pale where it waited for others, a line while the call was on the way), total, own and network time.
/// Calls that nothing waited for have dashed lines, failures and the stragglers given are marked.
pub fn svg(tree: &CallTree, rows: &Rows, late: &[&Straggler]) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write(&mut out, tree, rows, late);
    out
}

fn write(out: &mut String, tree: &CallTree, rows: &Rows, late: &[&Straggler]) -> fmt::Result {
    let colors = ServiceColors::new(tree.calls.iter().map(|call| &*call.service));
    let mut legend = String::new();
    let legend_height = colors.legend(&mut legend, 62.0, WIDTH, None)?;
    let top = 62.0 + legend_height + 26.0;
    let bottom = top + ROW * rows.rows.len() as f64 + 4.0;
    let notes = notes(tree, rows, late);
    let height = (bottom + 40.0 + 16.0 * notes.len() as f64).ceil();
    let title = text::fit(&tree.root().label(), 17.0 * text::BOLD, WIDTH - 2.0 * LEFT);
    markup::begin(out, &title, WIDTH, height)?;
    let facts = format!(
        "trace {} · response time {} · {} calls, {} spans",
        tree.trace,
        describe::duration(tree.response_time()),
        tree.calls.len(),
        tree.spans
    );
    writeln!(out, r##"<text x="{LEFT}" y="50" fill="#333333">{}</text>"##, Escaped(&facts))?;
    out.push_str(&legend);
    let axis = axis(tree);
    axis.write(out, top, bottom)?;
    for (column, head) in ["total", "own", "network"].into_iter().enumerate() {
        writeln!(
            out,
            r##"<text x="{:.1}" y="{:.1}" text-anchor="end" fill="#555555">{head}</text>"##,
            column_end(column),
            top - 5.0
        )?;
    }
    let deepest = rows.rows.iter().map(|row| row.depth).max().unwrap_or(0).max(1);
    let step = (180.0 / deepest as f64).min(14.0);
    let mut parents: Vec<f64> = Vec::new();
    for (number, row) in rows.rows.iter().enumerate() {
        let y = top + ROW * (number as f64 + 0.5) + 2.0;
        parents.truncate(row.depth);
        branch(out, tree, row, step, parents.last().copied(), y)?;
        parents.push(y);
        let drawn = Drawn { tree, row, late, axis: &axis, colors: &colors, y };
        drawn.write(out, LEFT + step * row.depth as f64)?;
    }
    key(out, bottom + 18.0)?;
    for (number, note) in notes.iter().enumerate() {
        let y = bottom + 40.0 + 16.0 * number as f64;
        let note = text::fit(note, TEXT_SIZE, WIDTH - 2.0 * LEFT);
        writeln!(out, r##"<text x="{LEFT}" y="{y:.1}" fill="#333333">{}</text>"##, Escaped(&note))?;
    }
    out.push_str("</svg>\n");
    Ok(())
}

fn axis(tree: &CallTree) -> TimeAxis {
    let start = tree.calls.iter().map(|call| call.seen.start).min().unwrap_or(0);
    let end = tree.calls.iter().map(|call| call.seen.end.max(call.handled.end)).max().unwrap_or(0);
    TimeAxis {
        start: as_seconds(start),
        length: as_seconds(end - start),
        left: LEFT + NAMES + 12.0,
        width: WIDTH - 2.0 * LEFT - NAMES - 3.0 * COLUMN - 24.0,
    }
}

fn column_end(column: usize) -> f64 {
    WIDTH - LEFT - COLUMN * (2 - column) as f64
}

/// The line from the call above: dashed where nothing waits for this one.
fn branch(
    out: &mut String,
    tree: &CallTree,
    row: &Row,
    step: f64,
    parent: Option<f64>,
    y: f64,
) -> fmt::Result {
    let Some(above) = parent else { return Ok(()) };
    let x = LEFT + step * (row.depth as f64 - 1.0) + step.min(6.0) / 2.0;
    let end = LEFT + step * row.depth as f64 - 2.0;
    let (color, dashes) = match tree.calls[row.calls[0]].asynchronous {
        true => (BLUE, r#" stroke-dasharray="3 2""#),
        false => ([190; 3], ""),
    };
    let from = above + 8.0;
    writeln!(
        out,
        r#"<path d="M{x:.1} {from:.1}L{x:.1} {y:.1}L{end:.1} {y:.1}" fill="none" stroke="{}"{dashes}/>"#,
        Hex(color)
    )
}

struct Drawn<'a> {
    tree: &'a CallTree,
    row: &'a Row,
    late: &'a [&'a Straggler],
    axis: &'a TimeAxis,
    colors: &'a ServiceColors,
    y: f64,
}

impl Drawn<'_> {
    fn calls(&self) -> impl Iterator<Item = &Call> {
        self.row.calls.iter().map(|&call| &self.tree.calls[call])
    }

    fn write(&self, out: &mut String, left: f64) -> fmt::Result {
        let first = &self.tree.calls[self.row.calls[0]];
        let failed = self.calls().any(|call| call.error);
        let caller = first.parent.map(|parent| &self.tree.calls[parent].service);
        let many =
            if self.row.calls.len() > 1 { format!("×{} ", self.row.calls.len()) } else { String::new() };
        let name = match caller == Some(&first.service) {
            true => format!("{many}{}", first.operation),
            false => format!("{many}{}: {}", first.service, first.operation),
        };
        writeln!(out, "<g><title>{}</title>", Escaped(&self.hint(first)))?;
        let ink = if failed { ALARM } else { [0; 3] };
        writeln!(
            out,
            r#"<text x="{left:.1}" y="{:.1}" fill="{}">{}</text>"#,
            self.y + 4.0,
            Hex(ink),
            Escaped(&text::fit(&name, TEXT_SIZE, LEFT + NAMES - left))
        )?;
        for (&place, call) in self.row.calls.iter().zip(self.calls()) {
            self.bar(out, place, call)?;
        }
        let times = [Some(self.row.total), Some(self.row.own), self.row.network];
        for (column, time) in times.into_iter().enumerate() {
            let Some(time) = time else { continue };
            writeln!(
                out,
                r#"<text x="{:.1}" y="{:.1}" text-anchor="end">{}</text>"#,
                column_end(column),
                self.y + 4.0,
                Escaped(&describe::duration(time))
            )?;
        }
        if failed {
            cross(out, self.end() + 8.0, self.y)?;
        }
        if let Some(case) = self.late.iter().find(|case| self.row.calls.contains(&case.call)) {
            self.mark(out, case, failed)?;
        }
        out.push_str("</g>\n");
        Ok(())
    }

    fn hint(&self, call: &Call) -> String {
        let waited = if call.asynchronous { ", not waited for" } else { "" };
        format!(
            "{} ({}{waited})\nfrom {} to {} after the request began",
            call.label(),
            call.kind_name(),
            describe::duration(as_seconds(call.seen.start)),
            describe::duration(as_seconds(call.seen.end))
        )
    }

    /// Where the last bar of the row ends.
    fn end(&self) -> f64 {
        let end = self.calls().map(|call| call.seen.end.max(call.handled.end)).max();
        self.axis.x(as_seconds(end.unwrap_or(0)))
    }

    fn bar(&self, out: &mut String, place: usize, call: &Call) -> fmt::Result {
        let color = self.colors.of(&call.service);
        let x = |nanos| self.axis.x(as_seconds(nanos));
        let (left, right) = (x(call.seen.start), x(call.seen.end));
        if call.network.is_some() {
            way(out, left, right, self.y)?;
        }
        let dashes = if call.asynchronous { r#" stroke-dasharray="3 2""# } else { "" };
        let border = if call.error { VERMILLION } else { [68; 3] };
        let (left, right) = (x(call.handled.start), x(call.handled.end));
        block(out, [left, right], self.y, mixed(color, [255; 3], 0.65), "")?;
        for part in self.tree.own_work(place) {
            block(out, [x(part.start), x(part.end)], self.y, color, "")?;
        }
        let look = format!(r#" stroke="{}" stroke-width="0.7"{dashes}"#, Hex(border));
        frame(out, [left, right], self.y, &look)
    }

    /// A triangle, and how much longer than its peers.
    fn mark(&self, out: &mut String, case: &Straggler, failed: bool) -> fmt::Result {
        let label = format!("+{}", describe::duration(case.delay));
        let wide = 14.0 + text::width(&label, TEXT_SIZE);
        let after = self.end() + if failed { 18.0 } else { 6.0 };
        let start = self.calls().map(|call| call.seen.start).min().unwrap_or(0);
        let x = match after + wide > self.axis.left + self.axis.width + 14.0 {
            true => self.axis.x(as_seconds(start)) - wide - 2.0,
            false => after,
        };
        let y = self.y;
        writeln!(
            out,
            r#"<path d="M{x:.1} {:.1}L{:.1} {:.1}L{:.1} {:.1}Z" fill="{}"/>"#,
            y + 4.5,
            x + 10.0,
            y + 4.5,
            x + 5.0,
            y - 5.0,
            Hex(ALARM)
        )?;
        writeln!(
            out,
            r#"<text x="{:.1}" y="{:.1}" fill="{}">{}</text>"#,
            x + 12.0,
            y + 4.0,
            Hex(ALARM),
            Escaped(&label)
        )
    }
}

/// Narrow stretches stay visible.
fn wide(ends: [f64; 2]) -> f64 {
    (ends[1] - ends[0]).max(1.0)
}

fn block(out: &mut String, ends: [f64; 2], y: f64, color: [u8; 3], look: &str) -> fmt::Result {
    writeln!(
        out,
        r#"<rect x="{:.2}" y="{:.1}" width="{:.2}" height="{BAR}" fill="{}"{look}/>"#,
        ends[0],
        y - BAR / 2.0,
        wide(ends),
        Hex(color)
    )
}

fn frame(out: &mut String, ends: [f64; 2], y: f64, look: &str) -> fmt::Result {
    writeln!(
        out,
        r#"<rect x="{:.2}" y="{:.1}" width="{:.2}" height="{BAR}" fill="none"{look}/>"#,
        ends[0],
        y - BAR / 2.0,
        wide(ends)
    )
}

/// A call on its way.
fn way(out: &mut String, left: f64, right: f64, y: f64) -> fmt::Result {
    writeln!(
        out,
        r##"<path d="M{left:.2} {:.1}L{left:.2} {:.1}M{left:.2} {y:.1}L{right:.2} {y:.1}M{right:.2} {:.1}L{right:.2} {:.1}" stroke="#777777" stroke-width="1.2" fill="none"/>"##,
        y - 3.0,
        y + 3.0,
        y - 3.0,
        y + 3.0
    )
}

fn cross(out: &mut String, x: f64, y: f64) -> fmt::Result {
    let (left, right, top, bottom) = (x - 4.0, x + 4.0, y - 4.0, y + 4.0);
    writeln!(
        out,
        r#"<path d="M{left:.1} {top:.1}L{right:.1} {bottom:.1}M{right:.1} {top:.1}L{left:.1} {bottom:.1}" stroke="{}" stroke-width="2"/>"#,
        Hex(VERMILLION)
    )
}

/// What the looks of bars and lines mean.
fn key(out: &mut String, y: f64) -> fmt::Result {
    let gray = [110; 3];
    let mut x = LEFT;
    let entries = [
        "own (handle) time",
        "waiting for calls",
        "on the way: network, queues",
        "not waited for",
        "failed",
        "straggler",
    ];
    for (number, words) in entries.into_iter().enumerate() {
        let ends = [x, x + 22.0];
        match number {
            0 => block(out, ends, y, gray, "")?,
            1 => block(out, ends, y, mixed(gray, [255; 3], 0.65), "")?,
            2 => way(out, ends[0], ends[1], y)?,
            3 => {
                let look = format!(r#" stroke="{}" stroke-dasharray="3 2""#, Hex(BLUE));
                frame(out, ends, y, &look)?;
            }
            4 => cross(out, x + 11.0, y)?,
            _ => writeln!(
                out,
                r#"<path d="M{:.1} {:.1}L{:.1} {:.1}L{:.1} {:.1}Z" fill="{}"/>"#,
                x + 6.0,
                y + 4.5,
                x + 16.0,
                y + 4.5,
                x + 11.0,
                y - 5.0,
                Hex(ALARM)
            )?,
        }
        writeln!(out, r#"<text x="{:.1}" y="{:.1}">{words}</text>"#, x + 28.0, y + 4.0)?;
        x += 48.0 + text::width(words, TEXT_SIZE);
    }
    Ok(())
}

fn notes(tree: &CallTree, rows: &Rows, late: &[&Straggler]) -> Vec<String> {
    let mut notes = Vec::new();
    if rows.folded {
        notes.push("×N: so many calls of one operation, with the means of their times.".to_string());
    }
    if rows.hidden > 0 {
        notes.push(format!("{} calls further down are not shown.", rows.hidden));
    }
    if tree.calls.iter().any(|call| call.skew != 0) {
        notes.push("Clocks differ: some calls were moved into the time of their callers.".into());
    }
    for case in late {
        let others = match case.against {
            crate::call_tree::Against::History => "others of the same operation",
            _ => "calls made at the same time",
        };
        notes.push(format!(
            "{}/{} took {}: {} longer than the median of {} {others}; that costs {} of the response time.",
            case.service,
            case.operation,
            describe::duration(case.duration),
            describe::duration(case.delay),
            case.peers,
            describe::percent(case.cost_share)
        ));
    }
    notes
}
