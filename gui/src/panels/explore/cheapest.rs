//! The cheapest settings that meet the objectives.

use egui::{Button, Key, RichText, TextEdit, Ui, WidgetInfo};
use tracecast_experiment::EngineChoice;
use tracecast_experiment::plan::{Candidate, Cost, Ending, Judge, Plan, Vary};
use tracecast_experiment::text::short;
use tracecast_model::System;

use crate::answers::Asked;
use crate::command::Command;
use crate::format::{self, Unit};
use crate::project::{Change, Scenario, Value};
use crate::state::AppState;
use crate::theme;
use crate::worker::{Lane, PlanRequest};

/// Width of the names at the left.
const NAMES: f32 = 84.0;
/// Other settings that are shown with the answer.
const OTHERS: usize = 4;

#[derive(Default)]
pub(super) struct Cheapest {
    /// What may be chosen, as on the command line; empty until there is a model to propose it by.
    varied: String,
    /// What it costs, as on the command line; empty: cores.
    cost: String,
    engine: EngineChoice,
}

impl Cheapest {
    pub(super) fn ui(&mut self, state: &AppState, system: &System, commands: &mut Vec<Command>, ui: &mut Ui) {
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
        let cost = match self.cost.trim() {
            "" => Ok(None),
            text => text.parse::<Cost>().map(Some).map_err(|error| error.to_string()),
        };
        let usual = varied.as_ref().ok().and_then(|varied| Cost::of_cores(system, varied).ok());
        let usual = usual.map_or_else(|| "2*crop.replicas + 10".to_owned(), |cost| cost.to_string());
        let varied_hint =
            "Settings with their values, separated by spaces: crop.replicas=1..10 crop.cpu_limit=0.5,1,2";
        let cost_hint = "Numbers and settings, with +, * and parentheses: 2*crop.replicas + db.replicas*db.cpu_limit. Empty: the cores that they take";
        let entered = field("Choose from", &mut self.varied, "", varied_hint, ui);
        let entered = field("Cost", &mut self.cost, &usual, cost_hint, ui) || entered;
        let problems = [varied.as_ref().err().cloned(), cost.as_ref().err().cloned()];
        ui.horizontal_wrapped(|ui| {
            super::engines(&mut self.engine, NAMES, ui);
            let request = match (varied, cost) {
                (Ok(varied), Ok(cost)) if !varied.is_empty() => {
                    Some(PlanRequest { varied, cost, engine: self.engine })
                }
                _ => None,
            };
            let can = request.is_some() && state.progress_of(Lane::Plan).is_none();
            let find = ui.add_enabled(can, Button::new("Find"));
            if let Some(request) = request.filter(|_| can && (find.clicked() || entered)) {
                commands.push(Command::Plan(request));
            }
        });
        for problem in problems.into_iter().flatten() {
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

/// A line of text with its name; whether it was entered.
fn field(name: &str, text: &mut String, usual: &str, hint: &str, ui: &mut Ui) -> bool {
    ui.horizontal(|ui| {
        let label = theme::name_column(name, NAMES, ui);
        let edit = TextEdit::singleline(text).hint_text(usual).desired_width(ui.available_width().min(560.0));
        let field = ui.add(edit).labelled_by(label.id).on_hover_text(hint);
        field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter))
    })
    .inner
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
        let button = ui.add(theme::small_button("Make it a scenario"));
        button.widget_info(|| {
            WidgetInfo::labeled(egui::Role::Button, true, format!("Make a scenario of {settings}"))
        });
        if button.clicked() {
            let values = candidate.settings.iter();
            let values = values.map(|(path, value)| (path.clone(), Value::new(value.clone())));
            let content = Box::new(of.content.with(values));
            commands.push(Command::Change(Change::Adopt(settings.clone(), content)));
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
