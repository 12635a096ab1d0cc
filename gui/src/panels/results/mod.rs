//! What the shown scenario does: each part a file here, and its line in [`ResultsPanel::ui`].

mod bottlenecks;
mod distribution;
mod engines;
mod over_time;
mod recovery;
mod scaling;
mod services;

use egui::{Frame, Margin, RichText, ScrollArea, Ui};

use super::{Panel, Place};
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
        let fill = theme::surface(ui.visuals());
        Frame::NONE.fill(fill).inner_margin(Margin::symmetric(12, 4)).show(ui, |ui| {
            ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                let Some(answer) = state.shown() else { return };
                let Some(best) = answer.best() else {
                    ui.label(answer.problem().unwrap_or_else(|| "Predicting…".into()));
                    return;
                };
                recovery::ui(answer, ui);
                bottlenecks::ui(state, answer, commands, ui);
                over_time::ui(answer, ui);
                scaling::ui(best, ui);
                distribution::ui(state, answer, ui);
                services::ui(answer, best, commands, ui);
                engines::ui(answer, ui);
                warnings(best, ui);
            });
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
