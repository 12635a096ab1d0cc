//! Chrome's trace events.

use crate::common::{import, shared};
use crate::{count, intake, span};

#[test]
fn slices_nest_by_time_and_flows_lead_on() {
    let read = intake("chrome_json/complete.json");
    assert_eq!((read.spans.len(), count(&read, "malformed-record")), (4, 1));
    let [outer, inner, paint, alone] = ["outer", "inner", "paint", "alone"].map(|name| span(&read, name));
    assert_eq!((inner.parent, inner.end - inner.start), (Some(outer.span_id), 30_500));
    // The flow begins in the inner one, and leads to what begins next.
    assert_eq!((paint.parent, paint.follows), (Some(inner.span_id), true));
    assert_eq!((outer.parent, outer.follows), (None, false));
    assert_eq!(outer.trace_id, paint.trace_id);
    assert_ne!(outer.trace_id, alone.trace_id);
    assert_eq!([&*outer.service, &*paint.service], ["browser", "renderer"]);
    assert_eq!(paint.instance.as_deref(), Some("2"));
}

#[test]
fn lists_may_be_left_open() {
    let read = intake("chrome_json/open_list.json");
    assert_eq!((read.spans.len(), count(&read, "truncated")), (2, 0));
    assert_eq!(span(&read, "inner").parent, Some(span(&read, "outer").span_id));
    assert_eq!([count(&read, "unclosed-operation"), count(&read, "unopened-operation")], [1, 1]);
    assert_eq!(&*span(&read, "inner").service, "process 1");
}

/// By its authors, one event has no end and one no begin; the others nest as their names say.
#[test]
fn asynchronous_events_nest_by_id() {
    let Some(path) = shared("traces/nestableasync-chrometrace-1.json") else { return };
    let imported = import(&[path]);
    let shape = |trace: &tracecast_importers::Trace| {
        let names = trace.walk().map(|(depth, node)| format!("{depth} {}", node.span.name));
        names.collect::<Vec<_>>()
    };
    let job = ["1 URL_REQUEST_START_JOB", "2 URL_REQUEST_INNER"];
    let delegate = "1 URL_REQUEST_DELEGATE";
    let [bar, foo] = &imported.traces[..] else { panic!("{} traces", imported.traces.len()) };
    assert_eq!(shape(bar), ["0 REQUEST_BAR", delegate, job[0], job[1]]);
    assert_eq!(shape(foo), ["0 REQUEST_FOO", job[0], job[1], delegate]);
    for code in ["unclosed-operation", "unopened-operation"] {
        assert_eq!(imported.report.warning(code).unwrap().count, 1, "{code}");
    }
}

/// All its events are begins and ends; each pair is a span.
#[test]
fn a_trace_of_a_browser() {
    let Some(path) = shared("traces/chrome-chrometrace-1.json") else { return };
    let text = std::fs::read_to_string(&path).unwrap();
    let events = |phase: &str| text.matches(&format!("\"ph\":\"{phase}\"")).count() as u64;
    let imported = import(&[path]);
    let left = |code: &str| imported.report.warning(code).map_or(0, |warning| warning.count);
    assert_eq!(imported.report.spans, events("B") - left("unclosed-operation") + events("X"));
    assert_eq!(imported.report.spans, events("E") - left("unopened-operation") + events("X"));
    assert!(imported.report.spans > 0);
}
