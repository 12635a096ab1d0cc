//! What is open: a model, from a file or made of traces.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tracecast_importers::{ImportReport, Trace};
use tracecast_model::{Diagnostic, System};

use crate::requests::Requests;

/// An open model.
#[derive(Debug)]
pub struct Source {
    /// Where it is from; of an example, its name.
    pub origin: Origin,
    /// The model, as it is.
    pub system: Arc<System>,
    /// What is wrong with it.
    pub diagnostics: Vec<Diagnostic>,
    /// What was odd when it was read.
    pub remarks: Vec<String>,
    /// Files and folders with the traces that it was made of; empty where it was not.
    pub traces_from: Vec<PathBuf>,
    /// These traces, and what was seen in them.
    pub traces: Option<Arc<Traces>>,
}

/// Traces, as far as they were kept.
#[derive(Debug)]
pub struct Traces {
    /// Whole traces.
    pub traces: Vec<Trace>,
    /// The requests in them.
    pub requests: Requests,
    /// What was seen, and everything odd.
    pub report: ImportReport,
}

/// Where a model is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A file or folder.
    Path(PathBuf),
    /// It comes with the program.
    Example(&'static str),
}

impl Origin {
    /// For titles.
    pub fn name(&self) -> String {
        match self {
            Self::Path(path) => path
                .file_name()
                .map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into()),
            Self::Example(name) => (*name).to_owned(),
        }
    }

    /// The file or folder.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Path(path) => Some(path),
            Self::Example(_) => None,
        }
    }
}

impl Source {
    /// The same with traces.
    pub(crate) fn with_traces(&self, traces: Arc<Traces>) -> Self {
        Self {
            origin: self.origin.clone(),
            system: Arc::clone(&self.system),
            diagnostics: self.diagnostics.clone(),
            remarks: self.remarks.clone(),
            traces_from: self.traces_from.clone(),
            traces: Some(traces),
        }
    }

    /// Name of the model, or else of its file.
    pub fn name(&self) -> String {
        self.system.name.clone().unwrap_or_else(|| self.origin.name())
    }
}

/// A model that comes with the program.
pub struct Example {
    /// For buttons.
    pub name: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// The model.
    pub(crate) model: &'static str,
}

/// All examples.
pub const EXAMPLES: [Example; 2] = [
    Example {
        name: "Image system",
        summary: "Bursts of crop tasks for a few workers: how many replicas keep the burst short?",
        model: include_str!("../../examples/image-system/model.json"),
    },
    Example {
        name: "Retry storm",
        summary: "Ten slow seconds, and retries that keep a shop down long after them.",
        model: include_str!("../../examples/retry-storm/model.json"),
    },
];
