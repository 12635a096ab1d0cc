//! Zipkin JSON of both versions.

use tracecast_importers::SpanKind;

use crate::common::import_bytes;
use crate::{bytes, count, fixture, intake, span};

/// Whatever the form, it is the trace of `jaeger_json/pair.json`.
#[test]
fn forms_of_one_trace() {
    let pair = fixture("jaeger_json/pair.json");
    let names = [
        "pair.json",
        "lines.jsonl",
        "list_of_traces.json",
        "own_ids.json",
        "v1_both_sides.json",
        "v1_sides_apart.json",
    ];
    for name in names {
        let mut found = fixture(&format!("zipkin_json/{name}"));
        // Those of version 1 have an error in them, too.
        let called = found.system.services.iter_mut().find(|service| service.name == "stock").unwrap();
        let error_rate = std::mem::take(&mut called.operations[0].error_rate);
        assert_eq!(error_rate, if name.starts_with("v1_") { 1.0 } else { 0.0 }, "{name}");
        for operation in found.system.services.iter_mut().flat_map(|service| &mut service.operations) {
            operation.for_each_activity_mut(&mut |activity| {
                activity.calls.iter_mut().for_each(|call| call.resilience = None);
            });
        }
        assert_eq!(found.system, pair.system, "{name}");
        assert_eq!((found.report.spans, found.report.traces, found.report.skipped), (3, 1, 0), "{name}");
    }
}

/// The client's times are those of its annotations, though the record begins when the server does.
#[test]
fn a_record_with_both_sides_is_two_spans_with_one_id() {
    let read = intake("zipkin_json/v1_both_sides.json");
    let sides: Vec<_> = read.spans.iter().filter(|span| &*span.name == "get").collect();
    let [client, server] = sides.as_slice() else { panic!("{sides:?}") };
    assert_eq!((client.span_id, client.parent), (server.span_id, server.parent));
    assert_eq!(
        (client.kind, &*client.service, client.start, client.end),
        (SpanKind::Client, "shop", 1_010_000, 1_070_000)
    );
    assert_eq!(
        (server.kind, &*server.service, server.start, server.end),
        (SpanKind::Server, "stock", 1_020_000, 1_060_000)
    );
    // What a side wrote is its own.
    assert!(server.error && !client.error);
    assert_eq!(client.instance.as_deref(), Some("10.0.0.1"));
    assert_eq!(server.instance.as_deref(), Some("10.0.0.2"));
}

#[test]
fn spans_without_sides_are_work_of_their_service() {
    let read = intake("zipkin_json/v1_local.json");
    let compute = span(&read, "compute");
    assert_eq!((compute.kind, &*compute.service), (SpanKind::Internal, "shop"));
    assert_eq!((compute.start, compute.end), (1_010_000, 1_030_000));
    // Sent without a reply: both sides are there, and when they ended is not known.
    let sides: Vec<_> =
        read.spans.iter().filter(|span| &*span.name == "notify").map(|span| (span.start, span.end)).collect();
    assert_eq!(sides, [(1_040_000, 1_040_000), (1_050_000, 1_050_000)]);
    assert_eq!(count(&read, "missing-duration"), 2);
    assert_eq!(span(&read, "charge").attributes.peer_service.as_deref(), Some("bank"));
    assert_eq!((count(&read, "missing-time"), read.report.skipped), (1, 1));
}

#[test]
fn what_a_span_lacks_is_told() {
    let read = intake("zipkin_json/partial.json");
    // A second record of a span, without times, adds nothing; of "lost" nothing else is known.
    assert_eq!((count(&read, "partial-span"), count(&read, "missing-time")), (1, 1));
    assert_eq!((count(&read, "malformed-record"), read.report.skipped, read.report.spans), (1, 3, 4));
    let cut = span(&read, "cut");
    assert_eq!((cut.start, cut.end, cut.error), (1_080_000, 1_085_000, true));
    assert_eq!(count(&read, "missing-duration"), 1);
}

/// Brave's consumers fetch in a span of its own, which is no work; the handler is what the message caused.
#[test]
fn a_message_is_handled_under_its_poll() {
    let read = intake("zipkin_json/messages.json");
    assert_eq!(span(&read, "send").attributes.destination.as_deref(), Some("orders"));
    assert_eq!(span(&read, "poll").attributes.message_operation.as_deref(), Some("receive"));
    let shop = fixture("zipkin_json/messages.json");
    assert_eq!(shop.calls(), ["shop/POST /order -> stock/on-message asynchronous 1.00"]);
}

#[test]
fn a_list_that_breaks_off_keeps_its_whole_spans() {
    for name in ["pair.json", "list_of_traces.json"] {
        let whole = bytes(&format!("zipkin_json/{name}"));
        let cut = import_bytes(&whole[..whole.len() - 40]).unwrap();
        assert_eq!((cut.report.spans, cut.codes()[0]), (2, "truncated"), "{name}");
    }
}
