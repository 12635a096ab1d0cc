//! The bar of a call.

use egui::{Color32, Painter, Rect, Shape, Stroke, TextStyle, Ui, pos2};
use tracecast_experiment::call_tree::{CallTree, Stretch, as_seconds};
use tracecast_experiment::picture::ServiceColors;
use tracecast_model::seconds;

use super::tree::Shown;
use crate::panels::text;
use crate::theme;

/// Half the height of a bar.
const HALF: f32 = 6.0;

/// Where times are on the screen.
pub(super) struct Scale {
    pub(super) left: f32,
    pub(super) width: f32,
    /// First and last time, in seconds.
    pub(super) window: [f64; 2],
}

impl Scale {
    pub(super) fn x(&self, time: f64) -> f32 {
        let part = (time - self.window[0]) / (self.window[1] - self.window[0]);
        // Far outside is as good as outside, and keeps numbers small.
        self.left + self.width * part.clamp(-1.0, 2.0) as f32
    }

    fn of(&self, stretch: Stretch) -> [f32; 2] {
        [self.x(as_seconds(stretch.start)), self.x(as_seconds(stretch.end))]
    }
}

pub(super) struct Bar<'a> {
    pub(super) tree: &'a CallTree,
    pub(super) shown: &'a Shown,
    pub(super) place: usize,
    pub(super) colors: &'a ServiceColors,
    pub(super) scale: &'a Scale,
}

impl Bar<'_> {
    /// Full where the call itself worked, pale where it waited for others, a line while it was on the way; what the response
    /// waited for is underlined.
    pub(super) fn paint(&self, area: Rect, ui: &Ui) {
        let call = &self.tree.calls[self.place];
        let visuals = ui.visuals();
        let painter = ui.painter_at(area);
        let y = area.center().y - 1.0;
        let color = theme::color(self.colors.of(&call.service));
        if call.network.is_some() {
            way(&painter, self.scale.of(call.seen), y, visuals.weak_text_color());
        }
        let whole = self.scale.of(call.handled);
        block(&painter, whole, y, pale(color, visuals.dark_mode));
        let mut until = f32::NEG_INFINITY;
        for part in self.tree.own_work(self.place) {
            let ends = self.scale.of(part);
            // Stretches too narrow to be seen would only take time.
            if ends[1] > until + 0.5 {
                block(&painter, ends, y, color);
                until = ends[1];
            }
        }
        let border = if call.error { theme::problem(visuals) } else { visuals.weak_text_color() };
        frame(&painter, whole, y, Stroke::new(if call.error { 1.6 } else { 0.7 }, border), call.asynchronous);
        for (_, part) in self.shown.critical.get(&self.place).into_iter().flatten() {
            let [left, right] = self.scale.of(*part);
            let line =
                Rect::from_min_max(pos2(left, y + HALF + 0.5), pos2(right.max(left + 1.0), y + HALF + 3.5));
            painter.rect_filled(line, 0.0, critical(visuals.dark_mode));
        }
        self.marks(&painter, whole, y, area, ui);
    }

    /// A cross for a failure, a triangle and its delay for a straggler.
    fn marks(&self, painter: &Painter, [left, right]: [f32; 2], y: f32, area: Rect, ui: &Ui) {
        let mut x = right + 8.0;
        let late = self.shown.late.get(&self.place);
        let label = late.map(|case| format!("+{}", seconds::display(case.delay)));
        let color = theme::attention(ui.visuals());
        let label = label.map(|label| text::line(ui, &label, &TextStyle::Small, color, 80.0));
        let wide = label.as_ref().map_or(0.0, |label| label.size().x + 16.0);
        let failed = self.tree.calls[self.place].error;
        if x + wide + 12.0 > area.right() && left - wide - 12.0 > area.left() {
            x = left - wide - 12.0;
        }
        if failed {
            text::cross(painter, pos2(x, y), theme::problem(ui.visuals()));
            x += 11.0;
        }
        if let Some(label) = label {
            text::triangle(painter, pos2(x + 2.0, y), color, true);
            text::paint(painter, pos2(x + 9.0, y), label);
        }
    }
}

/// Color of the critical path.
pub(super) fn critical(is_dark: bool) -> Color32 {
    if is_dark { Color32::WHITE } else { Color32::BLACK }
}

/// A color as it is where a call waits.
pub(super) fn pale(color: Color32, is_dark: bool) -> Color32 {
    let ground = if is_dark { Color32::from_gray(36) } else { Color32::WHITE };
    color.lerp_to_gamma(ground, 0.68)
}

/// Narrow stretches stay visible.
pub(super) fn block(painter: &Painter, [left, right]: [f32; 2], y: f32, color: Color32) {
    let rect = Rect::from_min_max(pos2(left, y - HALF), pos2(right.max(left + 1.0), y + HALF));
    painter.rect_filled(rect, 0.0, color);
}

/// Around a bar; dashed where nothing waits for it.
pub(super) fn frame(painter: &Painter, [left, right]: [f32; 2], y: f32, stroke: Stroke, is_dashed: bool) {
    let rect = Rect::from_min_max(pos2(left, y - HALF), pos2(right.max(left + 1.0), y + HALF));
    if is_dashed {
        let [a, b, c, d] = [rect.left_top(), rect.right_top(), rect.right_bottom(), rect.left_bottom()];
        painter.extend(Shape::dashed_line(&[a, b, c, d, a], stroke, 3.0, 2.0));
    } else {
        painter.rect_stroke(rect, 0.0, stroke, egui::StrokeKind::Middle);
    }
}

/// A call on its way.
pub(super) fn way(painter: &Painter, [left, right]: [f32; 2], y: f32, color: Color32) {
    let stroke = Stroke::new(1.2, color);
    painter.hline(left..=right, y, stroke);
    for x in [left, right] {
        painter.vline(x, y - 3.0..=y + 3.0, stroke);
    }
}
