//! Measured against predicted, and what is left over.

use egui::{RichText, Ui, vec2};
use egui_plot::{Bar, BarChart, HLine, HoverPosition, Legend, Line, LineStyle, Plot, PlotPoints, Points};
use tracecast_calibration::CellReport;
use tracecast_experiment::text::signed_percent;

use crate::format::number;
use crate::theme;

const HEIGHT: f32 = 230.0;
/// From this width on, both plots stand side by side.
const WIDE: f32 = 600.0;

pub(super) fn ui(cells: &[CellReport], ui: &mut Ui) {
    let width = ui.available_width();
    if width >= WIDE {
        let half = (width - 16.0) / 2.0;
        ui.horizontal_top(|ui| {
            ui.allocate_ui(vec2(half, HEIGHT + 20.0), |ui| ui.vertical(|ui| scatter(cells, ui)));
            ui.allocate_ui(vec2(half, HEIGHT + 20.0), |ui| ui.vertical(|ui| residuals(cells, ui)));
        });
    } else {
        scatter(cells, ui);
        residuals(cells, ui);
    }
}

/// Fitted figures and those left out have colors of their own.
const KINDS: [(bool, &str); 2] = [(true, "fitted"), (false, "left out")];

fn scatter(cells: &[CellReport], ui: &mut Ui) {
    ui.label(RichText::new("Predicted over measured; on the line they are equal").small().weak());
    let visuals = ui.visuals().clone();
    // On logarithmic axes, equal relative errors are equally far from the line.
    let ends = cells.iter().flat_map(|cell| [cell.measured, cell.predicted]).map(f64::log10);
    let (low, high) =
        ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), at| (low.min(at), high.max(at)));
    let edge = (0.06 * (high - low)).max(0.05);
    let label = |value: f64| number(10_f64.powf(value));
    Plot::new("scatter")
        .height(HEIGHT)
        .allow_scroll(false)
        .show_background(false)
        .x_axis_formatter(move |mark, _| label(mark.value))
        .y_axis_formatter(move |mark, _| label(mark.value))
        .label_formatter(move |hover| {
            let (HoverPosition::NearDataPoint { position, .. } | HoverPosition::Elsewhere { position }) =
                hover;
            Some(format!("measured {}, predicted {}", label(position.x), label(position.y)))
        })
        .legend(Legend::default().position(egui_plot::Corner::LeftTop))
        .show(ui, |plot| {
            let diagonal = [low - edge, high + edge].map(|at| [at, at]).to_vec();
            let line = Line::new("equal", PlotPoints::from(diagonal)).color(visuals.weak_text_color());
            plot.line(line.style(LineStyle::dashed_dense()).width(1.0));
            for (number, (fitted, name)) in KINDS.into_iter().enumerate() {
                let of_kind = cells.iter().filter(|cell| cell.fitted == fitted);
                let points: Vec<[f64; 2]> =
                    of_kind.map(|cell| [cell.measured.log10(), cell.predicted.log10()]).collect();
                if !points.is_empty() {
                    let points = Points::new(name, PlotPoints::from(points)).radius(3.5);
                    plot.points(points.color(theme::curve(&visuals, number)));
                }
            }
        });
}

fn residuals(cells: &[CellReport], ui: &mut Ui) {
    ui.label(RichText::new("Error of each run, in percent of what was measured").small().weak());
    let visuals = ui.visuals().clone();
    let names: Vec<String> =
        cells.iter().map(|cell| format!("{} {}", cell.group, cell.run).trim().to_string()).collect();
    let errors: Vec<f64> = cells.iter().map(|cell| cell.error).collect();
    Plot::new("residuals")
        .height(HEIGHT)
        .allow_scroll(false)
        .show_background(false)
        .show_x(false)
        .x_axis_formatter(|_, _| String::new())
        .y_axis_formatter(|mark, _| signed_percent(mark.value / 100.0))
        .label_formatter(move |hover| {
            let (HoverPosition::NearDataPoint { position, .. } | HoverPosition::Elsewhere { position }) =
                hover;
            let place = position.x.round().max(0.0) as usize;
            Some(format!("{}: {}", names.get(place)?, signed_percent(*errors.get(place)?)))
        })
        .legend(Legend::default().position(egui_plot::Corner::LeftTop))
        .show(ui, |plot| {
            plot.hline(HLine::new("", 0.0).color(visuals.weak_text_color()));
            for (number, (fitted, name)) in KINDS.into_iter().enumerate() {
                let of_kind = cells.iter().enumerate().filter(|(_, cell)| cell.fitted == fitted);
                let bars: Vec<Bar> = of_kind
                    .map(|(place, cell)| Bar::new(place as f64, cell.error * 100.0).width(0.7))
                    .collect();
                if !bars.is_empty() {
                    plot.bar_chart(BarChart::new(name, bars).color(theme::curve(&visuals, number)));
                }
            }
        });
}
