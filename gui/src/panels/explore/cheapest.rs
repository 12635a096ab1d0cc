//! The cheapest settings that meet the objectives.

use egui::{Button, Key, RichText, TextEdit, Ui, WidgetInfo};
use tracecast_experiment::plan::{Candidate, Ending, Judge, Plan, Vary};
use tracecast_experiment::text::short;
use tracecast_model::System;

use crate::answers::Asked;
use crate::command::Command;
use crate::format::{self, Unit};
use crate::project::{Change, Scenario, Value};
use crate::state::AppState;
use crate::theme;
use crate::worker::Lane;

/// Other settings that are shown with the answer.
const OTHERS: usize = 4;

#[derive(Default)]
pub(super) struct Cheapest {
    /// What may be chosen, as on the command line; empty until there is a model to propose it by.
    varied: String,
}

impl Cheapest {
    pub(super) fn ui(&mut self, state: &AppState, system: &System, commands: &mut Vec<Command>, ui: &mut Ui) {
        ui.label(RichText::new("What is the cheapest that meets the objectives?").strong());
        if state.project.objectives.is_empty() {
            ui.label("Add an objective at the left first, such as p95<500ms.");
            return;
        }
        if self.varied.is_empty() {
            self.varied = super::likely(system)
                .map(|service| format!("{}.replicas=1..10", service.name))
                .unwrap_or_default();
        }
        let varied: Result<Vec<Vary>, String> = self
            .varied
            .split_whitespace()
            .map(|text| {
                text.parse().map_err(|error: tracecast_experiment::plan::VaryError| error.to_string())
            })
            .collect();
        ui.horizontal(|ui| {
            let label = ui.label("Choose from");
            let width = ui.available_width() - 70.0;
            let field =
                ui.add(TextEdit::singleline(&mut self.varied).desired_width(width)).labelled_by(label.id);
            let field = field.on_hover_text(
                "Settings with their values, separated by spaces: crop.replicas=1..10 crop.cpu_limit=0.5,1,2",
            );
            let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            let can = varied.as_ref().is_ok_and(|varied| !varied.is_empty())
                && state.progress_of(Lane::Study).is_none();
            let find = ui.add_enabled(can, Button::new("Find"));
            if can
                && (find.clicked() || entered)
                && let Ok(varied) = &varied
            {
                commands.push(Command::Plan(varied.clone()));
            }
        });
        if let Err(problem) = varied {
            ui.label(RichText::new(problem).small().color(theme::problem(ui.visuals())));
        }
        match &state.plan {
            Asked::Done(plan) => answer(plan, &state.planned, commands, ui),
            Asked::Failed(problem) => {
                ui.label(RichText::new(problem).color(theme::problem(ui.visuals())));
            }
            Asked::No | Asked::Running => {}
        }
    }
}

fn answer(plan: &Plan, of: &Scenario, commands: &mut Vec<Command>, ui: &mut Ui) {
    let (text, color) = match plan.ending {
        Ending::Found => ("The cheapest that surely meets every objective:", theme::good(ui.visuals())),
        Ending::NothingMeets => ("Nothing of this meets every objective.", theme::problem(ui.visuals())),
        Ending::Undecided => {
            ("Nothing surely meets every objective; some may.", theme::attention(ui.visuals()))
        }
        Ending::Effort => ("None found among those that were looked at.", theme::attention(ui.visuals())),
    };
    ui.label(RichText::new(text).color(color)).on_hover_text(format!("Changes of {}", of.name));
    if let Some(answer) = &plan.answer {
        candidate(answer, of, commands, ui);
    }
    let others = plan.undecided.iter().chain(&plan.failing);
    let title = if plan.answer.is_some() { "Cheaper, but not sure or not enough:" } else { "The nearest:" };
    let mut others = others.take(OTHERS).peekable();
    if others.peek().is_some() {
        ui.label(RichText::new(title).weak());
        others.for_each(|other| candidate(other, of, commands, ui));
    }
    let all = plan.evaluated;
    ui.label(
        RichText::new(format!(
            "{} combinations: {} decided by capacity, {} by the analytic engine, {} by simulation, {} not looked at. Cost: {}.",
            all.combinations, all.by_capacity, all.by_analytic, all.by_simulation, all.not_looked_at, plan.cost
        ))
        .small()
        .weak(),
    );
}

fn candidate(candidate: &Candidate, of: &Scenario, commands: &mut Vec<Command>, ui: &mut Ui) {
    let settings: Vec<String> =
        candidate.settings.iter().map(|(path, value)| format!("{path}={value}")).collect();
    let settings = settings.join(", ");
    ui.horizontal_wrapped(|ui| {
        let button = ui.small_button("Make it a scenario");
        button.widget_info(|| {
            WidgetInfo::labeled(egui::Role::Button, true, format!("Make a scenario of {settings}"))
        });
        if button.clicked() {
            let values =
                candidate.settings.iter().map(|(path, value)| (path.clone(), Value::new(value.clone())));
            commands.push(Command::Change(Change::Adopt(
                settings.clone(),
                Box::new(of.content.clone()),
                values.collect(),
            )));
        }
        ui.label(RichText::new(&settings).strong());
        ui.label(format!("cost {}", short(candidate.cost)));
        for judgment in &candidate.objectives {
            let unit = if judgment.is_time { Unit::Time } else { Unit::Number };
            let value = judgment
                .value
                .map_or_else(|| format::ABSENT.into(), |value| format::with_interval(value, unit));
            ui.label(RichText::new(format!("{}: {value}", judgment.slo)).weak());
        }
        let judge = match candidate.judge {
            Judge::Capacity => "by capacity",
            Judge::Analytic => "by the analytic engine",
            Judge::Simulation => "by simulation",
        };
        let why = candidate.overloaded.as_ref().map(|what| format!("; {what} is short")).unwrap_or_default();
        ui.label(RichText::new(format!("judged {judge}{why}")).small().weak());
    });
}
