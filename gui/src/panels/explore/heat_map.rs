//! A figure over two settings: a cell for each point, and a line between those that meet an objective and those that do
//! not.

use egui::{Align2, Color32, FontId, Painter, Pos2, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo};
use egui::{pos2, vec2};
use tracecast_experiment::picture::{ink, palette};
use tracecast_experiment::{Comparison, Slo};
use tracecast_model::Metric;

use crate::format::{self, Unit};
use crate::panels::color_scale;
use crate::sweep::{Sweep, SweepAxis};
use crate::theme;

const HEIGHT: f32 = 30.0;
const WIDTHS: [f32; 2] = [30.0, 96.0];
const TEXT: f32 = 12.5;
/// Figures that differ by more than this factor are told apart by their logarithms.
const FAR_APART: f64 = 30.0;

/// Colors for figures between the least and the most of them.
struct Scale {
    least: f64,
    most: f64,
    is_logarithmic: bool,
}

impl Scale {
    fn new(sweep: &Sweep) -> Option<Self> {
        let figures = || sweep.points.iter().flatten().map(|metric| metric.mean);
        let least = figures().min_by(f64::total_cmp)?;
        let most = figures().max_by(f64::total_cmp)?;
        Some(Self { least, most, is_logarithmic: least > 0.0 && most / least > FAR_APART })
    }

    fn color(&self, figure: f64) -> palette::Color {
        let part = if self.most <= self.least {
            0.0
        } else if self.is_logarithmic {
            (figure / self.least).ln() / (self.most / self.least).ln()
        } else {
            (figure - self.least) / (self.most - self.least)
        };
        palette::scale(part)
    }
}

/// Where the cells are: the first axis goes to the right, the second upwards.
struct Cells {
    area: Rect,
    size: egui::Vec2,
    counts: [usize; 2],
}

impl Cells {
    fn rect(&self, column: usize, row: usize) -> Rect {
        let left = self.area.left() + column as f32 * self.size.x;
        let top = self.area.bottom() - (row + 1) as f32 * self.size.y;
        Rect::from_min_size(pos2(left, top), self.size)
    }

    /// Number of the point in the sweep.
    fn number(&self, column: usize, row: usize) -> usize {
        column * self.counts[1] + row
    }

    fn all(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let [columns, rows] = self.counts;
        (0..columns).flat_map(move |column| (0..rows).map(move |row| (column, row)))
    }
}

/// Draws it; the point that was pressed.
pub(super) fn ui(
    sweep: &Sweep,
    [across, up]: [&SweepAxis; 2],
    unit: Unit,
    limits: &[Slo],
    ui: &mut Ui,
) -> Option<usize> {
    let Some(scale) = Scale::new(sweep) else {
        let problem = sweep.points.iter().find_map(|point| point.as_ref().err());
        ui.colored_label(theme::problem(ui.visuals()), problem.cloned().unwrap_or_default());
        return None;
    };
    let strong = ui.visuals().text_color();
    let font = FontId::proportional(TEXT);
    // Names of the second axis stand at the left of the cells.
    let left = widest(up, &font, ui) + 8.0;
    let counts = [across.values.len(), up.values.len()];
    let wide = ((ui.available_width() - left) / counts[0] as f32).clamp(WIDTHS[0], WIDTHS[1]);
    let size = vec2(wide, HEIGHT);
    ui.label(egui::RichText::new(format!("{} upwards", up.title)).small().weak());
    let whole = vec2(left + wide * counts[0] as f32, HEIGHT * counts[1] as f32 + 18.0);
    let (response, painter) = ui.allocate_painter(whole, Sense::hover());
    let corner = response.rect.min + vec2(left, 0.0);
    let area = Rect::from_min_size(corner, vec2(wide * counts[0] as f32, HEIGHT * counts[1] as f32));
    let cells = Cells { area, size, counts };
    let text = |at: Pos2, align: Align2, text: String| painter.text(at, align, text, font.clone(), strong);
    for (row, value) in up.values.iter().enumerate() {
        let at = cells.rect(0, row).left_center() - vec2(5.0, 0.0);
        text(at, Align2::RIGHT_CENTER, up.label(value));
    }
    // Names that would run into each other are left out, every second or third one stays.
    let every = ((widest(across, &font, ui) + 6.0) / wide).ceil().max(1.0) as usize;
    for (column, value) in across.values.iter().enumerate().step_by(every) {
        let at = cells.rect(column, 0).center_bottom() + vec2(0.0, 3.0);
        text(at, Align2::CENTER_TOP, across.label(value));
    }
    let mut pressed = None;
    for (column, row) in cells.all() {
        let number = cells.number(column, row);
        if cell(sweep, number, cells.rect(column, row), &scale, unit, &painter, ui) {
            pressed = Some(number);
        }
    }
    for slo in limits {
        border(slo, sweep, &cells, &painter);
    }
    ui.label(egui::RichText::new(format!("{} to the right", across.title)).small().weak());
    legend(&scale, unit, limits, sweep, ui);
    pressed
}

fn widest(axis: &SweepAxis, font: &FontId, ui: &Ui) -> f32 {
    let text = |value| ui.painter().layout_no_wrap(axis.label(value), font.clone(), Color32::PLACEHOLDER);
    axis.values.iter().map(|value| text(value).size().x).fold(0.0, f32::max)
}

/// One point; was it pressed?
fn cell(
    sweep: &Sweep,
    number: usize,
    rect: Rect,
    scale: &Scale,
    unit: Unit,
    painter: &Painter,
    ui: &Ui,
) -> bool {
    let point = &sweep.points[number];
    let name = sweep.request.name(number);
    let told = match point {
        Ok(metric) => format!("{name}: {}", format::with_interval(*metric, unit)),
        Err(problem) => format!("{name}: {problem}"),
    };
    let ground = point.as_ref().map_or([128; 3], |metric| scale.color(metric.mean));
    painter.rect_filled(rect.shrink(0.5), 0.0, theme::color(ground));
    let figure = point.as_ref().map_or_else(|_| format::ABSENT.into(), |metric| unit.show(metric.mean));
    let text = painter.layout_no_wrap(figure, FontId::proportional(TEXT), theme::color(ink(ground)));
    if text.size().x < rect.width() - 2.0 {
        painter.galley(rect.center() - text.size() / 2.0, text, Color32::PLACEHOLDER);
    }
    let response = ui.interact(rect, ui.scope_id().with(("cell", number)), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Make a scenario of {told}")));
    if response.hovered() || response.has_focus() {
        painter.rect_stroke(rect, 0.0, Stroke::new(2.0, ui.visuals().text_color()), StrokeKind::Inside);
    }
    response.on_hover_text(format!("{told}\nclick to make it a scenario")).clicked()
}

fn is_met(slo: &Slo, point: &Result<Metric, String>) -> Option<bool> {
    point.as_ref().ok().map(|metric| slo.is_met_by(metric.mean))
}

/// Paints the line between cells of which one meets the objective and the other does not.
fn border(slo: &Slo, sweep: &Sweep, cells: &Cells, painter: &Painter) {
    let lines = between(cells, |number| is_met(slo, &sweep.points[number]));
    // White around it keeps it visible on every color of the scale.
    for stroke in [Stroke::new(5.0, Color32::WHITE), BORDER] {
        for line in &lines {
            painter.line_segment(*line, stroke);
        }
    }
}

/// The sides that cells of different verdicts have in common; what is not known has no side.
fn between(cells: &Cells, met: impl Fn(usize) -> Option<bool>) -> Vec<[Pos2; 2]> {
    let met = |column: usize, row: usize| met(cells.number(column, row));
    let differ =
        |one: Option<bool>, other: Option<bool>| matches!((one, other), (Some(a), Some(b)) if a != b);
    let mut lines = Vec::new();
    for (column, row) in cells.all() {
        let rect = cells.rect(column, row);
        if column + 1 < cells.counts[0] && differ(met(column, row), met(column + 1, row)) {
            lines.push([rect.right_top(), rect.right_bottom()]);
        }
        if row + 1 < cells.counts[1] && differ(met(column, row), met(column, row + 1)) {
            lines.push([rect.left_top(), rect.right_top()]);
        }
    }
    lines
}

const BORDER: Stroke = Stroke {
    width: 3.0,
    color: Color32::from_rgb(palette::VERMILLION[0], palette::VERMILLION[1], palette::VERMILLION[2]),
};

fn legend(scale: &Scale, unit: Unit, limits: &[Slo], sweep: &Sweep, ui: &mut Ui) {
    ui.horizontal_wrapped(|ui| {
        color_scale::show(&unit.show(scale.least), &unit.show(scale.most), palette::scale, ui);
        if scale.is_logarithmic {
            ui.small("(logarithmic)");
        }
        for slo in limits {
            ui.add_space(10.0);
            let met = sweep.points.iter().filter_map(|point| is_met(slo, point));
            let (met, missed): (Vec<bool>, Vec<bool>) = met.partition(|met| *met);
            let side = match slo.comparison() {
                Comparison::Below => "lighter",
                Comparison::Above => "darker",
            };
            if met.is_empty() || missed.is_empty() {
                let all = if met.is_empty() { "None meets" } else { "All meet" };
                ui.small(format!("{all} {slo}."));
                continue;
            }
            let (response, painter) = ui.allocate_painter(vec2(22.0, 12.0), Sense::hover());
            painter.line_segment([response.rect.left_center(), response.rect.right_center()], BORDER);
            ui.small(format!("border of {slo}: met where {side}"));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three columns of two cells, 10 by 10 points each.
    fn cells() -> Cells {
        let area = Rect::from_min_size(Pos2::ZERO, vec2(30.0, 20.0));
        Cells { area, size: vec2(10.0, 10.0), counts: [3, 2] }
    }

    #[test]
    fn the_border_goes_around_what_meets_the_objective() {
        // Only the lower cell in the middle: a line at its left, its right and above.
        let lines = between(&cells(), |number| Some(number == 2));
        let at = |x: f32, y: f32| pos2(x, y);
        let expected = [
            [at(10.0, 10.0), at(10.0, 20.0)],
            [at(20.0, 10.0), at(20.0, 20.0)],
            [at(10.0, 10.0), at(20.0, 10.0)],
        ];
        assert_eq!(lines.len(), 3);
        assert!(expected.iter().all(|line| lines.contains(line)), "{lines:?}");
        // What failed is on neither side.
        assert_eq!(between(&cells(), |number| (number != 2).then_some(true)), [] as [[Pos2; 2]; 0]);
    }

    #[test]
    fn far_apart_is_told_apart_by_logarithms() {
        let scale = |least, most| {
            let is_logarithmic = most / least > FAR_APART;
            Scale { least, most, is_logarithmic }
        };
        assert_eq!(scale(1.0, 100.0).color(10.0), palette::scale(0.5));
        assert_eq!(scale(1.0, 3.0).color(2.0), palette::scale(0.5));
        assert_eq!(scale(2.0, 2.0).color(2.0), palette::scale(0.0));
    }
}
