//! What the lines and colors mean.

use egui::{Painter, Rect, Sense, StrokeKind, Ui, Vec2, vec2};
use tracecast_experiment::picture::{EdgeKind, NodeKind, Picture, palette};

use super::coloring::Coloring;
use super::paint;
use crate::format::{Unit, percent};
use crate::panels::color_scale;
use crate::theme::{self, PictureColors};

/// Height of a line of the legend.
pub(super) const LINE: f32 = 25.0;

/// How many lines it takes: one for the kinds of calls, one for the colors where there is a prediction.
pub(super) fn lines(picture: &Picture, coloring: Coloring) -> u8 {
    u8::from(!picture.edges.is_empty()) + u8::from(coloring.most(picture).is_some())
}

/// The most calls per second of a line; 0 where none is known.
pub(super) fn busiest(picture: &Picture) -> f64 {
    picture.edges.iter().filter_map(|edge| edge.rate).fold(0.0, f64::max)
}

/// Draws it from the upper left corner of `ui`.
pub(super) fn show(picture: &Picture, coloring: Coloring, colors: &PictureColors, ui: &mut Ui) {
    let text = |ui: &mut Ui, text: &str| {
        ui.small(text);
        ui.add_space(6.0);
    };
    if !picture.edges.is_empty() {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 6.0;
            let occurs = |kind: &EdgeKind| picture.edges.iter().any(|edge| edge.kind == *kind);
            for kind in EdgeKind::ALL.into_iter().filter(occurs) {
                let (rect, painter) = sample(ui, vec2(34.0, 12.0));
                let ends = [rect.left_center(), rect.right_center()];
                paint::line(&painter, &ends, kind, 1.0, 1.0, colors.line(kind));
                text(ui, kind.meaning());
            }
            let busiest = busiest(picture);
            if busiest > 0.0 {
                text(ui, &format!("wider: more calls, up to {}", Unit::Rate.show(busiest)));
            }
        });
    }
    match (coloring, coloring.most(picture)) {
        (_, None) => {}
        (Coloring::Load, Some(_)) => {
            ui.horizontal(|ui| {
                for class in &palette::LOAD_CLASSES {
                    let (rect, painter) = sample(ui, vec2(16.0, 12.0));
                    let border = (1.0, colors.border(NodeKind::Service));
                    painter.rect(rect, 2.0, theme::color(colors.load(class)), border, StrokeKind::Inside);
                    text(ui, class.label);
                }
            });
        }
        (Coloring::Time, Some(most)) => {
            ui.horizontal(|ui| {
                color_scale::show("0 %", &percent(most), |part| colors.scale(part), ui);
                text(ui, "of the time of all requests");
            });
        }
    }
}

fn sample(ui: &mut Ui, size: Vec2) -> (Rect, Painter) {
    let (response, painter) = ui.allocate_painter(size, Sense::empty());
    (response.rect, painter)
}
