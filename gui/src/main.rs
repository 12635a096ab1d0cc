//! `tracecast-gui`: the workbench as a program.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use egui::{Context, ThemePreference, ViewportBuilder, ViewportCommand};
use tracecast_experiment::EngineChoice;
use tracecast_gui::{App, Start, Stop, TITLE, tour};

/// Shows the architecture of a microservice system and predicts what changes would do.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// What to open: a project, a model, or traces (a file or a folder).
    open: Option<PathBuf>,
    /// Engine to predict with: auto, analytic or simulation.
    #[arg(long, default_value = "auto")]
    engine: EngineChoice,
    /// View to begin with, such as Results.
    #[arg(long)]
    view: Option<String>,
    /// Service to choose at the beginning.
    #[arg(long, value_name = "SERVICE")]
    choose: Option<String>,
    /// Colors; without it, those of the desktop.
    #[arg(long)]
    theme: Option<Colors>,
    /// Size of the window in points.
    #[arg(long, value_name = "WIDTHxHEIGHT", value_parser = size)]
    size: Option<[f32; 2]>,
    /// Write a picture of the window once it is complete, and close it.
    #[arg(long, value_name = "FILE.png")]
    screenshot: Option<PathBuf>,
    /// Walk through the window by itself: from traces to a comparison, with pictures of it in this folder.
    #[arg(long, value_name = "FOLDER")]
    walk: Option<PathBuf>,
    /// Close the window after so many seconds.
    #[arg(long, value_name = "SECONDS")]
    exit_after: Option<u32>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Colors {
    Light,
    Dark,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let options = eframe::NativeOptions {
        viewport: ViewportBuilder::default()
            .with_title(TITLE)
            .with_app_id(TITLE)
            .with_inner_size(arguments.size.unwrap_or([1360.0, 800.0]))
            .with_min_inner_size([640.0, 400.0])
            .with_drag_and_drop(true),
        ..eframe::NativeOptions::default()
    };
    let result = eframe::run_native(
        TITLE,
        options,
        Box::new(move |creation| {
            prepare(&creation.egui_ctx, &arguments)?;
            let (open, walk) = match (arguments.walk, arguments.screenshot) {
                (Some(folder), _) => (None, tour(&folder, arguments.open)),
                (None, picture) => {
                    let stop = picture.map(|picture| Stop { commands: Vec::new(), picture });
                    (arguments.open, stop.into_iter().collect())
                }
            };
            let start = Start {
                // Pictures are of the window as it is from day to day.
                hints: walk.is_empty(),
                open,
                choice: arguments.engine,
                remembers: true,
                view: arguments.view,
                service: arguments.choose,
                walk,
            };
            Ok(Box::new(App::new(&creation.egui_ctx, start)?))
        }),
    );
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nowhere left to tell where standard error is closed.
            let _ = writeln!(std::io::stderr(), "error: no window can be opened: {error}");
            ExitCode::from(2)
        }
    }
}

fn size(text: &str) -> Result<[f32; 2], String> {
    let sides =
        text.split_once('x').and_then(|(width, height)| Some([width.parse().ok()?, height.parse().ok()?]));
    sides
        .filter(|sides| sides.iter().all(|side| *side >= 100.0))
        .ok_or_else(|| format!("expected a size such as 1280x800, found \"{text}\""))
}

/// What only a program asks for: its colors, and an end.
fn prepare(context: &Context, arguments: &Arguments) -> std::io::Result<()> {
    match arguments.theme {
        Some(Colors::Light) => context.set_theme(ThemePreference::Light),
        Some(Colors::Dark) => context.set_theme(ThemePreference::Dark),
        None => {}
    }
    if let Some(seconds) = arguments.exit_after {
        let context = context.clone();
        std::thread::Builder::new().name("tracecast-exit".into()).spawn(move || {
            std::thread::sleep(Duration::from_secs(seconds.into()));
            context.send_viewport_cmd(ViewportCommand::Close);
            context.request_repaint();
        })?;
    }
    Ok(())
}
