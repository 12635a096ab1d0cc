//! Spans of SkyWalking as a table, as in the data of DeepTraLog: times in ms, the parent's id or -1, and the type of the
//! span (Entry, Exit, Local).

use std::io::BufRead;

use super::ColumnMap;
use super::columns::{Columns, Unit, Units};
use super::table::Header;
use crate::delimited::delimiter;
use crate::formats::TraceFormat;
use crate::{ImportError, Intake, SpanKind};

/// See the module.
pub(in crate::formats) struct SkywalkingCsv;

const NAME: &str = "skywalking-csv";

impl TraceFormat for SkywalkingCsv {
    fn name(&self) -> &'static str {
        NAME
    }

    fn summary(&self) -> &'static str {
        "SkyWalking spans as CSV: StartTime, EndTime, URL, SpanType, Service, SpanId, TraceId, ParentSpan"
    }

    fn detect(&self, head: &[u8]) -> bool {
        Header::of(head, delimiter(head)).is_some_and(|header| map().missing(&header).is_none())
    }

    fn read(&self, input: &mut dyn BufRead, intake: &mut Intake) -> Result<(), ImportError> {
        map().read(NAME, input, intake)
    }
}

fn map() -> ColumnMap {
    let name = |name: &str| Some(name.to_string());
    let kinds = [("Entry", SpanKind::Server), ("Exit", SpanKind::Client), ("Local", SpanKind::Internal)];
    ColumnMap {
        columns: Columns {
            trace: "TraceId".into(),
            span: "SpanId".into(),
            parent: name("ParentSpan"),
            service: name("Service"),
            operation: "URL".into(),
            start: "StartTime".into(),
            end: name("EndTime"),
            kind: name("SpanType"),
            error: name("IsError"),
            peer: name("Peer"),
            ..Columns::default()
        },
        units: Units { start: Unit::Ms, end: Unit::Ms, duration: Unit::Ms },
        no_parent: vec!["-1".into()],
        kinds: kinds.map(|(name, kind)| (name.to_string(), kind)).into(),
        delimiter: None,
    }
}
