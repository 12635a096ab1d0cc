//! The scenarios: show one, copy it, name it, remove it, compare with it.

use egui::{Align, Key, Layout, RichText, TextEdit, Ui};

use crate::command::Command;
use crate::format;
use crate::project::Change;
use crate::state::AppState;
use crate::theme;

#[derive(Default)]
pub(super) struct Scenarios {
    /// The one whose name is being typed, and the name so far.
    renaming: Option<(usize, String)>,
}

impl Scenarios {
    pub(super) fn ui(&mut self, state: &AppState, commands: &mut Vec<Command>, ui: &mut Ui) {
        for number in 0..state.project.scenarios.len() {
            self.row(number, state, commands, ui);
        }
        let selected = state.project.selected;
        ui.horizontal_wrapped(|ui| {
            if ui
                .add(theme::small_button("Duplicate"))
                .on_hover_text("A copy of the shown scenario")
                .clicked()
            {
                commands.push(Command::Change(Change::Duplicate(selected)));
            }
            if ui.add(theme::small_button("Rename")).clicked() {
                self.renaming = Some((selected, state.project.selected().name.clone()));
            }
            let several = state.project.scenarios.len() > 1;
            if ui.add_enabled(several, theme::small_button("Remove")).clicked() {
                commands.push(Command::Change(Change::Remove(selected)));
            }
            let other = selected != state.project.baseline;
            let baseline = ui.add_enabled(other, theme::small_button("Use as baseline"));
            if baseline.on_hover_text("Show differences to this scenario").clicked() {
                commands.push(Command::Compare(selected));
            }
        });
        self.changes(state, commands, ui);
    }

    fn row(&mut self, number: usize, state: &AppState, commands: &mut Vec<Command>, ui: &mut Ui) {
        let scenario = &state.project.scenarios[number];
        if let Some((renamed, name)) = &mut self.renaming
            && *renamed == number
        {
            let field = ui.add(TextEdit::singleline(name).desired_width(f32::INFINITY));
            let done = field.lost_focus();
            field.request_focus();
            if done {
                if !ui.input(|input| input.key_pressed(Key::Escape)) && *name != scenario.name {
                    commands.push(Command::Change(Change::Rename(number, name.clone())));
                }
                self.renaming = None;
            }
            return;
        }
        ui.horizontal(|ui| {
            let shown = number == state.project.selected;
            let row = ui.selectable_label(shown, &scenario.name);
            if row.clicked() {
                commands.push(Command::Select(number));
            }
            if row.double_clicked() {
                self.renaming = Some((number, scenario.name.clone()));
            }
            if number == state.project.baseline && state.project.scenarios.len() > 1 {
                ui.label(RichText::new("baseline").small().color(theme::accent(ui.visuals())));
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let best = state.answer(&scenario.content).and_then(|answer| answer.best());
                if let Some(result) = best.and_then(|best| best.workloads.values().next()) {
                    let time = result.makespan.or_else(|| result.response_time.map(|time| time.metric()));
                    let text =
                        time.map_or_else(|| format::ABSENT.into(), |time| format::Unit::Time.show(time.mean));
                    ui.label(RichText::new(text).weak())
                        .on_hover_text("makespan, or else the mean response time");
                }
            });
        });
    }

    /// What the shown scenario changes.
    fn changes(&self, state: &AppState, commands: &mut Vec<Command>, ui: &mut Ui) {
        let content = &state.project.selected().content;
        if content.settings.is_empty() && content.loads.is_empty() {
            ui.label(RichText::new("Nothing is changed here: the model as it is.").weak());
            return;
        }
        for (path, value) in &content.settings {
            ui.horizontal(|ui| {
                let reset = theme::remove_button(&format!("Reset {path}"), ui);
                if reset.on_hover_text("As in the model").clicked() {
                    commands.push(Command::Change(Change::Reset(vec![path.clone()])));
                }
                ui.add(egui::Label::new(format!("{path} = {}", value.text)).truncate());
            });
        }
    }
}
