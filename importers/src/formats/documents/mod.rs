//! What the JSON formats share: one document over many lines, or one document a line.
//!
//! ```text
//! bytes ─[cut]─► pieces: lines, or elements of a list in their brackets ─[tape, else serde_json]─► spans, in order
//! ```
//! Pieces of formats that need nothing of each other are read on all threads.

mod cut;
mod ordered;
mod pieces;
mod scan;
mod tape;
#[cfg(test)]
mod tests;

use std::fmt;
use std::io::BufRead;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, DeserializeSeed};
use serde::{Deserialize, Deserializer};

use crate::{ImportError, Intake};
use cut::Cutter;
use pieces::Reading;
pub(super) use pieces::message;
use tape::Scratch;

/// Reads JSON and takes its spans in as it goes, so that those before a break are kept.
pub(super) type Document = fn(&[u8], &mut Intake) -> Result<(), serde_json::Error>;

/// What the documents of a format are made of, where their spans can be taken in without regard to others.
pub(super) trait Records: 'static {
    /// Is the list under these keys (none: the outermost one) one whose elements need nothing of each other nor of
    /// what stands beside the list?
    fn is_list(keys: &[&[u8]]) -> bool;

    /// Takes in the spans of one document as they are read. It must not keep anything else in the intake.
    ///
    /// # Errors
    /// A document that is not such.
    fn take_in<'de, D: Deserializer<'de>>(document: D, intake: &mut Intake) -> Result<(), D::Error>;
}

/// Reads input that is one JSON document or, where its first line is one in itself, a document a line. Some
/// lines are read at a time; a document over many lines is held in memory.
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
    let whole = |_: &[&[u8]]| false;
    let mut cutter = Cutter::new(input, &whole);
    let layout = cutter.layout()?.ok_or(ImportError::Empty)?;
    let mut reading = Reading::new(format, layout, intake);
    let take = move |json: &[u8], _: &mut Scratch, intake: &mut Intake| document(json, intake);
    ordered::alone(&mut cutter, &mut reading, intake, &take)?;
    reading.finish(&cutter, intake)
}

/// Likewise, faster, on all threads, and without holding more of a document than the longest element of its list of
/// records.
///
/// # Errors
/// See [`read`].
pub(super) fn read_records<R: Records>(
    format: &'static str,
    input: &mut dyn BufRead,
    intake: &mut Intake,
) -> Result<(), ImportError> {
    let mut cutter = Cutter::new(input, &R::is_list);
    let layout = cutter.layout()?.ok_or(ImportError::Empty)?;
    let mut reading = Reading::new(format, layout, intake);
    match rayon::current_num_threads() {
        1 => ordered::alone(&mut cutter, &mut reading, intake, &take_in::<R>)?,
        threads => ordered::together(threads, &mut cutter, &mut reading, intake, &take_in::<R>)?,
    }
    reading.finish(&cutter, intake)
}

/// Takes in the spans of the text. What simd-json cannot make sense of is for serde_json, which tells the place of errors.
fn take_in<R: Records>(
    json: &[u8],
    scratch: &mut Scratch,
    intake: &mut Intake,
) -> Result<(), serde_json::Error> {
    let before = intake.mark();
    if let Some(Ok(())) = scratch.parse(json, |reader| R::take_in(reader, intake)) {
        return Ok(());
    }
    intake.rewind(before);
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    loop {
        R::take_in(&mut deserializer, intake)?;
        if deserializer.end().is_ok() {
            return Ok(());
        }
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
