//! Both engines side by side, and why they differ.

use egui::{Grid, RichText, Ui};
use tracecast_model::{Metric, Prediction, WorkloadResult};

use crate::answers::{Answer, Figures};
use crate::format::{self, Unit};
use crate::theme;

/// Differences below this are not worth a word.
const CLOSE: f64 = 0.05;

pub(super) fn ui(answer: &Answer, ui: &mut Ui) {
    theme::section("Both engines", ui, |ui| match (&answer.analytic, &answer.simulation) {
        (Figures::Refused(why), _) => {
            ui.label(format!("The analytic engine does not answer: {why}."));
        }
        (_, Figures::Refused(why)) => {
            ui.label(format!("The simulation does not answer: {why}."));
        }
        (analytic, simulation) => {
            let (Some(analytic), Some(simulation)) = (analytic.prediction(), simulation.prediction()) else {
                ui.label(RichText::new("The other engine is still at it.").weak());
                return;
            };
            side_by_side(analytic, simulation, ui);
        }
    });
}

type Get = fn(&WorkloadResult) -> Option<Metric>;

const ROWS: [(&str, Unit, Get); 4] = [
    ("throughput", Unit::Rate, |result| result.throughput),
    ("mean response time", Unit::Time, |result| Some(result.response_time?.metric())),
    ("p95", Unit::Time, |result| result.response_time?.percentile("p95")),
    ("p99", Unit::Time, |result| result.response_time?.percentile("p99")),
];

fn side_by_side(analytic: &Prediction, simulation: &Prediction, ui: &mut Ui) {
    let mut largest: f64 = 0.0;
    let grid = Grid::new("engines").num_columns(4).striped(true).spacing([18.0, 4.0]);
    theme::table(grid, "engines", ui, |ui| {
        for title in ["", "analytic", "simulation", "difference"] {
            ui.label(RichText::new(title).small().weak());
        }
        ui.end_row();
        for (name, one) in &analytic.workloads {
            let Some(other) = simulation.workloads.get(name) else { continue };
            for (title, unit, get) in ROWS {
                let (Some(one), Some(other)) = (get(one), get(other)) else { continue };
                ui.label(format!("{name}: {title}"));
                ui.label(unit.show(one.mean));
                ui.label(format::with_interval(other, unit));
                let difference = one.mean / other.mean - 1.0;
                let clear = (one.mean - other.mean).abs() > other.half_width.unwrap_or(0.0);
                if clear && difference.is_finite() {
                    largest = largest.max(difference.abs());
                }
                let color = if clear && difference.abs() > CLOSE {
                    theme::attention(ui.visuals())
                } else {
                    ui.visuals().weak_text_color()
                };
                ui.label(RichText::new(format::change(difference)).color(color));
                ui.end_row();
            }
        }
    });
    if largest > CLOSE {
        let text = "The simulation plays the model as it is. The analytic engine approximates queues of services that call each other by their means; it is furthest off where queues are long, demands vary much, or few threads are shared by many.";
        ui.label(RichText::new(text).small().weak());
    }
}
