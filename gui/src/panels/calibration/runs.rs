//! The table as it was measured.

use egui::{Grid, Label};
use egui::{RichText, ScrollArea, Ui};

use crate::format::counted;
use crate::measured::MeasuredRuns;

/// Rows of the table that are drawn, at most.
const SHOWN: usize = 200;
const HEIGHT: f32 = 132.0;

pub(super) fn ui(runs: &MeasuredRuns, ui: &mut Ui) {
    let name = runs.path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let count = counted(runs.table.rows.len(), "run", "runs");
    ui.label(RichText::new(format!("{count} of {name}")).weak())
        .on_hover_text(runs.path.display().to_string());
    ScrollArea::both().max_height(HEIGHT).auto_shrink([false, true]).id_salt("runs").show(ui, |ui| {
        Grid::new("runs").striped(true).spacing([22.0, 3.0]).show(ui, |ui| {
            for column in &runs.table.columns {
                ui.label(RichText::new(column).small().weak());
            }
            ui.end_row();
            for run in runs.table.rows.iter().take(SHOWN) {
                for column in &runs.table.columns {
                    ui.add(Label::new(run.text(column)).extend());
                }
                ui.end_row();
            }
        });
        let rest = runs.table.rows.len().saturating_sub(SHOWN);
        if rest > 0 {
            ui.label(RichText::new(format!("and {}", counted(rest, "more run", "more runs"))).weak());
        }
    });
}
