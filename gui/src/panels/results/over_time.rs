//! Figures over time, one below the other, with one cursor.

use egui::{Color32, Id, RichText, Ui, Vec2b, Visuals};
use egui_plot::{FilledArea, GridMark, Legend, Line, LineStyle, Plot, PlotPoints, PlotUi, Span, VLine};
use tracecast_experiment::picture::round_step;
use tracecast_experiment::text::short;
use tracecast_model::{Prediction, Series, System, seconds};

use crate::answers::{Answer, Figures};
use crate::format::Unit;
use crate::theme;

/// A plot: columns by the end of their names.
struct Kind {
    ending: &'static str,
    title: &'static str,
    unit: Unit,
}

const KINDS: [Kind; 8] = [
    Kind { ending: ".response_time", title: "Response time", unit: Unit::Time },
    Kind { ending: ".throughput", title: "Throughput, requests per second", unit: Unit::Number },
    Kind { ending: ".failed", title: "Failures per second", unit: Unit::Number },
    Kind { ending: ".in_flight", title: "Requests in progress", unit: Unit::Number },
    Kind { ending: ".queue_length", title: "Requests in the services", unit: Unit::Number },
    Kind { ending: ".utilization", title: "Busy threads", unit: Unit::Number },
    Kind { ending: ".replicas", title: "Replicas that take requests", unit: Unit::Number },
    Kind { ending: ".throttled", title: "Replicas stopped by their CPU limit", unit: Unit::Number },
];
/// Lines of one plot, at most: the largest.
const LINES: usize = 7;
const HEIGHT: f32 = 118.0;

pub(super) fn ui(answer: &Answer, ui: &mut Ui) {
    let (Some(prediction), Some(made)) = (answer.simulation.prediction(), &answer.made) else { return };
    let Some(series) = prediction.series.as_ref().filter(|series| series.time.len() > 1) else {
        if matches!(answer.simulation, Figures::Done(_)) {
            theme::section("Over time", ui, |ui| {
                let text = "A steady state looks the same all the time. To see a run, set \"Ends after\" under Prediction, or give a load that ends: a burst or a rate curve.";
                ui.label(RichText::new(text).weak());
            });
        }
        return;
    };
    theme::section("Over time", ui, |ui| {
        let note = match prediction.replications {
            Some(n) => format!(
                "Means over {n} replications, with 95 % bands. Shaded: requests arrive; red: a fault. Dashed: changes of replicas."
            ),
            None => String::new(),
        };
        ui.label(RichText::new(note).small().weak());
        for kind in &KINDS {
            plot(kind, &made.system, prediction, series, ui);
        }
    });
}

/// A line of a plot.
struct Column<'a> {
    name: &'a str,
    values: &'a [Option<f64>],
    half_widths: Option<&'a [Option<f64>]>,
}

fn columns<'a>(kind: &Kind, series: &'a Series) -> Vec<Column<'a>> {
    let largest = |values: &[Option<f64>]| values.iter().flatten().copied().fold(0.0, f64::max);
    let mut columns: Vec<Column<'a>> = series
        .columns
        .iter()
        .filter_map(|(name, values)| {
            let half_widths = series.half_widths.get(name).map(Vec::as_slice);
            Some(Column { name: name.strip_suffix(kind.ending)?, values, half_widths })
        })
        .filter(|column| largest(column.values) > 0.0)
        .collect();
    columns.sort_by(|a, b| largest(b.values).total_cmp(&largest(a.values)));
    columns.truncate(LINES);
    columns
}

fn plot(kind: &Kind, system: &System, prediction: &Prediction, series: &Series, ui: &mut Ui) {
    let columns = columns(kind, series);
    if columns.is_empty() {
        return;
    }
    let title = match columns.as_slice() {
        [one] => format!("{} · {}", kind.title, one.name),
        _ => kind.title.to_owned(),
    };
    ui.label(RichText::new(title).small());
    let together = Id::unique("over time");
    let visuals = ui.visuals().clone();
    let start = series.time.first().copied().unwrap_or_default();
    let end = series.time.last().copied().unwrap_or_default() + series.bin_width().unwrap_or_default();
    let plot = Plot::new(kind.ending)
        .height(HEIGHT)
        .link_axis(together, Vec2b::new(true, false))
        .link_cursor(together, Vec2b::new(true, false))
        .allow_scroll(false)
        .allow_zoom(Vec2b::new(true, false))
        .allow_drag(Vec2b::new(true, false))
        .include_y(0.0)
        .include_x(start)
        .include_x(end)
        .y_grid_spacer(|input| few_marks(input.bounds))
        .y_axis_formatter(|mark, _| if mark.value == 0.0 { "0".into() } else { round(kind.unit, mark.value) })
        .show_grid(Vec2b::new(false, true))
        .show_background(false)
        .y_axis_min_width(44.0);
    let plot = if columns.len() > 1 { plot.legend(Legend::default()) } else { plot };
    plot.show(ui, |plot| {
        phases(system, &visuals, plot);
        for (number, column) in columns.iter().enumerate() {
            let color = theme::curve(&visuals, number);
            band(column, series, color, plot);
            for run in runs(&series.time, column.values) {
                plot.line(Line::new(column.name, run).color(color).width(1.6));
            }
        }
        for event in &prediction.scaling {
            let name = format!("{}: {} → {}", event.service, event.from, event.to);
            let color = visuals.weak_text_color().gamma_multiply(0.6);
            plot.vline(VLine::new("", event.time).name(name).color(color).style(LineStyle::dashed_dense()));
        }
    });
}

/// When requests arrive and when something goes wrong, behind the curves.
fn phases(system: &System, visuals: &Visuals, plot: &mut PlotUi<'_>) {
    let arrivals = system.workloads.iter().filter_map(|workload| workload.load.last_arrival());
    if let Some(last) = arrivals.max_by(f64::total_cmp).filter(|last| *last > 0.0) {
        let color = theme::accent(visuals).gamma_multiply(0.06);
        plot.span(Span::new("", 0.0..=last).fill(color).border_color(Color32::TRANSPARENT));
    }
    for fault in &system.faults {
        let color = theme::problem(visuals).gamma_multiply(0.13);
        plot.span(Span::new("", fault.at..=fault.end()).fill(color).border_color(Color32::TRANSPARENT));
    }
}

/// A round value on an axis.
fn round(unit: Unit, value: f64) -> String {
    match unit {
        Unit::Time => {
            let text = seconds::display(value);
            let (number, unit) = text.split_once(' ').unwrap_or((&text, ""));
            let number = if number.contains('.') {
                number.trim_end_matches('0').trim_end_matches('.')
            } else {
                number
            };
            format!("{number} {unit}")
        }
        _ => short(value),
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

/// Some three or four round values.
fn few_marks((low, high): (f64, f64)) -> Vec<GridMark> {
    if !(high > low && high.is_finite() && low.is_finite()) {
        return Vec::new();
    }
    let step = round_step((high - low) / 4.0);
    let first = (low / step).ceil() as i64;
    let last = (high / step).floor() as i64;
    // Labels are shown where marks are wide apart, which these are.
    (first..=last).map(|n| GridMark { value: n as f64 * step, step_size: high - low }).collect()
}

/// The 95 % intervals, where all bins in a row have one.
fn band(column: &Column<'_>, series: &Series, color: egui::Color32, plot: &mut egui_plot::PlotUi<'_>) {
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
