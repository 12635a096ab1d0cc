//! Files in: each failure names the file, the place and the cause.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use tracecast_experiment::{Edit, LoadSpec};
use tracecast_importers::{ImportError, Intake, files, formats, open};
use tracecast_model::{System, lqn, native};

use crate::exit::Failure;

/// Reads a whole text file.
pub(crate) fn text(path: &Path) -> Result<String, Failure> {
    if path == Path::new("-") {
        return io::read_to_string(io::stdin()).map_err(|error| Failure::at("standard input", error));
    }
    fs::read_to_string(path).map_err(|error| Failure::at(path.display(), files::cause(&error)))
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
            read.map_err(|error| Failure::at("standard input", files::cause(&error)))?;
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
    files::read(paths, format, &mut intake).map_err(|error| {
        let failure = Failure::new(&error);
        match error.hint() {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    })?;
    Ok(intake)
}

fn failure(place: impl std::fmt::Display, error: &ImportError) -> Failure {
    let failure = Failure::at(place, error);
    match error.hint() {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}
