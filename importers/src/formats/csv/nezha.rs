//! OpenTelemetry spans as the tables of Nezha: pods instead of services, times in ns, `root` for no parent.

use std::io::BufRead;

use super::ColumnMap;
use super::columns::{Columns, Unit, Units};
use super::table::Header;
use crate::delimited::delimiter;
use crate::formats::TraceFormat;
use crate::{ImportError, Intake};

/// See the module.
pub(in crate::formats) struct NezhaCsv;

const NAME: &str = "nezha-csv";

impl TraceFormat for NezhaCsv {
    fn name(&self) -> &'static str {
        NAME
    }

    fn summary(&self) -> &'static str {
        "Nezha CSV: TraceID, SpanID, ParentID, PodName, OperationName, StartTimeUnixNano, EndTimeUnixNano"
    }

    fn detect(&self, head: &[u8]) -> bool {
        Header::of(head, delimiter(head)).is_some_and(|header| map().missing(&header).is_none())
    }

    fn read(&self, input: &mut dyn BufRead, intake: &mut Intake) -> Result<(), ImportError> {
        map().read(NAME, input, intake)
    }
}

fn map() -> ColumnMap {
    ColumnMap {
        columns: Columns {
            trace: "TraceID".into(),
            span: "SpanID".into(),
            parent: Some("ParentID".into()),
            pod: Some("PodName".into()),
            operation: "OperationName".into(),
            start: "StartTimeUnixNano".into(),
            end: Some("EndTimeUnixNano".into()),
            ..Columns::default()
        },
        units: Units { start: Unit::Ns, end: Unit::Ns, duration: Unit::Ns },
        no_parent: vec!["root".into()],
        ..ColumnMap::default()
    }
}
