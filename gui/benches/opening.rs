//! How a window behaves while it opens a large file: how long frames take, how often it tells how far it is, how soon it
//! can be cancelled, and how long all of it takes.
//!
//! ```text
//! cargo bench -p tracecast-gui --bench opening -- TRACES
//! ```

use std::path::PathBuf;
use std::time::{Duration, Instant};

use egui_kittest::Harness;
use tracecast_gui::{App, Command, Lane, Start};

type Window = Harness<'static, App>;

/// Draws frames while the condition holds; the longest of them, and the different parts done that were told.
fn frames(window: &mut Window, while_it: impl Fn(&App) -> bool) -> (Duration, usize) {
    let mut longest = Duration::ZERO;
    let mut parts: Vec<f64> = Vec::new();
    while while_it(window.state()) {
        let start = Instant::now();
        window.step();
        longest = longest.max(start.elapsed());
        if let Some(part) = window.state().state().progress_of(Lane::Files)
            && parts.last() != Some(&part)
        {
            parts.push(part);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    (longest, parts.len())
}

fn main() {
    let path = std::env::args().skip(1).find(|argument| !argument.starts_with("--")).map(PathBuf::from);
    let Some(path) = path else { return };
    let mut window = Harness::builder()
        .with_size([1280.0, 800.0])
        .with_accessibility_check(false)
        .build_eframe(|creation| App::new(&creation.egui_ctx, Start::default()).expect("threads"));
    let reads = |app: &App| app.state().opening.is_some();

    let start = Instant::now();
    window.state_mut().execute(Command::Open(vec![path.clone()]));
    frames(&mut window, |app| reads(app) && start.elapsed() < Duration::from_millis(300));
    let cancelled = Instant::now();
    window.state_mut().execute(Command::Stop(Lane::Files));
    window.step();
    let free = cancelled.elapsed();
    // The lane is free once it opens something else.
    let example = std::env::temp_dir().join("tracecast-opening-bench.json");
    std::fs::write(&example, include_str!("../../examples/image-system/model.json"))
        .expect("a folder for files");
    window.state_mut().execute(Command::Open(vec![example]));
    frames(&mut window, reads);
    let other = cancelled.elapsed();

    let start = Instant::now();
    window.state_mut().execute(Command::Open(vec![path]));
    let (longest, told) = frames(&mut window, reads);
    let opened = start.elapsed();
    let state = window.state().state();
    let requests =
        state.source.as_ref().and_then(|source| Some(source.traces.as_ref()?.requests.trees.len()));
    window.state_mut().execute(Command::View("Traces"));
    let first = Instant::now();
    window.step();
    let first = first.elapsed();
    let (shown, _) = frames(&mut window, |_| start.elapsed() < opened + Duration::from_secs(2));
    #[expect(clippy::print_stdout, reason = "what a benchmark is for")]
    {
        println!("cancelled after 300 ms: the window free in {free:.1?}, another file open in {other:.1?}");
        println!(
            "opened in {opened:.1?}: longest frame {longest:.1?}, progress told {told} times, {requests:?} requests"
        );
        println!(
            "traces shown: first frame {first:.1?}, longest {shown:.1?}; {:?}",
            window.state().state().problem
        );
    }
}
