//! A figure over one setting.

use egui::{Grid, RichText, Role, Ui, WidgetInfo};
use egui_plot::{FilledArea, HLine, Line, LineStyle, PlotPoint, PlotPoints, Points};
use tracecast_experiment::Slo;
use tracecast_experiment::text::short;

use crate::format::{self, Unit};
use crate::panels::plot;
use crate::sweep::{Sweep, SweepAxis};
use crate::theme;

const HEIGHT: f32 = 240.0;
/// How near the pointer must be to a point to press it, in points on the screen.
const REACH: f32 = 14.0;

/// A point of the curve.
struct Found {
    /// Its number in the sweep.
    number: usize,
    at: [f64; 2],
    half_width: f64,
}

/// Draws it; the point that was pressed.
pub(super) fn ui(sweep: &Sweep, axis: &SweepAxis, unit: Unit, limits: &[Slo], ui: &mut Ui) -> Option<usize> {
    let found: Vec<Found> = axis
        .values
        .iter()
        .zip(&sweep.points)
        .enumerate()
        .filter_map(|(number, (value, point))| {
            let metric = point.as_ref().ok()?;
            let half_width = metric.half_width.unwrap_or(0.0);
            Some(Found { number, at: [value.number, metric.mean], half_width })
        })
        .collect();
    if found.is_empty() {
        return None;
    }
    let visuals = ui.visuals().clone();
    let color = theme::curve(&visuals, 0);
    let title = axis.title.clone();
    let shown = plot::plot("sweep", &visuals)
        .height(HEIGHT)
        .include_y(0.0)
        .y_axis_formatter(move |mark, _| plot::label(unit, mark.value))
        .label_formatter(move |hover| match hover {
            egui_plot::HoverPosition::NearDataPoint { position, .. } => Some(format!(
                "{title} {}\n{}\nclick to make it a scenario",
                short(position.x),
                unit.show(position.y)
            )),
            egui_plot::HoverPosition::Elsewhere { .. } => None,
        })
        .show(ui, |plot| {
            let xs: Vec<f64> = found.iter().map(|point| point.at[0]).collect();
            let low: Vec<f64> = found.iter().map(|point| point.at[1] - point.half_width).collect();
            let high: Vec<f64> = found.iter().map(|point| point.at[1] + point.half_width).collect();
            if xs.len() > 1 {
                plot.add(FilledArea::new("", &xs, &low, &high).fill_color(color.gamma_multiply(0.18)));
            }
            let points: Vec<[f64; 2]> = found.iter().map(|point| point.at).collect();
            plot.line(Line::new("", PlotPoints::from(points.clone())).color(color).width(1.8));
            plot.points(Points::new("", PlotPoints::from(points)).radius(3.5).color(color));
            for slo in limits {
                let line = HLine::new(slo.to_string(), slo.limit()).color(theme::attention(&visuals));
                plot.hline(line.style(LineStyle::dashed_loose()));
            }
        });
    let pointer = shown.response.interact_pointer_pos().filter(|_| shown.response.clicked())?;
    let distance = |point: &Found| {
        let at = PlotPoint::new(point.at[0], point.at[1]);
        shown.transform.position_from_point(&at).distance(pointer)
    };
    let nearest = found.iter().min_by(|a, b| distance(a).total_cmp(&distance(b)))?;
    (distance(nearest) < REACH).then_some(nearest.number)
}

/// The same in numbers; the point that is to be a scenario.
pub(super) fn table(sweep: &Sweep, axis: &SweepAxis, unit: Unit, ui: &mut Ui) -> Option<usize> {
    let mut chosen = None;
    let grid = Grid::new("sweep table").num_columns(3).striped(true).spacing([22.0, 4.0]);
    theme::table(grid, "sweep table", ui, |ui| {
        for (number, (value, point)) in axis.values.iter().zip(&sweep.points).enumerate() {
            ui.label(axis.label(value));
            match point {
                Ok(metric) => drop(ui.label(format::with_interval(*metric, unit))),
                Err(problem) => drop(ui.label(RichText::new(problem).color(theme::problem(ui.visuals())))),
            }
            let button = ui.add(theme::small_button("Make it a scenario"));
            let name = format!("Make a scenario of {}", sweep.request.name(number));
            button.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
            if button.clicked() {
                chosen = Some(number);
            }
            ui.end_row();
        }
    });
    chosen
}
