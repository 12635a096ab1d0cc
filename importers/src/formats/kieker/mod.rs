//! Kieker logs: a folder with a map of record types (`kieker.map`, earlier `tpmon.map`) and files of records.
//!
//! A service is a class, its instance the host. Records of executions say where in their trace they belong by the order
//! in which they began and their depth; records of events nest by their order. Both are put together when all is read,
//! since a trace may be spread over files, and callees are written before their callers.

mod binary;
mod nesting;
mod records;
mod text;

use std::collections::HashMap;
use std::io::BufRead;

use super::TraceFormat;
use crate::{ImportError, Intake};
use nesting::Pending;

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

    fn detect_within(&self, head: &[u8], intake: &Intake) -> bool {
        intake.folder.get::<Types>().is_some_and(|types| binary::begins_with_record(head, types))
    }

    fn goes_first(&self, head: &[u8]) -> bool {
        text::begins_with_type(head)
    }

    fn read(&self, input: &mut dyn BufRead, intake: &mut Intake) -> Result<(), ImportError> {
        let mut types = intake.folder.take::<Types>();
        let mut pending = intake.pending.take::<Pending>();
        let result = match input.fill_buf() {
            Ok(head) if self.detect(head) => text::read(input, &mut types, &mut pending, intake),
            Ok(_) => binary::read(input, &types, &mut pending, intake),
            Err(error) => Err(error.into()),
        };
        intake.folder.put(types);
        intake.pending.put(pending);
        result
    }

    fn finish(&self, intake: &mut Intake) {
        intake.pending.take::<Pending>().finish(intake);
    }
}

/// What numbers stand for in the files of a folder.
#[derive(Default)]
struct Types {
    /// Classes of records and, in binary files, all other texts.
    texts: HashMap<u32, String>,
    /// Nanoseconds of a unit of time.
    unit: Option<i64>,
}
