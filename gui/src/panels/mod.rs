//! The parts of the window. To add one: a file here with its [`Panel`], and its line in [`all`].

mod architecture;
mod model;
mod prediction;

use egui::{CentralPanel, Frame, Ui};

use crate::command::Command;
use crate::state::AppState;

/// A part of the window. It may keep what concerns only itself (a text half typed, a zoom); everything else is in
/// the [`AppState`], which it changes through commands only.
pub(crate) trait Panel {
    /// Unique; lower-case.
    fn name(&self) -> &'static str;

    /// Where it is.
    fn place(&self) -> Place;

    /// Draws it and collects what the user asks for. Quick: it is called for every frame.
    fn ui(&mut self, state: &AppState, commands: &mut Vec<Command>, ui: &mut Ui);
}

/// Every panel, in the order in which they take their space: what is left is for the last.
pub(crate) fn all() -> Vec<Box<dyn Panel>> {
    vec![
        Box::new(model::ModelPanel::default()),
        Box::new(prediction::PredictionPanel),
        Box::new(architecture::ArchitecturePanel::default()),
    ]
}

/// Where a panel is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Along the upper edge.
    Top,
    /// At the right.
    Right,
    /// Where the others leave space.
    Center,
}

impl Place {
    pub(crate) fn show(self, name: &str, ui: &mut Ui, content: impl FnOnce(&mut Ui)) {
        match self {
            Self::Top => egui::Panel::top(name.to_owned()).show(ui, content).response,
            Self::Right => {
                egui::Panel::right(name.to_owned())
                    .default_size(390.0)
                    .min_size(300.0)
                    .show(ui, content)
                    .response
            }
            Self::Center => CentralPanel::default().frame(Frame::NONE).show(ui, content).response,
        };
    }
}
