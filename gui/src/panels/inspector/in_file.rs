//! A setting whose value stands in a file, as a form: what changes the number of replicas, and the network.

use std::sync::LazyLock;

use egui::{CollapsingHeader, ComboBox, RichText, TextEdit, Ui, WidgetInfo};
use serde_json::{Map, Value as Json};
use tracecast_experiment::{Edit, Setting};
use tracecast_model::native;

use super::Shown;
use super::field::name_of;
use super::schema::Schema;
use super::{schema_form, templates};
use crate::command::Command;
use crate::project::{Change, Value};
use crate::theme;

/// What models are made of, which says what policies are.
static SCHEMA: LazyLock<Json> = LazyLock::new(|| serde_json::from_str(&native::schema()).unwrap_or_default());

/// The value that is being written.
#[derive(Default)]
pub(super) struct Form {
    /// Whose it is, and its text so far.
    draft: Option<(String, String)>,
    problem: Option<String>,
}

impl Form {
    pub(super) fn ui(
        &mut self,
        setting: &Setting,
        element: &str,
        value: &str,
        shown: &Shown<'_>,
        commands: &mut Vec<Command>,
        ui: &mut Ui,
    ) {
        let path = setting.path(element);
        let is_changed = shown.content.settings.contains_key(&path);
        ui.horizontal(|ui| {
            let text = RichText::new(setting.name);
            let text = if is_changed { text.strong().color(theme::accent(ui.visuals())) } else { text };
            name_of(text, ui).on_hover_text(setting.summary);
            let combo = ComboBox::from_id_salt(&path).selected_text(value).width(118.0).show_ui(ui, |ui| {
                if ui.selectable_label(value == "none", "none").clicked() {
                    self.draft = None;
                    commands.push(Command::Change(Change::Set(path.clone(), Value::new("none"))));
                }
                for template in templates::of(setting.name) {
                    if ui.selectable_label(false, template.name).clicked() {
                        self.draft = Some((path.clone(), template.json.to_owned()));
                        self.commit(&path, template.file, shown, commands);
                    }
                }
            });
            combo.response.widget_info(|| WidgetInfo::labeled(egui::Role::ComboBox, true, &path));
            if is_changed {
                let reset = ui.add(theme::small_button("Reset"));
                reset.widget_info(|| WidgetInfo::labeled(egui::Role::Button, true, format!("Reset {path}")));
                if reset.clicked() {
                    self.draft = None;
                    commands.push(Command::Change(Change::Reset(vec![path.clone()])));
                }
            }
        });
        if self.draft.as_ref().is_some_and(|(of, _)| *of != path) {
            self.draft = None;
            self.problem = None;
        }
        let current = setting.content(shown.system, element);
        self.fields(setting, current.as_deref(), &path, shown, commands, ui);
        let title = RichText::new("As text").weak();
        if self.draft.is_some() || current.is_some() {
            CollapsingHeader::new(title).id_salt(("policy", &path)).show(ui, |ui| {
                self.text(current, &path, shown, commands, ui);
            });
        }
        if let Some(problem) = &self.problem {
            ui.label(RichText::new(problem).small().color(theme::problem(ui.visuals())));
        }
    }

    /// A field for each setting of the policy.
    fn fields(
        &mut self,
        setting: &Setting,
        current: Option<&str>,
        path: &str,
        shown: &Shown<'_>,
        commands: &mut Vec<Command>,
        ui: &mut Ui,
    ) {
        let draft = self.draft.as_ref().map(|(_, text)| text.as_str());
        let object = |text: &str| serde_json::from_str::<Map<String, Json>>(text).ok();
        // A text that is being typed need not be one yet.
        let Some(mut policy) = draft.and_then(object).or(current.and_then(object)) else { return };
        let schema = Schema(&SCHEMA);
        let of = schema.definition(if setting.name == "network" { "Network" } else { "Autoscaler" });
        let fields = ui.indent(path, |ui| schema_form::object(schema, &mut policy, of, path, ui));
        if fields.inner
            && let Ok(text) = serde_json::to_string_pretty(&policy)
        {
            let file =
                shown.content.settings.get(path).map_or_else(|| file_of(path), |value| value.text.clone());
            self.draft = Some((path.to_owned(), text));
            self.commit(path, &file, shown, commands);
        }
    }

    /// The text of the policy, as in files.
    fn text(
        &mut self,
        current: Option<String>,
        path: &str,
        shown: &Shown<'_>,
        commands: &mut Vec<Command>,
        ui: &mut Ui,
    ) {
        let Some(mut text) = self.draft.as_ref().map(|(_, text)| text.clone()).or(current) else { return };
        let edit =
            ui.add(TextEdit::multiline(&mut text).code_editor().desired_rows(8).desired_width(f32::INFINITY));
        edit.widget_info(|| {
            WidgetInfo::labeled(egui::Role::MultilineTextInput, true, format!("{path} as text"))
        });
        if edit.changed() {
            self.draft = Some((path.to_owned(), text));
        }
        if self.draft.is_some() {
            ui.horizontal(|ui| {
                if ui.button("Apply").clicked() {
                    self.commit(path, &file_of(path), shown, commands);
                }
                if ui.button("Discard").clicked() {
                    self.draft = None;
                    self.problem = None;
                }
            });
        }
    }

    /// Sets the draft, if the model takes it.
    fn commit(&mut self, path: &str, file: &str, shown: &Shown<'_>, commands: &mut Vec<Command>) {
        let Some((_, text)) = &self.draft else { return };
        let mut edit = Edit::new(path, file);
        edit.read(text.clone());
        match edit.apply(&mut shown.base.clone()) {
            Ok(()) => {
                let value = Value { text: file.into(), content: Some(text.clone()) };
                commands.push(Command::Change(Change::Set(path.into(), value)));
                self.draft = None;
                self.problem = None;
            }
            Err(error) => self.problem = Some(error.to_string()),
        }
    }
}

/// Name of a file for what is written here, by the setting.
fn file_of(path: &str) -> String {
    format!("{}.json", path.rsplit('.').next().unwrap_or(path))
}
