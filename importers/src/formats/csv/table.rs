//! Reading tables: rows by the names in the header.

use std::borrow::Cow;
use std::io::BufRead;

use csv::{ByteRecord, Reader};

use crate::delimited::{builder, unreadable};
use crate::formats::broken::Tolerant;
use crate::{ImportError, Intake};

/// The names in the first line.
pub(in crate::formats) struct Header(Vec<String>);

impl Header {
    /// Of input that begins like this; none where its first line is not complete or no text.
    pub(in crate::formats) fn of(head: &[u8], delimiter: u8) -> Option<Self> {
        let line = head.split(|byte| *byte == b'\n').next().filter(|line| line.len() < head.len())?;
        std::str::from_utf8(line).ok()?;
        let mut record = ByteRecord::new();
        builder(delimiter).from_reader(line).read_byte_record(&mut record).ok()?;
        Some(Self::new(&record))
    }

    fn new(record: &ByteRecord) -> Self {
        let name =
            |field: &[u8]| String::from_utf8_lossy(field).trim_start_matches('\u{feff}').trim().to_string();
        Self(record.iter().map(name).collect())
    }

    /// The place of the column that has one of these names.
    pub(in crate::formats) fn find(&self, names: &[&str]) -> Option<usize> {
        names.iter().find_map(|name| self.0.iter().position(|column| column.eq_ignore_ascii_case(name)))
    }
}

/// A table that is being read row by row.
pub(in crate::formats) struct Table<'a> {
    format: &'static str,
    reader: Reader<Tolerant<'a>>,
    row: ByteRecord,
    /// What the columns are called.
    pub(in crate::formats) header: Header,
}

impl<'a> Table<'a> {
    /// Reads the header.
    pub(in crate::formats) fn new(
        format: &'static str,
        delimiter: u8,
        input: &'a mut dyn BufRead,
    ) -> Result<Self, ImportError> {
        let mut reader = builder(delimiter).from_reader(Tolerant::new(input));
        let mut row = ByteRecord::new();
        reader.read_byte_record(&mut row).map_err(|error| unreadable(format, error))?;
        Ok(Self { format, reader, header: Header::new(&row), row })
    }

    /// Goes to the next row; false at the end.
    pub(in crate::formats) fn next(&mut self) -> Result<bool, ImportError> {
        self.reader.read_byte_record(&mut self.row).map_err(|error| unreadable(self.format, error))
    }

    /// A field of the row; none where the row is too short.
    pub(in crate::formats) fn get(&self, column: usize) -> Option<Cow<'_, str>> {
        self.row.get(column).map(String::from_utf8_lossy)
    }

    /// Counts a row that is no span.
    pub(in crate::formats) fn skip(&self, intake: &mut Intake) {
        intake.skip("malformed-record", || {
            format!("line {}: a field that a span needs is missing or no number", self.line())
        });
    }

    /// Warns where a packed stream broke off.
    pub(in crate::formats) fn finish(self, intake: &mut Intake) {
        let lines = self.line();
        self.reader.into_inner().report(lines, intake);
    }

    fn line(&self) -> usize {
        self.row.position().map_or(0, |position| position.line() as usize)
    }
}
