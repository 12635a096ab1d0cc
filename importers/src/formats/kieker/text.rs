//! Kieker's text files: lines `$1=class` in the map, lines `$1;time of logging;field;…` in the others.

use std::borrow::Cow;
use std::io::BufRead;

use super::nesting::Pending;
use super::records::{self, Kind};
use super::{NAME, Types};
use crate::formats::broken::Tolerant;
use crate::{ImportError, Intake};

/// Does it begin with a record?
pub(super) fn begins_with_record(head: &[u8]) -> bool {
    number(head).is_some_and(|(_, rest)| rest.first() == Some(&b';'))
}

/// Does it begin with the number of a type?
pub(super) fn begins_with_type(head: &[u8]) -> bool {
    number(head).is_some_and(|(_, rest)| rest.first() == Some(&b'='))
}

/// `$` and a number at the beginning, and what follows.
fn number(text: &[u8]) -> Option<(u32, &[u8])> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text).trim_ascii_start().strip_prefix(b"$")?;
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let number = std::str::from_utf8(&text[..digits]).ok()?.parse().ok()?;
    Some((number, &text[digits..]))
}

/// Reads a map or a file of records.
pub(super) fn read(
    input: &mut dyn BufRead,
    types: &mut Types,
    pending: &mut Pending,
    intake: &mut Intake,
) -> Result<(), ImportError> {
    let mut input = Tolerant::new(input);
    let mut line = Vec::new();
    let (mut place, mut used) = (0, false);
    let mut unknown = None;
    while input.read_line(&mut line)? {
        place += 1;
        let text = line.trim_ascii();
        if text.is_empty() {
            continue;
        }
        let whole = line.ends_with(b"\n");
        match record(text, types, pending, intake) {
            Outcome::Used => used = true,
            Outcome::Unknown(number) => {
                unknown = unknown.or(Some((number, place)));
                intake.skip("unknown-record", || {
                    format!("line {place}: no kieker.map was read that has the record type ${number}")
                });
            }
            Outcome::Malformed if !whole => {
                intake.report.warn("truncated", || format!("the input breaks off in line {place}"));
            }
            Outcome::Malformed => intake.skip("malformed-record", || {
                format!(
                    "line {place}: not a record with all its fields: {:.60}",
                    String::from_utf8_lossy(text)
                )
            }),
        }
    }
    input.report(place, intake);
    match unknown {
        Some((number, line)) if !used => Err(ImportError::Syntax {
            format: NAME,
            line,
            column: 1,
            message: format!(
                "what ${number} stands for is told by the kieker.map of the folder; import the folder"
            ),
        }),
        _ => Ok(()),
    }
}

enum Outcome {
    Used,
    Unknown(u32),
    Malformed,
}

fn record(text: &[u8], types: &mut Types, pending: &mut Pending, intake: &mut Intake) -> Outcome {
    let Some((number, rest)) = number(text) else { return Outcome::Malformed };
    let rest = String::from_utf8_lossy(rest);
    if let Some(class) = rest.strip_prefix('=') {
        types.texts.insert(number, class.trim().to_string());
        return Outcome::Used;
    }
    let Some(rest) = rest.strip_prefix(';') else { return Outcome::Malformed };
    let fields = split(rest);
    // The first field is the time of logging, which the earliest versions did not write.
    let fields = fields.get(1..).unwrap_or_default();
    if !types.texts.contains_key(&number) {
        return Outcome::Unknown(number);
    }
    let (kept, mut unit) = (&*types, types.unit);
    let done = use_record(number, fields, kept, &mut unit, pending, intake);
    types.unit = unit;
    done.map_or(Outcome::Malformed, |()| Outcome::Used)
}

/// Takes in what a record tells; `unit` is that of the log's times. None where a field is missing or no number.
pub(super) fn use_record(
    number: u32,
    fields: &[Cow<'_, str>],
    types: &Types,
    unit: &mut Option<i64>,
    pending: &mut Pending,
    intake: &mut Intake,
) -> Option<()> {
    let kind = types.texts.get(&number).map(|class| Kind::of_class(class))?;
    let nanos = unit.unwrap_or(1);
    match kind {
        Kind::Execution => pending.execution(&records::execution(fields)?, nanos, intake),
        Kind::Before | Kind::After | Kind::Failed => {
            pending.event(&records::event(kind, fields)?, nanos, intake)
        }
        Kind::Trace => pending.trace(&records::trace(fields)?, intake),
        Kind::Log => {
            *unit = records::unit(fields).or(*unit);
            Some(())
        }
        Kind::Other => Some(()),
    }
}

/// The fields of a line; a backslash keeps the semicolon after it from dividing.
fn split(text: &str) -> Vec<Cow<'_, str>> {
    if !text.contains('\\') {
        return text.split(';').map(Cow::Borrowed).collect();
    }
    let mut fields = vec![String::new()];
    let mut rest = text.chars();
    while let Some(letter) = rest.next() {
        match letter {
            ';' => fields.push(String::new()),
            '\\' => fields.last_mut().into_iter().for_each(|field| match rest.next() {
                Some('n') => field.push('\n'),
                Some('r') => field.push('\r'),
                Some(other) => field.push(other),
                None => {}
            }),
            other => fields.last_mut().into_iter().for_each(|field| field.push(other)),
        }
    }
    fields.into_iter().map(Cow::Owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_may_hold_semicolons() {
        assert_eq!(split("a;b;;c"), ["a", "b", "", "c"]);
        assert_eq!(split(r"a\;b;c\\;\n"), ["a;b", "c\\", "\n"]);
        assert_eq!(split(r"a\"), ["a"]);
    }
}
