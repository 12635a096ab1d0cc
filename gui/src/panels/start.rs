//! What is there before anything is open.

use std::path::PathBuf;

use egui::{Align, Key, Layout, Margin, RichText, ScrollArea, TextEdit, Ui};

use super::{Panel, Place};
use crate::command::Command;
use crate::recent;
use crate::source::EXAMPLES;
use crate::state::AppState;
use crate::theme;

/// Width of what stands in the middle.
const WIDTH: f32 = 660.0;

#[derive(Default)]
pub(super) struct StartPanel {
    path: String,
}

impl Panel for StartPanel {
    fn name(&self) -> &'static str {
        "start"
    }

    fn place(&self) -> Place {
        Place::Start
    }

    fn ui(&mut self, state: &AppState, commands: &mut Vec<Command>, ui: &mut Ui) {
        ui.painter().rect_filled(ui.max_rect(), 0.0, theme::surface(ui.visuals()));
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            ui.with_layout(Layout::top_down(Align::Center), |ui| {
                ui.set_max_width(WIDTH);
                ui.add_space((ui.available_height() * 0.1).max(30.0));
                ui.label(RichText::new("What would another replica do?").size(26.0).strong());
                ui.label("Open traces or a model, change something, and see latency under load at once.");
                ui.add_space(16.0);
                ui.with_layout(Layout::top_down(Align::Min), |ui| {
                    examples(commands, ui);
                    ui.add_space(12.0);
                    self.files(state, commands, ui);
                    recent_files(state, commands, ui);
                });
            });
        });
    }
}

fn examples(commands: &mut Vec<Command>, ui: &mut Ui) {
    ui.strong("Try an example");
    for (number, example) in EXAMPLES.iter().enumerate() {
        card(ui, |ui| {
            ui.horizontal(|ui| {
                ui.vertical(|ui| {
                    ui.set_width(ui.available_width() - 90.0);
                    ui.label(RichText::new(example.name).strong());
                    ui.label(RichText::new(example.summary).weak());
                });
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    let open = ui.button("Open");
                    let name = format!("Open {}", example.name);
                    open.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &name));
                    if open.clicked() {
                        commands.push(Command::OpenExample(number));
                    }
                });
            });
        });
    }
}

impl StartPanel {
    fn files(&mut self, state: &AppState, commands: &mut Vec<Command>, ui: &mut Ui) {
        ui.strong("Open your own");
        card(ui, |ui| {
            ui.label("Drop files or a folder anywhere in this window: traces (OTLP, Jaeger, Zipkin, Kieker, …), a model (.json, .lqnx, .lqn), or a project.");
            ui.horizontal(|ui| {
                if ui.button("Choose files…").clicked() {
                    commands.push(Command::AskToOpen);
                }
                let label = ui.label("or a path");
                let field = ui
                    .add(TextEdit::singleline(&mut self.path).desired_width(ui.available_width() - 70.0))
                    .labelled_by(label.id);
                let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
                let clicked = ui.button("Open").clicked();
                if (entered || clicked) && !self.path.trim().is_empty() {
                    commands.push(Command::Open(vec![PathBuf::from(self.path.trim())]));
                }
            });
            if state.opening.is_some() {
                ui.spinner();
            }
        });
    }
}

fn recent_files(state: &AppState, commands: &mut Vec<Command>, ui: &mut Ui) {
    if state.recent.is_empty() {
        return;
    }
    ui.add_space(12.0);
    ui.strong("Recent");
    card(ui, |ui| {
        for path in state.recent.iter().take(recent::SHOWN) {
            let name = path
                .file_name()
                .map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into());
            let folder = path.parent().map(|folder| folder.display().to_string()).unwrap_or_default();
            ui.horizontal(|ui| {
                if ui.link(name).clicked() {
                    commands.push(Command::Open(vec![path.clone()]));
                }
                ui.add(egui::Label::new(RichText::new(folder).weak()).truncate());
            });
        }
    });
}

fn card(ui: &mut Ui, content: impl FnOnce(&mut Ui)) {
    theme::card(ui.visuals()).inner_margin(Margin::symmetric(14, 10)).show(ui, |ui| {
        ui.set_width(ui.available_width());
        content(ui);
    });
}
