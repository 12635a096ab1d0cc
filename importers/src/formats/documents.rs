//! What the JSON formats share: one document over many lines, or one document a line.

use std::fmt;
use std::io::{self, BufRead};
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, DeserializeSeed};
use serde::{Deserialize, Deserializer};

use crate::{ImportError, Intake};

/// Reads one document and takes its spans in as it goes, so that those before a break are kept.
pub(super) type Document = fn(&[u8], &mut Intake) -> Result<(), serde_json::Error>;

/// Reads input that is one JSON document or, where its first line is one in itself, a document a line. Lines are
/// read one by one; a document over many lines is held in memory.
///
/// Malformed lines are skipped and counted; what breaks off at the end keeps its whole records, with a warning.
///
/// # Errors
/// A malformed document, or lines of which none can be read.
pub(super) fn read(
    format: &'static str,
    input: &mut dyn BufRead,
    intake: &mut Intake,
    document: Document,
) -> Result<(), ImportError> {
    let mut lines = Lines { input, text: Vec::new(), number: 0, broken: false };
    while lines.next()? {
        if lines.is_blank() {
            continue;
        }
        let before = intake.mark();
        let first = lines.number;
        let error = match document(lines.json(), intake) {
            Ok(()) => return following(&mut lines, intake, document),
            Err(error) => error,
        };
        if !error.is_eof() {
            let spans = intake.spans.len();
            intake.skip("malformed-record", || format!("line {first}: {}", message(&error)));
            following(&mut lines, intake, document)?;
            return if intake.spans.len() > spans { Ok(()) } else { Err(syntax(format, &error, first)) };
        }
        intake.rewind(before);
        lines.join_rest()?;
        return whole(format, &lines, first, intake, document);
    }
    Err(ImportError::Empty)
}

/// One document over many lines, which begins at line `first`.
fn whole(
    format: &'static str,
    lines: &Lines<'_>,
    first: usize,
    intake: &mut Intake,
    document: Document,
) -> Result<(), ImportError> {
    let before = intake.spans.len();
    match document(lines.json(), intake) {
        Ok(()) => Ok(()),
        Err(error) if error.is_eof() && intake.spans.len() > before => {
            intake.report.warn("truncated", || {
                format!("the input breaks off at line {}: {}", first + error.line() - 1, message(&error))
            });
            Ok(())
        }
        Err(error) => Err(syntax(format, &error, first)),
    }
}

/// The lines after the first, each a document.
fn following(lines: &mut Lines<'_>, intake: &mut Intake, document: Document) -> Result<(), ImportError> {
    while lines.next()? {
        if lines.is_blank() {
            continue;
        }
        if let Err(error) = document(lines.json(), intake) {
            let place = format!("line {}: {}", lines.number, message(&error));
            if error.is_eof() && lines.is_unfinished() {
                intake.report.warn("truncated", || place);
            } else {
                intake.skip("malformed-record", || place);
            }
        }
    }
    if lines.broken {
        intake
            .report
            .warn("truncated", || format!("the packed stream breaks off after line {}", lines.number));
    }
    Ok(())
}

fn syntax(format: &'static str, error: &serde_json::Error, first: usize) -> ImportError {
    let line = first + error.line().max(1) - 1;
    ImportError::Syntax { format, line, column: error.column(), message: message(error) }
}

/// Without the place that serde_json ends its messages with.
fn message(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message).to_string()
}

/// Lines of the input, one at a time, in one buffer.
struct Lines<'a> {
    input: &'a mut dyn BufRead,
    text: Vec<u8>,
    /// Of the present line, from 1.
    number: usize,
    /// Did a packed stream break off?
    broken: bool,
}

impl Lines<'_> {
    /// Goes to the next line; false at the end.
    fn next(&mut self) -> io::Result<bool> {
        self.text.clear();
        let result = self.input.read_until(b'\n', &mut self.text);
        self.end_of_stream(result)?;
        self.number += 1;
        Ok(!self.text.is_empty())
    }

    /// Appends all further lines to the present one.
    fn join_rest(&mut self) -> io::Result<()> {
        let result = self.input.read_to_end(&mut self.text);
        self.end_of_stream(result)
    }

    /// A packed stream that breaks off ends the input.
    fn end_of_stream(&mut self, result: io::Result<usize>) -> io::Result<()> {
        match result {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => self.broken = true,
            Err(error) => return Err(error),
            Ok(_) => {}
        }
        Ok(())
    }

    fn is_blank(&self) -> bool {
        self.json().iter().all(u8::is_ascii_whitespace)
    }

    fn is_unfinished(&self) -> bool {
        !self.text.ends_with(b"\n")
    }

    /// The text without a byte order mark.
    fn json(&self) -> &[u8] {
        self.text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&self.text)
    }
}

/// A list whose elements (objects) are handed to a function one by one as they are read, instead of being collected.
/// `null` is an empty list, an object alone a list of one; lists within the list count by their elements.
pub(super) struct Each<T, F> {
    take: F,
    element: PhantomData<T>,
}

/// Calls `take` for each element of the list that comes next.
pub(super) fn each<T, F: FnMut(T)>(take: F) -> Each<T, F> {
    Each { take, element: PhantomData }
}

/// Hands every record of the text to `take`: one alone, several one after the other, or a list of them, perhaps of
/// lists.
///
/// # Errors
/// Text that is not such, after all records before the error.
pub(super) fn records<'de, T: Deserialize<'de>>(
    json: &'de [u8],
    mut take: impl FnMut(T),
) -> Result<(), serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    loop {
        each(&mut take).deserialize(&mut deserializer)?;
        if deserializer.end().is_ok() {
            return Ok(());
        }
    }
}

impl<'de, T: Deserialize<'de>, F: FnMut(T)> DeserializeSeed<'de> for Each<T, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(mut self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(Elements { take: &mut self.take, element: PhantomData })
    }
}

/// One element, or a list of them.
struct Elements<'a, T, F> {
    take: &'a mut F,
    element: PhantomData<T>,
}

impl<'de, T: Deserialize<'de>, F: FnMut(T)> DeserializeSeed<'de> for Elements<'_, T, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: Deserialize<'de>, F: FnMut(T)> de::Visitor<'de> for Elements<'_, T, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or a list of them")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        (self.take)(T::deserialize(MapAccessDeserializer::new(map))?);
        Ok(())
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(Elements { take: &mut *self.take, element: PhantomData })?.is_some() {}
        Ok(())
    }
}
