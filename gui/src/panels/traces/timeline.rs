//! A request along time: a row for each call, a bar for when it ran.

use egui::{Rect, RichText, Role, ScrollArea, Sense, TextStyle, Ui, Vec2, WidgetInfo, pos2, vec2};
use tracecast_experiment::call_tree::{CallTree, as_seconds};
use tracecast_experiment::picture::round_step;
use tracecast_model::seconds;

use super::bar::{Bar, Scale};
use super::details;
use super::tree::Shown;
use crate::format::counted;
use crate::panels::text;
use crate::requests::Requests;
use crate::source::Traces;
use crate::theme;

const ROW: f32 = 22.0;
const AXIS: f32 = 18.0;
const LEGEND: f32 = 26.0;
/// Room for the time of a call, right of its bar.
const TIMES: f32 = 66.0;
/// Room for a scroll bar.
const EDGE: f32 = 10.0;
/// The shortest stretch that can be zoomed to, in seconds.
const SHORTEST: f64 = 1e-7;

#[derive(Default)]
pub(super) struct Timeline {
    shown: Option<Shown>,
    /// First and last time that is seen, in seconds from the beginning of the request.
    window: [f64; 2],
}

impl Timeline {
    pub(super) fn ui(&mut self, traces: &Traces, place: usize, ui: &mut Ui) {
        let requests = &traces.requests;
        let Some(tree) = requests.trees.get(place) else { return };
        let shown = match self.shown.take() {
            Some(shown) if shown.tree == place => shown,
            _ => {
                self.window = whole(tree);
                Shown::new(requests, place)
            }
        };
        let shown = self.shown.insert(shown);
        head(requests, place, ui);
        ui.horizontal(|ui| {
            if ui.add(theme::small_button("Fit")).on_hover_text("Show all of the time").clicked() {
                self.window = whole(tree);
            }
            if ui.add(theme::small_button("Expand all")).clicked() {
                shown.open_all(tree);
            }
            if ui.add(theme::small_button("Collapse all")).clicked() {
                shown.close_all(tree);
            }
            let hint = "Scroll over the bars to zoom, drag to move; point at a call to read more.";
            ui.add(egui::Label::new(RichText::new(hint).small().weak()).truncate());
        });
        let width = ui.available_width() - EDGE;
        let names = (width * 0.36).clamp(130.0, 360.0);
        ui.spacing_mut().item_spacing.y = 0.0;
        let top = ui.cursor().min;
        let bars = Rect::from_min_size(
            pos2(top.x + names + 8.0, top.y),
            vec2(width - names - TIMES - 8.0, ui.available_height() - LEGEND),
        );
        follow(&mut self.window, bars, whole(tree), ui);
        let scale = Scale { left: bars.left(), width: bars.width(), window: self.window };
        axis(&scale, bars, ui);
        let rows = Rows { traces, tree, scale, names, width };
        ScrollArea::vertical().id_salt(place).auto_shrink(false).max_height(bars.height() - AXIS).show_rows(
            ui,
            ROW,
            shown.rows.len(),
            |ui, range| {
                let mut toggled = None;
                for row in range {
                    if rows.ui(shown, shown.rows[row], &mut self.window, ui) {
                        toggled = Some(shown.rows[row]);
                    }
                }
                if let Some(call) = toggled {
                    shown.toggle(tree, call);
                }
            },
        );
        details::legend(ui);
    }
}

/// From the first begin to the last end; work may go on after the reply.
fn whole(tree: &CallTree) -> [f64; 2] {
    let start = tree.calls.iter().map(|call| call.seen.start).min().unwrap_or_default();
    let end = tree.calls.iter().map(|call| call.seen.end.max(call.handled.end)).max().unwrap_or_default();
    [as_seconds(start), as_seconds(end).max(as_seconds(start) + SHORTEST)]
}

/// Which request it is.
fn head(requests: &Requests, place: usize, ui: &mut Ui) {
    let tree = &requests.trees[place];
    let root = RichText::new(tree.root().label()).strong();
    ui.add(egui::Label::new(root).truncate());
    let mut facts = vec![
        format!("response time {}", seconds::display(tree.response_time())),
        counted(tree.calls.len(), "call", "calls"),
        counted(tree.spans, "span", "spans"),
    ];
    if requests.summaries[place].errors > 0 {
        facts.push(format!("{} failed", requests.summaries[place].errors));
    }
    if tree.calls.iter().any(|call| call.skew != 0) {
        facts.push("clocks differ: some calls were moved into the time of their callers".into());
    }
    if !tree.complete {
        facts.push("the beginning is missing".into());
    }
    facts.push(format!("trace {}", tree.trace));
    ui.add(egui::Label::new(RichText::new(facts.join(" · ")).small().weak()).truncate());
}

/// Zooms where the pointer is over the bars.
fn follow(window: &mut [f64; 2], bars: Rect, whole: [f64; 2], ui: &Ui) {
    let Some(pointer) = ui.input(|input| input.pointer.hover_pos()) else { return };
    if !bars.contains(pointer) || !ui.rect_contains_pointer(bars) || bars.width() <= 0.0 {
        return;
    }
    let (pinch, scroll) = ui.input(|input| (input.zoom_delta(), input.smooth_scroll_delta));
    let length = window[1] - window[0];
    let factor = f64::from(pinch * (scroll.y / 240.0).exp());
    if factor != 1.0 {
        let part = f64::from((pointer.x - bars.left()) / bars.width());
        let fixed = window[0] + part * length;
        let next = (length / factor).clamp(SHORTEST, whole[1] - whole[0]);
        *window = within([fixed - part * next, fixed + (1.0 - part) * next], whole);
    }
    if scroll.x != 0.0 {
        *window = moved(*window, -f64::from(scroll.x / bars.width()) * length, whole);
    }
    // Rows are scrolled over their names only.
    ui.input_mut(|input| input.smooth_scroll_delta = Vec2::ZERO);
}

fn moved([start, end]: [f64; 2], by: f64, whole: [f64; 2]) -> [f64; 2] {
    within([start + by, end + by], whole)
}

/// A stretch of the same length within the whole one.
fn within([start, end]: [f64; 2], whole: [f64; 2]) -> [f64; 2] {
    let length = (end - start).min(whole[1] - whole[0]);
    let start = start.clamp(whole[0], whole[1] - length);
    [start, start + length]
}

/// Round times above the bars, and lines below them.
fn axis(scale: &Scale, bars: Rect, ui: &mut Ui) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), AXIS), Sense::hover());
    let painter = ui.painter().with_clip_rect(Rect::from_x_y_ranges(rect.x_range(), bars.y_range()));
    let [start, end] = scale.window;
    let step = round_step((end - start) / f64::from((scale.width / 90.0).clamp(2.0, 10.0)));
    let visuals = ui.visuals();
    for tick in (start / step).ceil() as i64..=(end / step).floor() as i64 {
        let time = tick as f64 * step;
        let x = scale.x(time);
        painter.vline(x, bars.top() + AXIS - 2.0..=bars.bottom(), visuals.widgets.noninteractive.bg_stroke);
        let label = if tick == 0 { "0".to_string() } else { tick_label(time, step) };
        let label = text::line(ui, &label, &TextStyle::Small, visuals.weak_text_color(), 80.0);
        let left = (x - label.size().x / 2.0).clamp(bars.left() - 30.0, bars.right() - label.size().x + 30.0);
        text::paint(&painter, pos2(left, bars.top() + AXIS / 2.0 - 2.0), label);
    }
}

/// A time with the digits that tell it from its neighbors.
fn tick_label(time: f64, step: f64) -> String {
    let (factor, unit) = match step {
        step if step >= 0.1 => (1.0, "s"),
        step if step >= 1e-4 => (1e3, "ms"),
        step if step >= 1e-7 => (1e6, "µs"),
        _ => (1e9, "ns"),
    };
    let decimals = (-(step * factor).log10().floor()).max(0.0) as usize;
    format!("{:.decimals$} {unit}", time * factor)
}

/// What all rows have in common.
struct Rows<'a> {
    traces: &'a Traces,
    tree: &'a CallTree,
    scale: Scale,
    names: f32,
    width: f32,
}

impl Rows<'_> {
    /// Draws a row; is it opened or closed now?
    fn ui(&self, shown: &Shown, place: usize, window: &mut [f64; 2], ui: &mut Ui) -> bool {
        let call = &self.tree.calls[place];
        let (rect, row) = ui.allocate_exact_size(vec2(self.width, ROW), Sense::hover());
        let told = details::told(self.tree, shown, place);
        row.widget_info(|| WidgetInfo::labeled(Role::Label, true, &told));
        if ui.rect_contains_pointer(rect) {
            ui.painter().rect_filled(
                rect,
                3.0,
                ui.visuals().widgets.hovered.weak_bg_fill.gamma_multiply(0.5),
            );
        }
        let bars =
            Rect::from_x_y_ranges(self.scale.left..=self.scale.left + self.scale.width, rect.y_range());
        let drag = ui.interact(bars, row.id.with("bar"), Sense::drag());
        drag.widget_info(|| WidgetInfo::labeled(Role::Unknown, true, format!("Time of {}", call.label())));
        if drag.dragged() {
            let by = -f64::from(drag.drag_delta().x / self.scale.width) * (window[1] - window[0]);
            *window = moved(*window, by, whole(self.tree));
        }
        let toggled = self.name(shown, place, rect, ui);
        Bar { tree: self.tree, shown, place, colors: &self.traces.requests.colors, scale: &self.scale }
            .paint(bars, ui);
        let time = seconds::display(as_seconds(call.seen.length()));
        let time = text::line(ui, &time, &TextStyle::Small, ui.visuals().text_color(), TIMES);
        text::paint_right(ui.painter(), pos2(rect.right() - 2.0, rect.center().y), time);
        (row | drag).on_hover_ui_at_pointer(|ui| details::show(self.traces, self.tree, shown, place, ui));
        toggled
    }

    /// The name with its indentation, and what opens and closes it.
    fn name(&self, shown: &Shown, place: usize, rect: Rect, ui: &mut Ui) -> bool {
        let call = &self.tree.calls[place];
        let step = (self.names * 0.4 / shown.deepest.max(1) as f32).min(13.0);
        let left = rect.left() + step * call.depth as f32;
        let mut toggled = false;
        if !call.children.is_empty() {
            let place_of_sign = Rect::from_min_size(pos2(left, rect.top()), vec2(15.0, ROW));
            let button = ui.interact(place_of_sign, ui.scope_id().with(("toggle", place)), Sense::click());
            let is_closed = shown.is_closed(place);
            let verb = if is_closed { "Expand" } else { "Collapse" };
            button
                .widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("{verb} {}", call.label())));
            sign(place_of_sign, is_closed, button.hovered() || button.has_focus(), ui);
            toggled = button.clicked();
        }
        let color = if call.error { theme::problem(ui.visuals()) } else { ui.visuals().text_color() };
        let start = left + 17.0;
        let name = details::name(self.tree, place);
        let name = text::line(ui, &name, &TextStyle::Body, color, rect.left() + self.names - start);
        text::paint(ui.painter(), pos2(start, rect.center().y), name);
        toggled
    }
}

/// A triangle that points to what is closed, or down to what is open.
fn sign(rect: Rect, is_closed: bool, is_pointed: bool, ui: &Ui) {
    let center = rect.center();
    let corners = if is_closed {
        [vec2(-2.5, -4.0), vec2(3.5, 0.0), vec2(-2.5, 4.0)]
    } else {
        [vec2(-4.0, -2.5), vec2(4.0, -2.5), vec2(0.0, 3.5)]
    };
    let color = if is_pointed { ui.visuals().text_color() } else { ui.visuals().weak_text_color() };
    let corners = corners.map(|corner| center + corner).to_vec();
    ui.painter().add(egui::Shape::convex_polygon(corners, color, egui::Stroke::NONE));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moved_window_stays_within_the_request() {
        assert_eq!(moved([1.0, 2.0], 5.0, [0.0, 4.0]), [3.0, 4.0]);
        assert_eq!(moved([1.0, 2.0], -5.0, [0.0, 4.0]), [0.0, 1.0]);
        assert_eq!(within([-1.0, 9.0], [0.0, 4.0]), [0.0, 4.0]);
    }

    #[test]
    fn ticks_tell_neighbors_apart() {
        assert_eq!(tick_label(0.05, 0.005), "50 ms");
        assert_eq!(tick_label(1.25, 0.01), "1250 ms");
        assert_eq!(tick_label(1.5, 0.5), "1.5 s");
        assert_eq!(tick_label(1.2e-5, 2e-6), "12 µs");
    }
}
