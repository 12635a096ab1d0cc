//! What is predicted: scenarios, load, objectives, and how. Each part is a file here, and its line in [`Sidebar::ui`].

mod load;
mod objectives;
mod options;
mod scenarios;

use egui::{CollapsingHeader, RichText, ScrollArea, Ui};

use super::{Panel, Place};
use crate::command::Command;
use crate::state::AppState;

#[derive(Default)]
pub(super) struct Sidebar {
    scenarios: scenarios::Scenarios,
    load: load::LoadEditor,
    objectives: objectives::Objectives,
}

impl Panel for Sidebar {
    fn name(&self) -> &'static str {
        "sidebar"
    }

    fn place(&self) -> Place {
        Place::Left
    }

    fn ui(&mut self, state: &AppState, commands: &mut Vec<Command>, ui: &mut Ui) {
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            part("Scenarios", true, ui, |ui| self.scenarios.ui(state, commands, ui));
            part("Load", true, ui, |ui| self.load.ui(state, commands, ui));
            part("Objectives", true, ui, |ui| self.objectives.ui(state, commands, ui));
            part("Prediction", false, ui, |ui| options::ui(state, commands, ui));
        });
    }
}

fn part(title: &str, open: bool, ui: &mut Ui, content: impl FnOnce(&mut Ui)) {
    CollapsingHeader::new(RichText::new(title).strong()).default_open(open).show_unindented(ui, |ui| {
        content(ui);
        ui.add_space(8.0);
    });
}
