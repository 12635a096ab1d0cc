//! What the scenarios set.

use egui::{Grid, Label, RichText, Ui};

use super::{Column, heads};
use crate::state::AppState;
use crate::theme;

/// A longer text, such as that of several loads, takes several lines.
const WIDEST: f32 = 170.0;

/// Paths that any of the scenarios changes, and what each makes of them.
pub(super) fn ui(state: &AppState, columns: &[Column<'_>], ui: &mut Ui) {
    let mut paths: Vec<&String> = Vec::new();
    for path in columns.iter().flat_map(|column| column.scenario.content.settings.keys()) {
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    let grid = Grid::new("settings").num_columns(columns.len() + 1).striped(true).spacing([22.0, 6.0]);
    theme::table(grid, "settings", ui, |ui| {
        heads(state, columns, ui);
        let same = || RichText::new("as in the model").weak();
        ui.vertical(|ui| ui.label("load"));
        for column in columns {
            let loads = &column.scenario.content.loads;
            let text = loads.iter().map(|load| load.text.as_str()).collect::<Vec<_>>().join(" ");
            ui.vertical(|ui| {
                ui.set_max_width(WIDEST);
                ui.add(Label::new(if text.is_empty() { same() } else { text.into() }).wrap());
            });
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
