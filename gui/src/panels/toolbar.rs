//! Files, undo, and what is going on.

use egui::{Button, ProgressBar, RichText, Role, ThemePreference, Ui, WidgetInfo};

use super::{Panel, Place};
use crate::command::Command;
use crate::export::{Export, command_line};
use crate::state::AppState;
use crate::worker::Lane;
use crate::{shortcuts, theme};

pub(super) struct Toolbar;

impl Panel for Toolbar {
    fn name(&self) -> &'static str {
        "toolbar"
    }

    fn place(&self) -> Place {
        Place::Top
    }

    fn ui(&mut self, state: &AppState, commands: &mut Vec<Command>, ui: &mut Ui) {
        ui.horizontal(|ui| {
            ui.label(RichText::new(crate::TITLE).strong().size(16.0).color(theme::accent(ui.visuals())));
            ui.add_space(6.0);
            let open = ui
                .button("Open…")
                .on_hover_text("A model, traces (files or a folder), or a project (Ctrl+O)");
            if open.clicked() {
                commands.push(Command::AskToOpen);
            }
            if let Some(source) = &state.source {
                save_and_export(state, commands, ui);
                ui.separator();
                steps(state, commands, ui);
                ui.separator();
                let changed = if state.is_changed() { " •" } else { "" };
                ui.label(RichText::new(format!("{}{changed}", source.name())).strong())
                    .on_hover_text(source.system.description.as_deref().unwrap_or("no description"));
            }
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                more(state, commands, ui);
                activity(state, commands, ui);
            });
        });
        messages(state, commands, ui);
    }
}

fn save_and_export(state: &AppState, commands: &mut Vec<Command>, ui: &mut Ui) {
    if ui
        .button("Save")
        .on_hover_text("The model, all scenarios and settings as a project file (Ctrl+S)")
        .clicked()
    {
        commands.push(Command::Save);
    }
    ui.menu_button("Export", |ui| {
        const ALL: &[Export] = &Export::ALL;
        for export in ALL {
            if ui.button(export.title).clicked() {
                commands.push(Command::AskToExport(export));
                ui.close();
            }
        }
        if ui.button("Picture of the window (PNG)").clicked() {
            commands.push(Command::AskForScreenshot);
            ui.close();
        }
        if let Some(command) = command_line(state) {
            ui.separator();
            if ui.button("Copy the command line").on_hover_text(&command).clicked() {
                ui.copy_text(command);
                ui.close();
            }
        }
    });
}

fn steps(state: &AppState, commands: &mut Vec<Command>, ui: &mut Ui) {
    let [undo, redo] = state.can_undo_redo();
    if ui.add_enabled(undo, Button::new("Undo")).on_hover_text("Ctrl+Z").clicked() {
        commands.push(Command::Undo);
    }
    if ui.add_enabled(redo, Button::new("Redo")).on_hover_text("Ctrl+Shift+Z").clicked() {
        commands.push(Command::Redo);
    }
}

/// What the workers do, and how to stop it.
fn activity(state: &AppState, commands: &mut Vec<Command>, ui: &mut Ui) {
    for lane in Lane::ALL.into_iter().rev() {
        if let (Some(doing), Some(part)) = (lane.doing(), state.progress_of(lane)) {
            let stop = ui.add(theme::small_button("Stop")).on_hover_text("Stop it; what there is stays");
            if lane != Lane::Simulation {
                let name = format!("Stop {}", doing.to_lowercase());
                stop.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
            }
            if stop.clicked() {
                commands.push(Command::Stop(lane));
            }
            ui.add(ProgressBar::new(part as f32).desired_width(90.0).show_percentage());
            ui.label(doing);
        }
    }
    if !state.stopped.is_empty() && ui.button("Resume").on_hover_text("Simulate what was stopped").clicked() {
        commands.push(Command::Resume);
    }
    if let Some(opening) = &state.opening {
        if ui.add(theme::small_button("Cancel")).on_hover_text("Leave it; what is open stays").clicked() {
            commands.push(Command::Stop(Lane::Files));
        }
        let part = state.progress_of(Lane::Files).unwrap_or_default() as f32;
        ui.add(ProgressBar::new(part).desired_width(90.0).show_percentage());
        ui.add(egui::Label::new(format!("Reading {opening}")).truncate());
    }
}

fn more(state: &AppState, commands: &mut Vec<Command>, ui: &mut Ui) {
    ui.menu_button("More", |ui| {
        ui.label(RichText::new("Colors").weak());
        let mut chosen = ui.options(|options| options.theme_preference);
        for (preference, name) in [
            (ThemePreference::System, "as the desktop"),
            (ThemePreference::Light, "light"),
            (ThemePreference::Dark, "dark"),
        ] {
            ui.radio_value(&mut chosen, preference, name);
        }
        ui.ctx().set_theme(chosen);
        ui.separator();
        ui.label(RichText::new("Keys").weak());
        for shortcut in &shortcuts::ALL {
            ui.label(format!("{}  {}", ui.ctx().format_shortcut(&shortcut.keys), shortcut.meaning));
        }
        ui.label("Ctrl+Plus, Ctrl+Minus  Larger, smaller");
        if state.source.is_some() {
            ui.separator();
            if ui.button("Show the hints").clicked() {
                commands.push(Command::Hint(Some(0)));
                ui.close();
            }
            if ui.button("Close this model").clicked() {
                commands.push(Command::Close);
                ui.close();
            }
        }
    });
}

/// What went wrong, or was done, and what was odd in the files.
fn messages(state: &AppState, commands: &mut Vec<Command>, ui: &mut Ui) {
    let shown = match (&state.problem, &state.notice) {
        (Some(problem), _) => Some((problem, theme::problem(ui.visuals()))),
        (None, Some(notice)) => Some((notice, theme::good(ui.visuals()))),
        (None, None) => None,
    };
    if let Some((text, color)) = shown {
        ui.horizontal_wrapped(|ui| {
            if ui.add(theme::small_button("Dismiss")).clicked() {
                commands.push(Command::Dismiss);
            }
            ui.label(RichText::new(text).color(color));
        });
    }
}
