//! What the shown scenario does: each part a file here, and its line in [`ResultsPanel::ui`].

mod bottlenecks;
mod distribution;
mod engines;
mod over_time;
mod recovery;
mod scaling;
mod services;

use egui::{RichText, Ui};

use super::{Panel, Place, scrolled};
use crate::command::Command;
use crate::state::AppState;
use crate::theme;

pub(super) struct ResultsPanel;

impl Panel for ResultsPanel {
    fn name(&self) -> &'static str {
        "results"
    }

    fn place(&self) -> Place {
        Place::View("Results")
    }

    fn ui(&mut self, state: &AppState, commands: &mut Vec<Command>, ui: &mut Ui) {
        scrolled(ui, |columns| {
            let Some(answer) = state.shown() else { return };
            let Some(best) = answer.best() else {
                columns.left().label(answer.problem().unwrap_or_else(|| "Predicting…".into()));
                return;
            };
            recovery::ui(answer, columns.left());
            bottlenecks::ui(state, answer, commands, columns.left());
            over_time::ui(answer, columns.right());
            scaling::ui(best, columns.left());
            distribution::ui(state, answer, columns.left());
            services::ui(answer, best, commands, columns.left());
            engines::ui(answer, columns.left());
            warnings(best, columns.left());
        });
    }
}

fn warnings(prediction: &tracecast_model::Prediction, ui: &mut Ui) {
    if prediction.warnings.is_empty() {
        return;
    }
    theme::section("To know before using these figures", ui, |ui| {
        for warning in &prediction.warnings {
            let text = format!("{}: {}", warning.element, warning.message);
            ui.label(RichText::new(text).color(theme::attention(ui.visuals())));
        }
    });
}
