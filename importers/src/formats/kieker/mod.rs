//! Kieker logs: a folder with a map of record types (`kieker.map`, earlier `tpmon.map`) and files of records.
//!
//! A service is a class, its instance the host. Records of executions say where in their trace they belong by the order
//! in which they began and their depth; records of events nest by their order. Both are put together when all is read,
//! since a trace may be spread over files, and callees are written before their callers.

mod nesting;
mod records;
mod text;

use std::collections::HashMap;
use std::io::BufRead;

use super::TraceFormat;
use crate::{ImportError, Intake};
use nesting::Pending;
use records::Kind;

/// See the module.
pub(super) struct Kieker;

const NAME: &str = "kieker";

impl TraceFormat for Kieker {
    fn name(&self) -> &'static str {
        NAME
    }

    fn summary(&self) -> &'static str {
        "Kieker log: a folder with kieker.map (or tpmon.map) and files of records"
    }

    fn detect(&self, head: &[u8]) -> bool {
        text::begins_with_record(head) || self.goes_first(head)
    }

    fn goes_first(&self, head: &[u8]) -> bool {
        text::begins_with_type(head)
    }

    fn read(&self, input: &mut dyn BufRead, intake: &mut Intake) -> Result<(), ImportError> {
        let mut types = intake.folder.take::<Types>();
        let mut pending = intake.pending.take::<Pending>();
        let result = text::read(input, &mut types, &mut pending, intake);
        intake.folder.put(types);
        intake.pending.put(pending);
        result
    }

    fn finish(&self, intake: &mut Intake) {
        intake.pending.take::<Pending>().finish(intake);
    }
}

/// The types of records by the numbers that stand for them in the files of a folder.
#[derive(Default)]
struct Types {
    by_number: HashMap<u32, Kind>,
    /// Nanoseconds of a unit of time.
    unit: Option<i64>,
}
