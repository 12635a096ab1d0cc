//! How to predict.

use egui::{DragValue, Grid, Ui};
use tracecast_experiment::{EngineChoice, engines};

use crate::command::Command;
use crate::project::{Change, RunOptions};
use crate::state::AppState;

pub(super) fn ui(state: &AppState, commands: &mut Vec<Command>, ui: &mut Ui) {
    let mut options = state.project.options.clone();
    ui.horizontal(|ui| {
        ui.label("Engine");
        for choice in EngineChoice::ALL {
            let name = if choice == EngineChoice::Auto { "both" } else { choice.name() };
            let summary = engines()
                .iter()
                .find(|engine| engine.name() == choice.name())
                .map_or("the analytic engine at once, the simulation behind it", |engine| engine.summary());
            ui.radio_value(&mut options.engine, choice, name).on_hover_text(summary);
        }
    });
    Grid::new("options").num_columns(2).show(ui, |ui| {
        let precision = ui.label("Precision");
        let mut percent = options.precision * 100.0;
        ui.add(DragValue::new(&mut percent).range(0.1..=20.0).speed(0.05).max_decimals(2).suffix(" %"))
            .labelled_by(precision.id)
            .on_hover_text(
                "Half the 95 % interval of the mean response time at which a steady-state simulation ends",
            );
        // What was not touched stays as it is, to the last digit.
        if (percent - options.precision * 100.0).abs() > 1e-9 {
            options.precision = percent / 100.0;
        }
        ui.end_row();
        let seed = ui.label("Seed");
        ui.add(DragValue::new(&mut options.seed)).labelled_by(seed.id).on_hover_text("Of all random numbers");
        ui.end_row();
        until(&mut options, ui);
        ui.end_row();
    });
    if options != state.project.options {
        commands.push(Command::Change(Change::Options(options)));
    }
}

fn until(options: &mut RunOptions, ui: &mut Ui) {
    let mut ends = options.until.is_some();
    ui.checkbox(&mut ends, "Ends after")
        .on_hover_text("Simulate so many seconds instead of as many as the precision needs");
    let mut seconds = options.until.unwrap_or(600.0);
    ui.add_enabled(ends, DragValue::new(&mut seconds).range(1.0..=1e7).suffix(" s"));
    options.until = ends.then_some(seconds);
}
