//! The figures that matter, of the baseline and of the shown scenario, with the difference.

use egui::{Align, Color32, ComboBox, Layout, Margin, RichText, Ui};
use tracecast_model::{Metric, Prediction, Status};

use super::{Panel, Place};
use crate::answers::{Answer, Figures};
use crate::command::Command;
use crate::figures::{Difference, FIGURES, Figure};
use crate::format;
use crate::state::AppState;
use crate::theme;

#[derive(Default)]
pub(super) struct Headline {
    /// The workload whose figures are shown; else the first.
    workload: Option<String>,
}

/// Width of a card at least and at most, of its margin at each side, and of the gap to the next.
const LEAST: f32 = 100.0;
const MOST: f32 = 280.0;
const MARGIN: f32 = 10.0;
const GAP: f32 = 7.0;
/// Letters of a figure that still fit in large ones.
const LONG: usize = 8;

impl Panel for Headline {
    fn name(&self) -> &'static str {
        "headline"
    }

    fn place(&self) -> Place {
        Place::Headline
    }

    fn ui(&mut self, state: &AppState, _commands: &mut Vec<Command>, ui: &mut Ui) {
        let shown = state.shown();
        self.title(state, shown, ui);
        let Some(answer) = shown else { return };
        if let Some(problem) = answer.problem() {
            ui.label(RichText::new(problem).color(theme::problem(ui.visuals())));
            return;
        }
        let Some(best) = answer.best() else {
            ui.horizontal(|ui| {
                ui.spinner();
                ui.label(RichText::new("Predicting…").weak());
            });
            return;
        };
        let workload = self.workload(best);
        // Figures of one engine are compared with figures of the same.
        let compared = state.compared().and_then(|baseline| {
            let of = |figures: &Figures| figures.prediction().cloned();
            if best.engine == "analytic" { of(&baseline.analytic) } else { of(&baseline.simulation) }
        });
        let cards: Vec<_> = FIGURES
            .iter()
            .filter_map(|figure| {
                let before = compared.as_ref().and_then(|baseline| (figure.of)(baseline, &workload));
                Some((figure, (figure.of)(best, &workload)?, before))
            })
            .collect();
        let space = ui.available_width() + GAP;
        let fitting = ((space / (LEAST + GAP)) as usize).max(1);
        let rows = cards.len().div_ceil(fitting).max(1);
        let in_a_row = cards.len().div_ceil(rows).max(1);
        let width = (space / in_a_row as f32 - GAP).min(MOST);
        for row in cards.chunks(in_a_row) {
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = GAP;
                for (figure, value, before) in row {
                    card(figure, *value, *before, width, ui);
                }
            });
        }
    }
}

impl Headline {
    /// Which scenario this is, who says so, and how sure it is.
    fn title(&mut self, state: &AppState, shown: Option<&Answer>, ui: &mut Ui) {
        ui.horizontal(|ui| {
            ui.label(RichText::new(&state.project.selected().name).heading());
            if state.project.has_comparison() {
                let baseline = format!("compared with {}", state.project.baseline().name);
                ui.label(RichText::new(baseline).weak());
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if let Some(best) = shown.and_then(|answer| answer.best()) {
                    if best.workloads.len() > 1 {
                        let current = self.workload(best);
                        ComboBox::from_id_salt("workload").selected_text(&current).show_ui(ui, |ui| {
                            for name in best.workloads.keys() {
                                if ui.selectable_label(*name == current, name).clicked() {
                                    self.workload = Some(name.clone());
                                }
                            }
                        });
                    }
                    let simulated =
                        shown.is_some_and(|answer| matches!(answer.simulation, Figures::Coarse(_)));
                    let (text, color) = status(best, simulated, ui);
                    ui.label(RichText::new(text).color(color));
                }
            });
        });
    }

    fn workload(&self, prediction: &Prediction) -> String {
        let chosen = self.workload.as_ref().filter(|name| prediction.workloads.contains_key(*name));
        chosen.or_else(|| prediction.workloads.keys().next()).cloned().unwrap_or_default()
    }
}

/// How the best prediction came about.
fn status(prediction: &Prediction, is_coarse: bool, ui: &Ui) -> (String, Color32) {
    let visuals = ui.visuals();
    let replications = prediction.replications.map(|n| format!(", {n} replications")).unwrap_or_default();
    let engine = format!("{}{replications}", prediction.engine);
    match prediction.status {
        Status::Converged if is_coarse => {
            (format!("{engine}: a first answer, being refined"), theme::attention(visuals))
        }
        Status::Converged => (engine, theme::good(visuals)),
        Status::ConvergedLoosely => (format!("{engine}: converged loosely"), theme::attention(visuals)),
        Status::IterationLimit => (format!("{engine}: not converged"), theme::problem(visuals)),
        Status::EventLimit => {
            (format!("{engine}: ended before the precision was reached"), theme::attention(visuals))
        }
        Status::Saturated => {
            (format!("{engine}: saturated, the load exceeds a capacity"), theme::problem(visuals))
        }
        Status::Cancelled => (format!("{engine}: stopped"), theme::attention(visuals)),
    }
}

fn card(figure: &Figure, value: Metric, before: Option<Metric>, width: f32, ui: &mut Ui) {
    let visuals = ui.visuals().clone();
    theme::card(&visuals).inner_margin(Margin::symmetric(MARGIN as i8, 7)).show(ui, |ui| {
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 1.0;
            ui.set_width(width - 2.0 * MARGIN - 2.0);
            ui.label(RichText::new(figure.title).small().weak());
            let text = figure.unit.show(value.mean);
            let size = if text.chars().count() > LONG { 15.0 } else { 19.0 };
            ui.label(RichText::new(text).size(size).strong())
                .on_hover_text(format::with_interval(value, figure.unit));
            match (before, format::interval(value)) {
                (Some(before), _) => difference(figure, value, before, ui),
                (None, Some(interval)) => drop(ui.label(RichText::new(interval).small().weak())),
                (None, None) => drop(ui.label(RichText::new(" ").small())),
            }
        });
    });
}

/// From the baseline, in percent of it with its interval where there is one.
fn difference(figure: &Figure, value: Metric, before: Metric, ui: &mut Ui) {
    let difference = Difference { figure, value, before };
    let text = RichText::new(difference.text()).small().color(difference.color(ui.visuals()));
    ui.label(text).on_hover_text(format!(
        "baseline {}; ± is the 95 % interval of the difference, in percent of the baseline",
        format::with_interval(before, figure.unit)
    ));
}
