//! One prediction of the open model.

use egui::{Grid, Label, ProgressBar, RichText, ScrollArea, Ui};
use tracecast_experiment::{EngineChoice, engines};
use tracecast_model::{Metric, Prediction, ResponseTime, Status, WorkloadResult, seconds};

use super::{Panel, Place};
use crate::command::Command;
use crate::state::{Answer, AppState, Model, Run};
use crate::theme;

/// Longer names are cut in tables, in points.
const WIDEST_NAME: f32 = 130.0;
/// In place of a figure that does not apply.
const ABSENT: &str = "–";

pub(super) struct PredictionPanel;

impl Panel for PredictionPanel {
    fn name(&self) -> &'static str {
        "prediction"
    }

    fn place(&self) -> Place {
        Place::Right
    }

    fn ui(&mut self, state: &AppState, commands: &mut Vec<Command>, ui: &mut Ui) {
        // The width is the user's choice, not that of what happens to be shown.
        ui.set_min_width(ui.available_width());
        ui.add_space(4.0);
        ui.heading("Prediction");
        let Some(model) = &state.model else {
            ui.label("Open a model first.");
            return;
        };
        engine(state, commands, ui);
        run(state, model, commands, ui);
        ui.separator();
        match &state.run {
            Run::None | Run::Running(_) => {}
            Run::Failed(problem) => {
                ui.add(Label::new(RichText::new(problem).color(theme::problem(ui.visuals()))).wrap());
            }
            Run::Done(answer) => {
                ScrollArea::both().auto_shrink(false).show(ui, |ui| {
                    results(answer, ui);
                });
            }
        }
    }
}

fn engine(state: &AppState, commands: &mut Vec<Command>, ui: &mut Ui) {
    ui.horizontal(|ui| {
        ui.label("Engine");
        for choice in EngineChoice::ALL {
            let summary = engines()
                .iter()
                .find(|engine| engine.name() == choice.name())
                .map_or("chooses the engine that fits the load and the model", |engine| engine.summary());
            if ui.radio(state.choice == choice, choice.name()).on_hover_text(summary).clicked() {
                commands.push(Command::Choose(choice));
            }
        }
    });
}

fn run(state: &AppState, model: &Model, commands: &mut Vec<Command>, ui: &mut Ui) {
    ui.horizontal(|ui| {
        if let Run::Running(part) = state.run {
            if ui.button("Cancel").clicked() {
                commands.push(Command::Cancel);
            }
            ui.add(ProgressBar::new(part as f32).show_percentage());
            return;
        }
        let reason = if model.has_errors() {
            Some("the model has errors")
        } else if model.system.workloads.is_empty() {
            Some("the model has no workload")
        } else {
            None
        };
        let button = ui.add_enabled(reason.is_none() && !state.opening, egui::Button::new("Run"));
        if button.clicked() {
            commands.push(Command::Predict);
        }
        if let Some(reason) = reason {
            ui.label(format!("cannot run: {reason}"));
        }
    });
}

fn results(answer: &Answer, ui: &mut Ui) {
    let prediction = &answer.prediction;
    status(prediction, ui);
    for (name, result) in &prediction.workloads {
        ui.add_space(6.0);
        ui.strong(format!("Workload {name}"));
        workload(name, result, ui);
    }
    ui.add_space(6.0);
    ui.strong("Services");
    services(answer, ui);
    if prediction.warnings.is_empty() {
        return;
    }
    ui.add_space(6.0);
    ui.strong("Warnings");
    for warning in &prediction.warnings {
        let text = format!("{}: {}", warning.element, warning.message);
        ui.add(Label::new(RichText::new(text).color(theme::attention(ui.visuals()))).wrap());
    }
}

fn status(prediction: &Prediction, ui: &mut Ui) {
    let (text, color) = match prediction.status {
        Status::Converged => ("converged", theme::good(ui.visuals())),
        Status::ConvergedLoosely => ("converged loosely", theme::attention(ui.visuals())),
        Status::IterationLimit => ("not converged: the iterations ran out", theme::problem(ui.visuals())),
        Status::EventLimit => ("precision not reached: the events ran out", theme::attention(ui.visuals())),
        Status::Saturated => ("saturated: the load exceeds the capacity", theme::problem(ui.visuals())),
        Status::Cancelled => ("cancelled", theme::attention(ui.visuals())),
    };
    ui.label(RichText::new(text).color(color).strong());
    let replications = prediction.replications.map(|n| format!(", {n} replications")).unwrap_or_default();
    ui.label(format!("{} ({}){replications}", prediction.engine, prediction.method));
}

fn workload(name: &str, result: &WorkloadResult, ui: &mut Ui) {
    Grid::new(("workload", name)).num_columns(2).striped(true).show(ui, |ui| {
        let mut line = |title: &str, value: Option<String>| {
            if let Some(value) = value {
                ui.label(title);
                ui.label(value);
                ui.end_row();
            }
        };
        line(
            "throughput",
            result.throughput.map(|metric| with_interval(metric, |x| format!("{}/s", number(x)))),
        );
        line("makespan", result.makespan.map(time));
        line("mean response time", result.response_time.map(|response| time(response.metric())));
        for (title, value) in percentiles(result.response_time) {
            line(title, value.map(seconds::display));
        }
        line("mean reply time", result.reply_time.map(time));
        line("completed", result.completed.map(|count| count.to_string()));
        line("failed", result.failed.filter(|&count| count > 0).map(|count| count.to_string()));
    });
}

fn percentiles(response: Option<ResponseTime>) -> [(&'static str, Option<f64>); 4] {
    let response = response.unwrap_or_default();
    [
        ("median", response.p50),
        ("90 % below", response.p90),
        ("95 % below", response.p95),
        ("99 % below", response.p99),
    ]
}

fn services(answer: &Answer, ui: &mut Ui) {
    let load_of = |name: &str| {
        let node = answer.picture.nodes.iter().find(|node| node.id == format!("service:{name}"));
        node.and_then(|node| node.load)
    };
    Grid::new("services").num_columns(5).striped(true).max_col_width(WIDEST_NAME).show(ui, |ui| {
        let titles = [
            ("service", ""),
            ("per second", "requests done"),
            ("busy", "mean requests in progress"),
            ("in system", "mean requests waiting and in progress"),
            ("load", "busy part of the threads or of the host's cores, whichever is more"),
        ];
        for (title, explanation) in titles {
            let label = ui.strong(title);
            if !explanation.is_empty() {
                label.on_hover_text(explanation);
            }
        }
        ui.end_row();
        for (name, result) in &answer.prediction.services {
            ui.add(Label::new(name).truncate());
            for metric in [result.throughput, result.utilization, result.queue_length] {
                ui.label(metric.map_or_else(|| ABSENT.to_string(), |metric| number(metric.mean)));
            }
            ui.label(
                load_of(name).map_or_else(|| ABSENT.to_string(), |load| format!("{:.0} %", load * 100.0)),
            );
            ui.end_row();
        }
    });
}

/// Three or four significant digits.
fn number(value: f64) -> String {
    let decimals = match value.abs() {
        v if v >= 1000.0 || v == 0.0 => 0,
        v if v >= 100.0 => 1,
        v if v >= 10.0 => 2,
        _ => 3,
    };
    format!("{value:.decimals$}")
}

fn time(metric: Metric) -> String {
    with_interval(metric, seconds::display)
}

/// The interval in percent of the value, which says at a glance how well it is known.
fn with_interval(metric: Metric, show: impl Fn(f64) -> String) -> String {
    match metric.half_width {
        Some(half_width) if metric.mean != 0.0 => {
            format!("{} ±{:.1} %", show(metric.mean), (half_width / metric.mean * 100.0).abs())
        }
        _ => show(metric.mean),
    }
}
