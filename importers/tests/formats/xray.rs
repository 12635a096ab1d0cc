//! AWS X-Ray segment documents.

use tracecast_importers::SpanKind;

use crate::{count, fixture, intake, span};

/// Whatever the form, it is one trace: 100 µs at the shop, of which 60 are the call, 40 of these at the stock (the
/// times of `jaeger_json/pair.json`).
#[test]
fn forms_of_one_trace() {
    let first = fixture("xray_json/lines.jsonl");
    assert_eq!(first.calls(), ["shop/GET / -> stock/GET /items/{id} synchronous 1.00"]);
    let near =
        |found: f64, expected: f64| assert!((found / expected - 1.0).abs() < 1e-6, "{found} {expected}");
    let shop = first.operation("shop/GET /");
    near(shop.demand(), 40e-6);
    near(first.operation("stock/GET /items/{id}").demand(), 40e-6);
    near(shop.activities().iter().flat_map(|a| &a.calls).map(|call| call.latency.mean()).sum(), 20e-6);
    for name in ["list.json", "documents.json", "traces.json", "segments.json", "daemon.jsonl"] {
        let found = fixture(&format!("xray_json/{name}"));
        assert_eq!(found.system, first.system, "{name}");
        assert_eq!((found.report.spans, found.report.skipped), (3, 0), "{name}");
    }
}

#[test]
fn odd_segments() {
    let read = intake("xray_json/odd.jsonl");
    // Sent in progress and again when it was over.
    let shop: Vec<_> = read.spans.iter().filter(|span| &*span.name == "POST /orders").collect();
    assert_eq!((shop.len(), shop[0].end, shop[0].error, shop[0].links.len()), (1, 1_500_000_000, true, 1));
    assert_eq!(count(&read, "partial-span"), 1);
    let send = span(&read, "SendMessage");
    assert_eq!((send.kind, &*send.service), (SpanKind::Producer, "shop"));
    assert_eq!(send.attributes.destination.as_deref(), Some("https://sqs/orders"));
    let query = span(&read, "orders@db-0");
    assert_eq!((query.kind, query.attributes.database.as_deref()), (SpanKind::Client, Some("PostgreSQL")));
    let compute = span(&read, "compute");
    assert_eq!((compute.kind, compute.error), (SpanKind::Internal, true));
    assert_eq!((&*span(&read, "SQS").service, span(&read, "SQS").kind), ("SQS", SpanKind::Client));
    // Never over: it lasts as long as its last step.
    assert_eq!(span(&read, "worker").end, 2_250_000_000);
    assert_eq!(count(&read, "missing-duration"), 1);
    let lost = span(&read, "api.example.com");
    assert_eq!((&*lost.service, count(&read, "missing-service")), ("unknown", 1));
    assert_eq!(lost.trace_id, compute.trace_id);
    assert_eq!((count(&read, "malformed-record"), read.report.skipped), (1, 2));
}
