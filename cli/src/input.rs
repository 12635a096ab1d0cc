//! Files in: each failure names the file, the place and the cause.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use tracecast_experiment::{Edit, LoadSpec};
use tracecast_importers::{ImportError, Intake, formats, open};
use tracecast_model::{System, lqn, native};

use crate::exit::Failure;

/// Reads a whole text file.
pub(crate) fn text(path: &Path) -> Result<String, Failure> {
    if path == Path::new("-") {
        return io::read_to_string(io::stdin()).map_err(|error| Failure::at("standard input", error));
    }
    fs::read_to_string(path).map_err(|error| Failure::at(path.display(), plain(&error)))
}

/// Reads a model: LQN by the name of the file, else JSON. Whether it is valid is asked by whoever uses it.
pub(crate) fn model(path: &Path) -> Result<System, Failure> {
    source(path).map(|source| source.system)
}

/// Reads the files that edits name; their names are relative to the folder.
pub(crate) fn edits(edits: &mut [Edit], folder: &Path) -> Result<(), Failure> {
    for edit in edits {
        if let Some(path) = edit.file().map(|file| folder.join(file)) {
            edit.read(text(&path)?);
        }
    }
    Ok(())
}

/// Reads the files of those loads that stand in files; their names are relative to the folder.
pub(crate) fn loads(loads: &mut [LoadSpec], folder: &Path) -> Result<(), Failure> {
    for load in loads {
        if let Some(path) = load.file().map(|file| folder.join(file)) {
            load.read(&text(&path)?).map_err(Failure::new)?;
        }
    }
    Ok(())
}

/// A model, and where its elements stand in its file, as far as that is known.
pub(crate) struct Source {
    pub(crate) system: System,
    pub(crate) reading: Option<lqn::Reading>,
}

/// Reads a model with the places of its elements.
pub(crate) fn source(path: &Path) -> Result<Source, Failure> {
    let text = text(path)?;
    let Some(format) = lqn_format(path) else {
        return native_model(path, &text).map(|system| Source { system, reading: None });
    };
    let mut reading = format.read(&text).map_err(|error| unreadable(path, &error))?;
    Ok(Source { system: std::mem::take(&mut reading.system), reading: Some(reading) })
}

/// All problems of a file; the first of them, where there are very many.
fn unreadable(path: &Path, error: &lqn::ReadError) -> Failure {
    const SHOWN: usize = 50;
    let failure = match error.problems.as_slice() {
        [one] => Failure::at(path.display(), one),
        problems => {
            let lines: String = problems.iter().take(SHOWN).map(|problem| format!("\n  {problem}")).collect();
            let more = problems.len().saturating_sub(SHOWN);
            let rest = if more > 0 { format!("\n  and {more} more") } else { String::new() };
            Failure::at(path.display(), format_args!("{} problems{lines}{rest}", problems.len()))
        }
    };
    match error.hint() {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

fn lqn_format(path: &Path) -> Option<lqn::Format> {
    lqn::Format::of_file(path.file_name()?.to_str()?)
}

fn native_model(path: &Path, text: &str) -> Result<System, Failure> {
    native::read(text).map_err(|error| {
        let failure = Failure::at(path.display(), &error);
        match open::recognize(&text.as_bytes()[..text.len().min(open::HEAD)]) {
            Ok(format) => failure.hint(format_args!(
                "these are traces ({}); make a model of them first: tracecast import {} -o system.json",
                format.name(),
                path.display()
            )),
            Err(_) if text.trim().is_empty() => failure.hint("the file is empty"),
            Err(_) if text.trim_start().starts_with('<') => {
                failure.hint("LQN XML is read from files whose names end in .lqnx")
            }
            Err(_) => failure.hint(
                "a model is tracecast's own JSON, as `tracecast import` writes it, or LQN (.lqnx, .lqn)",
            ),
        }
    })
}

/// A model, or spans.
pub(crate) enum ModelOrSpans {
    Model(System),
    Spans(Box<Intake>),
}

/// Reads a model or traces, whichever it is.
pub(crate) fn model_or_spans(paths: &[PathBuf], format: Option<&str>) -> Result<ModelOrSpans, Failure> {
    match paths {
        [path] if path == Path::new("-") => {
            let mut bytes = Vec::new();
            let read = io::stdin().lock().read_to_end(&mut bytes);
            read.map_err(|error| Failure::at("standard input", plain(&error)))?;
            if format.is_none() && looks_like_model(&bytes[..bytes.len().min(open::HEAD)]) {
                let text = String::from_utf8_lossy(&bytes);
                return native_model(Path::new("standard input"), &text).map(ModelOrSpans::Model);
            }
            let mut intake = Intake::new();
            let format = asked_for(format, &mut intake)?;
            open::read(bytes.as_slice(), format, &mut intake)
                .map_err(|error| failure("standard input", &error))?;
            intake.finish();
            Ok(ModelOrSpans::Spans(Box::new(intake)))
        }
        [path] if format.is_none() && is_model(path) => model(path).map(ModelOrSpans::Model),
        _ => spans(paths, format).map(|intake| ModelOrSpans::Spans(Box::new(intake))),
    }
}

/// Is it a model rather than traces? Judged by content.
pub(crate) fn is_model(path: &Path) -> bool {
    let head = || -> io::Result<Vec<u8>> {
        let mut head = Vec::new();
        File::open(path)?.take(open::HEAD as u64).read_to_end(&mut head)?;
        Ok(head)
    };
    lqn_format(path).is_some() || path.is_file() && head().is_ok_and(|head| looks_like_model(&head))
}

fn looks_like_model(head: &[u8]) -> bool {
    String::from_utf8_lossy(head).contains("\"services\"") && open::recognize(head).is_err()
}

type Format = &'static dyn formats::TraceFormat;

/// The format that the user asked for, after telling the intake what that takes.
fn asked_for(format: Option<&str>, intake: &mut Intake) -> Result<Option<Format>, Failure> {
    let name = match format.and_then(|format| format.strip_prefix("csv:")) {
        Some(map) => {
            let explained = intake.explain_csv(&text(Path::new(map))?);
            explained.map_err(|message| Failure::at(map, message))?;
            Some("csv")
        }
        None => format,
    };
    name.map(formats::by_name).transpose().map_err(|error| failure("--format", &error))
}

/// Reads all spans of the given files, folders and patterns.
pub(crate) fn spans(paths: &[PathBuf], format: Option<&str>) -> Result<Intake, Failure> {
    spans_into(Intake::new(), paths, format)
}

/// Likewise, into an intake that perhaps does not keep them all.
pub(crate) fn spans_into(
    mut intake: Intake,
    paths: &[PathBuf],
    format: Option<&str>,
) -> Result<Intake, Failure> {
    let format = asked_for(format, &mut intake)?;
    let found = expand(paths)?;
    for folder in found.chunk_by(Found::lies_beside) {
        let companions = companions(folder);
        let inputs: Vec<open::Input<'_>> = companions.iter().chain(folder).map(Found::input).collect();
        open::read_folder(&inputs, format, &mut intake)
            .map_err(|failed| failure(failed.name, &failed.error))?;
    }
    intake.finish();
    if intake.report.files == 0 {
        let left_out = intake.report.warnings.first().map_or("", |warning| &warning.example);
        return Err(Failure::new(format_args!("there are no traces in the given files; {left_out}")));
    }
    Ok(intake)
}

fn failure(place: impl std::fmt::Display, error: &ImportError) -> Failure {
    let failure = Failure::at(place, error);
    match error.hint() {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

/// A file to read.
struct Found {
    path: PathBuf,
    /// Was it not named, only found in a folder or by a pattern?
    optional: bool,
}

impl Found {
    /// Are both files of one folder? Pipes stand alone, since they can be read only once.
    fn lies_beside(&self, other: &Self) -> bool {
        self.path.parent() == other.path.parent() && self.path.is_file() && other.path.is_file()
    }

    fn input(&self) -> open::Input<'_> {
        let stdin = self.path == Path::new("-");
        open::Input {
            name: if stdin { "standard input".into() } else { self.path.display().to_string() },
            open: Box::new(move || match stdin {
                true => Ok(Box::new(io::stdin().lock())),
                false => Ok(Box::new(File::open(&self.path)?)),
            }),
            optional: self.optional,
        }
    }
}

/// Files beside those named that may tell how to read them (Kieker's `kieker.map`, a map of columns).
fn companions(folder: &[Found]) -> Vec<Found> {
    let Some(named) = folder.iter().find(|found| !found.optional && found.path.is_file()) else {
        return Vec::new();
    };
    let beside =
        named.path.parent().map(|parent| if parent == Path::new("") { Path::new(".") } else { parent });
    let mut files: Vec<PathBuf> = beside
        .and_then(|folder| fs::read_dir(folder).ok())
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|end| end == "map" || end == "toml") && path.is_file())
        .filter(|path| folder.iter().all(|found| found.path.file_name() != path.file_name()))
        .filter(|path| File::open(path).is_ok_and(open::goes_first))
        .collect();
    files.sort();
    files.into_iter().map(|path| Found { path, optional: true }).collect()
}

/// Folders become the files in them, at any depth; patterns what they match; all in the order of their names.
fn expand(paths: &[PathBuf]) -> Result<Vec<Found>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            let before = files.len();
            walk(path, &mut Vec::new(), &mut files)?;
            if files.len() == before {
                return Err(Failure::at(path.display(), "the folder has no files"));
            }
        } else if path == Path::new("-") || path.exists() {
            files.push(Found { path: path.clone(), optional: false });
        } else {
            matches(path, &mut files)?;
        }
    }
    Ok(files)
}

/// Takes the files of a folder, then those of the folders in it. Folders that lead back to one of those `above` (by
/// symbolic links) are not entered again.
fn walk(folder: &Path, above: &mut Vec<PathBuf>, files: &mut Vec<Found>) -> Result<(), Failure> {
    let failure = |error: io::Error| Failure::at(folder.display(), plain(&error));
    let real = folder.canonicalize().map_err(failure)?;
    if above.contains(&real) {
        return Ok(());
    }
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .map_err(failure)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()
        .map_err(failure)?;
    entries.sort();
    let (folders, others): (Vec<_>, Vec<_>) = entries.into_iter().partition(|entry| entry.is_dir());
    let plain_files = others.into_iter().filter(|path| path.is_file());
    files.extend(plain_files.map(|path| Found { path, optional: true }));
    above.push(real);
    for folder in folders {
        walk(&folder, above, files)?;
    }
    above.pop();
    Ok(())
}

fn matches(pattern: &Path, files: &mut Vec<Found>) -> Result<(), Failure> {
    let before = files.len();
    let found = pattern.to_str().and_then(|text| glob::glob(text).ok());
    for path in found.into_iter().flatten().filter_map(Result::ok) {
        if path.is_dir() {
            walk(&path, &mut Vec::new(), files)?;
        } else {
            files.push(Found { path, optional: true });
        }
    }
    if files.len() == before {
        let place = pattern.display();
        return Err(Failure::at(place, "there is no such file or folder, and no file of this pattern"));
    }
    Ok(())
}

/// The cause without the operating system's number.
fn plain(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".into(),
        io::ErrorKind::PermissionDenied => "permission denied".into(),
        io::ErrorKind::IsADirectory => "this is a folder, not a file".into(),
        io::ErrorKind::InvalidData => "this is not text in UTF-8".into(),
        _ => error.to_string(),
    }
}
