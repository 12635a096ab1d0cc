//! Why input could not be used.

use std::io;

/// Why input could not be used. Whoever opened the file adds its name.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// There are no bytes.
    #[error("the input is empty")]
    Empty,
    /// No format recognizes it.
    #[error("the format is not recognized; it begins with {beginning}")]
    UnknownFormat {
        /// Its first bytes, quoted.
        beginning: String,
    },
    /// It is recognized, but holds no traces.
    #[error(
        "this is {noun}, not traces: it tells how much was asked for and how long it took, not who called whom"
    )]
    Measurements {
        /// What it is, with its article.
        noun: &'static str,
    },
    /// No format of measurements recognizes it.
    #[error("the format is not recognized as one of measurements")]
    UnknownMetrics,
    /// There is no format of that name.
    #[error("there is no trace format \"{0}\"")]
    NoSuchFormat(String),
    /// It is not what its format asks for.
    #[error("line {line}, column {column}: not valid {format}: {message}")]
    Syntax {
        /// Name of the format that it was read as.
        format: &'static str,
        /// Line, from 1.
        line: usize,
        /// Column, from 1, in bytes.
        column: usize,
        /// What is wrong.
        message: String,
    },
    /// The bytes could not be read or unpacked.
    #[error("cannot be read: {0}")]
    Read(#[from] io::Error),
    /// Nothing in it can be made into a model.
    #[error("there are no usable spans in the input")]
    NoSpans,
}

impl ImportError {
    /// What the user can do about it, where there is something.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownFormat { .. } | Self::NoSuchFormat(_) => {
                let names: Vec<&str> = crate::formats::all().iter().map(|format| format.name()).collect();
                Some(format!("known trace formats: {}", names.join(", ")))
            }
            Self::Syntax { format, .. } => {
                Some(format!("read as {format}; choose another format with --format if it is not"))
            }
            Self::Measurements { .. } => Some(
                "import the traces of the same run; the figures of this file are what its predictions are compared with"
                    .into(),
            ),
            Self::UnknownMetrics => {
                let names: Vec<&str> = crate::metrics::all().iter().map(|format| format.name()).collect();
                Some(format!("known formats of measurements: {}", names.join(", ")))
            }
            Self::Empty | Self::Read(_) | Self::NoSpans => None,
        }
    }
}
