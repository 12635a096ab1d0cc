//! Figures over time, one below the other, with one cursor.

use egui::{Id, RichText, Ui, Vec2b};
use egui_plot::{FilledArea, Legend, Line, LineStyle, Plot, PlotPoints, VLine};
use tracecast_model::{Prediction, Series};

use super::section;
use crate::answers::{Answer, Figures};
use crate::theme;

/// A plot: columns by the end of their names.
struct Kind {
    ending: &'static str,
    title: &'static str,
}

const KINDS: [Kind; 8] = [
    Kind { ending: ".response_time", title: "Response time, seconds" },
    Kind { ending: ".throughput", title: "Throughput, requests per second" },
    Kind { ending: ".failed", title: "Failures per second" },
    Kind { ending: ".in_flight", title: "Requests in progress" },
    Kind { ending: ".queue_length", title: "Requests in the services" },
    Kind { ending: ".utilization", title: "Busy threads" },
    Kind { ending: ".replicas", title: "Replicas that take requests" },
    Kind { ending: ".throttled", title: "Replicas stopped by their CPU limit" },
];
/// Lines of one plot, at most: the largest.
const LINES: usize = 7;
const HEIGHT: f32 = 118.0;

pub(super) fn ui(answer: &Answer, ui: &mut Ui) {
    let Some(prediction) = answer.simulation.prediction() else { return };
    let Some(series) = prediction.series.as_ref().filter(|series| series.time.len() > 1) else {
        if matches!(answer.simulation, Figures::Done(_)) {
            section("Over time", ui, |ui| {
                let text = "A steady state looks the same all the time. To see a run, set \"Ends after\" under Prediction, or give a load that ends: a burst or a rate curve.";
                ui.label(RichText::new(text).weak());
            });
        }
        return;
    };
    section("Over time", ui, |ui| {
        let note = match prediction.replications {
            Some(n) => format!("Means over {n} replications, with 95 % bands. Dashed: changes of replicas."),
            None => String::new(),
        };
        ui.label(RichText::new(note).small().weak());
        for kind in &KINDS {
            plot(kind, prediction, series, ui);
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

fn plot(kind: &Kind, prediction: &Prediction, series: &Series, ui: &mut Ui) {
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
    let plot = Plot::new(kind.ending)
        .height(HEIGHT)
        .link_axis(together, Vec2b::new(true, false))
        .link_cursor(together, Vec2b::new(true, false))
        .allow_scroll(false)
        .allow_zoom(Vec2b::new(true, false))
        .allow_drag(Vec2b::new(true, false))
        .include_y(0.0)
        .show_grid(Vec2b::new(false, true))
        .show_background(false)
        .y_axis_min_width(44.0);
    let plot = if columns.len() > 1 { plot.legend(Legend::default()) } else { plot };
    plot.show(ui, |plot| {
        for (number, column) in columns.iter().enumerate() {
            let color = theme::curve(&visuals, number);
            band(column, series, color, plot);
            let points: PlotPoints<'_> = series
                .time
                .iter()
                .zip(column.values)
                .map(|(&time, value)| [time, value.unwrap_or(f64::NAN)])
                .collect();
            plot.line(Line::new(column.name, points).color(color).width(1.6));
        }
        for event in &prediction.scaling {
            let name = format!("{}: {} → {}", event.service, event.from, event.to);
            let color = visuals.weak_text_color().gamma_multiply(0.6);
            plot.vline(VLine::new("", event.time).name(name).color(color).style(LineStyle::dashed_dense()));
        }
    });
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
