//! Many scenarios at once: one setting over a range as a curve, two as a heat map, and the cheapest that meets the
//! objectives.

mod axis;
mod cheapest;
mod curve;
mod heat_map;

use egui::{Button, RichText, TextEdit, Ui};
use tracecast_experiment::{EngineChoice, Slo};
use tracecast_model::{MetricPath, Service, System};

use super::{Panel, Place, scrolled};
use crate::answers::Asked;
use crate::command::Command;
use crate::format::Unit;
use crate::project::Change;
use crate::state::AppState;
use crate::sweep::{Sweep, SweepAxis, SweepRequest};
use crate::theme;
use crate::worker::Lane;
use axis::AxisForm;

/// Figures to choose from; any other can be typed.
const FIGURES: [&str; 6] = ["p95", "p99", "mean", "throughput", "makespan", "errors"];
/// Width of the names at the left.
const NAMES: f32 = 52.0;
/// Points of one sweep.
const MOST: usize = 400;

pub(super) struct ExplorePanel {
    first: AxisForm,
    second: AxisForm,
    has_second: bool,
    metric: String,
    engine: EngineChoice,
    cheapest: cheapest::Cheapest,
}

impl Default for ExplorePanel {
    fn default() -> Self {
        Self {
            first: AxisForm::new("", 10),
            second: AxisForm::new("second ", 6).over_load(),
            has_second: false,
            metric: String::new(),
            engine: EngineChoice::Auto,
            cheapest: cheapest::Cheapest::default(),
        }
    }
}

impl Panel for ExplorePanel {
    fn name(&self) -> &'static str {
        "explore"
    }

    fn place(&self) -> Place {
        Place::View("Explore")
    }

    fn ui(&mut self, state: &AppState, commands: &mut Vec<Command>, ui: &mut Ui) {
        let Some(made) = state.shown().and_then(|answer| answer.made.as_ref()) else { return };
        scrolled(ui, |columns| {
            let ui = columns.left();
            theme::section("What does the shown scenario do over a range of values?", ui, |ui| {
                self.what(&made.system, ui);
                self.figure(&made.system, ui);
                self.run(&made.system, state, commands, ui);
            });
            match &state.sweep {
                Asked::Done(sweep) => answer(sweep, state, commands, ui),
                Asked::Failed(problem) => {
                    ui.label(RichText::new(problem).color(theme::problem(ui.visuals())));
                }
                Asked::No | Asked::Running => {}
            }
            theme::section("What is the cheapest that meets the objectives?", columns.right(), |ui| {
                self.cheapest.ui(state, &made.system, commands, ui);
            });
        });
    }
}

/// Where the load is decided more often than not: behind a queue, or else at the end.
fn likely(system: &System) -> Option<&Service> {
    let queue = system.services.iter().find(|service| service.work_queue.is_some());
    queue.or(system.services.last())
}

/// Who predicts.
fn engines(chosen: &mut EngineChoice, names: f32, ui: &mut Ui) {
    theme::name_column("Engine", names, ui);
    for choice in EngineChoice::ALL {
        ui.radio_value(chosen, choice, choice.name());
    }
}

impl ExplorePanel {
    fn what(&mut self, system: &System, ui: &mut Ui) {
        let proposed = likely(system).map(|service| service.name.as_str());
        self.first.ui("Vary", proposed, system, ui);
        if self.has_second {
            self.second.ui("and", proposed, system, ui);
        }
        ui.horizontal(|ui| {
            theme::name_column("", NAMES, ui);
            ui.checkbox(&mut self.has_second, "and a second one, as a heat map");
        });
    }

    fn axes(&self, system: &System) -> Result<Vec<SweepAxis>, String> {
        let forms = [Some(&self.first), self.has_second.then_some(&self.second)];
        let axes: Option<Vec<SweepAxis>> =
            forms.into_iter().flatten().map(|form| form.axis(system)).collect();
        let axes = axes.ok_or("there is nothing to vary")?;
        let points: usize = axes.iter().map(|axis| axis.values.len()).product();
        if let [first, second] = axes.as_slice()
            && first.path == second.path
        {
            return Err("both axes are the same".into());
        }
        if points > MOST { Err(format!("{points} points; {MOST} at most")) } else { Ok(axes) }
    }

    fn figure(&mut self, system: &System, ui: &mut Ui) {
        if self.metric.is_empty() {
            let ends = system.workloads.iter().any(|workload| workload.load.is_finite());
            self.metric = if ends { "makespan" } else { "p95" }.into();
        }
        ui.horizontal_wrapped(|ui| {
            theme::name_column("Figure", NAMES, ui);
            for figure in FIGURES {
                if ui.selectable_label(self.metric == figure, figure).clicked() {
                    self.metric = figure.into();
                }
            }
            let field = ui.add(TextEdit::singleline(&mut self.metric).desired_width(100.0));
            theme::name_field(&field, &self.metric, "Figure");
        });
        if let Err(error) = self.metric.trim().parse::<MetricPath>() {
            ui.label(RichText::new(error.to_string()).small().color(theme::problem(ui.visuals())));
        }
    }

    fn run(&mut self, system: &System, state: &AppState, commands: &mut Vec<Command>, ui: &mut Ui) {
        ui.horizontal_wrapped(|ui| {
            engines(&mut self.engine, NAMES, ui);
            let metric = self.metric.trim().parse::<MetricPath>();
            let axes = self.axes(system);
            let is_free = state.progress_of(Lane::Sweep).is_none();
            let can = metric.is_ok() && axes.is_ok() && is_free;
            let button = ui.add_enabled(can, Button::new("Predict all"));
            match (metric, axes) {
                (Ok(metric), Ok(axes)) if button.clicked() => {
                    commands.push(Command::Sweep(SweepRequest { axes, metric, engine: self.engine }));
                }
                (_, Err(problem)) => {
                    ui.label(RichText::new(problem).small().color(theme::problem(ui.visuals())));
                }
                _ => {}
            }
        });
    }
}

fn answer(sweep: &Sweep, state: &AppState, commands: &mut Vec<Command>, ui: &mut Ui) {
    let unit = if sweep.request.metric.is_time() { Unit::Time } else { Unit::Number };
    let limits = state.project.objectives.iter().filter_map(|text| text.parse::<Slo>().ok());
    let limits: Vec<Slo> = limits.filter(|slo| *slo.metric() == sweep.request.metric).collect();
    let over: Vec<&str> = sweep.request.axes.iter().map(|axis| axis.title.as_str()).collect();
    let title = format!("{} over {}, of {}", sweep.request.metric, over.join(" and "), state.swept.name);
    theme::section(&title, ui, |ui| {
        let chosen = match sweep.request.axes.as_slice() {
            [across] => {
                let pressed = curve::ui(sweep, across, unit, &limits, ui);
                curve::table(sweep, across, unit, ui).or(pressed)
            }
            [across, up] => heat_map::ui(sweep, [across, up], unit, &limits, ui),
            _ => None,
        };
        if let Some(point) = chosen {
            let content = state.swept.content.with(sweep.request.settings(point));
            let name = sweep.request.name(point);
            commands.push(Command::Change(Change::Adopt(name, Box::new(content))));
        }
    });
}
