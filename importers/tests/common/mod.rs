//! What the tests share: reading, and finding the shared data.

#![allow(dead_code, reason = "every test binary uses a part of it")]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "test code outside of test functions")]

use std::fs::File;
use std::path::{Path, PathBuf};

use tracecast_importers::{ArrivalModel, ImportError, ImportReport, Intake, Trace, extract, open};
use tracecast_model::{Operation, System, fixtures, validate};

/// A file of the shared data, by its path there; see [`fixtures::shared`].
pub(crate) fn shared(path: &str) -> Option<PathBuf> {
    fixtures::shared(&format!("data/{path}"))
}

/// The files of a folder of the shared data whose names begin so, sorted.
pub(crate) fn shared_files(folder: &str, beginnings: &[&str]) -> Vec<PathBuf> {
    let Some(folder) = shared(folder) else { return Vec::new() };
    let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| beginnings.iter().any(|beginning| name(path).starts_with(beginning)))
        .collect();
    files.sort();
    files
}

/// What an import made of something.
pub(crate) struct Imported {
    pub(crate) traces: Vec<Trace>,
    pub(crate) system: System,
    pub(crate) report: ImportReport,
}

/// Imports files as those of one folder; the model must be valid.
pub(crate) fn import(files: &[PathBuf]) -> Imported {
    finish(read(files)).unwrap()
}

/// The spans of files of one folder.
pub(crate) fn read(files: &[PathBuf]) -> Intake {
    let mut intake = Intake::new();
    let inputs: Vec<open::Input<'_>> = files.iter().map(|file| input(file)).collect();
    open::read_folder(&inputs, None, &mut intake)
        .unwrap_or_else(|failed| panic!("{}: {}", failed.name, failed.error));
    intake
}

fn input(file: &Path) -> open::Input<'_> {
    open::Input {
        name: file.display().to_string(),
        open: Box::new(move || Ok(Box::new(File::open(file)?))),
        optional: false,
    }
}

/// The bytes of a fixture.
pub(crate) fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/data/{name}", env!("CARGO_MANIFEST_DIR"))).expect("a fixture")
}

/// Imports a fixture.
pub(crate) fn fixture(name: &str) -> Imported {
    import_bytes(&bytes(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Imports one text.
pub(crate) fn import_bytes(bytes: &[u8]) -> Result<Imported, ImportError> {
    let mut intake = Intake::new();
    open::read(bytes, None, &mut intake)?;
    finish(intake)
}

/// From spans to the model, which must be valid.
pub(crate) fn finish(mut intake: Intake) -> Result<Imported, ImportError> {
    intake.finish();
    let (traces, mut report) = intake.traces();
    let system = extract(&traces, ArrivalModel::Fitted, &mut report)?;
    assert_eq!(validate::errors(&system), [], "an extracted model is valid");
    Ok(Imported { traces, system, report })
}

/// With some bytes and some digits changed, and cut off after `cut` of its length. Changing digits into others keeps text
/// what it is: times, ids and parents are wrong instead.
pub(crate) fn mutated(mut bytes: Vec<u8>, cut: f64, changes: &[(f64, u8)], digits: &[(f64, u8)]) -> Vec<u8> {
    let length = bytes.len() as f64;
    for (place, byte) in changes {
        bytes[(place * length) as usize] = *byte;
    }
    for (place, digit) in digits {
        let from = (place * length) as usize;
        if let Some(found) = bytes[from..].iter_mut().find(|byte| byte.is_ascii_digit()) {
            *found = *digit;
        }
    }
    bytes.truncate((cut * length) as usize);
    bytes
}

impl Imported {
    /// Its calls as "from -> to kind mean", those made at once with others marked by "||".
    pub(crate) fn calls(&self) -> Vec<String> {
        let text = |call: &tracecast_importers::CallSummary| {
            let mark = if call.parallel { " ||" } else { "" };
            format!("{} -> {} {} {:.2}{mark}", call.from, call.to, call.kind, call.mean)
        };
        self.report.calls.iter().map(text).collect()
    }

    /// Names of the services.
    pub(crate) fn services(&self) -> Vec<&str> {
        self.system.services.iter().map(|service| service.name.as_str()).collect()
    }

    /// An operation, "service/operation".
    pub(crate) fn operation(&self, name: &str) -> &Operation {
        let (service, operation) = name.split_once('/').unwrap();
        let service = self.system.service(service).unwrap();
        service.operations.iter().find(|candidate| candidate.name == operation).unwrap()
    }

    /// The codes of all warnings.
    pub(crate) fn codes(&self) -> Vec<&str> {
        self.report.warnings.iter().map(|warning| warning.code.as_str()).collect()
    }
}
