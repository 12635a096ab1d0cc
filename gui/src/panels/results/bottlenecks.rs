//! Where the load is highest, in sentences, the worst first.

use egui::{Label, RichText, Ui};
use tracecast_experiment::picture::Node;
use tracecast_model::{Prediction, System};

use crate::answers::{Answer, Asked};
use crate::command::Command;
use crate::format::{self, Unit};
use crate::project::{Change, Value};
use crate::remedies::Remedy;
use crate::state::{AppState, Element};
use crate::theme;

/// Loads below this are not worth a sentence.
const LOW: f64 = 0.5;
const SHOWN: usize = 5;

pub(super) fn ui(state: &AppState, answer: &Answer, commands: &mut Vec<Command>, ui: &mut Ui) {
    let (Some(made), Some(picture), Some(best)) = (&answer.made, &answer.picture, answer.best()) else {
        return;
    };
    let mut loaded: Vec<(&Node, f64)> = picture
        .nodes
        .iter()
        .filter_map(|node| Some((node, node.load?)))
        .filter(|(_, load)| *load >= LOW)
        .collect();
    loaded.sort_by(|a, b| b.1.total_cmp(&a.1));
    theme::section("Bottlenecks", ui, |ui| {
        if loaded.is_empty() {
            ui.label("No service is busy for half of the time.");
        }
        for (node, load) in loaded.iter().take(SHOWN) {
            ui.horizontal_wrapped(|ui| {
                let element = Element::Service(node.name.clone());
                let chosen = state.chosen.as_ref() == Some(&element);
                if ui.selectable_label(chosen, RichText::new(&node.name).strong()).clicked() {
                    commands.push(Command::Choose(Some(element)));
                }
                let color =
                    if *load >= 0.9 { theme::problem(ui.visuals()) } else { ui.visuals().text_color() };
                ui.label(RichText::new(sentence(&made.system, best, &node.name, *load)).color(color));
            });
        }
        remedies(answer, commands, ui);
    });
}

/// What would help, with a way to make it a what-if.
fn remedies(answer: &Answer, commands: &mut Vec<Command>, ui: &mut Ui) {
    match &answer.remedies {
        Asked::No => {
            let ask = ui.button("What would help?");
            if ask
                .on_hover_text("Tries another replica, more CPU and another thread where the load is")
                .clicked()
            {
                commands.push(Command::Remedies);
            }
        }
        Asked::Running => {
            ui.spinner();
        }
        Asked::Failed(problem) => {
            ui.label(RichText::new(problem).color(theme::problem(ui.visuals())));
        }
        Asked::Done(remedies) => {
            for remedy in remedies {
                ui.horizontal(|ui| {
                    let name = format!("Try {}={}", remedy.path, remedy.value);
                    let button = ui.add(theme::small_button("Try"));
                    button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &name));
                    if button.clicked() {
                        let value = Value::new(remedy.value.clone());
                        commands.push(Command::Change(Change::Set(remedy.path.clone(), value)));
                    }
                    ui.add(Label::new(told(remedy)).wrap());
                });
            }
            if remedies.is_empty() {
                ui.label("Nothing is loaded so much that more of it would help.");
            }
        }
    }
}

/// In a sentence.
fn told(remedy: &Remedy) -> String {
    let Remedy { words, figure, before, after, .. } = remedy;
    let effect = if !remedy.is_clear() {
        format!("would hardly change {figure}")
    } else {
        let show = |value: f64| Unit::Time.show(value);
        let (was, is) = (show(before.mean), show(after.mean));
        let change = format::change(remedy.change());
        format!("would change {figure} by {change}, from {was} to {is}")
    };
    let mut sentence = format!("{words} {effect}");
    if let Some(first) = sentence.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    sentence
}

/// What is busy there, and what waits for it.
fn sentence(system: &System, prediction: &Prediction, name: &str, load: f64) -> String {
    let Some(service) = system.service(name) else {
        return format!("is at {} of its capacity", format::percent(load));
    };
    let result = prediction.services.get(name);
    let busy = result.and_then(|result| result.utilization).map_or(0.0, |metric| metric.mean);
    let present = result.and_then(|result| result.queue_length).map_or(0.0, |metric| metric.mean);
    let threads = service.total_threads().finite().map(f64::from).filter(|threads| *threads > 0.0);
    let of_threads = threads.map(|threads| busy / threads);
    let what = match (of_threads, service.cpu_limit) {
        (Some(share), _) if share >= load - 0.02 => {
            let count = threads.unwrap_or_default();
            if count == 1.0 {
                format!("is busy for {} of the time, with one thread", format::percent(share))
            } else {
                format!("has {} of its {count} threads busy", format::percent(share))
            }
        }
        (_, Some(limit)) => format!("is at {} of its CPU limit of {limit} cores", format::percent(load)),
        _ => format!("is at {} of the cores it can use", format::percent(load)),
    };
    let waiting = (present - busy).max(0.0);
    if waiting >= 0.05 {
        format!("{what}; {} requests wait there on average", format::number(waiting))
    } else {
        what
    }
}
