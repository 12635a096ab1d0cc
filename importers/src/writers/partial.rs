//! What was read of a part of a recording, to be put together with other parts later ([`crate::formats`] reads it).

use std::io::{self, Write};

use serde::Serialize;

use crate::bound::Cut;
use crate::{ImportReport, Intake, Span};

/// Version of the form.
pub(crate) const VERSION: u32 = 1;

#[derive(Serialize)]
struct Head<'a> {
    tracecast_partial: u32,
    name: Option<&'a str>,
    report: &'a ImportReport,
    cut: Cut,
}

/// Writes what was read, [finished](Intake::finish), as a JSON document with a span a line. Parts of a recording that
/// are read again, in any order, give the same model as the whole read at once.
///
/// # Errors
/// Where it cannot be written.
pub fn write(intake: &Intake, to: &mut impl Write) -> io::Result<()> {
    let head = Head {
        tracecast_partial: VERSION,
        name: intake.name.as_deref(),
        report: &intake.report,
        cut: intake.cut(),
    };
    let head = serde_json::to_string(&head)?;
    write!(to, "{},\n\"spans\": [", head.strip_suffix('}').unwrap_or(&head))?;
    // In an order that does not depend on that of reading.
    let mut spans: Vec<&Span> = intake.spans.iter().collect();
    spans.sort_by_key(|span| (span.start, span.trace_id, span.span_id));
    for (place, span) in spans.into_iter().enumerate() {
        to.write_all(if place == 0 { b"\n" } else { b",\n" })?;
        serde_json::to_writer(&mut *to, span)?;
    }
    to.write_all(b"\n]}\n")
}
