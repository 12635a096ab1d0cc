//! The desktop's file dialogs. They block, so they have a lane of their own.

use std::path::PathBuf;

use rfd::FileDialog;

use super::{Task, Update};
use crate::command::Command;
use crate::export::Export;
use crate::state::AppState;

/// Asks for something to open.
pub(crate) fn ask_to_open() -> Task {
    Box::new(|_| {
        let dialog = FileDialog::new()
            .set_title("Open a model, traces, or a project")
            .add_filter(
                "Projects, models and traces",
                &["json", "jsonl", "lqnx", "lqn", "csv", "toml", "gz", "zst", "log", "dat", "pb"],
            )
            .add_filter("All files", &["*"]);
        then(dialog.pick_files().map(Command::Open))
    })
}

/// Asks where to save the project.
pub(crate) fn ask_for_project(name: String) -> Task {
    Box::new(move |_| {
        let dialog = FileDialog::new()
            .set_title("Save the project")
            .set_file_name(name)
            .add_filter("Project", &["json"]);
        then(dialog.save_file().map(Command::SaveAs))
    })
}

/// Asks where to export something.
pub(crate) fn ask_for_export(export: &'static Export, name: String) -> Task {
    Box::new(move |_| {
        let title = format!("Export {}", export.title);
        let dialog = FileDialog::new()
            .set_title(title)
            .set_file_name(name)
            .add_filter(export.title, &[export.extension]);
        then(dialog.save_file().map(|path: PathBuf| Command::Export(export, path)))
    })
}

/// Asks where to put a picture of the window.
pub(crate) fn ask_for_screenshot() -> Task {
    Box::new(|_| {
        let dialog = FileDialog::new()
            .set_title("Export a picture of the window")
            .set_file_name("tracecast.png")
            .add_filter("Picture (PNG)", &["png"]);
        then(dialog.save_file().map(Command::Screenshot))
    })
}

fn then(command: Option<Command>) -> Update {
    Box::new(move |state: &mut AppState| state.next.extend(command))
}
