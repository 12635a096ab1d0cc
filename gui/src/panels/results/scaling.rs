//! What autoscalers did, and where the time until it helped went.

use crate::theme;
use egui::{Grid, Label, RichText, Ui};
use tracecast_model::{Prediction, ScalingEvent, seconds};

const SHOWN: usize = 12;

pub(super) fn ui(prediction: &Prediction, ui: &mut Ui) {
    let events = &prediction.scaling;
    if events.is_empty() {
        return;
    }
    theme::section("Autoscaling, in the first replication", ui, |ui| {
        Grid::new("scaling").num_columns(4).striped(true).spacing([14.0, 4.0]).show(ui, |ui| {
            for title in ["at", "service", "replicas", "why, and what the reaction time was spent on"] {
                ui.label(RichText::new(title).small().weak());
            }
            ui.end_row();
            for event in events.iter().take(SHOWN) {
                ui.label(seconds::display(event.time));
                ui.label(&event.service);
                ui.label(format!("{} → {}", event.from, event.to));
                ui.vertical(|ui| {
                    ui.set_max_width((ui.available_width()).max(180.0));
                    ui.add(Label::new(&event.reason).wrap());
                    let budget = budget(event);
                    if !budget.is_empty() {
                        ui.add(Label::new(RichText::new(budget).small().weak()).wrap());
                    }
                });
                ui.end_row();
            }
        });
        if events.len() > SHOWN {
            ui.label(RichText::new(format!("and {} more", events.len() - SHOWN)).weak());
        }
    });
}

fn budget(event: &ScalingEvent) -> String {
    let parts: Vec<String> = event
        .delays
        .iter()
        .filter(|delay| delay.seconds > 0.0)
        .map(|delay| format!("{} {}", delay.kind.text(), seconds::display(delay.seconds)))
        .collect();
    parts.join(" · ")
}
