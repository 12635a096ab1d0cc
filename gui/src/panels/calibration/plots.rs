//! Measured against predicted, and what is left over.

use egui::{Ui, vec2};
use egui_plot::{Bar, BarChart, HLine, HoverPosition, Line, LineStyle, PlotPoints, Points};
use tracecast_calibration::CellReport;
use tracecast_experiment::text::{short, signed_percent};

use crate::format::number;
use crate::panels::plot;
use crate::theme;

const HEIGHT: f32 = 240.0;
/// From this width on, both plots stand side by side.
const WIDE: f32 = 560.0;

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

fn title(text: &str, cells: &[CellReport], ui: &mut Ui) {
    let visuals = ui.visuals().clone();
    let kinds = KINDS.into_iter().enumerate();
    let occurring = kinds.filter(|(_, (fitted, _))| cells.iter().any(|cell| cell.fitted == *fitted));
    plot::title(text, occurring.map(|(number, (_, name))| (name, theme::curve(&visuals, number))), ui);
}

fn scatter(cells: &[CellReport], ui: &mut Ui) {
    let visuals = ui.visuals().clone();
    title("Predicted over measured", cells, ui);
    // On logarithmic axes, equal relative errors are equally far from the line.
    let ends = cells.iter().flat_map(|cell| [cell.measured, cell.predicted]).map(f64::log10);
    let (low, high) =
        ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), at| (low.min(at), high.max(at)));
    let edge = (0.06 * (high - low)).max(0.05);
    let label = |value: f64| short(10_f64.powf(value));
    plot::plot("scatter", &visuals)
        .height(HEIGHT)
        .show_grid([true, true])
        .x_grid_spacer(|input| plot::logarithmic_marks(&input))
        .y_grid_spacer(|input| plot::logarithmic_marks(&input))
        .x_axis_formatter(move |mark, _| label(mark.value))
        .y_axis_formatter(move |mark, _| label(mark.value))
        .label_formatter(move |hover| {
            let (HoverPosition::NearDataPoint { position, .. } | HoverPosition::Elsewhere { position }) =
                hover;
            let [measured, predicted] = [position.x, position.y].map(|value| number(10_f64.powf(value)));
            Some(format!("measured {measured}, predicted {predicted}"))
        })
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
    let visuals = ui.visuals().clone();
    title("Error of each run", cells, ui);
    let names: Vec<String> =
        cells.iter().map(|cell| format!("{} {}", cell.group, cell.run).trim().to_string()).collect();
    let errors: Vec<f64> = cells.iter().map(|cell| cell.error).collect();
    plot::plot("residuals", &visuals)
        .height(HEIGHT)
        .show_x(false)
        .show_axes([false, true])
        .y_axis_formatter(|mark, _| format!("{} %", short(mark.value)))
        .label_formatter(move |hover| {
            let (HoverPosition::NearDataPoint { position, .. } | HoverPosition::Elsewhere { position }) =
                hover;
            let place = position.x.round().max(0.0) as usize;
            Some(format!("{}: {}", names.get(place)?, signed_percent(*errors.get(place)?)))
        })
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
