//! Curves over numbers, or over values that are no numbers, with intervals as bands.

use std::fmt::Write;

use tracecast_experiment::picture::Escaped;
use tracecast_experiment::text::short;

use super::{Show, Unit, WIDTH, begin, fit, scale, ticks};
use crate::html::{COLORS, Chart};

const HEIGHT: f64 = 300.0;
const LEFT: f64 = 66.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 46.0;

/// A value at a place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Point {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) half_width: Option<f64>,
}

/// A curve with its name.
pub(crate) struct Curve {
    pub(crate) name: String,
    pub(crate) points: Vec<Point>,
}

/// Curves in one frame. With `places`, the values of x are the numbers of these.
pub(crate) fn curves(
    title: &str,
    along: &str,
    places: Option<&[String]>,
    all: &[Curve],
    unit: Unit,
    show: Show<'_>,
) -> Chart {
    let points = || all.iter().flat_map(|curve| &curve.points);
    let largest = points().map(|point| point.y + point.half_width.unwrap_or(0.0)).fold(0.0, f64::max);
    let (step, end) = unit.scale(largest, 5.0);
    let y = |value: f64| {
        let part = (value / end).clamp(0.0, 1.0);
        HEIGHT - BOTTOM - part * (HEIGHT - BOTTOM - TOP)
    };
    let widest = points().map(|point| point.x).fold(0.0, f64::max);
    let (x_step, x_end) = match places {
        Some(places) => (1.0, places.len() as f64),
        None => scale(widest, 6.0),
    };
    // Places stand in the middle of their part of the axis.
    let shift = if places.is_some() { 0.5 } else { 0.0 };
    let x = |value: f64| LEFT + (value + shift) / x_end * (WIDTH - LEFT - RIGHT);
    let mut svg = begin(HEIGHT, title);
    for tick in ticks(step, end) {
        let class = if tick == 0.0 { "a" } else { "g" };
        let _ = writeln!(
            svg,
            "<path class=\"{class}\" d=\"M{LEFT} {y:.1}H{:.1}\"/><text class=\"u\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            WIDTH - RIGHT,
            LEFT - 8.0,
            y(tick) + 4.5,
            Escaped(&unit.label(tick)),
            y = y(tick)
        );
    }
    let base = HEIGHT - BOTTOM + 18.0;
    match places {
        Some(places) => {
            let room = (WIDTH - LEFT - RIGHT) / places.len().max(1) as f64;
            // Labels that would run into each other are left out.
            let every = (34.0 / room).ceil().max(1.0) as usize;
            for (i, place) in places.iter().enumerate().step_by(every) {
                let label = fit(place, room * every as f64 - 4.0);
                write_label(&mut svg, x(i as f64), base, &label);
            }
        }
        None => ticks(x_step, x_end).for_each(|tick| write_label(&mut svg, x(tick), base, &short(tick))),
    }
    write_label(&mut svg, (LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 6.0, along);
    for (i, curve) in all.iter().enumerate() {
        let place = |point: &Point| format!("{:.1} {:.1}", x(point.x), y(point.y));
        let _ = writeln!(svg, "<g class=\"s{}\"><title>{}</title>", i % COLORS, Escaped(&curve.name));
        let half = |point: &Point| point.half_width.unwrap_or(0.0);
        if curve.points.iter().any(|point| half(point) > 0.0) {
            let upper = curve.points.iter().map(|point| (point, 1.0));
            let lower = curve.points.iter().rev().map(|point| (point, -1.0));
            let edge: Vec<String> = upper
                .chain(lower)
                .map(|(point, side)| format!("{:.1},{:.1}", x(point.x), y(point.y + side * half(point))))
                .collect();
            let _ = writeln!(svg, "<polygon class=\"b\" points=\"{}\"/>", edge.join(" "));
        }
        let line: Vec<String> = curve.points.iter().map(place).collect();
        if line.len() > 1 {
            let _ = writeln!(svg, "<path class=\"l\" d=\"M{}\"/>", line.join("L"));
        }
        // Many points are a line.
        if curve.points.len() <= 40 {
            for point in &curve.points {
                let _ = writeln!(
                    svg,
                    "<circle class=\"f\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"3.2\"><title>{}</title></circle>",
                    x(point.x),
                    y(point.y),
                    Escaped(&show(point.y))
                );
            }
        }
        svg.push_str("</g>\n");
    }
    svg.push_str("</svg>\n");
    let legend =
        if all.len() > 1 { all.iter().map(|curve| curve.name.clone()).collect() } else { Vec::new() };
    Chart { title: unit.after(title), svg, legend, note: String::new() }
}

fn write_label(svg: &mut String, x: f64, y: f64, text: &str) {
    let _ = writeln!(
        svg,
        "<text class=\"u\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"middle\">{}</text>",
        Escaped(text)
    );
}
