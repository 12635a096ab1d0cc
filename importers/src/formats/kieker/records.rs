//! The records of Kieker that matter here, by the names of their classes and the fields that they have in all versions.

use super::nesting::{Event, Execution, Metadata};

/// What a type of record is to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// An operation with its begin and end (`OperationExecutionRecord`).
    Execution,
    /// An operation begins (`BeforeOperationEvent`, `BeforeConstructorEvent` and those with more fields).
    Before,
    /// It ends (`AfterOperationEvent` …).
    After,
    /// It ends with an exception (`AfterOperationFailedEvent` …).
    Failed,
    /// Where a trace was recorded (`TraceMetadata`).
    Trace,
    /// How the log was written (`KiekerMetadataRecord`).
    Log,
    /// Nothing about operations.
    Other,
}

impl Kind {
    /// By the class of the record, with or without its package.
    pub(super) fn of_class(class: &str) -> Self {
        let class = class.rsplit('.').next().unwrap_or(class);
        match class {
            "OperationExecutionRecord" | "KiekerExecutionRecord" => Self::Execution,
            "TraceMetadata" | "ApplicationTraceMetadata" | "Trace" => Self::Trace,
            "KiekerMetadataRecord" => Self::Log,
            _ if !class.ends_with("Event") && !class.ends_with("EventInterface") => Self::Other,
            _ if class.starts_with("Before") => Self::Before,
            _ if class.starts_with("After") && class.contains("Failed") => Self::Failed,
            _ if class.starts_with("After") => Self::After,
            _ => Self::Other,
        }
    }
}

/// The execution that a record tells of; `fields` are those after the time of logging. The first versions had the
/// number of an experiment before all others. None where a field is missing or no number.
pub(super) fn execution<'a>(fields: &'a [impl AsRef<str>]) -> Option<Execution<'a>> {
    let field = |place: usize| fields.get(place).map(AsRef::as_ref);
    let has_experiment = fields.len() >= 9 && field(0)?.parse::<i64>().is_ok();
    let from = usize::from(has_experiment);
    Some(Execution {
        signature: field(from)?,
        session: field(from + 1).and_then(session),
        trace: field(from + 2)?.trim().parse().ok()?,
        start: field(from + 3)?.trim().parse().ok()?,
        end: field(from + 4)?.trim().parse().ok()?,
        host: field(from + 5)?,
        order: field(from + 6)?.trim().parse().ok()?,
        depth: field(from + 7)?.trim().parse().ok()?,
    })
}

/// Likewise an event: when, in which trace, at which place there, of which operation and class.
pub(super) fn event<'a>(kind: Kind, fields: &'a [impl AsRef<str>]) -> Option<Event<'a>> {
    let field = |place: usize| fields.get(place).map(AsRef::as_ref);
    Some(Event {
        kind,
        time: field(0)?.trim().parse().ok()?,
        trace: field(1)?.trim().parse().ok()?,
        order: field(2)?.trim().parse().ok()?,
        signature: field(3)?,
        class: field(4).filter(|class| !class.is_empty()),
    })
}

/// What a record of a trace tells.
pub(super) fn trace<'a>(fields: &'a [impl AsRef<str>]) -> Option<Metadata<'a>> {
    let field = |place: usize| fields.get(place).map(AsRef::as_ref);
    let trace = field(0)?.trim().parse().ok()?;
    let above = field(4).and_then(|text| text.trim().parse().ok());
    Some(Metadata {
        trace,
        session: field(2).and_then(session),
        host: field(3)?,
        above: above.filter(|above| *above != -1 && *above != trace),
    })
}

/// None where the log says that there was none.
fn session(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.starts_with('<') && !["", "N/A", "NULL", "null"].contains(text))
}

/// The nanoseconds of the unit of time that a log's own record names.
pub(super) fn unit(fields: &[impl AsRef<str>]) -> Option<i64> {
    match fields.get(6)?.as_ref() {
        "NANOSECONDS" => Some(1),
        "MICROSECONDS" => Some(1_000),
        "MILLISECONDS" => Some(1_000_000),
        "SECONDS" => Some(1_000_000_000),
        _ => None,
    }
}

/// Class and operation of a signature, such as `public static int shop.Catalog.getBook(boolean)`.
pub(super) fn class_and_operation(signature: &str) -> (&str, &str) {
    let (before, rest) = signature.split_at(signature.find('(').unwrap_or(signature.len()));
    let name = before.trim_end();
    let name = &name[name.rfind(' ').map_or(0, |space| space + 1)..];
    let (class, _) = name.rsplit_once('.').unwrap_or((name, name));
    let operation = name.len() - name.rsplit('.').next().map_or(0, str::len);
    let from =
        signature.len() - rest.len() - (before.len() - before.trim_end().len()) - name.len() + operation;
    let end = rest.find(')').map_or(signature.len(), |close| signature.len() - rest.len() + close + 1);
    (class, signature[from..end].trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_have_a_class_and_an_operation() {
        for (signature, expected) in [
            ("bookstore.Catalog.getBook(boolean)", ("bookstore.Catalog", "getBook(boolean)")),
            ("public static void a.B.main(java.lang.String[]) throws E", ("a.B", "main(java.lang.String[])")),
            ("public a.B.<init>()", ("a.B", "<init>()")),
            ("void run ()", ("run", "run ()")),
            ("Plain.name", ("Plain", "name")),
            ("alone", ("alone", "alone")),
            ("", ("", "")),
            ("(", ("", "(")),
        ] {
            assert_eq!(class_and_operation(signature), expected, "{signature}");
        }
    }

    #[test]
    fn kinds_of_records() {
        for (class, kind) in [
            ("kieker.common.record.controlflow.OperationExecutionRecord", Kind::Execution),
            ("kieker.tpmon.monitoringRecord.executions.KiekerExecutionRecord", Kind::Execution),
            (
                "kieker.common.record.flow.trace.operation.object.AfterOperationFailedObjectEvent",
                Kind::Failed,
            ),
            ("BeforeConstructorObjectInterfaceEvent", Kind::Before),
            ("AfterConstructorEvent", Kind::After),
            ("CallOperationEvent", Kind::Other),
            ("BeforeReceivedRemoteEvent", Kind::Before),
            ("kieker.common.record.system.CPUUtilizationRecord", Kind::Other),
        ] {
            assert_eq!(Kind::of_class(class), kind, "{class}");
        }
    }
}
