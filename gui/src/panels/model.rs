//! Opening a model, and what is wrong with it.

use std::path::PathBuf;

use egui::{CollapsingHeader, ComboBox, Key, Label, RichText, ScrollArea, TextEdit, ThemePreference, Ui};
use tracecast_model::Severity;

use super::{Panel, Place};
use crate::command::Command;
use crate::state::{AppState, Model};
use crate::theme;

#[derive(Default)]
pub(super) struct ModelPanel {
    path: String,
    /// The path last asked for, to notice when another way than this field asked.
    shown: Option<PathBuf>,
}

impl Panel for ModelPanel {
    fn name(&self) -> &'static str {
        "model"
    }

    fn place(&self) -> Place {
        Place::Top
    }

    fn ui(&mut self, state: &AppState, commands: &mut Vec<Command>, ui: &mut Ui) {
        self.follow(state);
        ui.add_space(4.0);
        ui.horizontal(|ui| self.open(state, commands, ui));
        if let Some(problem) = &state.problem {
            let text = RichText::new(problem).color(theme::problem(ui.visuals()));
            ui.add(Label::new(text).wrap());
        }
        if let Some(model) = &state.model {
            summary(model, ui);
            diagnostics(model, ui);
        }
        ui.add_space(2.0);
    }
}

impl ModelPanel {
    /// Shows the path of a model that was dropped or given at the start.
    fn follow(&mut self, state: &AppState) {
        if let Some(path) = &state.asked
            && self.shown.as_ref() != Some(path)
        {
            self.shown = Some(path.clone());
            self.path = path.display().to_string();
        }
    }

    fn open(&mut self, state: &AppState, commands: &mut Vec<Command>, ui: &mut Ui) {
        let label = ui.label("Model");
        let width = (ui.available_width() - 330.0).clamp(120.0, 700.0);
        let field = ui
            .add(
                TextEdit::singleline(&mut self.path)
                    .desired_width(width)
                    .hint_text("path of a model (.json, .lqnx, .lqn), or drop a file anywhere"),
            )
            .labelled_by(label.id);
        let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        let clicked = ui.button("Open").clicked();
        if (entered || clicked) && !self.path.trim().is_empty() {
            commands.push(Command::Open(PathBuf::from(self.path.trim())));
        }
        if state.opening {
            ui.spinner();
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            colors(ui);
        });
    }
}

/// What the model says about itself, in one line.
fn summary(model: &Model, ui: &mut Ui) {
    let system = &model.system;
    ui.horizontal(|ui| {
        ui.strong(model.name());
        ui.label(format!(
            "services: {}, hosts: {}, workloads: {}",
            system.services.len(),
            system.hosts.len(),
            system.workloads.len()
        ));
        if let Some(description) = &system.description {
            ui.add(Label::new(RichText::new(description).weak()).truncate());
        }
    });
}

/// The choice of colors, in words that every font can show.
fn colors(ui: &mut Ui) {
    let name = |preference: ThemePreference| match preference {
        ThemePreference::Light => "light",
        ThemePreference::Dark => "dark",
        ThemePreference::System => "as the desktop",
    };
    let mut chosen = ui.options(|options| options.theme_preference);
    ComboBox::from_label("Colors").selected_text(name(chosen)).width(110.0).show_ui(ui, |ui| {
        for preference in [ThemePreference::System, ThemePreference::Light, ThemePreference::Dark] {
            ui.selectable_value(&mut chosen, preference, name(preference));
        }
    });
    ui.ctx().set_theme(chosen);
}

fn diagnostics(model: &Model, ui: &mut Ui) {
    if model.diagnostics.is_empty() {
        return;
    }
    let errors = model.diagnostics.iter().filter(|found| found.severity == Severity::Error).count();
    let warnings = model.diagnostics.len() - errors;
    let title = match (errors, warnings) {
        (0, _) => format!("warnings: {warnings}"),
        (_, 0) => format!("errors: {errors}"),
        _ => format!("errors: {errors}, warnings: {warnings}"),
    };
    let color = if errors > 0 { theme::problem(ui.visuals()) } else { theme::attention(ui.visuals()) };
    CollapsingHeader::new(RichText::new(title).color(color)).default_open(errors > 0).show(ui, |ui| {
        ScrollArea::vertical().max_height(140.0).auto_shrink([false, true]).show(ui, |ui| {
            for diagnostic in &model.diagnostics {
                ui.add(Label::new(diagnostic.to_string()).wrap());
            }
        });
    });
}
