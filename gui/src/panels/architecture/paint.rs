//! Paints boxes, lines and labels as the SVG shows them.

use egui::epaint::CubicBezierShape;
use egui::{Color32, FontId, Painter, Pos2, Rect, Shape, Stroke, StrokeKind, Vec2, pos2, vec2};
use tracecast_experiment::picture::{Edge, EdgeKind, Node, NodeKind, control_points, palette};

use super::coloring::Coloring;
use super::view::View;
use crate::panels::text::fitted;
use crate::theme::PictureColors;

/// Sizes of the SVG, in points of the picture.
const TITLE_SIZE: f32 = 13.5;
const TEXT_SIZE: f32 = 11.5;
const LINE_HEIGHT: f32 = 15.0;
const PADDING: f32 = 10.0;
const SYMBOL: f32 = 26.0;
/// Text smaller than this on the screen says nothing and is left out.
const LEAST_TEXT: f32 = 4.0;
/// Titles and details of boxes are at least so large on the screen as long as there is room: then they are fewer.
const LEAST_TITLE: f32 = 12.0;
const LEAST_DETAIL: f32 = 10.5;

/// What it takes to paint.
pub(super) struct Brush<'a> {
    pub(super) painter: Painter,
    pub(super) view: View,
    pub(super) colors: &'a PictureColors,
    pub(super) coloring: Coloring,
    /// The largest figure that boxes are colored by.
    pub(super) most: f64,
    /// The most calls per second of a line; 0 where none is known.
    pub(super) busiest: f64,
}

/// How much wider the busiest line is than one without calls.
const WIDER: f32 = 4.0;

impl Brush<'_> {
    pub(super) fn node(&self, node: &Node) {
        let rect = self.view.rect(node);
        let radius = self.view.scaled(match node.kind {
            NodeKind::Client => 14.0,
            NodeKind::WorkQueue => 10.0,
            NodeKind::Service | NodeKind::External | NodeKind::Group => 4.0,
        });
        let border = self.stroke(1.6, self.colors.border(node.kind));
        let fill = self.fill(node);
        if node.kind == NodeKind::Group {
            // Several, one behind the other.
            for behind in [2.0_f32, 1.0] {
                let shifted = rect.translate(self.scaled(vec2(3.0, 3.0) * behind));
                self.painter.rect_filled(shifted, radius, self.colors.fill(fill));
                self.painter.rect_stroke(shifted, radius, border, StrokeKind::Middle);
            }
        }
        self.painter.rect_filled(rect, radius, self.colors.fill(fill));
        if node.kind == NodeKind::External {
            let corners =
                [rect.left_top(), rect.right_top(), rect.right_bottom(), rect.left_bottom(), rect.left_top()];
            self.painter.extend(Shape::dashed_line(
                &corners,
                border,
                self.view.scaled(5.0),
                self.view.scaled(3.0),
            ));
        } else {
            self.painter.rect_stroke(rect, radius, border, StrokeKind::Middle);
        }
        self.texts(node, rect);
        self.symbol(node, rect);
    }

    fn fill(&self, node: &Node) -> Option<palette::Color> {
        self.coloring.fill(node, self.most, self.colors)
    }

    /// How much wider a line is than one without calls: by the root of their number, so that rare calls are still told from
    /// none beside frequent ones.
    fn width(&self, edge: &Edge) -> f32 {
        let part = edge.rate.filter(|_| self.busiest > 0.0).map_or(0.0, |rate| (rate / self.busiest).sqrt());
        1.0 + (WIDER - 1.0) * part as f32
    }

    /// Shows that a box is chosen.
    pub(super) fn mark(&self, node: &Node) {
        let rect = self.view.rect(node).expand(self.view.scaled(4.0).max(2.0));
        self.painter.rect_stroke(rect, 6.0, Stroke::new(2.5, self.colors.mark), StrokeKind::Middle);
    }

    fn texts(&self, node: &Node, rect: Rect) {
        let left = PADDING + if node.kind == NodeKind::Client { SYMBOL } else { 0.0 };
        let right =
            PADDING + if node.kind == NodeKind::WorkQueue && self.shows_messages() { SYMBOL } else { 0.0 };
        let area = Rect::from_min_max(
            rect.min + self.scaled(vec2(left, PADDING - 2.0)),
            rect.max - self.scaled(vec2(right, 0.0)),
        );
        // Where not even a title can be read, everything is as small as the box.
        let is_readable = area.height() >= LEAST_TITLE + 1.0;
        let size = |size: f32, least: f32| self.view.scaled(size).max(if is_readable { least } else { 0.0 });
        let (title, detail) = (size(TITLE_SIZE, LEAST_TITLE), size(TEXT_SIZE, LEAST_DETAIL));
        let below = self.view.scaled(LINE_HEIGHT + 2.0).max(1.12 * title);
        let line = self.view.scaled(LINE_HEIGHT).max(1.15 * detail);
        // Rounding must not cost a line where all of them fit.
        let room = ((area.height() - below) / line + 0.15).max(0.0) as usize;
        let details = most_telling(node, room);
        let height = below + line * details.len() as f32;
        let mut at = pos2(area.left(), area.top().min(rect.bottom() - height - 1.0));
        self.line(at, &node.title, title, self.colors.title(self.fill(node)), area.width());
        at.y += below;
        for text in details {
            self.line(at, text, detail, self.colors.detail(self.fill(node)), area.width());
            at.y += line;
        }
    }

    fn line(&self, at: Pos2, text: &str, size: f32, color: Color32, width: f32) {
        if size >= LEAST_TEXT {
            // Letters are not exactly as wide as their size says.
            let galley = fitted(&self.painter, text, FontId::proportional(size), color, width + 3.0);
            self.painter.galley(at, galley, color);
        }
    }

    /// A person for a client, waiting messages for a queue.
    fn symbol(&self, node: &Node, rect: Rect) {
        let color = self.colors.border(node.kind);
        match node.kind {
            NodeKind::Client => {
                let head = rect.left_center() + self.scaled(vec2(PADDING + 6.0, -7.0));
                self.painter.circle_filled(head, self.view.scaled(5.0), color);
                let body = Rect::from_center_size(
                    head + self.scaled(vec2(0.0, 12.0)),
                    self.scaled(vec2(16.0, 11.0)),
                );
                let round = self.view.scaled(8.0).min(255.0) as u8;
                let corners = egui::CornerRadius { nw: round, ne: round, sw: 0, se: 0 };
                self.painter.rect_filled(body, corners, color);
            }
            NodeKind::WorkQueue if self.shows_messages() => {
                for message in 0..3_u8 {
                    let across = -PADDING - 2.0 - 6.0 * f32::from(message);
                    let middle = rect.right_center() + self.scaled(vec2(across, 0.0));
                    let bar = Rect::from_center_size(middle, self.scaled(vec2(4.0, 18.0)));
                    self.painter.rect_filled(bar, 0.0, color);
                }
            }
            _ => {}
        }
    }

    /// In a small box its name needs the room.
    fn shows_messages(&self) -> bool {
        self.view.scaled(1.0) > 0.8
    }

    pub(super) fn edge(&self, edge: &Edge, pointed: bool) {
        let emphasis = self.width(edge) * if pointed { 2.0 } else { 1.0 };
        let color = self.colors.line(edge.kind);
        line(&self.painter, &path(edge, &self.view), edge.kind, self.view.scaled(1.0), emphasis, color);
        self.arrow_head(edge, color, 0.7 + 0.3 * emphasis);
    }

    /// All lines end level, so that the head points left or right.
    fn arrow_head(&self, edge: &Edge, color: Color32, size: f32) {
        let [.., before, tip] = edge.points.as_slice() else { return };
        let back = if tip[0] >= before[0] { -9.0 } else { 9.0 };
        let at = self.view.at(*tip);
        let corners =
            [vec2(0.0, 0.0), vec2(back, -4.0), vec2(back, 4.0)].map(|corner| at + self.scaled(corner * size));
        self.painter.add(Shape::convex_polygon(corners.to_vec(), color, Stroke::NONE));
    }

    pub(super) fn labels<'a>(&self, edges: impl Iterator<Item = &'a Edge>) {
        for edge in edges.filter(|edge| !edge.label.is_empty()) {
            let size = self.view.scaled(TEXT_SIZE);
            if size < LEAST_TEXT {
                return;
            }
            let color = self.colors.line(edge.kind);
            let text = self.painter.layout_no_wrap(edge.label.clone(), FontId::proportional(size), color);
            let area = Rect::from_center_size(self.view.at(edge.label_at), text.size());
            self.painter.rect_filled(area.expand2(self.scaled(vec2(2.0, -1.0))), 2.0, self.colors.background);
            self.painter.galley(area.min, text, color);
        }
    }

    fn scaled(&self, length: Vec2) -> Vec2 {
        vec2(self.view.scaled(length.x), self.view.scaled(length.y))
    }

    /// Thin lines stay visible when zoomed out.
    fn stroke(&self, width: f32, color: Color32) -> Stroke {
        Stroke::new(self.view.scaled(width).max(0.5), color)
    }
}

/// So many of the details of a box, in their order: among them what is busy or waits there, which stands last.
fn most_telling(node: &Node, count: usize) -> Vec<&String> {
    let mut shown: Vec<&String> = node.details.iter().take(count).collect();
    let ends_with_figure = node.load.is_some() || node.kind == NodeKind::WorkQueue;
    if ends_with_figure && let (Some(last), Some(figure)) = (shown.last_mut(), node.details.last()) {
        *last = figure;
    }
    shown
}

/// Paints a line in the manner of its kind. Thin lines and short dashes stay visible when zoomed out.
pub(super) fn line(
    painter: &Painter,
    path: &[Pos2],
    kind: EdgeKind,
    zoom: f32,
    emphasis: f32,
    color: Color32,
) {
    let (width, dash, gap) = match kind {
        EdgeKind::Sync => (1.4, None, 0.0),
        EdgeKind::Async => (1.6, Some(7.0_f32), 4.0_f32),
        EdgeKind::Queue => (2.6, Some(2.0), 3.0),
    };
    let stroke = Stroke::new((width * zoom).max(0.5) * emphasis, color);
    painter.extend(match dash {
        None => vec![Shape::line(path.to_vec(), stroke)],
        Some(dash) => Shape::dashed_line(path, stroke, (dash * zoom).max(2.0), (gap * zoom).max(2.0)),
    });
}

/// A line as many short ones on the screen.
fn path(edge: &Edge, view: &View) -> Vec<Pos2> {
    let mut path: Vec<Pos2> = edge.points.first().map(|point| view.at(*point)).into_iter().collect();
    for pair in edge.points.windows(2) {
        // A level line needs no curve, also where rounding left the ends a hair apart.
        if (pair[0][1] - pair[1][1]).abs() < 0.5 {
            path.push(view.at(pair[1]));
            continue;
        }
        let [one, two] = control_points(pair[0], pair[1]);
        let corners = [pair[0], one, two, pair[1]].map(|point| view.at(point));
        let curve = CubicBezierShape::from_points_stroke(corners, false, Color32::TRANSPARENT, Stroke::NONE);
        path.extend(curve.flatten(Some(0.3)).into_iter().skip(1));
    }
    path
}

/// How far a line is from a place on the screen.
pub(super) fn distance(edge: &Edge, view: &View, place: Pos2) -> f32 {
    // A curve stays in the rectangle of its ends: most lines need no closer look.
    let near = edge.points.windows(2).any(|pair| {
        Rect::from_two_pos(view.at(pair[0]), view.at(pair[1])).expand(super::REACH).contains(place)
    });
    if !near {
        return f32::INFINITY;
    }
    path(edge, view).windows(2).map(|pair| to_segment(place, pair[0], pair[1])).fold(f32::INFINITY, f32::min)
}

fn to_segment(place: Pos2, a: Pos2, b: Pos2) -> f32 {
    let along = b - a;
    let t = if along.length_sq() > 0.0 {
        ((place - a).dot(along) / along.length_sq()).clamp(0.0, 1.0)
    } else {
        0.0
    };
    place.distance(pos2(a.x + t * along.x, a.y + t * along.y))
}
