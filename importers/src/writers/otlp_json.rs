//! OTLP JSON lines: what the OpenTelemetry collector's file exporter writes, one object for each trace.
//!
//! As the specification asks, ids are hexadecimal, 64-bit numbers are text and enumerations are numbers. A parent that is
//! only a cause (`Span::follows`) is written as a link, which is how OTLP says so. The probability with which a trace was
//! recorded is not written.

use std::io::{self, Write};

use serde::{Serialize, Serializer};

use crate::{Attributes, Name, Nanos, Span, SpanId, SpanKind, SpanLink, TraceId};

/// Writes spans, one line for all successive spans of the same trace.
///
/// # Errors
/// Those of `out`.
pub fn write(spans: &[Span], out: &mut impl Write) -> io::Result<()> {
    for trace in spans.chunk_by(|a, b| a.trace_id == b.trace_id) {
        serde_json::to_writer(&mut *out, &document(trace))?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    resource_spans: Vec<ResourceSpans<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResourceSpans<'a> {
    resource: Resource<'a>,
    scope_spans: [ScopeSpans<'a>; 1],
}

#[derive(Serialize)]
struct Resource<'a> {
    attributes: Vec<KeyValue<'a>>,
}

#[derive(Default, Serialize)]
struct ScopeSpans<'a> {
    scope: Scope,
    spans: Vec<Record<'a>>,
}

#[derive(Serialize)]
struct Scope {
    name: &'static str,
}

impl Default for Scope {
    fn default() -> Self {
        Self { name: "tracecast" }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Record<'a> {
    trace_id: TraceId,
    span_id: SpanId,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_span_id: Option<SpanId>,
    name: &'a str,
    kind: u8,
    #[serde(serialize_with = "as_text")]
    start_time_unix_nano: Nanos,
    #[serde(serialize_with = "as_text")]
    end_time_unix_nano: Nanos,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attributes: Vec<KeyValue<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    links: Vec<Link>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Status>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Link {
    trace_id: TraceId,
    span_id: SpanId,
}

#[derive(Serialize)]
struct Status {
    code: u8,
}

#[derive(Serialize)]
struct KeyValue<'a> {
    key: &'static str,
    value: AnyValue<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AnyValue<'a> {
    string_value: &'a str,
}

fn document(spans: &[Span]) -> Document<'_> {
    let mut resource_spans: Vec<ResourceSpans<'_>> = Vec::new();
    let mut resources: Vec<(&Name, Option<&Name>)> = Vec::new();
    for span in spans {
        let resource = (&span.service, span.instance.as_ref());
        let place = resources.iter().position(|known| *known == resource).unwrap_or_else(|| {
            resources.push(resource);
            resource_spans.push(ResourceSpans {
                resource: Resource {
                    attributes: present([
                        ("service.name", Some(resource.0)),
                        ("service.instance.id", resource.1),
                    ]),
                },
                scope_spans: [ScopeSpans::default()],
            });
            resources.len() - 1
        });
        resource_spans[place].scope_spans[0].spans.push(record(span));
    }
    Document { resource_spans }
}

fn record(span: &Span) -> Record<'_> {
    let cause = span.parent.filter(|_| span.follows);
    let cause = cause.map(|span_id| SpanLink { trace_id: span.trace_id, span_id });
    let links = span.links.iter().copied().chain(cause);
    Record {
        trace_id: span.trace_id,
        span_id: span.span_id,
        parent_span_id: span.parent.filter(|_| !span.follows),
        name: &span.name,
        kind: number(span.kind),
        start_time_unix_nano: span.start,
        end_time_unix_nano: span.end,
        attributes: attributes(&span.attributes),
        links: links.map(|SpanLink { trace_id, span_id }| Link { trace_id, span_id }).collect(),
        status: span.error.then_some(Status { code: 2 }),
    }
}

fn attributes(attributes: &Attributes) -> Vec<KeyValue<'_>> {
    present([
        ("peer.service", attributes.peer_service.as_ref()),
        ("db.system.name", attributes.database.as_ref()),
        ("server.address", attributes.server_address.as_ref()),
        ("messaging.destination.name", attributes.destination.as_ref()),
        ("messaging.operation.type", attributes.message_operation.as_ref()),
        ("session.id", attributes.session.as_ref()),
    ])
}

fn present<'a, const N: usize>(pairs: [(&'static str, Option<&'a Name>); N]) -> Vec<KeyValue<'a>> {
    let pair = |(key, value): (_, Option<&'a Name>)| {
        value.map(|value| KeyValue { key, value: AnyValue { string_value: value } })
    };
    pairs.into_iter().filter_map(pair).collect()
}

fn number(kind: SpanKind) -> u8 {
    match kind {
        SpanKind::Unspecified => 0,
        SpanKind::Internal => 1,
        SpanKind::Server => 2,
        SpanKind::Client => 3,
        SpanKind::Producer => 4,
        SpanKind::Consumer => 5,
    }
}

fn as_text<S: Serializer>(nanos: &Nanos, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(nanos)
}
