//! Bars from left to right, with intervals.

use std::fmt::Write;

use tracecast_experiment::picture::Escaped;

use super::{Show, WIDTH, begin, fit, scale};
use crate::html::{COLORS, Chart};

/// Height of a line.
const LINE: f64 = 26.0;
/// Room for names at most, and for values.
const NAMES: f64 = 200.0;
const VALUES: f64 = 78.0;

/// A bar with its 95 % interval.
pub(crate) struct Bar {
    pub(crate) name: String,
    pub(crate) value: f64,
    pub(crate) half_width: Option<f64>,
    /// Number of its color.
    pub(crate) series: usize,
}

/// Bars one below the other, in their order.
pub(crate) fn bars(title: &str, bars: &[Bar], legend: Vec<String>, show: Show<'_>) -> Chart {
    let height = LINE * bars.len() as f64 + 4.0;
    let longest = bars.iter().map(|bar| bar.name.chars().count()).max().unwrap_or(0);
    let names = (longest as f64 * 7.2 + 12.0).clamp(50.0, NAMES);
    let room = WIDTH - names - VALUES;
    let high = |bar: &Bar| bar.value + bar.half_width.unwrap_or(0.0);
    let largest = bars.iter().map(high).filter(|value| value.is_finite()).fold(0.0, f64::max);
    let (_, end) = scale(largest, 8.0);
    let x = |value: f64| names + (value / end).clamp(0.0, 1.0) * room;
    let mut svg = begin(height, title);
    for (i, bar) in bars.iter().enumerate() {
        let top = LINE * i as f64 + 4.0;
        let middle = top + 9.0;
        let _ = writeln!(
            svg,
            "<g class=\"s{}\"><title>{}: {}</title><text class=\"t\" x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>\
             <rect class=\"f\" x=\"{names:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"18\" rx=\"2\"/>\
             <text class=\"u\" x=\"{WIDTH}\" y=\"{:.1}\" text-anchor=\"end\">{}</text></g>",
            bar.series % COLORS,
            Escaped(&bar.name),
            Escaped(&show(bar.value)),
            names - 8.0,
            middle + 4.5,
            Escaped(&fit(&bar.name, names - 8.0)),
            (x(bar.value) - names).max(1.0),
            middle + 4.5,
            Escaped(&show(bar.value)),
        );
        if let Some(half) = bar.half_width.filter(|half| half / end > 2e-3) {
            let (low, high) = (x(bar.value - half), x(bar.value + half));
            let (up, down) = (middle - 4.0, middle + 4.0);
            let _ = writeln!(
                svg,
                "<path class=\"w\" d=\"M{low:.1} {middle:.1}H{high:.1}M{low:.1} {up:.1}V{down:.1}M{high:.1} {up:.1}V{down:.1}\"/>"
            );
        }
    }
    let _ = writeln!(svg, "<path class=\"a\" d=\"M{names:.1} 0V{height:.1}\"/>\n</svg>");
    Chart { title: title.to_owned(), svg, legend, note: String::new() }
}
