//! What changes the number of replicas, as a form.

use std::sync::LazyLock;

use egui::{CollapsingHeader, ComboBox, RichText, TextEdit, Ui, WidgetInfo};
use serde_json::{Map, Value as Json};
use tracecast_experiment::{Edit, Setting};
use tracecast_model::native;

use super::Shown;
use super::field::name_of;
use super::schema_form::SchemaForm;
use crate::command::Command;
use crate::project::{Change, Value};
use crate::theme;

/// A policy to begin with.
struct Template {
    name: &'static str,
    file: &'static str,
    json: &'static str,
}

/// One of each kind, with the defaults of its original where there are any.
const TEMPLATES: [Template; 7] = [
    Template {
        name: "Kubernetes HPA",
        file: "hpa.json",
        json: r#"{
  "kind": "hpa",
  "min_replicas": 1,
  "max_replicas": 10,
  "metrics": [{ "resource": { "target": { "average_utilization": 50 } } }]
}"#,
    },
    Template {
        name: "KEDA, by a queue",
        file: "keda.json",
        json: r#"{
  "kind": "keda",
  "triggers": [{ "metric": "queue_length", "threshold": 10 }],
  "polling_interval": "30s",
  "cooldown_period": "300s",
  "min_replica_count": 0,
  "max_replica_count": 10
}"#,
    },
    Template {
        name: "Knative",
        file: "knative.json",
        json: r#"{
  "kind": "knative"
}"#,
    },
    Template {
        name: "OpenFaaS Pro",
        file: "openfaas.json",
        json: r#"{
  "kind": "openfaas_pro"
}"#,
    },
    Template {
        name: "Alert rules (Prometheus)",
        file: "alerts.json",
        json: r#"{
  "kind": "alerts",
  "rules": [
    { "alert": "high", "expr": "queue > 20", "firing": { "add": 1 } },
    { "alert": "low", "expr": "queue == 0", "firing": { "set": 1 } }
  ],
  "metrics": [{ "name": "queue", "figure": "queue_length" }],
  "scrape_interval": "15s",
  "evaluation_interval": "15s",
  "group_wait": "10s",
  "min_replicas": 1,
  "max_replicas": 10
}"#,
    },
    Template {
        name: "Steps with cooldown",
        file: "steps.json",
        json: r#"{
  "kind": "step",
  "metric": "cpu",
  "min_replicas": 1,
  "max_replicas": 10,
  "scale_out": { "threshold": 0.7, "cooldown": "60s", "steps": [{ "lower": 0, "adjustment": 1 }] }
}"#,
    },
    Template {
        name: "Schedule",
        file: "schedule.json",
        json: r#"{
  "kind": "schedule",
  "entries": [{ "at": "10s", "replicas": 4 }, { "at": "120s", "replicas": 1 }]
}"#,
    },
];

/// What models are made of, which says what policies are.
static SCHEMA: LazyLock<Json> = LazyLock::new(|| serde_json::from_str(&native::schema()).unwrap_or_default());

/// The policy that is being written.
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
            let text = RichText::new("autoscaler");
            let text = if is_changed { text.strong().color(theme::accent(ui.visuals())) } else { text };
            name_of(text, ui).on_hover_text(setting.summary);
            let combo = ComboBox::from_id_salt(&path).selected_text(value).width(150.0).show_ui(ui, |ui| {
                if ui.selectable_label(value == "none", "none").clicked() {
                    self.draft = None;
                    commands.push(Command::Change(Change::Set(path.clone(), Value::new("none"))));
                }
                for template in &TEMPLATES {
                    if ui.selectable_label(false, template.name).clicked() {
                        self.draft = Some((path.clone(), template.json.to_owned()));
                        self.commit(&path, template.file, shown, commands);
                    }
                }
            });
            combo.response.widget_info(|| WidgetInfo::labeled(egui::Role::ComboBox, true, &path));
            if is_changed && ui.small_button("Reset").clicked() {
                self.draft = None;
                commands.push(Command::Change(Change::Reset(vec![path.clone()])));
            }
        });
        if self.draft.as_ref().is_some_and(|(of, _)| *of != path) {
            self.draft = None;
            self.problem = None;
        }
        let current = setting.content(shown.system, element);
        self.fields(current.as_deref(), &path, shown, commands, ui);
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
        let form = SchemaForm(&SCHEMA);
        let fields = ui.indent(path, |ui| form.object(&mut policy, form.definition("Autoscaler"), path, ui));
        if fields.inner
            && let Ok(text) = serde_json::to_string_pretty(&policy)
        {
            let file = shown.content.settings.get(path).map_or("autoscaler.json", |value| &value.text);
            self.draft = Some((path.to_owned(), text));
            self.commit(path, file, shown, commands);
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
                    self.commit(path, "autoscaler.json", shown, commands);
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

#[cfg(test)]
mod tests {
    use tracecast_model::{fixtures, validate};

    use super::*;

    #[test]
    fn every_template_fits_a_service() {
        for template in &TEMPLATES {
            let mut system = fixtures::three_tiers(20.0);
            system.services[1].cpu_limit = Some(0.5);
            let mut edit = Edit::new("application.autoscaler", template.file);
            edit.read(template.json.into());
            edit.apply(&mut system).unwrap_or_else(|error| panic!("{}: {error}", template.name));
            assert_eq!(validate(&system), [], "{}", template.name);
        }
    }
}
