//! What is chosen, and its settings as a form.

use egui::{RichText, ScrollArea, Ui};

use super::{Panel, Place};
use crate::command::Command;
use crate::state::{AppState, Element};

#[derive(Default)]
pub(super) struct Inspector;

impl Panel for Inspector {
    fn name(&self) -> &'static str {
        "inspector"
    }

    fn place(&self) -> Place {
        Place::Right
    }

    fn ui(&mut self, state: &AppState, _commands: &mut Vec<Command>, ui: &mut Ui) {
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            let name = match &state.chosen {
                Some(Element::Service(name) | Element::Host(name) | Element::Workload(name)) => name,
                None => "Click something in the architecture to change it.",
            };
            ui.label(RichText::new(name).strong());
        });
    }
}
