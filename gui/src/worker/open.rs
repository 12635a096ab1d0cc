//! Opening whatever people have: projects, models, traces.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tracecast_importers::{ArrivalModel, Intake, extract, files, open as importing};
use tracecast_model::{lqn, native, validate};

use super::{Handle, Task, Update};
use crate::format::times;
use crate::measured::MeasuredRuns;
use crate::project_file::{self, ProjectFile};
use crate::requests::Requests;
use crate::source::{Example, Origin, Source, Traces};
use crate::state::AppState;

/// Opens files and folders, or says why not.
pub(crate) fn open(paths: Vec<PathBuf>) -> Task {
    Box::new(move |handle| match read(&paths, handle) {
        Ok(Opened::Project(file)) => project(*file, paths.first().cloned(), handle),
        Ok(Opened::Source(source)) => Box::new(move |state: &mut AppState| state.opened(*source)),
        Ok(Opened::Runs(runs)) => Box::new(move |state: &mut AppState| state.measured(*runs)),
        Err(problem) => Box::new(move |state: &mut AppState| {
            state.opening = None;
            state.complain(problem);
        }),
    })
}

/// Shows a project, then its traces.
fn project(file: ProjectFile, path: Option<PathBuf>, handle: &Handle<'_>) -> Update {
    if file.traces.is_empty() {
        return Box::new(move |state: &mut AppState| state.reopen(file, path));
    }
    let from = file.traces.clone();
    let names: Vec<String> = from.iter().map(|path| path.display().to_string()).collect();
    handle.tell(Box::new(move |state: &mut AppState| {
        state.reopen(file, path);
        state.opening = Some(names.join(", "));
    }));
    let found = traces(&from, handle).map(|source| source.traces);
    Box::new(move |state: &mut AppState| match found.transpose() {
        Some(found) => state.read_again(found),
        None => state.opening = None,
    })
}

/// A model that comes with the program.
pub(crate) fn example(example: &Example) -> Result<Source, String> {
    let system = native::read(example.model).map_err(|error| error.to_string())?;
    Ok(source(Origin::Example(example.name), system, Vec::new()))
}

enum Opened {
    Project(Box<ProjectFile>),
    Source(Box<Source>),
    Runs(Box<MeasuredRuns>),
}

fn read(paths: &[PathBuf], handle: &Handle<'_>) -> Result<Opened, String> {
    if let [path] = paths
        && path.is_file()
    {
        let place = |problem: &dyn std::fmt::Display| format!("{}: {problem}", path.display());
        let head = head(path).map_err(|error| place(&error))?;
        if project_file::is_one(&head) {
            let text = std::fs::read_to_string(path).map_err(|error| place(&error))?;
            let file = project_file::read(&text).map_err(|error| place(&error))?;
            return Ok(Opened::Project(Box::new(file)));
        }
        if let Some(source) = model(path, &head).map_err(|problem| place(&problem))? {
            return Ok(Opened::Source(Box::new(source)));
        }
        if MeasuredRuns::may_be(path) {
            return runs_or_traces(path, &head, handle);
        }
    }
    traces(paths, handle).map(|source| Opened::Source(Box::new(source)))
}

/// Measured runs, or traces in a table; what is neither is refused as what it is more like.
fn runs_or_traces(path: &Path, head: &[u8], handle: &Handle<'_>) -> Result<Opened, String> {
    let runs = || MeasuredRuns::read(path).map(|runs| Opened::Runs(Box::new(runs)));
    if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml")) {
        return runs();
    }
    match traces(&[path.to_path_buf()], handle) {
        Ok(source) => Ok(Opened::Source(Box::new(source))),
        Err(problem) if importing::recognize(head).is_ok() => Err(problem),
        Err(_) => runs(),
    }
}

/// The first bytes of a file, by which its kind is recognized.
fn head(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::new();
    File::open(path)?.take(importing::HEAD as u64).read_to_end(&mut head)?;
    Ok(head)
}

/// A model: LQN by the name of the file, else JSON; none where the file has traces.
fn model(path: &Path, head: &[u8]) -> Result<Option<Source>, String> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let text = || std::fs::read_to_string(path).map_err(|error| error.to_string());
    let origin = Origin::Path(path.to_path_buf());
    if let Some(format) = lqn::Format::of_file(name) {
        let reading = format.read(&text()?).map_err(|error| error.to_string())?;
        let remarks = reading.warnings.iter().map(ToString::to_string).collect();
        return Ok(Some(source(origin, reading.system, remarks)));
    }
    if importing::recognize(head).is_ok() {
        return Ok(None);
    }
    let is_json = head.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    if !is_json {
        return Ok(None);
    }
    let system = native::read(&text()?).map_err(|error| error.to_string())?;
    Ok(Some(source(origin, system, Vec::new())))
}

fn source(origin: Origin, system: tracecast_model::System, remarks: Vec<String>) -> Source {
    let diagnostics = validate(&system);
    let system = Arc::new(system);
    Source { origin, system, diagnostics, remarks, traces_from: Vec::new(), traces: None }
}

/// The part of the time that reading takes; the rest is for the model, and from then on for the requests.
const READING: f64 = 0.7;
const EXTRACTED: f64 = 0.85;

/// A file whose reader is watched: it tells how far it is, and ends when nobody waits for it any more.
struct Watched<'a> {
    file: Box<dyn Read>,
    handle: &'a Handle<'a>,
    /// Bytes read so far, of all files.
    read: &'a AtomicU64,
    /// Bytes of all files.
    all: u64,
}

impl Read for Watched<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.handle.control.is_cancelled() {
            return Err(std::io::Error::other(CANCELLED));
        }
        let bytes = self.file.read(buffer)?;
        let read = self.read.fetch_add(bytes as u64, Ordering::Relaxed) + bytes as u64;
        self.handle.control.report(READING * (read as f64 / self.all.max(1) as f64).min(1.0));
        Ok(bytes)
    }
}

const CANCELLED: &str = "reading was cancelled";

/// A model made of traces.
fn traces(paths: &[PathBuf], handle: &Handle<'_>) -> Result<Source, String> {
    let all = files::bytes(paths).map_err(|error| error.to_string())?;
    let read = AtomicU64::new(0);
    let watched = |file| -> Box<dyn Read + '_> { Box::new(Watched { file, handle, read: &read, all }) };
    let goes_on = |part| {
        handle.control.report(part);
        if handle.control.is_cancelled() { Err(CANCELLED.to_owned()) } else { Ok(()) }
    };
    let places = paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ");
    let mut intake = Intake::keeping(Intake::USUAL);
    files::read_through(paths, None, &mut intake, &watched).map_err(|error| error.to_string())?;
    goes_on(READING)?;
    let name = intake.name.clone();
    let (traces, mut report) = intake.traces();
    goes_on(0.8)?;
    let mut system =
        extract(&traces, ArrivalModel::Fitted, &mut report).map_err(|error| format!("{places}: {error}"))?;
    goes_on(EXTRACTED)?;
    let origin = Origin::Path(paths.first().cloned().unwrap_or_default());
    system.name.get_or_insert_with(|| name.unwrap_or_else(|| origin.name()));
    let remarks = report
        .warnings
        .iter()
        .map(|warning| format!("{} ({}): {}", warning.code, times(warning.count), warning.example))
        .collect();
    let mut source = source(origin, system, remarks);
    // A project that is opened from elsewhere finds them.
    source.traces_from = paths.iter().map(|path| std::path::absolute(path).unwrap_or(path.clone())).collect();
    let requests = Requests::new(&traces, |part| goes_on(EXTRACTED + (1.0 - EXTRACTED) * part))?;
    source.traces = Some(Arc::new(Traces { requests, traces, report }));
    Ok(source)
}
