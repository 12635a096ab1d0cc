//! Painted texts that have to fit.

use std::sync::Arc;

use egui::text::{LayoutJob, TextFormat, TextWrapping};
use egui::{Align2, Color32, FontId, Galley, Painter, Pos2, Rect, Sense, TextStyle, Ui, pos2, vec2};

/// A line of text, with … where it is longer than allowed.
pub(crate) fn line(ui: &Ui, text: &str, style: &TextStyle, color: Color32, width: f32) -> Arc<Galley> {
    fitted(ui.painter(), text, style.resolve(ui.style()), color, width)
}

/// Likewise, in any font.
pub(crate) fn fitted(painter: &Painter, text: &str, font: FontId, color: Color32, width: f32) -> Arc<Galley> {
    let mut job = LayoutJob::single_section(text.to_owned(), TextFormat::simple(font, color));
    job.wrap = TextWrapping {
        max_width: width.max(0.0),
        max_rows: 1,
        break_anywhere: true,
        ..TextWrapping::default()
    };
    painter.layout_job(job)
}

/// Paints a line with its middle at this height, from the left.
pub(crate) fn paint(painter: &Painter, at: Pos2, galley: Arc<Galley>) {
    let rect = Align2::LEFT_CENTER.anchor_size(at, galley.size());
    painter.galley(rect.min, galley, Color32::PLACEHOLDER);
}

/// Likewise, up to the right.
pub(crate) fn paint_right(painter: &Painter, at: Pos2, galley: Arc<Galley>) {
    let rect = Align2::RIGHT_CENTER.anchor_size(at, galley.size());
    painter.galley(rect.min, galley, Color32::PLACEHOLDER);
}

/// A name with its color, as one thing: no line ends between the two.
pub(crate) fn swatch(name: &str, color: Color32, ui: &mut Ui) {
    let name = line(ui, name, &TextStyle::Small, ui.visuals().text_color(), 240.0);
    let (rect, _) = ui.allocate_exact_size(vec2(17.0 + name.size().x, 14.0), Sense::hover());
    let square = Rect::from_center_size(pos2(rect.left() + 6.0, rect.center().y), vec2(12.0, 12.0));
    ui.painter().rect_filled(square, 2.0, color);
    paint(ui.painter(), pos2(rect.left() + 17.0, rect.center().y), name);
}

/// A triangle: full for stragglers of operations that straggle often, else hollow.
pub(crate) fn triangle(painter: &Painter, center: Pos2, color: Color32, full: bool) {
    let rect = Rect::from_center_size(center, vec2(9.0, 8.0));
    let corners = vec![rect.left_bottom(), rect.right_bottom(), rect.center_top()];
    let fill = if full { color } else { Color32::TRANSPARENT };
    painter.add(egui::Shape::convex_polygon(corners, fill, egui::Stroke::new(1.2, color)));
}

/// A cross, for failures.
pub(crate) fn cross(painter: &Painter, center: Pos2, color: Color32) {
    let rect = Rect::from_center_size(center, vec2(7.0, 7.0));
    let stroke = egui::Stroke::new(1.8, color);
    painter.line_segment([rect.left_top(), rect.right_bottom()], stroke);
    painter.line_segment([rect.right_top(), rect.left_bottom()], stroke);
}
