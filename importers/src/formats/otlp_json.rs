//! OTLP JSON: what the OpenTelemetry collector's file exporter writes, one object a line, or one object alone.
//!
//! By the specification ids are hexadecimal, 64-bit numbers are text and enumerations are numbers; exporters that go
//! through generic protobuf libraries write base64 ids, and names for enumerations. All are read.

use std::borrow::Cow;
use std::fmt;
use std::io::BufRead;

use serde::de::{self, DeserializeSeed};
use serde::{Deserialize, Deserializer};

use super::documents::{self, Records, each};
use super::lenient::{Scalar, or_default};
use super::outline::Outline;
use super::resource::Resource;
use super::{TraceFormat, ids, otlp};
use crate::span::SpanLink;
use crate::{Attributes, ImportError, Intake, SpanKind};

/// See the module.
pub(super) struct OtlpJson;

const NAME: &str = "otlp-json";

/// Names of the outermost list: OTLP's own, in both spellings of protobuf JSON, and Grafana Tempo's.
const LISTS: [&str; 3] = ["resourceSpans", "resource_spans", "batches"];

/// Names under which query interfaces (Tempo's, Jaeger's) answer the whole.
const WRAPPERS: [&str; 2] = ["trace", "result"];

impl TraceFormat for OtlpJson {
    fn name(&self) -> &'static str {
        NAME
    }

    fn summary(&self) -> &'static str {
        "OpenTelemetry (OTLP) JSON: one object, or one a line"
    }

    fn detect(&self, head: &[u8]) -> bool {
        let outline = Outline::of(head);
        outline.has_any(1, &LISTS) || outline.has_any(1, &WRAPPERS) && outline.has_any(2, &LISTS)
    }

    fn read(&self, input: &mut dyn BufRead, intake: &mut Intake) -> Result<(), ImportError> {
        documents::read_records::<Self>(NAME, input, intake)
    }
}

impl Records for OtlpJson {
    fn is_list(keys: &[&[u8]]) -> bool {
        let is = |names: &[&str], key: &[u8]| names.iter().any(|name| name.as_bytes() == key);
        match keys {
            [] => true,
            [list] => is(&LISTS, list),
            [wrapper, list] => is(&WRAPPERS, wrapper) && is(&LISTS, list),
            _ => false,
        }
    }

    fn take_in<'de, D: Deserializer<'de>>(document: D, intake: &mut Intake) -> Result<(), D::Error> {
        if Document(intake).deserialize(document)? {
            return Ok(());
        }
        Err(de::Error::custom("there is no \"resourceSpans\""))
    }
}

/// The outermost object, what is wrapped in it, or a list of such. Answers whether it has spans at all.
struct Document<'a>(&'a mut Intake);

impl<'de> DeserializeSeed<'de> for Document<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> de::Visitor<'de> for Document<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with \"resourceSpans\"")
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<bool, A::Error> {
        let mut known = false;
        while let Some(found) = list.next_element_seed(Document(&mut *self.0))? {
            known |= found;
        }
        Ok(known)
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        let Self(intake) = self;
        let mut known = false;
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            if LISTS.contains(&&*key) {
                known = true;
                map.next_value_seed(each(|spans: ResourceSpans<'de>| spans.take_in(intake)))?;
            } else if WRAPPERS.contains(&&*key) {
                known |= map.next_value_seed(Document(intake))?;
            } else {
                map.next_value::<de::IgnoredAny>()?;
            }
        }
        Ok(known)
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ResourceSpans<'a> {
    #[serde(borrow, deserialize_with = "or_default")]
    resource: RawResource<'a>,
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
struct RawResource<'a> {
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
    #[serde(borrow, alias = "trace_state")]
    trace_state: Scalar<'a>,
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

/// A reference to a span.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct RawLink<'a> {
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
        let mut resource = Resource::default();
        for (key, value) in self.resource.attributes.iter().filter_map(KeyValue::named) {
            resource.set(key, || value.text(), intake);
        }
        for span in self.scope_spans.iter().flat_map(|scope| &scope.spans) {
            span.fields(intake).take_in(&resource, intake);
        }
    }
}

impl<'a> KeyValue<'a> {
    fn named(&self) -> Option<(&str, &AnyValue<'a>)> {
        match &self.key {
            Scalar::Text(key) => Some((key, &self.value)),
            _ => None,
        }
    }
}

impl RawSpan<'_> {
    fn fields(&self, intake: &mut Intake) -> otlp::Fields<'_> {
        let mut attributes = Attributes::default();
        for (key, value) in self.attributes.iter().filter_map(KeyValue::named) {
            attributes.set(key, || value.text(), intake);
        }
        otlp::Fields {
            trace_id: self.trace_id.text().and_then(|id| ids::trace_id(&id)),
            span_id: self.span_id.text().and_then(|id| ids::span_id(&id)),
            parent: self.parent_span_id.text().and_then(|id| ids::span_id(&id)),
            trace_state: self.trace_state.text().unwrap_or_default(),
            name: self.name.text().unwrap_or_default(),
            kind: kind(&self.kind),
            start: self.start_time_unix_nano.integer().unwrap_or_default(),
            end: self.end_time_unix_nano.integer().unwrap_or_default(),
            error: otlp::is_error(&self.status.code),
            links: self.links.iter().filter_map(RawLink::read).collect(),
            attributes,
        }
    }
}

impl RawLink<'_> {
    pub(super) fn read(&self) -> Option<SpanLink> {
        let trace_id = ids::trace_id(&self.trace_id.text()?)?;
        Some(SpanLink { trace_id, span_id: ids::span_id(&self.span_id.text()?)? })
    }
}

fn kind(value: &Scalar<'_>) -> SpanKind {
    match value {
        Scalar::Text(text) => otlp::named_kind(text),
        other => otlp::kind(other.integer().unwrap_or_default()),
    }
}
