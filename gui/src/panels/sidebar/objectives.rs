//! Objectives, and whether the shown scenario meets them.

use egui::{Align, Key, Layout, RichText, TextEdit, Ui};
use tracecast_experiment::Slo;

use crate::command::Command;
use crate::figures::verdict_in_a_word;
use crate::format::Unit;
use crate::project::Change;
use crate::state::AppState;
use crate::theme;

#[derive(Default)]
pub(super) struct Objectives {
    text: String,
}

impl Objectives {
    pub(super) fn ui(&mut self, state: &AppState, commands: &mut Vec<Command>, ui: &mut Ui) {
        let objectives = &state.project.objectives;
        for (number, objective) in objectives.iter().enumerate() {
            ui.horizontal(|ui| {
                if theme::remove_button(&format!("Remove {objective}"), ui).clicked() {
                    let mut rest = objectives.clone();
                    rest.remove(number);
                    commands.push(Command::Change(Change::Objectives(rest)));
                }
                ui.label(objective);
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| verdict(objective, state, ui));
            });
        }
        self.add(state, commands, ui);
    }

    fn add(&mut self, state: &AppState, commands: &mut Vec<Command>, ui: &mut Ui) {
        let problem = self.text.trim().parse::<Slo>().err().filter(|_| !self.text.trim().is_empty());
        ui.horizontal(|ui| {
            let field = ui.add(
                TextEdit::singleline(&mut self.text)
                    .desired_width(ui.available_width() - 52.0)
                    .hint_text("p95<500ms"),
            );
            crate::theme::name_field(&field, &self.text, "Objective");
            let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            let usable = problem.is_none() && !self.text.trim().is_empty();
            let add = ui.add_enabled(usable, egui::Button::new("Add"));
            if usable && (entered || add.clicked()) {
                let mut all = state.project.objectives.clone();
                all.push(self.text.trim().to_owned());
                commands.push(Command::Change(Change::Objectives(all)));
                self.text.clear();
            }
        });
        if let Some(problem) = problem {
            ui.label(RichText::new(problem.to_string()).small().color(theme::problem(ui.visuals())));
        }
    }
}

fn verdict(objective: &str, state: &AppState, ui: &mut Ui) {
    let Ok(slo) = objective.parse::<Slo>() else { return };
    let Some(best) = state.shown().and_then(|answer| answer.best()) else { return };
    match slo.judge(best) {
        Ok(verdict) => {
            let unit = if verdict.is_time { Unit::Time } else { Unit::Number };
            let certainty = if verdict.certain { "" } else { "; the limit is within the interval" };
            ui.label(verdict_in_a_word(&verdict, ui.visuals()).strong())
                .on_hover_text(format!("{}{certainty}", crate::format::with_interval(verdict.value, unit)));
        }
        Err(error) => {
            ui.label(RichText::new("?").color(theme::attention(ui.visuals())))
                .on_hover_text(error.to_string());
        }
    }
}
