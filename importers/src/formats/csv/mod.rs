//! Spans as the rows of a table with a header. [`columns`] says what the columns mean: for formats of their own here, for
//! any other in a small TOML file.

mod columns;
mod nezha;
mod skywalking;
pub(super) mod table;

use std::io::BufRead;

use super::TraceFormat;
use crate::{ImportError, Intake};
pub(crate) use columns::ColumnMap;
pub(super) use nezha::NezhaCsv;
pub(super) use skywalking::SkywalkingCsv;
use table::Header;

/// Any CSV file whose columns a TOML file explains: one that lies in its folder, or is given beforehand
/// ([`Intake::explain_csv`]).
pub(super) struct Csv;

const NAME: &str = "csv";

impl TraceFormat for Csv {
    fn name(&self) -> &'static str {
        NAME
    }

    fn summary(&self) -> &'static str {
        "any CSV file of spans, with a TOML file that tells what its columns are (csv:MAP.toml)"
    }

    /// Only the map; tables are recognized by their map.
    fn detect(&self, head: &[u8]) -> bool {
        self.goes_first(head)
    }

    fn detect_within(&self, head: &[u8], intake: &Intake) -> bool {
        let Some(map) = ColumnMap::of(intake) else { return false };
        Header::of(head, map.delimiter()).is_some_and(|header| map.missing(&header).is_none())
    }

    fn goes_first(&self, head: &[u8]) -> bool {
        std::str::from_utf8(head).is_ok_and(|text| {
            text.lines().any(|line| line.trim() == "[columns]") && ColumnMap::parse(text).is_ok()
        })
    }

    fn read(&self, input: &mut dyn BufRead, intake: &mut Intake) -> Result<(), ImportError> {
        if self.goes_first(input.fill_buf()?) {
            let mut text = String::new();
            input.read_to_string(&mut text)?;
            let map = ColumnMap::parse(&text).map_err(|message| error(1, message))?;
            intake.folder.put(map);
            return Ok(());
        }
        match ColumnMap::of(intake).cloned() {
            Some(map) => map.read(NAME, input, intake),
            None => Err(error(1, "what the columns are is not told: --format csv:MAP.toml".into())),
        }
    }
}

fn error(line: usize, message: String) -> ImportError {
    ImportError::Syntax { format: NAME, line, column: 1, message }
}
