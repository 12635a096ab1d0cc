//! Several scenarios side by side: each part a file here, and its line in [`ComparePanel::ui`].

mod distributions;
mod figures;
mod over_time;
mod settings;

use std::collections::BTreeMap;
use std::sync::Arc;

use egui::{RichText, Ui};
use tracecast_model::Prediction;

use super::{Panel, Place, scrolled};
use crate::answers::Answer;
use crate::command::Command;
use crate::project::Scenario;
use crate::state::AppState;
use crate::theme;

/// Scenarios that are compared until the user chooses.
const AT_FIRST: usize = 6;

#[derive(Default)]
pub(super) struct ComparePanel {
    /// Whether scenarios are compared, by name, where the user has said so.
    chosen: BTreeMap<String, bool>,
    over_time: over_time::OverTime,
}

/// A scenario with what is known of it.
struct Column<'a> {
    number: usize,
    scenario: &'a Scenario,
    prediction: Option<&'a Arc<Prediction>>,
}

impl Panel for ComparePanel {
    fn name(&self) -> &'static str {
        "compare"
    }

    fn place(&self) -> Place {
        Place::View("Compare")
    }

    fn ui(&mut self, state: &AppState, commands: &mut Vec<Command>, ui: &mut Ui) {
        scrolled(ui, |columns| {
            let ui = columns.left();
            let compared = self.choose(state, ui);
            let numbers: Vec<usize> = compared.iter().map(|one| one.number).collect();
            let wanted: Vec<_> = compared.iter().map(|one| state.key(&one.scenario.content)).collect();
            if state.also_wanted != wanted {
                commands.push(Command::Want(numbers));
            }
            if state.project.scenarios.len() < 2 {
                ui.label(
                    "Change something, and the scenario that it makes stands here beside the model as it is.",
                );
            }
            theme::section("Figures", ui, |ui| figures::ui(state, &compared, ui));
            theme::section("What is set", ui, |ui| settings::ui(state, &compared, ui));
            self.over_time.ui(&compared, columns.right());
            distributions::ui(&compared, columns.right());
        });
    }
}

impl ComparePanel {
    fn choose<'a>(&mut self, state: &'a AppState, ui: &mut Ui) -> Vec<Column<'a>> {
        let mut columns = Vec::new();
        ui.horizontal_wrapped(|ui| {
            for (number, scenario) in state.project.scenarios.iter().enumerate() {
                let at_first = number < AT_FIRST || number == state.project.selected;
                let mut is_in = self.chosen.get(&scenario.name).copied().unwrap_or(at_first);
                if ui.checkbox(&mut is_in, &scenario.name).changed() {
                    self.chosen.insert(scenario.name.clone(), is_in);
                }
                if is_in {
                    let prediction = state.answer(&scenario.content).and_then(Answer::best);
                    columns.push(Column { number, scenario, prediction });
                }
            }
        });
        columns
    }
}

/// Titles of the columns, with the baseline marked.
fn heads(state: &AppState, columns: &[Column<'_>], ui: &mut Ui) {
    ui.label("");
    for column in columns {
        ui.horizontal(|ui| {
            ui.label(RichText::new(&column.scenario.name).strong());
            if column.number == state.project.baseline {
                ui.label(RichText::new("baseline").small().color(theme::accent(ui.visuals())));
            }
        });
    }
    ui.end_row();
}
