//! A figure over time, one curve for each scenario; a plot for each service or workload, with one cursor.

use std::collections::BTreeMap;

use egui::Ui;
use tracecast_model::Series;

use super::Column;
use crate::panels::over_time::{self, KINDS, Kind, axes, curve, extent};
use crate::panels::plot;
use crate::theme;

/// Plots of a figure, at most: those of the services or workloads that have most of it.
const PLOTS: usize = 4;

#[derive(Default)]
pub(super) struct OverTime {
    /// Ending of the kind that is shown; the first there is until the user chooses.
    chosen: Option<&'static str>,
}

/// A scenario with its figures over time, and its place among those that are compared.
struct Shown<'a> {
    place: usize,
    name: &'a str,
    series: &'a Series,
}

impl OverTime {
    pub(super) fn ui(&mut self, columns: &[Column<'_>], ui: &mut Ui) {
        let shown: Vec<Shown<'_>> = columns
            .iter()
            .enumerate()
            .filter_map(|(place, column)| {
                let series = column.prediction?.series.as_ref().filter(|series| series.time.len() > 1)?;
                Some(Shown { place, name: &column.scenario.name, series })
            })
            .collect();
        let occurs =
            |kind: &&Kind| shown.iter().any(|one| over_time::columns(kind, one.series).next().is_some());
        let kinds: Vec<&Kind> = KINDS.iter().filter(occurs).collect();
        let chosen = kinds.iter().find(|kind| Some(kind.ending) == self.chosen).or(kinds.first());
        let Some(&chosen) = chosen else { return };
        theme::section("Over time", ui, |ui| {
            ui.horizontal_wrapped(|ui| {
                for kind in kinds {
                    if ui.selectable_label(kind.ending == chosen.ending, kind.title).clicked() {
                        self.chosen = Some(kind.ending);
                    }
                }
            });
            for name in names(chosen, &shown) {
                one_plot(chosen, name, &shown, ui);
            }
        });
    }
}

/// Whose figures are shown: the largest, by name.
fn names<'a>(kind: &Kind, shown: &[Shown<'a>]) -> Vec<&'a str> {
    let mut largest: BTreeMap<&str, f64> = BTreeMap::new();
    for column in shown.iter().flat_map(|one| over_time::columns(kind, one.series)) {
        let most = largest.entry(column.name).or_default();
        *most = most.max(column.largest());
    }
    let mut names: Vec<(&str, f64)> = largest.into_iter().collect();
    names.sort_by(|a, b| b.1.total_cmp(&a.1));
    names.into_iter().take(PLOTS).map(|(name, _)| name).collect()
}

fn one_plot(kind: &Kind, name: &str, shown: &[Shown<'_>], ui: &mut Ui) {
    let visuals = ui.visuals().clone();
    let curves = shown.iter().map(|one| (one.name, theme::curve(&visuals, one.place)));
    plot::title(&format!("{} · {name}", kind.title), curves, ui);
    let extents = shown.iter().map(|one| extent(one.series));
    let whole = extents.reduce(|a, b| [a[0].min(b[0]), a[1].max(b[1])]).unwrap_or_default();
    axes(kind, name, "compared over time", whole, &visuals).show(ui, |plot| {
        for one in shown {
            let color = theme::curve(&visuals, one.place);
            for column in over_time::columns(kind, one.series).filter(|column| column.name == name) {
                curve(one.name, &column, one.series, color, plot);
            }
        }
    });
}
