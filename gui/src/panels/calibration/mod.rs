//! Measured runs, and the parameters that make the model predict them.

mod draft;
mod outcome;
mod plots;
mod runs;
mod setup;

use std::path::PathBuf;
use std::sync::{Arc, Weak};

use egui::{Key, RichText, TextEdit, Ui};

use super::{Columns, Panel, Place, scrolled};
use crate::answers::Asked;
use crate::command::Command;
use crate::measured::MeasuredRuns;
use crate::source::Source;
use crate::state::AppState;
use crate::theme;
use crate::worker::Lane;
use draft::Draft;

#[derive(Default)]
pub(super) struct CalibrationPanel {
    path: String,
    /// What the draft is of.
    of: Weak<MeasuredRuns>,
    draft: Draft,
}

impl Panel for CalibrationPanel {
    fn name(&self) -> &'static str {
        "calibration"
    }

    fn place(&self) -> Place {
        Place::View("Calibration")
    }

    fn ui(&mut self, state: &AppState, commands: &mut Vec<Command>, ui: &mut Ui) {
        let Some(source) = &state.source else { return };
        scrolled(ui, |columns| match &state.runs {
            None => self.nothing_measured(commands, columns.left()),
            Some(runs) => self.measured(source, runs, state, commands, columns),
        });
    }
}

impl CalibrationPanel {
    fn nothing_measured(&mut self, commands: &mut Vec<Command>, ui: &mut Ui) {
        theme::section("Fit the model to measured runs", ui, |ui| {
            ui.label("Open a table of measured runs: a CSV file with a row for each run, with columns for what was set, for the load, and for what was measured. Or open a plan (TOML) that names such a table and says what its columns mean. Parameters that nobody could measure, such as the processor time of a task, are then found so that the model predicts what was measured.");
            self.open(commands, ui);
            let hint = "Columns that are called like what they set or measure need no explanation: crop.replicas, load, makespan, mean, p95, throughput.";
            ui.label(RichText::new(hint).small().weak());
        });
    }

    fn open(&mut self, commands: &mut Vec<Command>, ui: &mut Ui) {
        ui.horizontal(|ui| {
            if ui.button("Choose runs…").clicked() {
                commands.push(Command::AskToOpen);
            }
            let label = ui.label("or a path");
            let width = (ui.available_width() - 100.0).clamp(120.0, 420.0);
            let field =
                ui.add(TextEdit::singleline(&mut self.path).desired_width(width)).labelled_by(label.id);
            let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            let clicked = ui.button("Open runs").clicked();
            if (entered || clicked) && !self.path.trim().is_empty() {
                commands.push(Command::Open(vec![PathBuf::from(self.path.trim())]));
            }
        });
    }

    fn measured(
        &mut self,
        source: &Source,
        runs: &Arc<MeasuredRuns>,
        state: &AppState,
        commands: &mut Vec<Command>,
        columns: &mut Columns<'_>,
    ) {
        if self.of.upgrade().is_none_or(|before| !Arc::ptr_eq(&before, runs)) {
            self.of = Arc::downgrade(runs);
            self.draft = Draft::of(&runs.plan);
        }
        // What was asked for comes first, once it is there.
        if let Asked::Done(calibrated) = &state.calibration {
            outcome::ui(source, calibrated, commands, columns);
        }
        theme::section("Measured runs", columns.left(), |ui| {
            runs::ui(runs, ui);
            self.open(commands, ui);
        });
        let is_fitted = matches!(state.calibration, Asked::Done(_));
        let ui = if is_fitted { columns.left() } else { columns.right() };
        theme::section("What was run, and what is unknown", ui, |ui| {
            setup::ui(&mut self.draft, source, runs, ui);
            self.fit(source, runs, state, commands, ui);
        });
    }

    fn fit(
        &mut self,
        source: &Source,
        runs: &MeasuredRuns,
        state: &AppState,
        commands: &mut Vec<Command>,
        ui: &mut Ui,
    ) {
        let plan = self.draft.checked(runs, &source.system);
        if let Err(problem) = plan {
            ui.label(RichText::new(problem).color(theme::problem(ui.visuals())));
        }
        ui.horizontal(|ui| {
            if matches!(state.calibration, Asked::Running) {
                let part = state.progress_of(Lane::Fit).unwrap_or_default() as f32;
                ui.add(egui::ProgressBar::new(part).desired_width(160.0));
                if ui.button("Stop fitting").clicked() {
                    commands.push(Command::Stop(Lane::Fit));
                }
                ui.label(RichText::new("Fitting; it mostly ends long before all steps are used.").weak());
                return;
            }
            if ui.add_enabled(plan.is_ok(), egui::Button::new("Fit parameters")).clicked()
                && let Ok(plan) = plan
            {
                commands.push(Command::Calibrate(Box::new(plan.clone())));
            }
            if let Asked::Failed(problem) = &state.calibration {
                let color = theme::problem(ui.visuals());
                ui.add(egui::Label::new(RichText::new(problem).color(color)).wrap());
            }
        });
    }
}
