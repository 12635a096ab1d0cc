//! How response times are distributed, beside those of the baseline.

use egui::{RichText, Ui};
use egui_plot::{Line, LineStyle, VLine};
use tracecast_model::seconds;

use crate::answers::Answer;
use crate::panels::response_times::{self, curve};
use crate::state::AppState;
use crate::theme;

pub(super) fn ui(state: &AppState, answer: &Answer, ui: &mut Ui) {
    let Some(prediction) = answer.simulation.prediction() else { return };
    for (name, result) in &prediction.workloads {
        if result.histogram.len() < 2 {
            continue;
        }
        let baseline = state
            .compared()
            .and_then(|baseline| baseline.simulation.prediction()?.workloads.get(name).cloned());
        theme::section(&format!("Response times of {name}"), ui, |ui| {
            ui.label(RichText::new("Part of the requests that took at most so long").small().weak());
            let visuals = ui.visuals().clone();
            let own = state.project.selected().name.as_str();
            let other = state.project.baseline().name.as_str();
            response_times::plot(("distribution", name), 190.0, &visuals)
                .label_formatter(|hover| match hover {
                    egui_plot::HoverPosition::NearDataPoint { position, .. }
                    | egui_plot::HoverPosition::Elsewhere { position } => Some(format!(
                        "{:.1} % within {}",
                        (position.y * 100.0).clamp(0.0, 100.0),
                        seconds::display(10f64.powf(position.x))
                    )),
                })
                .show(ui, |plot| {
                    if let Some(baseline) = &baseline {
                        let color = theme::curve(&visuals, 6);
                        plot.line(Line::new(other, curve(baseline)).color(color).width(1.6));
                    }
                    let color = theme::curve(&visuals, 0);
                    plot.line(Line::new(own, curve(result)).color(color).width(2.0));
                    for (text, metric) in
                        result.response_time.iter().flat_map(tracecast_model::ResponseTime::percentiles)
                    {
                        let line =
                            VLine::new("", metric.mean.log10()).name(text).color(color.gamma_multiply(0.5));
                        plot.vline(line.style(LineStyle::dotted_dense()));
                    }
                });
        });
    }
}
