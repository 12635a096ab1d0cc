//! Windows with something in them.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use tempfile::TempDir;
use tracecast_gui::{App, Figures, Start};
use tracecast_model::{System, native};

pub(crate) type Window = Harness<'static, App>;

/// A folder with a model in it.
pub(crate) fn saved(system: &System) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("model.json");
    std::fs::write(&path, native::write(system)).expect("a writable folder");
    (folder, path)
}

pub(crate) fn window(start: Start) -> Window {
    Harness::builder()
        .with_size([1280.0, 800.0])
        .build_eframe(|creation| App::new(&creation.egui_ctx, start).expect("threads for the workers"))
}

/// Draws frames until the condition holds. The workers need milliseconds; the limit is for a machine under load.
pub(crate) fn wait(window: &mut Window, what: &str, mut condition: impl FnMut(&Window) -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !condition(window) {
        assert!(Instant::now() < end, "waited in vain for {what}; {:?}", window.state().state().problem);
        std::thread::sleep(Duration::from_millis(2));
        window.step();
    }
    window.run_steps(3);
}

/// A window with an open model.
pub(crate) fn opened(path: &Path) -> Window {
    let mut window = window(Start { open: Some(path.to_path_buf()), ..Start::default() });
    wait(&mut window, "the model", |window| window.state().state().source.is_some());
    window
}

/// Waits until both engines have said of the shown scenario what they can.
pub(crate) fn answered(window: &mut Window) {
    wait(window, "the answer", |window| {
        window.state().state().shown().is_some_and(|answer| {
            answer.misfit.is_some()
                || answer.made.as_ref().is_some_and(|made| made.obstacle().is_some())
                || (answer.analytic.is_final() && answer.simulation.is_final())
        })
    });
}

/// Waits until the analytic engine has answered.
pub(crate) fn solved(window: &mut Window) {
    wait(window, "the analytic answer", |window| {
        let shown = window.state().state().shown();
        shown.is_some_and(|answer| !matches!(answer.analytic, Figures::Awaited))
    });
}

/// Presses a button by its whole name.
pub(crate) fn press(window: &mut Window, name: &str) {
    window.get_by_label(name).click();
    window.run_steps(3);
}

/// Chooses a service by its link in the list of settings.
pub(crate) fn choose(window: &mut Window, service: &str) {
    press(window, &format!("Choose service {service}"));
}
