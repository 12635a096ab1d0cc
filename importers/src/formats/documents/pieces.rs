//! What is made of pieces one by one, and of those that are malformed.

use super::cut::{Cutter, Layout, Piece};
use super::tape::Scratch;
use crate::{ImportError, Intake};

/// Takes in the spans of a text.
pub(super) type TakeIn = dyn Fn(&[u8], &mut Scratch, &mut Intake) -> Result<(), serde_json::Error> + Sync;

/// What is wrong with a piece, and where in the input.
pub(super) struct Failure {
    line: usize,
    column: usize,
    message: String,
    /// Does it break off where the input does?
    breaks_off: bool,
    /// Spans of the piece taken in before.
    spans: u64,
}

impl Failure {
    fn new(piece: &Piece, error: &serde_json::Error, spans: u64) -> Self {
        let line = error.line().max(1);
        // The first line of the piece stands elsewhere in the input.
        let column = if line == 1 {
            (error.column() + piece.column).saturating_sub(piece.added)
        } else {
            error.column()
        };
        let breaks_off = error.is_eof() && piece.last;
        Self { line: piece.line + line - 1, column, message: message(error), breaks_off, spans }
    }

    fn into_error(self, format: &'static str) -> ImportError {
        ImportError::Syntax { format, line: self.line, column: self.column, message: self.message }
    }
}

/// Without the place that serde_json ends its messages with.
pub(in crate::formats) fn message(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message).to_string()
}

/// Takes in the spans of a piece. Answers what is wrong with it: with a document, or with the first of its lines; other
/// malformed lines are only counted.
pub(super) fn take_in(
    piece: &Piece,
    layout: Layout,
    take: &TakeIn,
    scratch: &mut Scratch,
    intake: &mut Intake,
) -> Option<Failure> {
    let before = intake.report.spans;
    if layout == Layout::Documents {
        let result = take(&piece.text, scratch, intake);
        return result.err().map(|error| Failure::new(piece, &error, intake.report.spans - before));
    }
    let mut failed = None;
    let mut begin = 0;
    let ends = memchr::memchr_iter(b'\n', &piece.text).map(|end| end + 1).chain([piece.text.len()]);
    for (place, end) in ends.enumerate() {
        let line = &piece.text[std::mem::replace(&mut begin, end)..end];
        let number = piece.line + place;
        let json = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        if json.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let Err(error) = take(json, scratch, intake) else { continue };
        let example = || format!("line {number}: {}", message(&error));
        if error.is_eof() && !line.ends_with(b"\n") {
            intake.report.warn("truncated", example);
        } else {
            intake.skip("malformed-record", example);
        }
        if place == 0 {
            failed = Some(Failure::new(piece, &error, intake.report.spans - before));
        }
    }
    failed
}

/// The course of reading one input.
pub(super) struct Reading {
    format: &'static str,
    pub(super) layout: Layout,
    /// Spans read before this input.
    before: u64,
    begun: bool,
    /// What is wrong with the first line, if nothing that follows can be read either.
    first: Option<Failure>,
}

impl Reading {
    pub(super) fn new(format: &'static str, layout: Layout, intake: &Intake) -> Self {
        Self { format, layout, before: intake.report.spans, begun: false, first: None }
    }

    /// Goes on after a piece whose spans are in.
    ///
    /// # Errors
    /// A malformed document.
    pub(super) fn go_on(&mut self, failure: Option<Failure>, intake: &mut Intake) -> Result<(), ImportError> {
        intake.settle();
        let first = !std::mem::replace(&mut self.begun, true);
        let Some(failure) = failure else { return Ok(()) };
        if self.layout == Layout::Lines {
            self.first = if first { Some(failure) } else { self.first.take() };
            return Ok(());
        }
        if !failure.breaks_off || intake.report.spans == self.before {
            return Err(failure.into_error(self.format));
        }
        intake.report.warn("truncated", || {
            format!("the input breaks off at line {}: {}", failure.line, failure.message)
        });
        Ok(())
    }

    /// When all pieces are read.
    ///
    /// # Errors
    /// Lines of which none can be read.
    pub(super) fn finish(self, cutter: &Cutter<'_>, intake: &mut Intake) -> Result<(), ImportError> {
        if cutter.broken && self.layout == Layout::Lines {
            let lines = cutter.line();
            intake.report.warn("truncated", || format!("the packed stream breaks off after line {lines}"));
        }
        match self.first {
            Some(failure) if intake.report.spans == self.before + failure.spans => {
                Err(failure.into_error(self.format))
            }
            _ => Ok(()),
        }
    }
}
