//! What is chosen, and its settings as a form made of the list of settings: a setting that is added there is here, too.

mod field;
mod in_file;
mod schema;
mod schema_form;
mod templates;

use std::collections::HashMap;

use egui::{CollapsingHeader, RichText, ScrollArea, Ui};
use indexmap::IndexSet;
use tracecast_experiment::{Kind, Scope, Setting, Topic};
use tracecast_model::{Operation, System};

use super::{Panel, Place};
use crate::answers::Answer;
use crate::command::Command;
use crate::format::{self, Unit};
use crate::project::Content;
use crate::provenance::provenance;
use crate::source::Source;
use crate::state::{AppState, Element};
use crate::theme;
use field::{Field, Typed};

/// What is being inspected.
struct Shown<'a> {
    source: &'a Source,
    /// The model as it is.
    base: &'a System,
    /// With the changes of the shown scenario.
    system: &'a System,
    /// These changes.
    content: &'a Content,
}

#[derive(Default)]
pub(super) struct Inspector {
    /// Texts that are being typed, by path.
    typed: HashMap<String, Typed>,
    in_file: in_file::Form,
}

impl Panel for Inspector {
    fn name(&self) -> &'static str {
        "inspector"
    }

    fn place(&self) -> Place {
        Place::Right
    }

    fn ui(&mut self, state: &AppState, commands: &mut Vec<Command>, ui: &mut Ui) {
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            let (Some(source), Some(answer)) = (&state.source, state.shown()) else { return };
            let Some(made) = &answer.made else { return };
            let content = &state.project.selected().content;
            let shown = Shown { source, base: &source.system, system: &made.system, content };
            match &state.chosen {
                None => {
                    choices(&made.system, commands, ui);
                    self.topics(Scope::System, "system", &shown, commands, ui);
                    oddities(source, ui);
                }
                Some(Element::Service(name)) => {
                    self.service(name, &shown, answer, commands, ui);
                }
                Some(Element::Host(name)) => {
                    title(name, "host", commands, ui);
                    self.topics(Scope::Host, name, &shown, commands, ui);
                }
                Some(Element::Link(name)) => {
                    title(name, "link", commands, ui);
                    self.topics(Scope::Link, name, &shown, commands, ui);
                }
                Some(Element::Workload(name)) => workload(name, &made.system, commands, ui),
            }
        });
    }
}

fn title(name: &str, kind: &str, commands: &mut Vec<Command>, ui: &mut Ui) {
    ui.horizontal(|ui| {
        ui.label(RichText::new(name).strong().size(16.0));
        ui.label(RichText::new(kind).weak());
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if ui.add(theme::small_button("Close")).clicked() {
                commands.push(Command::Choose(None));
            }
        });
    });
}

/// All there is to choose.
fn choices(system: &System, commands: &mut Vec<Command>, ui: &mut Ui) {
    ui.label(RichText::new("Settings").strong());
    ui.label(RichText::new("Choose a service here, or click it in the architecture, to change it.").weak());
    ui.add_space(4.0);
    for service in &system.services {
        if link(ui, "service", &service.name) {
            commands.push(Command::Choose(Some(Element::Service(service.name.clone()))));
        }
    }
    ui.add_space(8.0);
    ui.label(RichText::new("Hosts").strong());
    for host in &system.hosts {
        if link(ui, "host", &host.name) {
            commands.push(Command::Choose(Some(Element::Host(host.name.clone()))));
        }
    }
    let links = Scope::Link.elements(system);
    if !links.is_empty() {
        ui.add_space(8.0);
        ui.label(RichText::new("Links").strong());
    }
    for name in links {
        if link(ui, "link", &name) {
            commands.push(Command::Choose(Some(Element::Link(name))));
        }
    }
    ui.add_space(8.0);
}

fn oddities(source: &Source, ui: &mut Ui) {
    notes("Problems of the model", source.diagnostics.iter().map(ToString::to_string), ui);
    notes("Odd in the files", source.remarks.iter().cloned(), ui);
}

/// A name to click.
fn link(ui: &mut Ui, kind: &str, name: &str) -> bool {
    let link = ui.link(name);
    let told = format!("Choose {kind} {name}");
    link.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Link, true, &told));
    link.clicked()
}

fn notes(title: &str, lines: impl ExactSizeIterator<Item = String>, ui: &mut Ui) {
    if lines.len() == 0 {
        return;
    }
    ui.add_space(8.0);
    let title = RichText::new(format!("{title}: {}", lines.len())).color(theme::attention(ui.visuals()));
    CollapsingHeader::new(title).default_open(true).show(ui, |ui| {
        for line in lines {
            ui.label(RichText::new(line).small());
        }
    });
}

fn workload(name: &str, system: &System, commands: &mut Vec<Command>, ui: &mut Ui) {
    title(name, "load", commands, ui);
    let Some(workload) = system.workloads.iter().find(|workload| workload.name == name) else { return };
    ui.label("Its amount is set at the left, under Load. It asks for:");
    for (operation, share) in workload.shares() {
        ui.label(format!("{operation}: {}", format::percent(share)));
    }
}

impl Inspector {
    fn service(
        &mut self,
        name: &str,
        shown: &Shown<'_>,
        answer: &Answer,
        commands: &mut Vec<Command>,
        ui: &mut Ui,
    ) {
        title(name, "service", commands, ui);
        let Some(service) = shown.system.service(name) else { return };
        figures(name, answer, ui);
        self.topics(Scope::Service, name, shown, commands, ui);
        for operation in &service.operations {
            let element = format!("{name}/{}", operation.name);
            CollapsingHeader::new(RichText::new(format!("Operation {}", operation.name)).strong())
                .default_open(service.operations.len() <= 3)
                .show_unindented(ui, |ui| {
                    for setting in Setting::of(Scope::Operation) {
                        self.setting(setting, &element, shown, commands, ui);
                    }
                    self.calls(operation, &element, shown, commands, ui);
                });
        }
        ui.add_space(6.0);
        ui.horizontal(|ui| {
            ui.label("Runs on");
            if ui.link(&service.host).clicked() {
                commands.push(Command::Choose(Some(Element::Host(service.host.clone()))));
            }
        });
    }

    /// The calls of an operation, each with what is set of it.
    fn calls(
        &mut self,
        operation: &Operation,
        caller: &str,
        shown: &Shown<'_>,
        commands: &mut Vec<Command>,
        ui: &mut Ui,
    ) {
        let calls = operation.activities().into_iter().flat_map(|activity| &activity.calls);
        let callees: IndexSet<String> = calls.map(|call| call.to.to_string()).collect();
        for callee in callees {
            let element = format!("{caller} -> {callee}");
            let settings = || Setting::of(Scope::Call);
            let changed =
                settings().any(|setting| shown.content.settings.contains_key(&setting.path(&element)));
            let text = RichText::new(format!("calls {callee}"));
            let text = if changed { text.color(theme::accent(ui.visuals())) } else { text };
            CollapsingHeader::new(text).id_salt(&element).default_open(changed).show(ui, |ui| {
                for setting in settings() {
                    self.setting(setting, &element, shown, commands, ui);
                }
            });
        }
    }

    /// The settings of an element, by topic.
    fn topics(
        &mut self,
        scope: Scope,
        element: &str,
        shown: &Shown<'_>,
        commands: &mut Vec<Command>,
        ui: &mut Ui,
    ) {
        for topic in Topic::ALL {
            let settings: Vec<&Setting> = Setting::of(scope)
                .filter(|setting| setting.topic == topic && setting.value(shown.system, element).is_some())
                .collect();
            if settings.is_empty() {
                continue;
            }
            let changed =
                settings.iter().any(|setting| shown.content.settings.contains_key(&setting.path(element)));
            let open = changed || matches!(topic, Topic::Scaling | Topic::Network | Topic::Host);
            let text = RichText::new(topic.title()).strong();
            let text = if changed { text.color(theme::accent(ui.visuals())) } else { text };
            CollapsingHeader::new(text).id_salt((element, topic.title())).default_open(open).show_unindented(
                ui,
                |ui| {
                    for setting in in_order(settings) {
                        self.setting(setting, element, shown, commands, ui);
                    }
                },
            );
        }
    }

    fn setting(
        &mut self,
        setting: &Setting,
        element: &str,
        shown: &Shown<'_>,
        commands: &mut Vec<Command>,
        ui: &mut Ui,
    ) {
        let Some(value) = setting.value(shown.system, element) else { return };
        let path = setting.path(element);
        if matches!(setting.kind, Kind::File) {
            self.in_file.ui(setting, element, &value, shown, commands, ui);
            return;
        }
        let chosen = shown.content.settings.get(&path);
        // A factor is what it was set to, not what it has led to.
        let value = match (setting.kind, chosen) {
            (Kind::Factor, Some(chosen)) => chosen.text.clone(),
            _ => value,
        };
        let field = Field {
            setting,
            value: &value,
            in_model: setting.value(shown.base, element),
            measured: provenance(shown.source, element, setting.name),
            is_changed: chosen.is_some(),
            hosts: &shown.system.hosts,
            path: &path,
            base: shown.base,
        };
        let typed = self.typed.entry(path.clone()).or_default();
        commands.extend(field.ui(typed, ui));
    }
}

/// What people change most comes first.
fn in_order(mut settings: Vec<&Setting>) -> Vec<&Setting> {
    const FIRST: [&str; 4] = ["replicas", "concurrency", "cpu_limit", "cores"];
    let place =
        |setting: &Setting| FIRST.iter().position(|name| *name == setting.name).unwrap_or(FIRST.len());
    settings.sort_by_key(|setting| place(setting));
    settings
}

/// How busy it is.
fn figures(name: &str, answer: &Answer, ui: &mut Ui) {
    let Some(result) = answer.best().and_then(|best| best.services.get(name)) else { return };
    let id = format!("service:{name}");
    let node = answer.picture.as_ref().and_then(|picture| picture.nodes.iter().find(|node| node.id == id));
    let mut facts = Vec::new();
    facts.extend(node.and_then(|node| node.load).map(|load| format!("load {}", format::percent(load))));
    facts.extend(result.throughput.map(|metric| format!("{} requests", Unit::Rate.show(metric.mean))));
    let waiting = result.waiting_time.filter(|metric| metric.mean > 0.0);
    facts.extend(waiting.map(|metric| format!("waiting {}", Unit::Time.show(metric.mean))));
    ui.label(RichText::new(facts.join(" · ")).weak());
    ui.add_space(2.0);
}
