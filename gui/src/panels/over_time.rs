//! Plots of figures over time: what kinds there are, their axes, and curves with bands. Plots drawn together share the axis
//! of time and a cursor.

use egui::{Color32, Id, Vec2b, Visuals};
use egui_plot::{FilledArea, HoverPosition, Line, Plot, PlotPoints, PlotUi};
use tracecast_model::{Series, seconds};

use super::plot;
use crate::format::Unit;

/// A kind of figure over time.
pub(super) struct Kind {
    /// What the names of its columns end with; before it stands whose figure it is.
    pub(super) ending: &'static str,
    /// For people.
    pub(super) title: &'static str,
    unit: Unit,
}

/// All of them, in the order in which they are shown.
pub(super) const KINDS: [Kind; 8] = [
    Kind { ending: ".response_time", title: "Response time", unit: Unit::Time },
    Kind { ending: ".throughput", title: "Throughput, requests per second", unit: Unit::Number },
    Kind { ending: ".failed", title: "Failures per second", unit: Unit::Number },
    Kind { ending: ".in_flight", title: "Requests in progress", unit: Unit::Number },
    Kind { ending: ".queue_length", title: "Requests in the services", unit: Unit::Number },
    Kind { ending: ".utilization", title: "Busy threads", unit: Unit::Number },
    Kind { ending: ".replicas", title: "Replicas that take requests", unit: Unit::Number },
    Kind { ending: ".throttled", title: "Replicas stopped by their CPU limit", unit: Unit::Number },
];
const HEIGHT: f32 = 126.0;

/// A figure over time of a service or a workload.
pub(super) struct Column<'a> {
    /// Whose it is.
    pub(super) name: &'a str,
    /// By bin; absent where nothing was seen.
    values: &'a [Option<f64>],
    half_widths: Option<&'a [Option<f64>]>,
}

impl Column<'_> {
    pub(super) fn largest(&self) -> f64 {
        self.values.iter().flatten().copied().fold(0.0, f64::max)
    }
}

/// Those of a kind that are ever more than nothing.
pub(super) fn columns<'a>(kind: &Kind, series: &'a Series) -> impl Iterator<Item = Column<'a>> {
    let columns = series.columns.iter().filter_map(|(name, values)| {
        let half_widths = series.half_widths.get(name).map(Vec::as_slice);
        Some(Column { name: name.strip_suffix(kind.ending)?, values, half_widths })
    });
    columns.filter(|column| column.largest() > 0.0)
}

/// First and last time of a series.
pub(super) fn extent(series: &Series) -> [f64; 2] {
    let end = series.time.last().copied().unwrap_or_default() + series.bin_width().unwrap_or_default();
    [series.time.first().copied().unwrap_or_default(), end]
}

/// Axes without curves. Plots of the same group move together and show one cursor.
pub(super) fn axes<'a>(
    kind: &Kind,
    name: &str,
    group: &'static str,
    [start, end]: [f64; 2],
    visuals: &Visuals,
) -> Plot<'a> {
    let together = Id::unique(group);
    let unit = kind.unit;
    plot::plot((group, kind.ending, name), visuals)
        .height(HEIGHT)
        .link_axis(together, Vec2b::new(true, false))
        .link_cursor(together, Vec2b::new(true, false))
        .allow_zoom(Vec2b::new(true, false))
        .allow_drag(Vec2b::new(true, false))
        .include_y(0.0)
        .include_x(start)
        .include_x(end)
        .x_grid_spacer(|input| plot::time_marks(&input))
        .x_axis_formatter(|mark, _| plot::label(Unit::Time, mark.value))
        .y_axis_formatter(move |mark, _| plot::label(unit, mark.value))
        .label_formatter(move |hover| match hover {
            HoverPosition::NearDataPoint { plot_name, position, .. } => {
                let (value, time) = (unit.show(position.y), seconds::display(position.x));
                Some(format!("{plot_name}\n{value} at {time}"))
            }
            HoverPosition::Elsewhere { .. } => None,
        })
}

/// A curve with the band of its intervals.
pub(super) fn curve(name: &str, column: &Column<'_>, series: &Series, color: Color32, plot: &mut PlotUi<'_>) {
    band(column, series, color, plot);
    for run in runs(&series.time, column.values) {
        plot.line(Line::new(name, run).color(color).width(1.6));
    }
}

/// Bins in a row without a value over which a line goes on: requests that end together leave some between them.
const SHORT_GAP: usize = 5;

/// Points with a value that follow each other, but for short gaps.
fn runs<'a>(time: &[f64], values: &[Option<f64>]) -> Vec<PlotPoints<'a>> {
    let points: Vec<Option<[f64; 2]>> =
        time.iter().zip(values).map(|(&time, value)| Some([time, (*value)?])).collect();
    let mut runs: Vec<Vec<[f64; 2]>> = Vec::new();
    let mut gap = usize::MAX;
    for point in points {
        match point {
            Some(point) if gap <= SHORT_GAP => runs.last_mut().into_iter().for_each(|run| run.push(point)),
            Some(point) => runs.push(vec![point]),
            None => {}
        }
        gap = if point.is_some() { 0 } else { gap.saturating_add(1) };
    }
    runs.into_iter().map(PlotPoints::from).collect()
}

/// The 95 % intervals, where all bins in a row have one.
fn band(column: &Column<'_>, series: &Series, color: Color32, plot: &mut PlotUi<'_>) {
    let Some(half_widths) = column.half_widths else { return };
    let mut run: [Vec<f64>; 3] = Default::default();
    let mut draw = |run: &mut [Vec<f64>; 3]| {
        if run[0].len() > 1 {
            let area = FilledArea::new("", &run[0], &run[1], &run[2]);
            plot.add(area.fill_color(color.gamma_multiply(0.18)));
        }
        run.iter_mut().for_each(Vec::clear);
    };
    for ((&time, value), half_width) in series.time.iter().zip(column.values).zip(half_widths) {
        match (value, half_width) {
            (Some(value), Some(half_width)) => {
                run[0].push(time);
                run[1].push((value - half_width).max(0.0));
                run[2].push(value + half_width);
            }
            _ => draw(&mut run),
        }
    }
    draw(&mut run);
}
