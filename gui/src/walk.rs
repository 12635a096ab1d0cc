//! A walk through the window by itself: does things, and takes a picture of each once all is answered.

use std::path::{Path, PathBuf};

use egui::{Context, ViewportCommand};

use crate::capture::Capture;
use crate::command::Command;

/// Frames drawn before a picture is taken, so that sizes and animations have settled.
const FRAMES: u32 = 30;

/// What is done before a picture, and the file of it.
pub struct Stop {
    /// In this order.
    pub commands: Vec<Command>,
    /// Where the picture goes.
    pub picture: PathBuf,
}

impl Stop {
    /// Does this, and takes a picture of that name in the folder.
    pub fn new(folder: &Path, name: &str, commands: Vec<Command>) -> Self {
        Self { commands, picture: folder.join(format!("{name}.png")) }
    }
}

/// The rest of a walk. The window closes at its end.
pub(crate) struct Walk {
    /// The next one last.
    stops: Vec<Stop>,
    is_begun: bool,
    frames: u32,
    capture: Option<Capture>,
}

/// What a walk asks for.
#[derive(Default)]
pub(crate) struct Step {
    pub(crate) commands: Vec<Command>,
    pub(crate) problem: Option<String>,
}

impl Walk {
    pub(crate) fn new(mut stops: Vec<Stop>) -> Self {
        stops.reverse();
        Self { stops, is_begun: false, frames: 0, capture: None }
    }

    /// Call once for each frame.
    pub(crate) fn advance(&mut self, context: &Context, is_busy: bool) -> Step {
        let mut step = Step::default();
        let Some(stop) = self.stops.last_mut() else { return step };
        context.request_repaint();
        if !self.is_begun {
            self.is_begun = true;
            self.frames = 0;
            step.commands = std::mem::take(&mut stop.commands);
            return step;
        }
        if is_busy {
            self.frames = 0;
            return step;
        }
        self.frames += 1;
        if self.frames == FRAMES {
            self.capture = Some(Capture::begin(context, stop.picture.clone()));
        }
        if let Some(ended) = self.capture.as_ref().and_then(Capture::ended) {
            step.problem = ended.err();
            self.capture = None;
            self.is_begun = false;
            self.stops.pop();
            if self.stops.is_empty() {
                context.send_viewport_cmd(ViewportCommand::Close);
            }
        }
        step
    }
}
