//! One setting: its name, a control for its value, where the value is from, and the way back.

use egui::{Button, Checkbox, ComboBox, DragValue, Response, RichText, Slider, TextEdit, Ui, WidgetInfo};
use tracecast_experiment::{Edit, Kind, Setting};
use tracecast_model::{Host, System, seconds};

use crate::command::Command;
use crate::project::{Change, Value};
use crate::theme;

/// A text that is being typed.
#[derive(Default)]
pub(super) struct Typed {
    text: Option<String>,
    problem: Option<String>,
}

/// A setting of an element.
pub(super) struct Field<'a> {
    pub(super) setting: &'a Setting,
    /// Its value in the shown scenario.
    pub(super) value: &'a str,
    /// Its value in the model.
    pub(super) in_model: Option<String>,
    /// How that was measured, where the model is made of traces that tell.
    pub(super) measured: Option<String>,
    pub(super) is_changed: bool,
    /// What a host can be.
    pub(super) hosts: &'a [Host],
    pub(super) path: &'a str,
    pub(super) base: &'a System,
}

/// Width of the names.
const NAMES: f32 = 104.0;

/// The name of a setting, at the left of its control.
pub(super) fn name_of(text: RichText, ui: &mut Ui) -> Response {
    theme::name_column(text, NAMES, ui)
}

impl Field<'_> {
    pub(super) fn ui(&self, typed: &mut Typed, ui: &mut Ui) -> Option<Command> {
        let mut wish = None;
        ui.horizontal(|ui| {
            let name = self.setting.name.replace('_', " ");
            let text = RichText::new(&name);
            let text = if self.is_changed { text.strong().color(theme::accent(ui.visuals())) } else { text };
            name_of(text, ui).on_hover_text(self.explanation());
            let next = self.control(&name, typed, ui);
            if let Some(next) = next.filter(|next| next != self.value) {
                match self.check(&next) {
                    Ok(()) => {
                        typed.problem = None;
                        wish = Some(Change::Set(self.path.to_owned(), Value::new(next)));
                    }
                    Err(problem) => typed.problem = Some(problem),
                }
            }
            if self.is_changed {
                let reset = ui.add(theme::small_button("Reset")).on_hover_text(self.origin());
                reset.widget_info(|| {
                    WidgetInfo::labeled(egui::Role::Button, true, format!("Reset {}", self.path))
                });
                if reset.clicked() {
                    *typed = Typed::default();
                    wish = Some(Change::Reset(vec![self.path.to_owned()]));
                }
            }
        });
        if let Some(problem) = &typed.problem {
            ui.label(RichText::new(problem).small().color(theme::problem(ui.visuals())));
        }
        wish.map(Command::Change)
    }

    fn explanation(&self) -> String {
        format!("{}\n{}\n{}", self.path, self.setting.summary, self.origin())
    }

    fn origin(&self) -> String {
        let origin = match &self.in_model {
            Some(value) if self.is_changed => format!("In the model: {value}"),
            Some(_) => "As in the model".into(),
            None => "The model has none".into(),
        };
        match &self.measured {
            Some(measured) => format!("{origin}; {measured}"),
            None => origin,
        }
    }

    /// Does the model take it?
    fn check(&self, text: &str) -> Result<(), String> {
        Edit::new(self.path, text).apply(&mut self.base.clone()).map_err(|error| {
            let message = error.to_string();
            message.strip_prefix(&format!("{}: ", self.path)).unwrap_or(&message).to_owned()
        })
    }

    /// The control, and the text that it asks for.
    fn control(&self, name: &str, typed: &mut Typed, ui: &mut Ui) -> Option<String> {
        let named = |response: Response, role| {
            response.widget_info(|| WidgetInfo::labeled(role, true, self.path));
            response
        };
        // A text says itself that there is none.
        if self.setting.optional && !matches!(self.setting.kind, Kind::Text) {
            let mut is_there = self.value != "none";
            let check = named(ui.add(Checkbox::without_text(&mut is_there)), egui::Role::CheckBox);
            if check.changed() {
                return Some(if is_there { self.suggestion() } else { "none".into() });
            }
            if !is_there {
                ui.label(RichText::new("none").weak());
                return None;
            }
        }
        match self.setting.kind {
            Kind::Count => self.count(ui),
            Kind::CountOrInfinite => {
                let mut is_finite = self.value != "infinite";
                let check = ui.add(Checkbox::without_text(&mut is_finite)).on_hover_text("Is there a limit?");
                if check.changed() {
                    return Some(if is_finite { "8".into() } else { "infinite".into() });
                }
                if is_finite {
                    self.count(ui)
                } else {
                    ui.label(RichText::new("unlimited").weak());
                    None
                }
            }
            Kind::Number(unit) => {
                let before: f64 = self.value.parse().ok()?;
                let mut value = before;
                let (scale, unit) = match unit {
                    "B" => (1e6, "MB"),
                    "B/s" => (1e6, "MB/s"),
                    unit => (1.0, unit),
                };
                value /= scale;
                let speed = (value.abs() * 0.01).max(0.01);
                let drag = DragValue::new(&mut value)
                    .range(0.0..=1e15)
                    .speed(speed)
                    .max_decimals(3)
                    .suffix(if unit.is_empty() { String::new() } else { format!(" {unit}") });
                named(ui.add(drag), egui::Role::SpinButton).changed().then(|| (value * scale).to_string())
            }
            Kind::Duration => {
                let mut value = seconds::parse(self.value).ok()?;
                let speed = (value.abs() * 0.01).max(1e-4);
                let drag = DragValue::new(&mut value)
                    .range(0.0..=1e9)
                    .speed(speed)
                    .max_decimals(9)
                    .custom_formatter(|value, _| seconds::display(value))
                    .custom_parser(|text| seconds::parse(text).ok());
                named(ui.add(drag), egui::Role::SpinButton).changed().then(|| format!("{value}s"))
            }
            Kind::Share => {
                let mut value = self.value.parse::<f64>().ok()? * 100.0;
                let drag =
                    DragValue::new(&mut value).range(0.0..=100.0).speed(0.1).max_decimals(3).suffix(" %");
                named(ui.add(drag), egui::Role::SpinButton).changed().then(|| (value / 100.0).to_string())
            }
            Kind::Factor => {
                let mut value: f64 = self.value.trim_start_matches('*').parse().ok()?;
                ui.spacing_mut().slider_width = 90.0;
                let slider =
                    Slider::new(&mut value, 0.1..=10.0).logarithmic(true).max_decimals(2).prefix("× ");
                let response = named(ui.add(slider), egui::Role::Slider);
                response.changed().then(|| format!("*{}", (value * 100.0).round() / 100.0))
            }
            Kind::Choice(words) => self.choice(name, words().into_iter().map(str::to_owned), ui),
            Kind::Host => self.choice(name, self.hosts.iter().map(|host| host.name.clone()), ui),
            Kind::Text | Kind::File => self.text(typed, ui),
        }
    }

    fn count(&self, ui: &mut Ui) -> Option<String> {
        let mut value: u32 = self.value.parse().ok()?;
        let before = value;
        let step = |ui: &mut Ui, sign: &str, word: &str| {
            let button = ui.add(Button::new(sign).min_size(egui::vec2(24.0, 20.0)));
            button.widget_info(|| {
                WidgetInfo::labeled(egui::Role::Button, true, format!("{word} {}", self.path))
            });
            button.clicked()
        };
        if step(ui, "−", "Less") {
            value = value.saturating_sub(1);
        }
        let drag = ui.add(DragValue::new(&mut value).speed(0.1));
        drag.widget_info(|| WidgetInfo::labeled(egui::Role::SpinButton, true, self.path));
        if step(ui, "+", "More") {
            value = value.saturating_add(1);
        }
        (value != before).then(|| value.to_string())
    }

    fn choice(&self, name: &str, words: impl Iterator<Item = String>, ui: &mut Ui) -> Option<String> {
        let mut chosen = None;
        let combo = ComboBox::from_id_salt((name, self.path))
            .selected_text(self.value.replace('_', " "))
            .width(140.0)
            .show_ui(ui, |ui| {
                for word in words {
                    if ui.selectable_label(word == self.value, word.replace('_', " ")).clicked() {
                        chosen = Some(word);
                    }
                }
            });
        combo.response.widget_info(|| WidgetInfo::labeled(egui::Role::ComboBox, true, self.path));
        chosen
    }

    fn text(&self, typed: &mut Typed, ui: &mut Ui) -> Option<String> {
        let text = typed.text.get_or_insert_with(|| self.value.to_owned());
        let field = ui.add(TextEdit::singleline(text).desired_width(110.0));
        theme::name_field(&field, text, self.path);
        let done = field.lost_focus().then(|| text.clone());
        if !field.has_focus() {
            typed.text = None;
        }
        done
    }

    /// To begin with, where there is none.
    fn suggestion(&self) -> String {
        if let Some(value) = self.in_model.as_ref().filter(|value| *value != "none") {
            return value.clone();
        }
        match self.setting.kind {
            Kind::Duration => match self.setting.name {
                "cfs_period" => "0.1s".into(),
                "cfs_slice" => "0.005s".into(),
                "reservation" => "1800s".into(),
                _ => "1s".into(),
            },
            Kind::Number("B") => "1000000000".into(),
            // A gigabit per second.
            Kind::Number("B/s") => "125000000".into(),
            _ => "1".into(),
        }
    }
}
