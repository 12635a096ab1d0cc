//! How the program ends: exit status and the last message.

use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;

/// How a command ended that did what it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done.
    Done,
    /// Done, and a check that the user asked for failed.
    CheckFailed,
}

/// Wrong usage or unusable input: where, what, and what to do about it.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    hint: Option<String>,
    closed_pipe: bool,
}

impl Failure {
    /// A failure without a place, such as wrong usage.
    pub(crate) fn new(message: impl Display) -> Self {
        Self { message: message.to_string(), hint: None, closed_pipe: false }
    }

    /// A failure in a file, or another named place.
    pub(crate) fn at(place: impl Display, message: impl Display) -> Self {
        Self::new(format_args!("{place}: {message}"))
    }

    /// The same with what the user can do about it.
    pub(crate) fn hint(mut self, hint: impl Display) -> Self {
        self.hint = Some(hint.to_string());
        self
    }
}

/// Writing to standard output: a closed pipe means that the reader has seen enough.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        let closed_pipe = error.kind() == io::ErrorKind::BrokenPipe;
        Self { closed_pipe, ..Self::at("standard output", error) }
    }
}

/// Turns the outcome into the exit status, and says what went wrong.
pub(crate) fn report(outcome: Result<Exit, Failure>) -> ExitCode {
    match outcome {
        Ok(Exit::Done) => ExitCode::SUCCESS,
        Ok(Exit::CheckFailed) => ExitCode::from(1),
        Err(failure) if failure.closed_pipe => ExitCode::SUCCESS,
        Err(failure) => {
            let mut text = format!("error: {}\n", failure.message.trim_end());
            if let Some(hint) = failure.hint {
                text.push_str(&format!("hint: {hint}\n"));
            }
            // Nobody is left to tell where standard error is closed.
            let _ = io::stderr().write_all(text.as_bytes());
            ExitCode::from(2)
        }
    }
}
