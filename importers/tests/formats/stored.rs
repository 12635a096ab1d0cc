//! Span documents of Elasticsearch and OpenSearch: Jaeger's and Data Prepper's.

use tracecast_importers::{Sampling, SpanKind};

use crate::{count, fixture, intake};

/// Whatever they are wrapped in, and whether tags are a list or fields, they are the trace of the other format.
#[test]
fn forms_of_one_trace() {
    let jaeger =
        ["bulk.ndjson", "hits.ndjson", "search.json"].map(|name| format!("jaeger_elasticsearch/{name}"));
    let prepper = ["bulk.ndjson", "nested.ndjson"].map(|name| format!("data_prepper/{name}"));
    for (names, pair) in [(&jaeger[..], "jaeger_json/pair.json"), (&prepper[..], "otlp_json/pair.json")] {
        for name in names {
            let found = fixture(name);
            assert_eq!(found.system, fixture(pair).system, "{name}");
            assert_eq!((found.report.spans, found.report.skipped), (3, 0), "{name}");
        }
    }
}

#[test]
fn a_document_of_jaeger_alone() {
    let read = intake("jaeger_elasticsearch/document.json");
    let span = &read.spans[0];
    assert_eq!((span.start, span.end), (2_000_000, 2_050_000), "from startTimeMillis");
    assert!(span.error && span.follows);
    assert_eq!(span.parent.unwrap().0, [0, 0, 0, 0, 0, 0, 0, 4]);
    assert_eq!(span.attributes.peer_service.as_deref(), Some("redis"));
    assert_eq!((span.kind, span.instance.as_deref()), (SpanKind::Client, Some("redis-0")));
}

/// In fields, the parameter of the sampler comes before its type.
#[test]
fn sampling_in_fields() {
    let read = intake("jaeger_elasticsearch/sampled.ndjson");
    assert_eq!(read.spans[0].attributes.sampling, Some(Sampling { probability: 0.5 }));
    assert_eq!((read.report.skipped, count(&read, "malformed-record")), (1, 1));
}

#[test]
fn odd_documents_of_data_prepper() {
    let read = intake("data_prepper/odd.ndjson");
    let [span] = read.spans.as_slice() else { panic!("{:?}", read.spans) };
    // 2021-03-25T17:23:30Z is 1616693010 s, by `date -u -d`.
    assert_eq!((span.start, span.end), (1_616_693_010_000_000_001, 1_616_693_010_000_000_006));
    assert!(span.error && span.links.len() == 1);
    assert_eq!(span.attributes.database.as_deref(), Some("mysql"));
    assert_eq!(span.attributes.server_address.as_deref(), Some("mysql-0"));
    assert_eq!(span.instance.as_deref(), Some("ip-172-31-10-8"));
    assert_eq!((read.report.skipped, count(&read, "malformed-record")), (2, 2));
}
