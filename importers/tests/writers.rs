//! What is written is read back as it was.

#![allow(clippy::unwrap_used, reason = "in helpers of tests, too")]

use proptest::prelude::*;
use tracecast_importers::{
    Attributes, Intake, Name, Span, SpanId, SpanKind, SpanLink, TraceId, open, writers,
};

fn name() -> impl Strategy<Value = Name> {
    "[a-z/\"\\\\é]{1,6}".prop_map(Name::from)
}

fn span() -> impl Strategy<Value = Span> {
    let kind = prop_oneof![
        Just(SpanKind::Unspecified),
        Just(SpanKind::Internal),
        Just(SpanKind::Server),
        Just(SpanKind::Client),
        Just(SpanKind::Producer),
        Just(SpanKind::Consumer),
    ];
    let link = (any::<[u8; 16]>(), any::<[u8; 8]>())
        .prop_map(|(trace, span)| SpanLink { trace_id: TraceId(trace), span_id: SpanId(span) });
    let optional = || prop::option::of(name());
    let attributes = (optional(), optional(), optional(), optional()).prop_map(
        |(peer_service, destination, database, session)| Attributes {
            peer_service,
            destination,
            database,
            server_address: Some("host".into()),
            message_operation: Some("process".into()),
            session,
            sampling: None,
        },
    );
    let ids = (1u8..4, 1u8..=255, prop::option::of(1u8..=255));
    let times = (-1_000_000_000_000i64..2_000_000_000_000_000_000, 0i64..1_000_000_000_000);
    (
        ids,
        name(),
        prop::option::of(name()),
        name(),
        kind,
        times,
        any::<bool>(),
        attributes,
        prop::option::of(link),
    )
        .prop_map(|(ids, service, instance, name, kind, (start, length), error, attributes, link)| {
            Span {
                trace_id: TraceId([ids.0; 16]),
                span_id: SpanId([ids.1; 8]),
                parent: ids.2.map(|parent| SpanId([parent; 8])),
                follows: false,
                links: link
                    .into_iter()
                    .filter(|link| link.trace_id.0 != [0; 16] && link.span_id.0 != [0; 8])
                    .collect(),
                service,
                instance,
                name,
                kind,
                start,
                end: start + length,
                error,
                attributes,
            }
        })
}

fn read(bytes: &[u8]) -> Vec<Span> {
    let mut intake = Intake::default();
    open::read(bytes, None, &mut intake).unwrap();
    assert_eq!(intake.report.skipped, 0, "{:?}", intake.report.warnings);
    intake.spans
}

/// In an order that does not depend on how spans are grouped in the file.
fn sorted(mut spans: Vec<Span>) -> Vec<String> {
    let mut lines: Vec<String> = spans.drain(..).map(|span| format!("{span:?}")).collect();
    lines.sort();
    lines
}

proptest! {
    #[test]
    fn otlp_json_is_read_as_it_was_written(spans in prop::collection::vec(span(), 1..20)) {
        let mut bytes = Vec::new();
        writers::otlp_json::write(&spans, &mut bytes).unwrap();
        prop_assert_eq!(sorted(read(&bytes)), sorted(spans));
    }
}

/// The collector's own example: what is written of it has the same spans.
#[test]
fn a_file_of_others_survives() {
    let fixture = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/otlp_json");
    let mut files = 0;
    for entry in std::fs::read_dir(fixture).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        let mut intake = Intake::default();
        if open::read(&bytes[..], None, &mut intake).is_err() || intake.spans.is_empty() {
            continue;
        }
        let mut written = Vec::new();
        writers::otlp_json::write(&intake.spans, &mut written).unwrap();
        assert_eq!(sorted(read(&written)), sorted(intake.spans));
        files += 1;
    }
    assert!(files > 0);
}
