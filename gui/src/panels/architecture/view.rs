//! Which part of the picture is seen, and how large.

use egui::{Pos2, Rect, Response, Ui, Vec2, pos2, vec2};
use tracecast_experiment::picture::{Node, Picture, Point};

/// Points on the screen per point of the picture.
const LEAST_ZOOM: f32 = 0.02;
const MOST_ZOOM: f32 = 4.0;
/// Small pictures are not blown up further than this to fill the window.
const MOST_ZOOM_TO_FIT: f32 = 1.3;

/// A movement and a scaling.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct View {
    origin: Vec2,
    zoom: f32,
    /// By hand, since it was fitted?
    is_moved: bool,
}

impl Default for View {
    fn default() -> Self {
        Self { origin: Vec2::ZERO, zoom: 1.0, is_moved: false }
    }
}

impl View {
    /// Shows the whole picture in the middle of the area.
    pub(super) fn fit(&mut self, picture: &Picture, area: Rect) {
        let size = vec2(picture.width as f32, picture.height as f32);
        let zoom = (area.width() / size.x).min(area.height() / size.y);
        self.zoom = if zoom.is_finite() { zoom.clamp(LEAST_ZOOM, MOST_ZOOM_TO_FIT) } else { 1.0 };
        self.origin = area.center().to_vec2() - size * self.zoom / 2.0;
        self.is_moved = false;
    }

    /// Brings a box to the middle of the area, large enough to be read.
    pub(super) fn center(&mut self, node: &Node, area: Rect) {
        self.zoom = self.zoom.max(0.9);
        let middle = vec2((node.x + node.w / 2.0) as f32, (node.y + node.h / 2.0) as f32);
        self.origin = area.center().to_vec2() - middle * self.zoom;
        self.is_moved = true;
    }

    /// Does what the pointer asks for.
    pub(super) fn follow(&mut self, ui: &Ui, canvas: &Response) {
        self.origin += canvas.drag_delta();
        self.is_moved |= canvas.dragged();
        let Some(pointer) = ui.input(|input| input.pointer.hover_pos()) else { return };
        if !canvas.contains_pointer() {
            return;
        }
        let (pinch, scroll) = ui.input(|input| (input.zoom_delta(), input.smooth_scroll_delta));
        let factor = pinch * (scroll.y / 240.0).exp();
        if factor != 1.0 {
            self.zoom_around(pointer, factor);
        }
        self.origin.x += scroll.x;
        self.is_moved |= scroll.x != 0.0;
    }

    /// Zooms by a factor so that what is at `fixed` stays there.
    pub(super) fn zoom_around(&mut self, fixed: Pos2, factor: f32) {
        self.is_moved = true;
        let before = self.zoom;
        self.zoom = (before * factor).clamp(LEAST_ZOOM, MOST_ZOOM);
        self.origin = fixed.to_vec2() + (self.origin - fixed.to_vec2()) * (self.zoom / before);
    }

    /// Was it moved or zoomed by hand since it was fitted?
    pub(super) fn is_moved(&self) -> bool {
        self.is_moved
    }

    /// Where a point of the picture is on the screen.
    pub(super) fn at(&self, [x, y]: Point) -> Pos2 {
        pos2(x as f32, y as f32) * self.zoom + self.origin
    }

    /// A length on the screen.
    pub(super) fn scaled(&self, length: f32) -> f32 {
        length * self.zoom
    }

    /// Where a box is on the screen.
    pub(super) fn rect(&self, node: &Node) -> Rect {
        Rect::from_min_max(self.at([node.x, node.y]), self.at([node.x + node.w, node.y + node.h]))
    }
}

#[cfg(test)]
mod tests {
    use tracecast_experiment::picture;
    use tracecast_model::fixtures;

    use super::*;

    #[test]
    fn what_is_under_the_pointer_stays_there() {
        let mut view = View::default();
        let pointer = pos2(300.0, 120.0);
        view.zoom_around(pointer, 1.7);
        view.zoom_around(pos2(10.0, 20.0), 0.5);
        let under = (pointer.to_vec2() - view.origin) / view.zoom;
        view.zoom_around(pointer, 2.3);
        assert!(view.at([under.x.into(), under.y.into()]).distance(pointer) < 1e-3);
    }

    #[test]
    fn a_fitted_picture_is_inside() {
        let picture = picture::layout(&fixtures::three_tiers(1.0));
        let area = Rect::from_min_size(pos2(40.0, 60.0), vec2(500.0, 90.0));
        let mut view = View::default();
        view.fit(&picture, area);
        assert!(picture.nodes.iter().all(|node| area.contains_rect(view.rect(node))));
    }

    #[test]
    fn an_empty_picture_can_be_fitted() {
        let picture = picture::layout(&tracecast_model::System::default());
        let mut view = View::default();
        view.fit(&picture, Rect::from_min_size(pos2(0.0, 0.0), vec2(0.0, 0.0)));
        assert!(view.at([1.0, 1.0]).is_finite());
    }
}
