//! SkyWalking segments as JSON: what agents report (a segment or a list of them), what the query interface answers (spans
//! with the id of their segment), and the short names of the first versions (`gt`, `ts`, `ss` …).
//!
//! A segment holds the spans of one thread, numbered from 0; the first of them refers to the span of another segment that
//! called it. Times are in ms.

use std::borrow::Cow;
use std::io::BufRead;

use serde::{Deserialize, Deserializer};

use super::documents;
use super::lenient::{Pairs, Scalar, or_default};
use super::outline::Outline;
use super::{TraceFormat, ids, times};
use crate::span::SpanLink;
use crate::{Attributes, ImportError, Intake, Span, SpanId, SpanKind};

/// See the module.
pub(super) struct SkywalkingJson;

const NAME: &str = "skywalking-json";

impl TraceFormat for SkywalkingJson {
    fn name(&self) -> &'static str {
        NAME
    }

    fn summary(&self) -> &'static str {
        "SkyWalking segments as JSON: as agents report them, or as the query interface answers"
    }

    fn detect(&self, head: &[u8]) -> bool {
        let outline = Outline::of(head);
        let all = |depth: usize, keys: &[&str]| keys.iter().all(|key| outline.has(depth, key));
        (1..=2).any(|depth| {
            all(depth, &["spans", "traceSegmentId"])
                || all(depth, &["spans", "serviceInstance", "service"])
                    && outline.has(depth + 1, "parentSpanId")
                || all(depth, &["ss", "ts"])
        }) || (1..=4).any(|depth| all(depth, &["segmentId", "parentSpanId", "serviceCode"]))
    }

    fn read(&self, input: &mut dyn BufRead, intake: &mut Intake) -> Result<(), ImportError> {
        documents::read(NAME, input, intake, |json, intake| {
            documents::records(json, |document: Document<'_>| document.take_in(intake))
        })
    }
}

/// A segment, or what wraps segments or spans.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Document<'a> {
    #[serde(borrow, alias = "gt", deserialize_with = "first")]
    trace_id: Scalar<'a>,
    #[serde(borrow, alias = "segmentId", alias = "ts")]
    trace_segment_id: Scalar<'a>,
    #[serde(borrow, alias = "ac", alias = "serviceCode", alias = "serviceName")]
    service: Scalar<'a>,
    #[serde(borrow, alias = "serviceInstanceName", alias = "ai")]
    service_instance: Scalar<'a>,
    #[serde(borrow, alias = "ss", deserialize_with = "or_default")]
    spans: Vec<RawSpan<'a>>,
    #[serde(borrow, alias = "rs", deserialize_with = "or_default")]
    refs: Vec<Reference<'a>>,
    #[serde(borrow, deserialize_with = "or_default")]
    segments: Vec<Document<'a>>,
    #[serde(borrow)]
    data: Option<Box<Document<'a>>>,
    #[serde(borrow)]
    trace: Option<Box<Document<'a>>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct RawSpan<'a> {
    #[serde(borrow)]
    trace_id: Scalar<'a>,
    #[serde(borrow)]
    segment_id: Scalar<'a>,
    #[serde(borrow, alias = "serviceName")]
    service_code: Scalar<'a>,
    #[serde(borrow)]
    service_instance_name: Scalar<'a>,
    #[serde(borrow, alias = "si")]
    span_id: Scalar<'a>,
    #[serde(borrow, alias = "ps")]
    parent_span_id: Scalar<'a>,
    #[serde(borrow, alias = "on", alias = "endpointName")]
    operation_name: Scalar<'a>,
    #[serde(borrow, alias = "st")]
    start_time: Scalar<'a>,
    #[serde(borrow, alias = "et")]
    end_time: Scalar<'a>,
    #[serde(borrow, alias = "type", alias = "tv")]
    span_type: Scalar<'a>,
    #[serde(borrow, alias = "layer", alias = "lv")]
    span_layer: Scalar<'a>,
    #[serde(borrow)]
    peer: Scalar<'a>,
    #[serde(borrow, alias = "ie")]
    is_error: Scalar<'a>,
    #[serde(borrow, deserialize_with = "tags")]
    tags: Vec<(Cow<'a, str>, Scalar<'a>)>,
    #[serde(borrow, deserialize_with = "or_default")]
    ts: Pairs<'a>,
    #[serde(borrow, alias = "rs", deserialize_with = "or_default")]
    refs: Vec<Reference<'a>>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Reference<'a> {
    #[serde(borrow)]
    trace_id: Scalar<'a>,
    #[serde(borrow, alias = "parentSegmentId", alias = "ts")]
    parent_trace_segment_id: Scalar<'a>,
    #[serde(borrow, alias = "si")]
    parent_span_id: Scalar<'a>,
}

/// A scalar, or the first of a list of them.
fn first<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Scalar<'de>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMany<'a> {
        Many(#[serde(borrow)] Vec<Scalar<'a>>),
        One(#[serde(borrow)] Scalar<'a>),
    }
    Ok(match OneOrMany::deserialize(deserializer)? {
        OneOrMany::Many(list) => list.into_iter().next().unwrap_or_default(),
        OneOrMany::One(one) => one,
    })
}

/// A list of keys and values.
fn tags<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<(Cow<'de, str>, Scalar<'de>)>, D::Error> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Tag<'a> {
        #[serde(borrow)]
        key: Scalar<'a>,
        #[serde(borrow)]
        value: Scalar<'a>,
    }
    let list = Option::<Vec<Tag<'de>>>::deserialize(deserializer)?.unwrap_or_default();
    let pair = |tag: Tag<'de>| match tag.key {
        Scalar::Text(key) => Some((key, tag.value)),
        _ => None,
    };
    Ok(list.into_iter().filter_map(pair).collect())
}

impl Document<'_> {
    fn take_in(&self, intake: &mut Intake) {
        for span in &self.spans {
            match span.read(self, intake) {
                Some(span) => intake.push(span),
                None => intake.skip("malformed-record", || {
                    let name = span.operation_name.text().unwrap_or_default();
                    format!("span \"{name}\" lacks the id of its trace or segment, its number, or its times")
                }),
            }
        }
        let within = self.data.iter().chain(&self.trace).map(|document| &**document);
        within.chain(&self.segments).for_each(|document| document.take_in(intake));
    }
}

/// The id of a span: its segment and its number there.
fn span_id(segment: &str, number: i64) -> Option<SpanId> {
    ids::hashed_span_id(&format!("{segment}/{number}"))
}

impl Reference<'_> {
    /// The span referred to, of that trace if the reference names none.
    fn link(&self, trace_id: crate::TraceId) -> Option<SpanLink> {
        let own = self.trace_id.text().and_then(|id| ids::trace_id(&id));
        let segment = self.parent_trace_segment_id.text()?;
        Some(SpanLink {
            trace_id: own.unwrap_or(trace_id),
            span_id: span_id(&segment, self.parent_span_id.integer()?)?,
        })
    }
}

impl RawSpan<'_> {
    fn read(&self, segment: &Document<'_>, intake: &mut Intake) -> Option<Span> {
        let trace_id = self.trace_id.text().or_else(|| segment.trace_id.text())?;
        let trace_id = ids::trace_id(&trace_id)?;
        let segment_id = self.segment_id.text().or_else(|| segment.trace_segment_id.text());
        // Segments without an id of their own are told apart by who reported them.
        let segment_id = segment_id.or_else(|| segment.service_instance.text())?;
        let service = self.service_code.text().or_else(|| segment.service.text()).unwrap_or_default();
        let instance = self.service_instance_name.text().or_else(|| segment.service_instance.text());
        let above = self.parent_span_id.integer().filter(|number| *number >= 0);
        let mut references = self.refs.iter().filter_map(|reference| reference.link(trace_id));
        let mut of_segment = segment.refs.iter().filter_map(|reference| reference.link(trace_id));
        let (parent, links) = match above {
            Some(number) => (span_id(&segment_id, number), references.collect()),
            None => {
                let caller = references.next().or_else(|| of_segment.next());
                (caller.map(|link| link.span_id), references.chain(of_segment).collect())
            }
        };
        let kind = self.kind();
        Some(Span {
            trace_id,
            span_id: span_id(&segment_id, self.span_id.integer()?)?,
            parent,
            follows: false,
            links,
            service: intake.non_empty(&service).unwrap_or_else(|| intake.name("unknown")),
            instance: instance.and_then(|text| intake.non_empty(&text)),
            name: {
                let name = self.operation_name.text().unwrap_or_default();
                intake.non_empty(&name).unwrap_or_else(|| intake.name("unnamed"))
            },
            kind,
            start: times::scaled(&self.start_time, 1_000_000)?,
            end: times::scaled(&self.end_time, 1_000_000)?,
            error: self.is_error.is_true() || self.is_error.integer() == Some(1),
            attributes: self.attributes(kind, intake),
        })
    }

    fn tag(&self, key: &str) -> Option<Cow<'_, str>> {
        let pairs = self.tags.iter().map(|(key, value)| (&**key, value)).chain(self.ts.iter());
        pairs.into_iter().find(|(name, _)| *name == key).and_then(|(_, value)| value.text())
    }

    fn kind(&self) -> SpanKind {
        let layer = self.span_layer.text();
        let message = matches!(layer.as_deref(), Some("MQ" | "mq" | "4"));
        let tag = self.tag("span.kind");
        match (self.span_type.text().as_deref().or(tag.as_deref()), message) {
            (Some("Entry" | "0" | "server"), false) => SpanKind::Server,
            (Some("Entry" | "0" | "server"), true) | (Some("consumer"), _) => SpanKind::Consumer,
            (Some("Exit" | "1" | "client"), false) => SpanKind::Client,
            (Some("Exit" | "1" | "client"), true) | (Some("producer"), _) => SpanKind::Producer,
            (Some("Local" | "2"), _) => SpanKind::Internal,
            _ => SpanKind::Unspecified,
        }
    }

    /// Of a call, who is called: by name, or the kind of store.
    fn attributes(&self, kind: SpanKind, intake: &mut Intake) -> Attributes {
        let mut attributes = Attributes::default();
        if !matches!(kind, SpanKind::Client | SpanKind::Producer) {
            return attributes;
        }
        let peer = self.peer.text().unwrap_or_default();
        let host = peer.split([',', ';']).next().unwrap_or_default();
        let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
        attributes.set("server.address", || Some(host.into()), intake);
        attributes.set("db.system", || self.tag("db.type"), intake);
        let is_name = host.parse::<std::net::IpAddr>().is_err() && host != "localhost";
        if attributes.database.is_none() && is_name {
            attributes.set("peer.service", || Some(host.into()), intake);
        }
        attributes
    }
}
