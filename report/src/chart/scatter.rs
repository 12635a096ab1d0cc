//! Measured against predicted.

use std::fmt::Write;

use tracecast_experiment::picture::Escaped;

use super::{Unit, WIDTH, begin, ticks};
use crate::html::{COLORS, Chart};

const HEIGHT: f64 = 440.0;
const LEFT: f64 = 66.0;
const RIGHT: f64 = 14.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 50.0;

/// A measured value with its prediction.
pub(crate) struct Dot {
    pub(crate) name: String,
    pub(crate) measured: f64,
    pub(crate) predicted: f64,
    /// The interval of the prediction.
    pub(crate) interval: Option<(f64, f64)>,
    /// Was it fitted? Then it is drawn hollow.
    pub(crate) fitted: bool,
    pub(crate) series: usize,
}

/// Predicted over measured, with the line on which both are equal.
pub(crate) fn scatter(title: &str, dots: &[Dot], legend: Vec<String>, unit: Unit) -> Chart {
    let largest = dots.iter().flat_map(|dot| [dot.measured, dot.predicted]).fold(0.0, f64::max);
    let (step, end) = unit.scale(largest, 5.0);
    let x = |value: f64| LEFT + (value / end).clamp(0.0, 1.0) * (WIDTH - LEFT - RIGHT);
    let y = |value: f64| HEIGHT - BOTTOM - (value / end).clamp(0.0, 1.0) * (HEIGHT - BOTTOM - TOP);
    let mut svg = begin(HEIGHT, title);
    for tick in ticks(step, end) {
        let class = if tick == 0.0 { "a" } else { "g" };
        let label = unit.label(tick);
        let _ = writeln!(
            svg,
            "<path class=\"{class}\" d=\"M{LEFT} {y:.1}H{:.1}\"/><path class=\"{class}\" d=\"M{x:.1} {TOP}V{:.1}\"/>\
             <text class=\"u\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{label}</text>\
             <text class=\"u\" x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{label}</text>",
            WIDTH - RIGHT,
            HEIGHT - BOTTOM,
            LEFT - 8.0,
            y(tick) + 4.5,
            HEIGHT - BOTTOM + 18.0,
            y = y(tick),
            x = x(tick),
            label = Escaped(&label)
        );
    }
    let _ = writeln!(
        svg,
        "<path class=\"d\" d=\"M{:.1} {:.1}L{:.1} {:.1}\"/>\
         <text class=\"u\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>\
         <text class=\"u\" x=\"14\" y=\"{:.1}\" text-anchor=\"middle\" transform=\"rotate(-90 14 {:.1})\">{}</text>",
        x(0.0),
        y(0.0),
        x(end),
        y(end),
        (LEFT + WIDTH - RIGHT) / 2.0,
        HEIGHT - 8.0,
        unit.after("measured"),
        (HEIGHT - BOTTOM) / 2.0,
        (HEIGHT - BOTTOM) / 2.0,
        unit.after("predicted"),
    );
    for dot in dots {
        let (cx, cy) = (x(dot.measured), y(dot.predicted));
        let class = if dot.fitted { "o" } else { "f" };
        let _ = write!(svg, "<g class=\"s{}\"><title>{}</title>", dot.series % COLORS, Escaped(&dot.name));
        if let Some((low, high)) = dot.interval {
            let _ = write!(
                svg,
                "<path class=\"l\" stroke-opacity=\".5\" d=\"M{cx:.1} {:.1}V{:.1}\"/>",
                y(low),
                y(high)
            );
        }
        let _ = writeln!(svg, "<circle class=\"{class}\" cx=\"{cx:.1}\" cy=\"{cy:.1}\" r=\"4\"/></g>");
    }
    svg.push_str("</svg>\n");
    Chart { title: title.to_owned(), svg, legend, note: String::new() }
}
