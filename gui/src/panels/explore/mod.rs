//! Many scenarios at once: one setting over a range as a curve, and the cheapest that meets the objectives.

mod cheapest;

use egui::{
    Button, ComboBox, DragValue, Frame, Grid, Margin, RichText, ScrollArea, TextEdit, Ui, WidgetInfo,
};
use egui_plot::{FilledArea, HLine, Line, LineStyle, Plot, PlotPoints, Points};
use tracecast_experiment::{EngineChoice, Kind, Scope, Setting, Slo};
use tracecast_model::{MetricPath, Service, System, seconds};

use super::{Panel, Place};
use crate::answers::Asked;
use crate::command::Command;
use crate::format::{self, Unit};
use crate::project::{Change, Value};
use crate::state::AppState;
use crate::sweep::{Sweep, SweepRequest};
use crate::theme;
use crate::worker::Lane;

/// Figures to choose from; any other can be typed.
const FIGURES: [&str; 6] = ["p95", "p99", "mean", "throughput", "makespan", "errors"];
/// Values of one sweep.
const MOST: u32 = 200;

pub(super) struct ExplorePanel {
    element: String,
    setting: String,
    from: f64,
    to: f64,
    steps: u32,
    metric: String,
    engine: EngineChoice,
    cheapest: cheapest::Cheapest,
}

impl Default for ExplorePanel {
    fn default() -> Self {
        Self {
            element: String::new(),
            setting: "replicas".into(),
            from: 1.0,
            to: 10.0,
            steps: 10,
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
        Frame::NONE.inner_margin(Margin::symmetric(12, 4)).show(ui, |ui| {
            ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                theme::card(ui.visuals()).show(ui, |ui| {
                    ui.set_width(ui.available_width());
                    ui.label(
                        RichText::new("What does the shown scenario do over a range of values?").strong(),
                    );
                    self.what(&made.system, ui);
                    self.values(ui);
                    self.figure(&made.system, ui);
                    self.run(state, commands, ui);
                });
                ui.add_space(4.0);
                match &state.sweep {
                    Asked::Done(sweep) => answer(sweep, state, commands, ui),
                    Asked::Failed(problem) => {
                        ui.label(RichText::new(problem).color(theme::problem(ui.visuals())));
                    }
                    Asked::No | Asked::Running => {}
                }
                ui.add_space(4.0);
                theme::card(ui.visuals()).show(ui, |ui| {
                    ui.set_width(ui.available_width());
                    self.cheapest.ui(state, &made.system, commands, ui);
                });
            });
        });
    }
}

/// Where the load is decided more often than not: behind a queue, or else at the end.
fn likely(system: &System) -> Option<&Service> {
    let queue = system.services.iter().find(|service| service.work_queue.is_some());
    queue.or(system.services.last())
}

/// Can its values be numbers in a range?
fn is_numeric(setting: &Setting) -> bool {
    matches!(
        setting.kind,
        Kind::Count | Kind::CountOrInfinite | Kind::Number(_) | Kind::Duration | Kind::Share | Kind::Factor
    )
}

fn scope(system: &System, element: &str) -> Scope {
    if element.contains('/') {
        Scope::Operation
    } else if system.service(element).is_some() {
        Scope::Service
    } else {
        Scope::Host
    }
}

impl ExplorePanel {
    fn chosen(&self, system: &System) -> Option<&'static Setting> {
        Setting::of(scope(system, &self.element)).find(|setting| setting.name == self.setting)
    }

    fn what(&mut self, system: &System, ui: &mut Ui) {
        let services = system.services.iter().map(|service| service.name.clone());
        let operations = system.operations().map(|(name, _)| name.to_string());
        let hosts = system.hosts.iter().map(|host| host.name.clone());
        let mut elements: Vec<String> = services.chain(operations).chain(hosts).collect();
        elements.dedup();
        if !elements.contains(&self.element) {
            self.element = likely(system).map(|service| service.name.clone()).unwrap_or_default();
        }
        ui.horizontal(|ui| {
            ui.label("Vary");
            let combo = ComboBox::from_id_salt("element").selected_text(&self.element).width(150.0).show_ui(
                ui,
                |ui| {
                    for element in elements {
                        ui.selectable_value(&mut self.element, element.clone(), element);
                    }
                },
            );
            combo.response.widget_info(|| WidgetInfo::labeled(egui::Role::ComboBox, true, "Element to vary"));
            let settings: Vec<&Setting> = Setting::of(scope(system, &self.element))
                .filter(|setting| is_numeric(setting) && setting.value(system, &self.element).is_some())
                .collect();
            if !settings.iter().any(|setting| setting.name == self.setting) {
                self.setting = settings.first().map(|setting| setting.name.to_owned()).unwrap_or_default();
            }
            let combo = ComboBox::from_id_salt("setting")
                .selected_text(self.setting.replace('_', " "))
                .width(130.0)
                .show_ui(ui, |ui| {
                    for setting in settings {
                        let text = setting.name.replace('_', " ");
                        ui.selectable_value(&mut self.setting, setting.name.to_owned(), text);
                    }
                });
            combo.response.widget_info(|| WidgetInfo::labeled(egui::Role::ComboBox, true, "Setting to vary"));
            if let Some(value) = self.chosen(system).and_then(|setting| setting.value(system, &self.element))
            {
                ui.label(RichText::new(format!("now {value}")).weak());
            }
        });
    }

    fn values(&mut self, ui: &mut Ui) {
        ui.horizontal(|ui| {
            let field = |ui: &mut Ui, name: &str, value: DragValue<'_>| {
                let label = ui.label(name);
                ui.add(value).labelled_by(label.id);
            };
            field(ui, "from", DragValue::new(&mut self.from).range(0.0..=1e9).speed(0.1).max_decimals(6));
            field(ui, "to", DragValue::new(&mut self.to).range(0.0..=1e9).speed(0.1).max_decimals(6));
            field(ui, "values", DragValue::new(&mut self.steps).range(2..=MOST));
        });
    }

    fn figure(&mut self, system: &System, ui: &mut Ui) {
        if self.metric.is_empty() {
            let ends = system.workloads.iter().any(|workload| workload.load.is_finite());
            self.metric = if ends { "makespan" } else { "p95" }.into();
        }
        ui.horizontal(|ui| {
            ui.label("Figure");
            for figure in FIGURES {
                if ui.selectable_label(self.metric == figure, figure).clicked() {
                    self.metric = figure.into();
                }
            }
            let field = ui.add(TextEdit::singleline(&mut self.metric).desired_width(130.0));
            theme::name_field(&field, &self.metric, "Figure");
        });
        if let Err(error) = self.metric.trim().parse::<MetricPath>() {
            ui.label(RichText::new(error.to_string()).small().color(theme::problem(ui.visuals())));
        }
    }

    fn run(&mut self, state: &AppState, commands: &mut Vec<Command>, ui: &mut Ui) {
        ui.horizontal(|ui| {
            for choice in EngineChoice::ALL {
                ui.radio_value(&mut self.engine, choice, choice.name());
            }
            let Some(made) = state.shown().and_then(|answer| answer.made.as_ref()) else { return };
            let metric = self.metric.trim().parse::<MetricPath>();
            let setting = self.chosen(&made.system);
            let is_running = state.progress_of(Lane::Study).is_some();
            let button = ui
                .add_enabled(metric.is_ok() && setting.is_some() && !is_running, Button::new("Predict all"));
            if button.clicked()
                && let (Ok(metric), Some(setting)) = (metric, setting)
            {
                let request = SweepRequest {
                    path: setting.path(&self.element),
                    values: values(setting.kind, self.from, self.to, self.steps),
                    metric,
                    engine: self.engine,
                };
                commands.push(Command::Sweep(request));
            }
        });
    }
}

/// Texts of evenly spaced values, as the setting takes them.
fn values(kind: Kind, from: f64, to: f64, steps: u32) -> Vec<String> {
    let at = |i: u32| from + (to - from) * f64::from(i) / f64::from(steps.max(2) - 1);
    let text = |value: f64| match kind {
        Kind::Count | Kind::CountOrInfinite => value.round().to_string(),
        Kind::Duration => format!("{value}s"),
        Kind::Factor => format!("*{value}"),
        _ => value.to_string(),
    };
    let mut values: Vec<String> = (0..steps.max(2)).map(|i| text(at(i))).collect();
    values.dedup();
    values
}

/// The number in the text of a value.
fn number(text: &str) -> f64 {
    let text = text.trim_start_matches('*');
    text.parse().or_else(|_| seconds::parse(text)).unwrap_or_default()
}

fn answer(sweep: &Sweep, state: &AppState, commands: &mut Vec<Command>, ui: &mut Ui) {
    let unit = if sweep.request.metric.is_time() { Unit::Time } else { Unit::Number };
    theme::card(ui.visuals()).show(ui, |ui| {
        ui.set_width(ui.available_width());
        let title = format!("{} over {}, of {}", sweep.request.metric, sweep.request.path, state.swept.name);
        ui.label(RichText::new(title).strong());
        curve(sweep, unit, state, ui);
        table(sweep, unit, state, commands, ui);
    });
}

fn curve(sweep: &Sweep, unit: Unit, state: &AppState, ui: &mut Ui) {
    let found: Vec<([f64; 2], f64)> = sweep
        .request
        .values
        .iter()
        .zip(&sweep.points)
        .filter_map(|(value, point)| {
            let metric = point.as_ref().ok()?;
            Some(([number(value), metric.mean], metric.half_width.unwrap_or(0.0)))
        })
        .collect();
    if found.is_empty() {
        return;
    }
    let visuals = ui.visuals().clone();
    let color = theme::curve(&visuals, 0);
    let limits = state.project.objectives.iter().filter_map(|text| text.parse::<Slo>().ok());
    let limits: Vec<Slo> = limits.filter(|slo| *slo.metric() == sweep.request.metric).collect();
    Plot::new("sweep")
        .height(230.0)
        .allow_scroll(false)
        .show_background(false)
        .show_grid([false, true])
        .include_y(0.0)
        .y_axis_min_width(52.0)
        .y_axis_formatter(|mark, _| unit.show(mark.value))
        .show(ui, |plot| {
            let xs: Vec<f64> = found.iter().map(|([x, _], _)| *x).collect();
            let low: Vec<f64> = found.iter().map(|([_, y], width)| y - width).collect();
            let high: Vec<f64> = found.iter().map(|([_, y], width)| y + width).collect();
            if xs.len() > 1 {
                plot.add(FilledArea::new("", &xs, &low, &high).fill_color(color.gamma_multiply(0.18)));
            }
            let points: Vec<[f64; 2]> = found.iter().map(|(point, _)| *point).collect();
            plot.line(Line::new("", PlotPoints::from(points.clone())).color(color).width(1.8));
            plot.points(Points::new("", PlotPoints::from(points)).radius(3.5).color(color));
            for slo in limits {
                let line = HLine::new(slo.to_string(), slo.limit()).color(theme::attention(&visuals));
                plot.hline(line.style(LineStyle::dashed_loose()));
            }
        });
}

fn table(sweep: &Sweep, unit: Unit, state: &AppState, commands: &mut Vec<Command>, ui: &mut Ui) {
    Grid::new("sweep table").num_columns(3).striped(true).spacing([22.0, 4.0]).show(ui, |ui| {
        for (value, point) in sweep.request.values.iter().zip(&sweep.points) {
            ui.label(value);
            match point {
                Ok(metric) => drop(ui.label(format::with_interval(*metric, unit))),
                Err(problem) => drop(ui.label(RichText::new(problem).color(theme::problem(ui.visuals())))),
            }
            let name = format!("{}={value}", sweep.request.path);
            let button = ui.small_button("Make it a scenario");
            button.widget_info(|| {
                WidgetInfo::labeled(egui::Role::Button, true, format!("Make a scenario of {name}"))
            });
            if button.clicked() {
                let setting = (sweep.request.path.clone(), Value::new(value.clone()));
                let content = Box::new(state.swept.content.clone());
                commands.push(Command::Change(Change::Adopt(name, content, vec![setting])));
            }
            ui.end_row();
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_what_settings_take() {
        assert_eq!(values(Kind::Count, 1.0, 4.0, 4), ["1", "2", "3", "4"]);
        // Whole numbers are said once each.
        assert_eq!(values(Kind::Count, 1.0, 2.0, 5), ["1", "2"]);
        assert_eq!(values(Kind::Duration, 0.0, 0.5, 3), ["0s", "0.25s", "0.5s"]);
        assert_eq!(values(Kind::Factor, 1.0, 2.0, 2), ["*1", "*2"]);
        assert_eq!((number("0.25s"), number("*2"), number("3")), (0.25, 2.0, 3.0));
    }
}
