//! What all tables of delimited text have in common.

use csv::ReaderBuilder;

use crate::ImportError;

/// The delimiter that divides the first line into the most fields.
pub(crate) fn delimiter(head: &[u8]) -> u8 {
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let count = |delimiter: &u8| line.iter().filter(|byte| *byte == delimiter).count();
    // The comma where there is a draw.
    [b'\t', b';', b','].into_iter().max_by_key(count).unwrap_or(b',')
}

/// A reader of rows that may differ in length.
pub(crate) fn builder(delimiter: u8) -> ReaderBuilder {
    let mut builder = ReaderBuilder::new();
    builder.has_headers(false).flexible(true).delimiter(delimiter);
    builder
}

/// Why a row could not be read.
pub(crate) fn unreadable(format: &'static str, error: csv::Error) -> ImportError {
    let line = error.position().map_or(0, |position| position.line() as usize);
    match error.into_kind() {
        csv::ErrorKind::Io(error) => ImportError::Read(error),
        other => ImportError::Syntax { format, line, column: 1, message: format!("{other:?}") },
    }
}
