//! All services in a table.

use egui::{Grid, RichText, Ui};
use tracecast_experiment::text::short;
use tracecast_model::Prediction;

use crate::answers::Answer;
use crate::command::Command;
use crate::format::{self, Unit};
use crate::state::Element;
use crate::theme;

/// More are not readable as a table.
const SHOWN: usize = 60;

pub(super) fn ui(answer: &Answer, prediction: &Prediction, commands: &mut Vec<Command>, ui: &mut Ui) {
    let load = |name: &str| {
        let picture = answer.picture.as_ref()?;
        let id = format!("service:{name}");
        picture.nodes.iter().find(|node| node.id == id)?.load
    };
    theme::section("Services", ui, |ui| {
        let grid = Grid::new("services").num_columns(7).striped(true).spacing([16.0, 4.0]);
        theme::table(grid, "services", ui, |ui| {
            for (title, explanation) in [
                ("service", ""),
                ("requests", "done per second"),
                ("busy", "mean requests in progress"),
                ("present", "mean requests waiting and in progress"),
                ("waiting", "mean time from arrival to a thread"),
                ("load", "busy part of the threads or of the host's cores, whichever is more"),
                ("replicas", "mean number that takes requests"),
            ] {
                let label = ui.label(RichText::new(title).small().weak());
                if !explanation.is_empty() {
                    label.on_hover_text(explanation);
                }
            }
            ui.end_row();
            let absent = || format::ABSENT.to_owned();
            for (name, result) in prediction.services.iter().take(SHOWN) {
                if ui.link(name).clicked() {
                    commands.push(Command::Choose(Some(Element::Service(name.clone()))));
                }
                let show = |metric: Option<tracecast_model::Metric>, unit: Unit| {
                    metric.map_or_else(absent, |metric| unit.show(metric.mean))
                };
                ui.label(show(result.throughput, Unit::Rate));
                ui.label(show(result.utilization, Unit::Number));
                ui.label(show(result.queue_length, Unit::Number));
                ui.label(show(result.waiting_time, Unit::Time));
                ui.label(load(name).map_or_else(absent, format::percent));
                ui.label(result.replicas.map_or_else(absent, |replicas| short(replicas.mean)));
                ui.end_row();
            }
        });
        if prediction.services.len() > SHOWN {
            ui.label(format!("and {} more", prediction.services.len() - SHOWN));
        }
    });
}
