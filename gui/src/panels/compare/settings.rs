//! What the scenarios set.

use egui::{Grid, RichText, Ui};

use super::{Column, heads};
use crate::state::AppState;

/// Paths that any of the scenarios changes, and what each makes of them.
pub(super) fn ui(state: &AppState, columns: &[Column<'_>], ui: &mut Ui) {
    let mut paths: Vec<&String> = Vec::new();
    for path in columns.iter().flat_map(|column| column.scenario.content.settings.keys()) {
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    Grid::new("settings").num_columns(columns.len() + 1).striped(true).spacing([22.0, 6.0]).show(ui, |ui| {
        heads(state, columns, ui);
        let same = || RichText::new("as in the model").weak();
        ui.label("load");
        for column in columns {
            let loads = &column.scenario.content.loads;
            let text = loads.iter().map(|load| load.text.as_str()).collect::<Vec<_>>().join(" ");
            if text.is_empty() {
                ui.label(same())
            } else {
                ui.label(text)
            };
        }
        ui.end_row();
        for path in paths {
            ui.label(path);
            for column in columns {
                match column.scenario.content.settings.get(path) {
                    Some(value) => ui.label(&value.text),
                    None => ui.label(same()),
                };
            }
            ui.end_row();
        }
    });
}
