//! Tables with a header, and what stands in their fields.

use std::borrow::Cow;
use std::io::BufRead;

use csv::{ByteRecord, Reader};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, fmt::strtime};

use super::Measurements;
use crate::ImportError;
use crate::delimited::{builder, delimiter, unreadable};

/// The names in the first line.
pub(super) struct Header(pub(super) Vec<String>);

impl Header {
    /// Of input that begins like this; none where its first line is not complete or no text.
    pub(super) fn of(head: &[u8]) -> Option<Self> {
        let line = head.split(|byte| *byte == b'\n').next().filter(|line| line.len() < head.len())?;
        std::str::from_utf8(line).ok()?;
        let mut record = ByteRecord::new();
        builder(delimiter(head)).from_reader(line).read_byte_record(&mut record).ok()?;
        Some(Self::new(&record))
    }

    fn new(record: &ByteRecord) -> Self {
        let name =
            |field: &[u8]| String::from_utf8_lossy(field).trim_start_matches('\u{feff}').trim().to_string();
        Self(record.iter().map(name).collect())
    }

    /// The place of the column that has one of these names; upper and lower case are one.
    pub(super) fn find(&self, names: &[&str]) -> Option<usize> {
        names.iter().find_map(|name| self.0.iter().position(|column| column.eq_ignore_ascii_case(name)))
    }

    /// Does it have all of these columns?
    pub(super) fn has(&self, names: &[&str]) -> bool {
        names.iter().all(|name| self.find(&[name]).is_some())
    }
}

/// A table that is being read row by row.
pub(super) struct Table<'a> {
    reader: Reader<&'a mut dyn BufRead>,
    row: ByteRecord,
    format: &'static str,
    /// What the columns are called.
    pub(super) header: Header,
}

impl<'a> Table<'a> {
    /// Reads the header.
    pub(super) fn new(format: &'static str, input: &'a mut dyn BufRead) -> Result<Self, ImportError> {
        let delimiter = delimiter(input.fill_buf()?);
        let mut reader = builder(delimiter).from_reader(input);
        let mut row = ByteRecord::new();
        reader.read_byte_record(&mut row).map_err(|error| unreadable(format, error))?;
        Ok(Self { reader, format, header: Header::new(&row), row })
    }

    /// The place of a column that there must be.
    pub(super) fn column(&self, names: &[&str]) -> Result<usize, ImportError> {
        self.header.find(names).ok_or_else(|| ImportError::Syntax {
            format: self.format,
            line: 1,
            column: 1,
            message: format!("there is no column {}", names.join(" or ")),
        })
    }

    /// Goes to the next row that is not blank; false at the end.
    pub(super) fn next(&mut self) -> Result<bool, ImportError> {
        self.reader.read_byte_record(&mut self.row).map_err(|error| unreadable(self.format, error))
    }

    /// A field of the row without blanks around it; none where it is empty or the row too short.
    pub(super) fn text(&self, column: usize) -> Option<Cow<'_, str>> {
        let text = self.row.get(column).map(<[u8]>::trim_ascii).filter(|text| !text.is_empty())?;
        Some(String::from_utf8_lossy(text))
    }

    /// A number in a field.
    pub(super) fn number(&self, column: usize) -> Option<f64> {
        number(&self.text(column)?)
    }

    /// A field with the number of a count.
    pub(super) fn count(&self, column: usize) -> Option<u64> {
        let number = self.number(column)?;
        (number >= 0.0 && number.fract() == 0.0).then_some(number as u64)
    }

    /// Counts this row as one that cannot be used.
    pub(super) fn skip(&self, into: &mut Measurements) {
        into.skip(|| self.place());
    }

    /// Where the row stands.
    pub(super) fn place(&self) -> String {
        format!("line {}", self.row.position().map_or(0, csv::Position::line))
    }
}

/// A finite number.
pub(super) fn number(text: &str) -> Option<f64> {
    text.trim().parse::<f64>().ok().filter(|number| number.is_finite())
}

/// A time in seconds since 1970: a number of seconds, milliseconds, microseconds or nanoseconds, told apart by their size
/// (the years 1973 to 5138 in each), or a date with a time of day, UTC where there is no offset.
pub(super) fn instant(text: &str) -> Option<f64> {
    match number(text) {
        Some(number) => {
            let unit = match number.abs() {
                size if size < 1e11 => 1.0,
                size if size < 1e14 => 1e3,
                size if size < 1e17 => 1e6,
                _ => 1e9,
            };
            Some(number / unit)
        }
        None => date(text.trim()),
    }
}

/// A date with a time of day.
fn date(text: &str) -> Option<f64> {
    // Go prints its clock's reading behind a time.
    let text = text.split(" m=").next().unwrap_or_default();
    let written = |format: &str| {
        let parsed = strtime::parse(format, text).ok()?;
        parsed.to_timestamp().ok().or_else(|| utc(parsed.to_datetime().ok()?))
    };
    let time = text
        .parse::<Timestamp>()
        .ok()
        .or_else(|| utc(text.parse().ok()?))
        .or_else(|| written("%Y-%m-%d %H:%M:%S%.f %z UTC"))
        .or_else(|| written("%Y/%m/%d %H:%M:%S%.f"))?;
    Some(time.as_duration().as_secs_f64())
}

fn utc(time: DateTime) -> Option<Timestamp> {
    TimeZone::UTC.to_timestamp(time).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `date -u -d '2022-08-23 11:59:28.25' +%s.%N` tells the number.
    #[test]
    fn forms_of_one_time() {
        for text in [
            "1661255968.25",
            "1661255968250",
            "1661255968250000",
            "2022-08-23T11:59:28.25Z",
            "2022-08-23 11:59:28.25",
            "2022/08/23 11:59:28.250",
            "2022-08-23T08:59:28.25-03:00",
            "2022-08-23 11:59:28.25 +0000 UTC m=+0.139064770",
        ] {
            assert_eq!(instant(text), Some(1_661_255_968.25), "{text}");
        }
        for text in ["", "yesterday", "nan", "m="] {
            assert_eq!(instant(text), None, "{text}");
        }
    }
}
