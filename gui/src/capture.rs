//! Pictures of the window in files, for documents and checks.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};

use egui::{ColorImage, Context};

/// A picture that is being taken.
pub(crate) struct Capture {
    path: PathBuf,
    written: Receiver<Result<(), String>>,
}

impl Capture {
    /// Takes a picture of the next frame.
    pub(crate) fn begin(context: &Context, path: PathBuf) -> Self {
        let (sender, written) = channel();
        let file = path.clone();
        context.request_screenshot(move |image| {
            // Nobody to tell where the window is closed already.
            let _ = sender.send(write(&file, &image));
        });
        Self { path, written }
    }

    /// The file, or what went wrong; none while it is not there yet.
    pub(crate) fn ended(&self) -> Option<Result<&Path, String>> {
        let result = self.written.try_recv().ok()?;
        Some(result.map(|()| &*self.path))
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
