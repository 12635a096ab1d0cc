//! A figure over two settings, as a table of colors.

use std::fmt::Write;

use tracecast_experiment::picture::Escaped;

use super::{Show, WIDTH, begin, fit};
use crate::html::Chart;

const LINE: f64 = 30.0;
const LEFT: f64 = 80.0;
const TOP: f64 = 44.0;

/// Rows from above, columns from the left; what is absent stays empty. `axes` names rows and columns.
pub(crate) fn heat_map(
    title: &str,
    axes: [&str; 2],
    labels: [&[String]; 2],
    values: &[Vec<Option<f64>>],
    show: Show<'_>,
) -> Chart {
    let [rows, columns] = labels;
    let known = || values.iter().flatten().flatten().copied();
    let (low, high) =
        known().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    let room = (WIDTH - LEFT) / columns.len().max(1) as f64;
    let mut svg = begin(TOP + LINE * rows.len() as f64 + 4.0, title);
    let _ = writeln!(
        svg,
        "<text class=\"u\" x=\"{WIDTH}\" y=\"14\" text-anchor=\"end\">{} →</text><text class=\"u\" x=\"0\" y=\"14\">↓ {}</text>",
        Escaped(&fit(axes[1], WIDTH / 2.0 - 30.0)),
        Escaped(&fit(axes[0], WIDTH / 2.0 - 30.0))
    );
    for (i, column) in columns.iter().enumerate() {
        let _ = writeln!(
            svg,
            "<text class=\"t\" x=\"{:.1}\" y=\"36\" text-anchor=\"middle\">{}</text>",
            LEFT + room * (i as f64 + 0.5),
            Escaped(&fit(column, room - 4.0))
        );
    }
    for (r, row) in rows.iter().enumerate() {
        let top = TOP + LINE * r as f64;
        let _ = writeln!(
            svg,
            "<text class=\"t\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            LEFT - 8.0,
            top + 19.0,
            Escaped(&fit(row, LEFT - 8.0))
        );
        for (c, value) in values[r].iter().enumerate() {
            let Some(value) = value else { continue };
            let part = if high > low { (value - low) / (high - low) } else { 0.5 };
            let left = LEFT + room * c as f64;
            let text = show(*value);
            // Where there is no room for the figure it can still be pointed at.
            let label = if text.chars().count() as f64 * 7.2 <= room - 2.0 { text.as_str() } else { "" };
            let _ = writeln!(
                svg,
                "<g class=\"s1\"><title>{}</title><rect class=\"f\" fill-opacity=\"{:.2}\" x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{}\"/>\
                 <text class=\"t\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text></g>",
                Escaped(&text),
                0.06 + 0.6 * part,
                left + 1.0,
                top + 1.0,
                room - 2.0,
                LINE - 2.0,
                left + room / 2.0,
                top + 19.0,
                Escaped(label)
            );
        }
    }
    svg.push_str("</svg>\n");
    Chart { title: title.to_owned(), svg, legend: Vec::new(), note: String::new() }
}
