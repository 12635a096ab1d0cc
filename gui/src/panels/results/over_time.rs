//! Figures over time, one below the other, with one cursor.

use egui::{Color32, RichText, Ui, Visuals};
use egui_plot::{LineStyle, PlotUi, Span, VLine};
use tracecast_model::{Prediction, Series, System};

use crate::answers::{Answer, Figures};
use crate::panels::over_time::{Column, KINDS, Kind, axes, columns, curve, extent};
use crate::panels::plot::title;
use crate::theme;

/// Lines of one plot, at most: the largest.
const LINES: usize = 7;

pub(super) fn ui(answer: &Answer, ui: &mut Ui) {
    let (Some(prediction), Some(made)) = (answer.simulation.prediction(), &answer.made) else { return };
    let Some(series) = prediction.series.as_ref().filter(|series| series.time.len() > 1) else {
        if matches!(answer.simulation, Figures::Done(_)) {
            theme::section("Over time", ui, |ui| {
                let text = "A steady state looks the same all the time. To see a run, set \"Ends after\" under Prediction, or give a load that ends: a burst or a rate curve.";
                ui.label(RichText::new(text).weak());
            });
        }
        return;
    };
    theme::section("Over time", ui, |ui| {
        let note = match prediction.replications {
            Some(n) => format!(
                "Means over {n} replications, with 95 % bands. Shaded: requests arrive; red: a fault. Dashed: changes of replicas."
            ),
            None => String::new(),
        };
        ui.label(RichText::new(note).small().weak());
        for kind in &KINDS {
            one_plot(kind, &made.system, prediction, series, ui);
        }
    });
}

fn one_plot(kind: &Kind, system: &System, prediction: &Prediction, series: &Series, ui: &mut Ui) {
    let mut columns: Vec<Column<'_>> = columns(kind, series).collect();
    columns.sort_by(|a, b| b.largest().total_cmp(&a.largest()));
    columns.truncate(LINES);
    if columns.is_empty() {
        return;
    }
    let visuals = ui.visuals().clone();
    let color = |number| theme::curve(&visuals, number);
    title(kind.title, columns.iter().enumerate().map(|(number, column)| (column.name, color(number))), ui);
    axes(kind, "", "over time", extent(series), &visuals).show(ui, |plot| {
        phases(system, &visuals, plot);
        for (number, column) in columns.iter().enumerate() {
            curve(column.name, column, series, color(number), plot);
        }
        for event in &prediction.scaling {
            let name = format!("{}: {} → {}", event.service, event.from, event.to);
            let color = visuals.weak_text_color().gamma_multiply(0.6);
            plot.vline(VLine::new("", event.time).name(name).color(color).style(LineStyle::dashed_dense()));
        }
    });
}

/// When requests arrive and when something goes wrong, behind the curves.
fn phases(system: &System, visuals: &Visuals, plot: &mut PlotUi<'_>) {
    let arrivals = system.workloads.iter().filter_map(|workload| workload.load.last_arrival());
    if let Some(last) = arrivals.max_by(f64::total_cmp).filter(|last| *last > 0.0) {
        let color = theme::accent(visuals).gamma_multiply(0.06);
        plot.span(Span::new("", 0.0..=last).fill(color).border_color(Color32::TRANSPARENT));
    }
    for fault in &system.faults {
        let color = theme::problem(visuals).gamma_multiply(0.13);
        plot.span(Span::new("", fault.at..=fault.end()).fill(color).border_color(Color32::TRANSPARENT));
    }
}
