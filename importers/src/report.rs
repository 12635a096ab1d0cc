//! What an import saw, made of it, and doubts.

use serde::{Deserialize, Serialize};

use crate::manifests::DocumentAccount;

/// The account of an import, in the shape that `import --report` writes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ImportReport {
    /// Inputs read.
    pub files: u64,
    /// Bytes of them, as stored (packed where they were packed).
    pub bytes: u64,
    /// Spans kept.
    pub spans: u64,
    /// Traces put together from them.
    pub traces: u64,
    /// Records left out: malformed, or without what a span needs.
    pub skipped: u64,
    /// Seconds it took; whoever holds a clock fills it in.
    pub elapsed: f64,
    /// Services of the model.
    pub services: Vec<ServiceSummary>,
    /// Calls of the model.
    pub calls: Vec<CallSummary>,
    /// Where the numbers of the model come from.
    #[serde(default)]
    pub parameters: Vec<ParameterSummary>,
    /// What became of manifests.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub manifests: Vec<DocumentAccount>,
    /// Everything odd and everything assumed, by code.
    pub warnings: Vec<ImportWarning>,
}

/// A service of the model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceSummary {
    /// Its name.
    pub name: String,
    /// Replicas seen.
    pub replicas: u32,
    /// Names of its operations.
    pub operations: Vec<String>,
}

/// A call of the model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallSummary {
    /// Who calls, "service/operation".
    pub from: String,
    /// Who is called, "service/operation".
    pub to: String,
    /// "synchronous" or "asynchronous".
    pub kind: String,
    /// Mean calls per request of the caller.
    pub mean: f64,
    /// Is it made at the same time as others?
    pub parallel: bool,
}

/// A number of the model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ParameterSummary {
    /// What it is of: "service/operation.demand", "caller -> callee.mean" (calls per visit of the caller),
    /// "caller -> callee.latency", "requests.rate", "requests.dispersion" …
    pub path: String,
    /// The mean; in seconds where it is a time.
    pub value: f64,
    /// Half the width of its 95 % interval, where that shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub half_width: Option<f64>,
    /// How many there were to take the mean of.
    pub observations: u64,
    /// How it was obtained, in words.
    pub method: String,
}

/// Something odd or assumed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportWarning {
    /// Kind, in `kebab-case`.
    pub code: String,
    /// How often.
    pub count: u64,
    /// One case of it, in words.
    pub example: String,
}

impl ImportReport {
    /// Counts one case; the example is the first one's.
    pub fn warn(&mut self, code: &str, example: impl FnOnce() -> String) {
        self.warn_many(code, 1, example);
    }

    /// Counts `count` cases; none where that is 0.
    pub fn warn_many(&mut self, code: &str, count: u64, example: impl FnOnce() -> String) {
        if count == 0 {
            return;
        }
        match self.warnings.iter_mut().find(|warning| warning.code == code) {
            Some(warning) => warning.count += count,
            None => self.warnings.push(ImportWarning { code: code.into(), count, example: example() }),
        }
    }

    /// Adds what was read elsewhere: counts and warnings.
    pub(crate) fn add(&mut self, other: Self) {
        self.files += other.files;
        self.bytes += other.bytes;
        self.spans += other.spans;
        self.skipped += other.skipped;
        self.add_warnings(other.warnings);
    }

    /// Adds warnings of elsewhere.
    pub(crate) fn add_warnings(&mut self, warnings: impl IntoIterator<Item = ImportWarning>) {
        for warning in warnings {
            self.warn_many(&warning.code, warning.count, || warning.example);
        }
    }

    /// The warning of that code.
    pub fn warning(&self, code: &str) -> Option<&ImportWarning> {
        self.warnings.iter().find(|warning| warning.code == code)
    }
}
