//! Writing files: all of a file, or nothing.

use std::io::Write;
use std::path::{Path, PathBuf};

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

/// Writes beside the file first, so that one that was there stays whole where this fails.
fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let problem = |error: std::io::Error| format!("{}: {error}", path.display());
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(problem)?;
    file.write_all(bytes).map_err(problem)?;
    file.persist(path).map_err(|error| problem(error.error))?;
    Ok(())
}
