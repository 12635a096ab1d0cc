//! Several scenarios side by side.

use std::collections::BTreeMap;
use std::sync::Arc;

use egui::{Frame, Grid, Margin, RichText, ScrollArea, Ui};
use egui_plot::{Line, PlotPoints};
use tracecast_experiment::Slo;
use tracecast_model::Prediction;

use super::{Panel, Place, response_times};
use crate::answers::Answer;
use crate::command::Command;
use crate::figures::{Difference, FIGURES, verdict_in_a_word};
use crate::format;
use crate::project::Scenario;
use crate::state::AppState;
use crate::theme;

/// Scenarios that are compared until the user chooses.
const AT_FIRST: usize = 6;

#[derive(Default)]
pub(super) struct ComparePanel {
    /// Whether scenarios are compared, by name, where the user has said so.
    chosen: BTreeMap<String, bool>,
}

/// A scenario with what is known of it.
struct Column<'a> {
    number: usize,
    scenario: &'a Scenario,
    prediction: Option<&'a Arc<Prediction>>,
}

impl Panel for ComparePanel {
    fn name(&self) -> &'static str {
        "compare"
    }

    fn place(&self) -> Place {
        Place::View("Compare")
    }

    fn ui(&mut self, state: &AppState, commands: &mut Vec<Command>, ui: &mut Ui) {
        Frame::NONE.inner_margin(Margin::symmetric(12, 4)).show(ui, |ui| {
            ScrollArea::both().auto_shrink(false).show(ui, |ui| {
                let columns = self.choose(state, ui);
                let numbers: Vec<usize> = columns.iter().map(|column| column.number).collect();
                let wanted: Vec<_> =
                    columns.iter().map(|column| state.key(&column.scenario.content)).collect();
                if state.also_wanted != wanted {
                    commands.push(Command::Want(numbers));
                }
                if state.project.scenarios.len() < 2 {
                    ui.label("Change something, and the scenario that it makes stands here beside the model as it is.");
                }
                theme::section("Figures", ui, |ui| table(state, &columns, ui));
                theme::section("What is set", ui, |ui| settings(state, &columns, ui));
                distributions(&columns, ui);
            });
        });
    }
}

impl ComparePanel {
    fn choose<'a>(&mut self, state: &'a AppState, ui: &mut Ui) -> Vec<Column<'a>> {
        let mut columns = Vec::new();
        ui.horizontal_wrapped(|ui| {
            for (number, scenario) in state.project.scenarios.iter().enumerate() {
                let at_first = number < AT_FIRST || number == state.project.selected;
                let mut is_in = self.chosen.get(&scenario.name).copied().unwrap_or(at_first);
                if ui.checkbox(&mut is_in, &scenario.name).changed() {
                    self.chosen.insert(scenario.name.clone(), is_in);
                }
                if is_in {
                    let prediction = state.answer(&scenario.content).and_then(Answer::best);
                    columns.push(Column { number, scenario, prediction });
                }
            }
        });
        columns
    }
}

/// Titles of the columns, with the baseline marked.
fn heads(state: &AppState, columns: &[Column<'_>], ui: &mut Ui) {
    ui.label("");
    for column in columns {
        ui.horizontal(|ui| {
            ui.label(RichText::new(&column.scenario.name).strong());
            if column.number == state.project.baseline {
                ui.label(RichText::new("baseline").small().color(theme::accent(ui.visuals())));
            }
        });
    }
    ui.end_row();
}

fn table(state: &AppState, columns: &[Column<'_>], ui: &mut Ui) {
    let baseline = state.answer(&state.project.baseline().content).and_then(Answer::best);
    let mut workloads: Vec<&String> = Vec::new();
    for prediction in columns.iter().filter_map(|column| column.prediction) {
        for name in prediction.workloads.keys() {
            if !workloads.contains(&name) {
                workloads.push(name);
            }
        }
    }
    Grid::new("figures").num_columns(columns.len() + 1).striped(true).spacing([22.0, 6.0]).show(ui, |ui| {
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
                ui.label(title);
                for column in columns {
                    let Some(value) = column.prediction.and_then(|prediction| of(prediction)) else {
                        ui.label(RichText::new(format::ABSENT).weak());
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

/// Paths that any of the scenarios changes, and what each makes of them.
fn settings(state: &AppState, columns: &[Column<'_>], ui: &mut Ui) {
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

/// How response times are distributed, one curve for each scenario.
fn distributions(columns: &[Column<'_>], ui: &mut Ui) {
    let first = columns.iter().find_map(|column| column.prediction?.workloads.keys().next().cloned());
    let Some(workload) = first else { return };
    let curves: Vec<(&str, PlotPoints<'_>)> = columns
        .iter()
        .filter_map(|column| {
            let histogram = &column.prediction?.workloads.get(&workload)?.histogram;
            let points = histogram.iter().filter(|bin| bin.high > 0.0);
            let points: Vec<_> = points.map(|bin| [bin.high.log10(), bin.cumulative]).collect();
            (points.len() > 1).then(|| (column.scenario.name.as_str(), points.into()))
        })
        .collect();
    if curves.is_empty() {
        return;
    }
    theme::section(&format!("Response times of {workload}: part that took at most so long"), ui, |ui| {
        let visuals = ui.visuals().clone();
        response_times::plot("distributions", 220.0).show(ui, |plot| {
            for (number, (name, points)) in curves.into_iter().enumerate() {
                let color = theme::curve(&visuals, number);
                plot.line(Line::new(name, points).color(color).width(1.8));
            }
        });
    });
}
