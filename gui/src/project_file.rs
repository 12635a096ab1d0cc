//! The file of a project: the model, and all that was made of it.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tracecast_model::System;

use crate::project::Project;
use crate::source::Source;

/// First key of every project file; its value is the version of the form.
const MARK: &str = "tracecast_project";
const VERSION: u32 = 1;

/// A saved project.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProjectFile {
    #[serde(rename = "tracecast_project")]
    version: u32,
    /// Where the model was from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<PathBuf>,
    /// Files and folders with the traces that it was made of, to be read again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub traces: Vec<PathBuf>,
    /// The model, as it is.
    pub model: System,
    /// Scenarios, objectives, options.
    pub project: Project,
    /// The view that was open.
    #[serde(default)]
    pub view: String,
}

impl ProjectFile {
    /// A file for today's version.
    pub(crate) fn new(source: &Source, project: Project, view: &str) -> Self {
        Self {
            version: VERSION,
            origin: source.origin.path().map(Path::to_path_buf),
            traces: source.traces_from.clone(),
            model: (*source.system).clone(),
            project,
            view: view.into(),
        }
    }
}

/// Is it a project, by its first bytes?
pub(crate) fn is_one(head: &[u8]) -> bool {
    let head = String::from_utf8_lossy(&head[..head.len().min(200)]);
    head.trim_start().starts_with('{') && head.contains(&format!("\"{MARK}\""))
}

/// Reads a project file's text.
///
/// # Errors
/// Line, column and cause.
pub(crate) fn read(text: &str) -> Result<ProjectFile, String> {
    let file: ProjectFile = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if file.version > VERSION {
        return Err(format!("version {} of project files is newer than this program", file.version));
    }
    Ok(ProjectFile { project: file.project.mended(), ..file })
}

/// The text of a project file.
pub(crate) fn write(file: &ProjectFile) -> String {
    // Plain data with text keys always has a JSON form.
    serde_json::to_string_pretty(file).unwrap_or_default()
}
