//! A picture of the window in a file, for documents and checks.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};

use egui::{ColorImage, Context, ViewportCommand};

/// Frames drawn before the picture is taken, so that sizes and animations have settled.
const FRAMES: u32 = 30;

/// Takes one picture of the window and closes it.
pub(crate) struct Capture {
    path: PathBuf,
    frames: u32,
    written: Option<Receiver<Result<(), String>>>,
}

impl Capture {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, frames: 0, written: None }
    }

    /// Call once for each frame in which nothing is left to do. Says what went wrong.
    pub(crate) fn advance(&mut self, context: &Context) -> Option<String> {
        context.request_repaint();
        self.frames += 1;
        if self.frames == FRAMES {
            let (sender, receiver) = channel();
            let path = self.path.clone();
            context.request_screenshot(move |image| {
                // Nobody to tell where the window is closed already.
                let _ = sender.send(write(&path, &image));
            });
            self.written = Some(receiver);
        }
        if let Some(result) = self.written.as_ref().and_then(|written| written.try_recv().ok()) {
            context.send_viewport_cmd(ViewportCommand::Close);
            return result.err();
        }
        None
    }
}

fn write(path: &Path, image: &ColorImage) -> Result<(), String> {
    let problem = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let file = File::create(path).map_err(|error| problem(&error))?;
    let [width, height] = image.size.map(|side| side as u32);
    let mut encoder = png::Encoder::new(BufWriter::new(file), width, height);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    let bytes: Vec<u8> = image.pixels.iter().flat_map(egui::Color32::to_array).collect();
    let mut writer = encoder.write_header().map_err(|error| problem(&error))?;
    writer.write_image_data(&bytes).map_err(|error| problem(&error))?;
    writer.finish().map_err(|error| problem(&error))
}
