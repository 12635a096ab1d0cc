//! A legend of the scale from light to dark.

use egui::{Rect, Sense, Ui, vec2};
use tracecast_experiment::picture::palette;

use crate::theme;

const SIZE: egui::Vec2 = vec2(140.0, 12.0);
const SLICES: u8 = 70;

/// The scale between what its ends mean; `color` is that of a place from 0 to 1.
pub(super) fn show(least: &str, most: &str, color: impl Fn(f64) -> palette::Color, ui: &mut Ui) {
    ui.small(least);
    let (response, painter) = ui.allocate_painter(SIZE, Sense::hover());
    let width = SIZE.x / f32::from(SLICES);
    for slice in 0..SLICES {
        let part = f32::from(slice) / f32::from(SLICES);
        let corner = response.rect.min + vec2(part * SIZE.x, 0.0);
        // A hair wider, so that nothing shines through between two.
        let rect = Rect::from_min_size(corner, vec2(width + 0.5, SIZE.y));
        painter.rect_filled(rect, 0.0, theme::color(color(f64::from(part))));
    }
    ui.small(most);
}
