//! OTLP JSON: what the OpenTelemetry collector's file exporter writes, one object a line, or one object alone.
//!
//! By the specification ids are hexadecimal, 64-bit numbers are text and enumerations are numbers; exporters that go
//! through generic protobuf libraries write base64 ids, and names for enumerations. All are read.

use std::borrow::Cow;
use std::fmt;
use std::io::BufRead;

use serde::de;
use serde::{Deserialize, Deserializer};

use super::documents::{self, each};
use super::lenient::{Scalar, or_default};
use super::outline::Outline;
use super::{TraceFormat, ids};
use crate::span::SpanLink;
use crate::{Attributes, ImportError, Intake, Name, Span, SpanKind};

/// See the module.
pub(super) struct OtlpJson;

const NAME: &str = "otlp-json";

/// Names of the outermost list: OTLP's own, in both spellings of protobuf JSON, and Grafana Tempo's.
const LISTS: [&str; 3] = ["resourceSpans", "resource_spans", "batches"];

impl TraceFormat for OtlpJson {
    fn name(&self) -> &'static str {
        NAME
    }

    fn summary(&self) -> &'static str {
        "OpenTelemetry (OTLP) JSON: one object, or one a line"
    }

    fn detect(&self, head: &[u8]) -> bool {
        let outline = Outline::of(head);
        outline.has_any(1, &LISTS)
    }

    fn read(&self, input: &mut dyn BufRead, intake: &mut Intake) -> Result<(), ImportError> {
        documents::read(NAME, input, intake, document)
    }
}

fn document(json: &[u8], intake: &mut Intake) -> Result<(), serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    deserializer.deserialize_map(Document(intake))?;
    deserializer.end()
}

/// The outermost object.
struct Document<'a>(&'a mut Intake);

impl<'de> de::Visitor<'de> for Document<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with \"resourceSpans\"")
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self(intake) = self;
        let mut known = false;
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            if LISTS.contains(&&*key) {
                known = true;
                map.next_value_seed(each(|spans: ResourceSpans<'de>| spans.take_in(intake)))?;
            } else {
                map.next_value::<de::IgnoredAny>()?;
            }
        }
        if known { Ok(()) } else { Err(de::Error::custom("there is no \"resourceSpans\"")) }
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ResourceSpans<'a> {
    #[serde(borrow, deserialize_with = "or_default")]
    resource: Resource<'a>,
    #[serde(
        borrow,
        alias = "scope_spans",
        alias = "instrumentationLibrarySpans",
        alias = "instrumentation_library_spans",
        deserialize_with = "or_default"
    )]
    scope_spans: Vec<ScopeSpans<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Resource<'a> {
    #[serde(borrow, deserialize_with = "or_default")]
    attributes: Vec<KeyValue<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ScopeSpans<'a> {
    #[serde(borrow, deserialize_with = "or_default")]
    spans: Vec<RawSpan<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct RawSpan<'a> {
    #[serde(borrow, alias = "trace_id")]
    trace_id: Scalar<'a>,
    #[serde(borrow, alias = "span_id")]
    span_id: Scalar<'a>,
    #[serde(borrow, alias = "parent_span_id")]
    parent_span_id: Scalar<'a>,
    #[serde(borrow)]
    name: Scalar<'a>,
    #[serde(borrow)]
    kind: Scalar<'a>,
    #[serde(borrow, alias = "start_time_unix_nano")]
    start_time_unix_nano: Scalar<'a>,
    #[serde(borrow, alias = "end_time_unix_nano")]
    end_time_unix_nano: Scalar<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    attributes: Vec<KeyValue<'a>>,
    #[serde(borrow, deserialize_with = "or_default")]
    links: Vec<RawLink<'a>>,
    #[serde(borrow, deserialize_with = "or_default")]
    status: RawStatus<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct RawLink<'a> {
    #[serde(borrow, alias = "trace_id")]
    trace_id: Scalar<'a>,
    #[serde(borrow, alias = "span_id")]
    span_id: Scalar<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawStatus<'a> {
    #[serde(borrow)]
    code: Scalar<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct KeyValue<'a> {
    #[serde(borrow)]
    key: Scalar<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    value: AnyValue<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct AnyValue<'a> {
    #[serde(borrow, alias = "string_value")]
    string_value: Scalar<'a>,
    #[serde(borrow, alias = "int_value")]
    int_value: Scalar<'a>,
}

impl AnyValue<'_> {
    fn text(&self) -> Option<Cow<'_, str>> {
        self.string_value.text().or_else(|| self.int_value.text())
    }
}

impl ResourceSpans<'_> {
    fn take_in(self, intake: &mut Intake) {
        let (service, instance) = self.resource.names(intake);
        for span in self.scope_spans.iter().flat_map(|scope| &scope.spans) {
            match span.read(&service, instance.as_ref(), intake) {
                Some(span) => intake.push(span),
                None => intake.skip("malformed-record", || {
                    let name = span.name.text().unwrap_or_default();
                    format!("span \"{name}\" of {service} lacks an id or its times")
                }),
            }
        }
    }
}

impl Resource<'_> {
    /// Service and instance. The pod or container tells replicas apart where there is no instance id; the host is the
    /// next best.
    fn names(&self, intake: &mut Intake) -> (Name, Option<Name>) {
        let find = |key: &str| {
            let named = |kv: &&KeyValue<'_>| matches!(&kv.key, Scalar::Text(text) if text == key);
            self.attributes.iter().find(named).and_then(|kv| kv.value.text())
        };
        let service = find("service.name").and_then(|text| intake.non_empty(&text));
        let instance = ["service.instance.id", "k8s.pod.name", "container.id", "container.name", "host.name"]
            .iter()
            .find_map(|key| find(key))
            .and_then(|text| intake.non_empty(&text));
        (service.unwrap_or_else(|| intake.name("unknown")), instance)
    }
}

impl RawSpan<'_> {
    fn read(&self, service: &Name, instance: Option<&Name>, intake: &mut Intake) -> Option<Span> {
        let mut attributes = Attributes::default();
        for KeyValue { key, value } in &self.attributes {
            if let Scalar::Text(key) = key {
                attributes.set(key, || value.text(), intake);
            }
        }
        let name = self.name.text().unwrap_or_default();
        Some(Span {
            trace_id: ids::trace_id(&self.trace_id.text()?)?,
            span_id: ids::span_id(&self.span_id.text()?)?,
            parent: self.parent_span_id.text().and_then(|id| ids::span_id(&id)),
            follows: false,
            links: self.links.iter().filter_map(RawLink::read).collect(),
            service: service.clone(),
            instance: instance.cloned(),
            name: intake.non_empty(&name).unwrap_or_else(|| intake.name("unnamed")),
            kind: kind(&self.kind),
            start: self.start_time_unix_nano.integer()?,
            end: self.end_time_unix_nano.integer()?,
            error: is_error(&self.status.code),
            attributes,
        })
    }
}

impl RawLink<'_> {
    fn read(&self) -> Option<SpanLink> {
        let trace_id = ids::trace_id(&self.trace_id.text()?)?;
        Some(SpanLink { trace_id, span_id: ids::span_id(&self.span_id.text()?)? })
    }
}

fn kind(value: &Scalar<'_>) -> SpanKind {
    match value {
        Scalar::Integer(1) => SpanKind::Internal,
        Scalar::Integer(2) => SpanKind::Server,
        Scalar::Integer(3) => SpanKind::Client,
        Scalar::Integer(4) => SpanKind::Producer,
        Scalar::Integer(5) => SpanKind::Consumer,
        Scalar::Text(text) => named_kind(text),
        _ => SpanKind::Unspecified,
    }
}

fn named_kind(text: &str) -> SpanKind {
    match text.strip_prefix("SPAN_KIND_").unwrap_or(text).to_ascii_lowercase().as_str() {
        "internal" | "1" => SpanKind::Internal,
        "server" | "2" => SpanKind::Server,
        "client" | "3" => SpanKind::Client,
        "producer" | "4" => SpanKind::Producer,
        "consumer" | "5" => SpanKind::Consumer,
        _ => SpanKind::Unspecified,
    }
}

fn is_error(code: &Scalar<'_>) -> bool {
    code.integer() == Some(2)
        || matches!(code, Scalar::Text(text) if text.to_ascii_uppercase().ends_with("ERROR"))
}
