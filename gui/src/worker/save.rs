//! Writing files: all of a file, or nothing.

use std::path::{Path, PathBuf};

use tracecast_report::write_whole;

use super::Task;
use crate::project::Project;
use crate::project_file::{self, ProjectFile};
use crate::state::AppState;

/// Saves a project.
pub(crate) fn save(file: ProjectFile, path: PathBuf) -> Task {
    Box::new(move |_| {
        let project: Project = file.project.clone();
        match write(&path, project_file::write(&file).as_bytes()) {
            Ok(()) => Box::new(move |state: &mut AppState| state.saved(project, path)),
            Err(problem) => Box::new(move |state: &mut AppState| state.complain(problem)),
        }
    })
}

/// Makes the bytes of an export, and writes them.
pub(crate) fn export(make: impl FnOnce() -> Result<Vec<u8>, String> + Send + 'static, path: PathBuf) -> Task {
    Box::new(move |_| match make().and_then(|bytes| write(&path, &bytes)) {
        Ok(()) => Box::new(move |state: &mut AppState| state.remark(format!("wrote {}", path.display()))),
        Err(problem) => Box::new(move |state: &mut AppState| state.complain(problem)),
    })
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    write_whole(path, bytes).map_err(|error| format!("{}: cannot be written: {error}", path.display()))
}
