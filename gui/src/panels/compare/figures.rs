//! The figures that matter, with their differences from the baseline, and the objectives.

use egui::{Grid, RichText, TextWrapMode, Ui};
use tracecast_experiment::Slo;
use tracecast_model::Prediction;

use super::{Column, heads};
use crate::answers::Answer;
use crate::figures::{Difference, FIGURES, verdict_in_a_word};
use crate::format;
use crate::state::AppState;
use crate::theme;

pub(super) fn ui(state: &AppState, columns: &[Column<'_>], ui: &mut Ui) {
    let baseline = state.answer(&state.project.baseline().content).and_then(Answer::best);
    let mut workloads: Vec<&String> = Vec::new();
    for prediction in columns.iter().filter_map(|column| column.prediction) {
        for name in prediction.workloads.keys() {
            if !workloads.contains(&name) {
                workloads.push(name);
            }
        }
    }
    let table = Grid::new("figures").num_columns(columns.len() + 1).striped(true).spacing([22.0, 6.0]);
    theme::table(table, "figures", ui, |ui| {
        // A column becomes as wide as its widest figure, also one that comes later.
        ui.style_mut().wrap_mode = Some(TextWrapMode::Extend);
        heads(state, columns, ui);
        for workload in &workloads {
            for figure in &FIGURES {
                let of = |prediction: &Prediction| (figure.of)(prediction, workload);
                if !columns
                    .iter()
                    .any(|column| column.prediction.is_some_and(|prediction| of(prediction).is_some()))
                {
                    continue;
                }
                let title = if workloads.len() > 1 {
                    format!("{workload}: {}", figure.title)
                } else {
                    figure.title.to_owned()
                };
                // At the height of the figures, not of the differences below them.
                ui.vertical(|ui| ui.label(title));
                for column in columns {
                    let Some(value) = column.prediction.and_then(|prediction| of(prediction)) else {
                        ui.vertical(|ui| ui.label(RichText::new(format::ABSENT).weak()));
                        continue;
                    };
                    ui.vertical(|ui| {
                        ui.spacing_mut().item_spacing.y = 0.0;
                        ui.label(format::with_interval(value, figure.unit));
                        // Figures of one engine are compared with figures of the same.
                        let same = baseline.filter(|baseline| {
                            column.prediction.is_some_and(|own| own.engine == baseline.engine)
                        });
                        if column.number != state.project.baseline
                            && let Some(before) = same.and_then(|baseline| of(baseline))
                        {
                            let difference = Difference { figure, value, before };
                            let color = difference.color(ui.visuals());
                            ui.label(RichText::new(difference.text()).small().color(color));
                        }
                    });
                }
                ui.end_row();
            }
        }
        objectives(state, columns, ui);
    });
}

fn objectives(state: &AppState, columns: &[Column<'_>], ui: &mut Ui) {
    for objective in &state.project.objectives {
        let Ok(slo) = objective.parse::<Slo>() else { continue };
        ui.label(objective);
        for column in columns {
            let verdict = column.prediction.and_then(|prediction| slo.judge(prediction).ok());
            ui.label(verdict.map_or_else(
                || RichText::new(format::ABSENT).weak(),
                |verdict| verdict_in_a_word(&verdict, ui.visuals()),
            ));
        }
        ui.end_row();
    }
}
