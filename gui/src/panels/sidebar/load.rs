//! The load of the shown scenario.

use egui::{ComboBox, DragValue, Grid, Id, Key, RichText, TextEdit, Ui};
use egui_plot::{Line, PlotPoints, Points};
use tracecast_model::Workload;

use crate::command::Command;
use crate::format::Unit;
use crate::panels::load_form::{self, Form};
use crate::panels::plot;
use crate::project::{Change, Value};
use crate::state::AppState;
use crate::theme;

/// Sizes of bursts to choose with one click.
const SIZES: [u32; 5] = [50, 100, 250, 500, 1000];
/// How near the pointer must be to a point of a curve to take it, in points on the screen.
const REACH: f32 = 14.0;

#[derive(Default)]
pub(super) struct LoadEditor {
    text: String,
    /// The point of a curve that is being dragged.
    dragged: Option<usize>,
}

impl LoadEditor {
    pub(super) fn ui(&mut self, state: &AppState, commands: &mut Vec<Command>, ui: &mut Ui) {
        let Some(made) = state.shown().and_then(|answer| answer.made.clone()) else { return };
        let workloads = &made.system.workloads;
        let mut changed = None;
        for (number, workload) in workloads.iter().enumerate() {
            if workloads.len() > 1 {
                ui.label(RichText::new(&workload.name).weak());
            }
            if let Some(form) = self.form(workload, ui) {
                changed = Some((number, form));
            }
        }
        if workloads.is_empty() {
            ui.label("The model has no load; say one:");
        }
        if let Some((number, form)) = changed {
            commands.extend(together(workloads, number, &form));
        }
        self.any(state, commands, ui);
    }

    /// One workload; the form where it was changed.
    fn form(&mut self, workload: &Workload, ui: &mut Ui) -> Option<Form> {
        let before = Form::of(&workload.load);
        let mut form = before.clone();
        let id = Id::unique(("load", &workload.name));
        ui.push_id(id, |ui| {
            let name = format!("Load of {}", workload.name);
            let combo =
                ComboBox::from_id_salt("kind").selected_text(form.kind()).width(150.0).show_ui(ui, |ui| {
                    for (name, default) in Form::kinds() {
                        if ui.selectable_label(form.kind() == name, name).clicked() && form.kind() != name {
                            form = default;
                        }
                    }
                });
            combo.response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, &name));
            self.figures(&mut form, workload, ui);
        });
        (form != before).then_some(form)
    }

    fn figures(&mut self, form: &mut Form, workload: &Workload, ui: &mut Ui) {
        let line = |ui: &mut Ui, name: &str, value: DragValue<'_>| {
            let label = ui.label(name);
            ui.add(value).labelled_by(label.id);
            ui.end_row();
        };
        let grid = || Grid::new("figures").num_columns(2);
        let sizes = |ui: &mut Ui, size: &mut u32| {
            ui.horizontal_wrapped(|ui| {
                ui.spacing_mut().item_spacing.x = 4.0;
                for preset in SIZES {
                    if ui.selectable_label(*size == preset, preset.to_string()).clicked() {
                        *size = preset;
                    }
                }
            });
        };
        match form {
            Form::Closed { users, think } => {
                grid().show(ui, |ui| {
                    line(ui, "Users", DragValue::new(users).range(1..=1_000_000));
                    line(ui, "Think time", time(think));
                });
            }
            Form::Poisson { rate } => {
                grid().show(ui, |ui| {
                    let speed = (*rate * 0.01).max(0.01);
                    line(ui, "Arrivals", DragValue::new(rate).range(1e-6..=1e7).speed(speed).suffix(" /s"));
                });
            }
            Form::Burst { size, at } => {
                grid().show(ui, |ui| {
                    line(ui, "Requests", DragValue::new(size).range(1..=10_000_000));
                    line(ui, "At", time(at));
                });
                sizes(ui, size);
            }
            Form::Serial { requests, poll, poll_time } => {
                grid().show(ui, |ui| {
                    line(ui, "Requests", DragValue::new(requests).range(1..=10_000_000));
                    line(ui, "Polls every", time(poll));
                    line(ui, "A poll takes", time(poll_time));
                });
                sizes(ui, requests);
            }
            Form::Curve { points } => self.curve(points, ui),
            Form::Other => {
                ui.label(load_form::describe(&workload.load));
            }
        }
    }

    /// A curve of the rate whose points can be dragged; a double click adds one, a right click removes one.
    fn curve(&mut self, points: &mut Vec<[f64; 2]>, ui: &mut Ui) {
        let color = theme::curve(ui.visuals(), 0);
        let end = points.last().map_or(1.0, |point| point[0]).max(1.0);
        let peak = points.iter().map(|point| point[1]).fold(1.0, f64::max);
        let shown = plot::plot("rate curve", ui.visuals())
            .height(130.0)
            .allow_drag(false)
            .allow_zoom(false)
            .allow_boxed_zoom(false)
            .include_x(0.0)
            .include_x(end * 1.08)
            .include_y(0.0)
            .include_y(peak * 1.15)
            .x_grid_spacer(|input| plot::time_marks(&input))
            .x_axis_formatter(|mark, _| plot::label(Unit::Time, mark.value))
            .y_axis_min_width(26.0)
            .show(ui, |plot| {
                plot.line(
                    Line::new("requests per second", PlotPoints::from(points.clone())).color(color).fill(0.0),
                );
                plot.points(Points::new("points", PlotPoints::from(points.clone())).radius(5.0).color(color));
            });
        let response =
            shown.response.on_hover_text("Drag a point; double click to add one, right click to remove one");
        let transform = shown.transform;
        let near = |pointer: egui::Pos2| {
            let distance = |point: &[f64; 2]| {
                transform
                    .position_from_point(&egui_plot::PlotPoint::new(point[0], point[1]))
                    .distance(pointer)
            };
            let nearest = points.iter().enumerate().min_by(|a, b| distance(a.1).total_cmp(&distance(b.1)));
            nearest.filter(|(_, point)| distance(point) < REACH).map(|(number, _)| number)
        };
        let Some(pointer) = response.interact_pointer_pos() else {
            self.dragged = None;
            return;
        };
        let hit = near(pointer);
        let value = transform.value_from_position(pointer);
        if response.drag_started() {
            self.dragged = hit;
        }
        if let Some(number) = self.dragged.filter(|_| response.dragged()) {
            drag(points, number, value.x, value.y);
        }
        if response.drag_stopped() {
            self.dragged = None;
        }
        if response.double_clicked() && hit.is_none() && value.x > 0.0 && value.y >= 0.0 {
            points.push([round(value.x), round(value.y)]);
            points.sort_by(|a, b| a[0].total_cmp(&b[0]));
        } else if response.secondary_clicked()
            && let Some(number) = hit.filter(|_| points.len() > 2)
        {
            points.remove(number);
        }
        table(points, ui);
    }

    /// The load as on the command line, which knows more kinds.
    fn any(&mut self, state: &AppState, commands: &mut Vec<Command>, ui: &mut Ui) {
        ui.horizontal(|ui| {
            let field = ui.add(
                TextEdit::singleline(&mut self.text)
                    .desired_width(ui.available_width() - 62.0)
                    .hint_text("poisson:80% · replay:FILE.csv"),
            );
            crate::theme::name_field(&field, &self.text, "Load as text");
            let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            let set = ui.add_enabled(!self.text.trim().is_empty(), egui::Button::new("Set"));
            let set =
                set.on_hover_text("As on the command line, separated by spaces where there are several");
            if (entered || set.clicked()) && !self.text.trim().is_empty() {
                let texts = self.text.split_whitespace().map(str::to_owned).collect();
                commands.push(Command::Load(texts));
                self.text.clear();
            }
        });
        if !state.project.selected().content.loads.is_empty()
            && ui.add(theme::small_button("The model's own load")).clicked()
        {
            commands.push(Command::Change(Change::Loads(Vec::new())));
        }
    }
}

/// Seconds, in steps that fit.
fn time(value: &mut f64) -> DragValue<'_> {
    let speed = (*value * 0.01).max(0.005);
    DragValue::new(value).range(0.0..=1e7).speed(speed).max_decimals(3).suffix(" s")
}

/// The points as numbers, for those who do not drag.
fn table(points: &mut [[f64; 2]], ui: &mut Ui) {
    ui.collapsing("Points", |ui| {
        for number in 0..points.len() {
            ui.horizontal(|ui| {
                let [mut at, mut rate] = points[number];
                ui.add(DragValue::new(&mut at).range(0.0..=1e7).suffix(" s"));
                ui.add(DragValue::new(&mut rate).range(0.0..=1e7).suffix(" /s"));
                if [at, rate] != points[number] {
                    drag(points, number, at, rate);
                }
            });
        }
    });
}

/// Moves a point, between its neighbors in time.
fn drag(points: &mut [[f64; 2]], number: usize, at: f64, rate: f64) {
    let first = number.checked_sub(1).map_or(0.0, |before| points[before][0]);
    let last = points.get(number + 1).map_or(f64::INFINITY, |after| after[0]);
    let at = if number == 0 { 0.0 } else { round(at).clamp(first, last) };
    points[number] = [at, round(rate.max(0.0))];
}

/// Three significant digits.
fn round(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return 0.0;
    }
    let scale = 10f64.powf(2.0 - value.abs().log10().floor());
    (value * scale).round() / scale
}

/// The command for a changed workload: loads replace each other, so the others are said again.
fn together(workloads: &[Workload], number: usize, form: &Form) -> Option<Command> {
    let several = workloads.len() > 1;
    let loads: Option<Vec<Value>> = workloads
        .iter()
        .enumerate()
        .map(|(i, workload)| {
            let target = several.then_some(workload.name.as_str());
            let own = Form::of(&workload.load);
            (if i == number { form } else { &own }).value(target)
        })
        .collect();
    Some(match loads {
        Some(loads) => Command::Change(Change::Loads(loads)),
        None => {
            Command::Complain("another load of this model has no text; set all loads as text, below".into())
        }
    })
}
