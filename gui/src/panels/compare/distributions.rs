//! How response times are distributed, one curve for each scenario.

use egui::Ui;
use egui_plot::{Line, PlotPoints};

use super::Column;
use crate::panels::response_times::{self, curve};
use crate::theme;

pub(super) fn ui(columns: &[Column<'_>], ui: &mut Ui) {
    let first = columns.iter().find_map(|column| column.prediction?.workloads.keys().next().cloned());
    let Some(workload) = first else { return };
    let curves: Vec<(usize, &str, PlotPoints<'_>)> = columns
        .iter()
        .enumerate()
        .filter_map(|(place, column)| {
            let result = column.prediction?.workloads.get(&workload)?;
            let name = column.scenario.name.as_str();
            (result.histogram.len() > 1).then(|| (place, name, curve(result)))
        })
        .collect();
    if curves.is_empty() {
        return;
    }
    theme::section(&format!("Response times of {workload}: part that took at most so long"), ui, |ui| {
        let visuals = ui.visuals().clone();
        response_times::plot("distributions", 220.0, &visuals).show(ui, |plot| {
            for (place, name, points) in curves {
                plot.line(Line::new(name, points).color(theme::curve(&visuals, place)).width(1.8));
            }
        });
    });
}
