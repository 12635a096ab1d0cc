//! Running the program.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// What a run of the program left behind.
pub(crate) struct Run {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    pub(crate) fn json(&self) -> serde_json::Value {
        assert_eq!(self.status, 0, "{}", self.stderr);
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }

    #[track_caller]
    pub(crate) fn succeeded(self) -> Self {
        assert_eq!(self.status, 0, "{}{}", self.stdout, self.stderr);
        self
    }
}

/// Runs the program in the root of the repository.
pub(crate) fn tracecast<S: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = S>) -> Run {
    let output: Output =
        Command::new(env!("CARGO_BIN_EXE_tracecast")).args(arguments).current_dir(root()).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Run {
        status: output.status.code().unwrap_or_else(|| panic!("killed: {}", output.status)),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

pub(crate) use tracecast_model::fixtures::shared;

/// A file with the given content in a folder of its own, which lives as long as the answer.
pub(crate) fn file(name: &str, content: impl AsRef<[u8]>) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, content).unwrap();
    (folder, path)
}

/// The mean of a metric in the JSON of a prediction.
pub(crate) fn mean(prediction: &serde_json::Value, pointer: &str) -> f64 {
    prediction
        .pointer(pointer)
        .and_then(serde_json::Value::as_f64)
        .unwrap_or_else(|| panic!("no {pointer} in {prediction:#}"))
}

/// |a/b − 1| ≤ limit.
#[track_caller]
pub(crate) fn close(what: &str, a: f64, b: f64, limit: f64) {
    let error = a / b - 1.0;
    assert!(error.abs() <= limit, "{what}: {a} is {:+.1} % off {b}", error * 100.0);
}
