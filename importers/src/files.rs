//! From files, folders and patterns to spans.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::formats::TraceFormat;
use crate::{ImportError, Intake, open};

/// Files that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// A file, folder or pattern: what is wrong with it.
    #[error("{place}: {cause}")]
    Place {
        /// The file, folder or pattern.
        place: String,
        /// What is wrong.
        cause: String,
    },
    /// What a file says.
    #[error("{place}: {error}")]
    Content {
        /// The file.
        place: String,
        /// What is wrong.
        error: ImportError,
    },
    /// Nothing at all; an example of what was left out.
    #[error("there are no traces in the given files; {0}")]
    Nothing(String),
}

impl FilesError {
    /// What to do about it, where that is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Content { error, .. } => error.hint(),
            Self::Place { .. } | Self::Nothing(_) => None,
        }
    }

    fn at(place: &Path, cause: impl Into<String>) -> Self {
        Self::Place { place: place.display().to_string(), cause: cause.into() }
    }
}

/// Reads all spans of the given files, folders (at any depth) and glob patterns into `intake`, with `-` for standard input,
/// and finishes it.
///
/// # Errors
/// The first path that cannot be used; files without any traces.
pub fn read(
    paths: &[PathBuf],
    format: Option<&'static dyn TraceFormat>,
    intake: &mut Intake,
) -> Result<(), FilesError> {
    read_through(paths, format, intake, &|file| file)
}

/// Bytes of the files that [`read`] would read, as they lie on the disk; 0 for pipes.
///
/// # Errors
/// The first path that cannot be used.
pub fn bytes(paths: &[PathBuf]) -> Result<u64, FilesError> {
    let found = expand(paths)?;
    Ok(found.iter().filter_map(|found| fs::metadata(&found.path).ok()).map(|file| file.len()).sum())
}

/// As [`read`]; every file is read through what `through` makes of it, which may count its bytes or end it with an error.
///
/// # Errors
/// As [`read`], and those of `through`.
pub fn read_through<'a>(
    paths: &[PathBuf],
    format: Option<&'static dyn TraceFormat>,
    intake: &mut Intake,
    through: &'a Through<'a>,
) -> Result<(), FilesError> {
    let found = expand(paths)?;
    for folder in found.chunk_by(Found::lies_beside) {
        let companions = companions(folder);
        let inputs: Vec<open::Input<'_>> =
            companions.iter().chain(folder).map(|found| found.input(through)).collect();
        open::read_folder(&inputs, format, intake)
            .map_err(|failed| FilesError::Content { place: failed.name, error: failed.error })?;
    }
    intake.finish();
    if intake.report.files == 0 {
        let left_out = intake.report.warnings.first().map_or("", |warning| &warning.example);
        return Err(FilesError::Nothing(left_out.to_owned()));
    }
    Ok(())
}

/// What makes one reader of another.
pub type Through<'a> = dyn Fn(Box<dyn Read>) -> Box<dyn Read + 'a> + 'a;

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

    fn input<'a, 'b: 'a>(&'a self, through: &'b Through<'b>) -> open::Input<'a> {
        let stdin = self.path == Path::new("-");
        open::Input {
            name: if stdin { "standard input".into() } else { self.path.display().to_string() },
            open: Box::new(move || {
                let file: Box<dyn Read> = match stdin {
                    true => Box::new(io::stdin().lock()),
                    false => Box::new(File::open(&self.path)?),
                };
                Ok(through(file))
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
fn expand(paths: &[PathBuf]) -> Result<Vec<Found>, FilesError> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            let before = files.len();
            walk(path, &mut Vec::new(), &mut files)?;
            if files.len() == before {
                return Err(FilesError::at(path, "the folder has no files"));
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
fn walk(folder: &Path, above: &mut Vec<PathBuf>, files: &mut Vec<Found>) -> Result<(), FilesError> {
    let failure = |error: io::Error| FilesError::at(folder, cause(&error));
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

fn matches(pattern: &Path, files: &mut Vec<Found>) -> Result<(), FilesError> {
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
        return Err(FilesError::at(pattern, "there is no such file or folder, and no file of this pattern"));
    }
    Ok(())
}

/// Why a file cannot be read, without the operating system's number.
pub fn cause(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".into(),
        io::ErrorKind::PermissionDenied => "permission denied".into(),
        io::ErrorKind::IsADirectory => "this is a folder, not a file".into(),
        io::ErrorKind::InvalidData => "this is not text in UTF-8".into(),
        _ => error.to_string(),
    }
}
