//! Datadog trace payloads.

use tracecast_importers::{Sampling, SpanKind};

use crate::{count, fixture, intake};

#[test]
fn forms_of_one_trace() {
    let pair = fixture("jaeger_json/pair.json");
    for name in ["pair.json", "flat.json", "payload.json", "lines.jsonl"] {
        let found = fixture(&format!("datadog_json/{name}"));
        assert_eq!(found.system, pair.system, "{name}");
        assert_eq!((found.report.spans, found.report.skipped), (3, 0), "{name}");
    }
}

#[test]
fn ids_have_64_bits_and_statements_are_no_operations() {
    let read = intake("datadog_json/odd.json");
    let [query, job] = read.spans.as_slice() else { panic!("{:?}", read.spans) };
    assert_eq!(query.trace_id.to_string(), "0000000000000000ffffffffffffffff");
    assert_eq!(query.span_id.to_string(), "fffffffffffffffe");
    assert_eq!(
        (&*query.name, query.kind, query.error, query.parent),
        ("mysql.query", SpanKind::Client, true, None)
    );
    assert_eq!(query.attributes.database.as_deref(), Some("mysql"));
    assert_eq!(query.attributes.server_address.as_deref(), Some("db-0"));
    assert_eq!(query.attributes.sampling, Some(Sampling { probability: 0.1 }));
    assert_eq!((job.kind, &*job.service, job.parent), (SpanKind::Consumer, "unknown", None));
    assert_eq!((job.links[0].trace_id, job.links[0].span_id), (query.trace_id, query.span_id));
    assert_eq!((count(&read, "missing-service"), count(&read, "malformed-record")), (1, 1));
}
