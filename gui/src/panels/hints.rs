//! The first-run tour: three hints, one after the other, each beside what it is about.

use egui::{Align2, Area, Frame, Id, Order, RichText, Ui, Vec2, vec2};

use super::{Panel, Place};
use crate::command::Command;
use crate::state::AppState;
use crate::theme;

/// What is said, and where: by a place of the window and the way from there.
struct Hint {
    title: &'static str,
    text: &'static str,
    at: Align2,
    offset: Vec2,
}

const HINTS: [Hint; 3] = [
    Hint {
        title: "Click a service",
        text: "This is the architecture with its load. What you click can be changed at the right: replicas, limits, demands.",
        at: Align2::CENTER_BOTTOM,
        offset: vec2(-20.0, -90.0),
    },
    Hint {
        title: "See what it does",
        text: "The first change makes a what-if beside the model as it is. Above are its figures and, with their intervals, the differences: the analytic engine answers at once, the simulation refines the answer behind it.",
        at: Align2::CENTER_TOP,
        offset: vec2(-20.0, 196.0),
    },
    Hint {
        title: "Ask for more",
        text: "Here are the scenarios, the load and the objectives. Results say why, Compare puts scenarios side by side, Explore tries many. Ctrl+Z takes everything back, Ctrl+S saves it.",
        at: Align2::LEFT_TOP,
        offset: vec2(272.0, 196.0),
    },
];
const WIDTH: f32 = 320.0;

pub(super) struct Hints;

impl Panel for Hints {
    fn name(&self) -> &'static str {
        "hints"
    }

    fn place(&self) -> Place {
        Place::Over
    }

    fn ui(&mut self, state: &AppState, commands: &mut Vec<Command>, ui: &mut Ui) {
        let Some((number, hint)) = state.hint.and_then(|number| Some((number, HINTS.get(number)?))) else {
            return;
        };
        let accent = theme::accent(ui.visuals());
        let frame = Frame::popup(ui.style()).stroke(egui::Stroke::new(1.5, accent)).inner_margin(12.0);
        let area = Area::new(Id::unique("hint")).order(Order::Foreground).anchor(hint.at, hint.offset);
        area.show(ui.ctx(), |ui| {
            frame.show(ui, |ui| {
                ui.set_width(WIDTH);
                ui.label(RichText::new(hint.title).strong().color(accent));
                ui.label(hint.text);
                ui.add_space(2.0);
                ui.horizontal(|ui| {
                    let is_last = number + 1 == HINTS.len();
                    if ui.button(if is_last { "Done" } else { "Next hint" }).clicked() {
                        commands.push(Command::Hint((!is_last).then_some(number + 1)));
                    }
                    if !is_last && ui.button("No more hints").clicked() {
                        commands.push(Command::Hint(None));
                    }
                    ui.label(RichText::new(format!("{} of {}", number + 1, HINTS.len())).weak());
                });
            });
        });
    }
}
