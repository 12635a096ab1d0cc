//! OpenTelemetry spans as OpenSearch Data Prepper stores them (indices `otel-v1-apm-span-…`): lines, bulk lines, hits,
//! or the answer to a search.
//!
//! Attributes are fields of the document, `span.attributes.http@url`, or of objects in it; times are text.

use std::fmt;
use std::io::BufRead;

use serde::{Deserialize, Deserializer, de};

use super::jaeger::dotted;
use super::lenient::{Key, Pairs, Scalar};
use super::otlp_json::RawLink;
use super::outline::Outline;
use super::resource::Resource;
use super::wrapped::{self, ELASTIC};
use super::{TraceFormat, documents, ids, otlp, times};
use crate::{ImportError, Intake, Nanos};

/// See the module.
pub(super) struct DataPrepper;

const NAME: &str = "data-prepper";

impl TraceFormat for DataPrepper {
    fn name(&self) -> &'static str {
        NAME
    }

    fn summary(&self) -> &'static str {
        "span documents of OpenSearch Data Prepper: lines, bulk lines or hits"
    }

    fn detect(&self, head: &[u8]) -> bool {
        let outline = Outline::of(head);
        wrapped::has_documents(&outline, |depth| {
            ["traceId", "spanId", "startTime"].iter().all(|key| outline.has(depth, key))
                && outline.has_any(depth, &["serviceName", "durationInNanos", "traceGroup", "resource"])
        })
    }

    fn read(&self, input: &mut dyn BufRead, intake: &mut Intake) -> Result<(), ImportError> {
        documents::read(NAME, input, intake, document)
    }
}

fn document(json: &[u8], intake: &mut Intake) -> Result<(), serde_json::Error> {
    wrapped::records(json, ELASTIC, |document: Document<'_>| document.take_in(intake))
}

/// A span, its objects taken apart.
struct Document<'a> {
    fields: Pairs<'a>,
    links: Vec<RawLink<'a>>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Document<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Visitor)
    }
}

struct Visitor;

impl<'de> de::Visitor<'de> for Visitor {
    type Value = Document<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a span document")
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut document = Document { fields: Pairs::default(), links: Vec::new() };
        while let Some(Key(key)) = map.next_key()? {
            if key == "links" {
                document.links = map.next_value::<Option<_>>()?.unwrap_or_default();
            } else {
                document.fields.read_value(key, &mut map)?;
            }
        }
        Ok(document)
    }
}

impl Document<'_> {
    fn take_in(self, intake: &mut Intake) {
        let mut span = otlp::Fields::default();
        let mut resource = Resource::default();
        let mut duration = None;
        for (key, value) in self.fields.iter() {
            let span_id = |value: &Scalar<'_>| value.text().and_then(|id| ids::span_id(&id));
            match key {
                "traceId" => span.trace_id = value.text().and_then(|id| ids::trace_id(&id)),
                "spanId" => span.span_id = span_id(value),
                "parentSpanId" => span.parent = span_id(value),
                "traceState" => span.trace_state = value.text().unwrap_or_default(),
                "name" => span.name = value.text().unwrap_or_default(),
                "kind" => span.kind = otlp::named_kind(&value.text().unwrap_or_default()),
                "startTime" => span.start = time(value),
                "endTime" => span.end = time(value),
                "durationInNanos" => duration = value.integer(),
                "status.code" => span.error = otlp::is_error(value),
                "serviceName" => resource.set("service.name", || value.text(), intake),
                key => {
                    if let Some(key) = any_prefix(key, &["span.attributes.", "attributes."]) {
                        span.attributes.set(general(&dotted(key), value), || value.text(), intake);
                    } else if let Some(key) = any_prefix(key, &["resource.attributes.", "resource."]) {
                        resource.set(&dotted(key), || value.text(), intake);
                    }
                }
            }
        }
        if span.end == 0 && span.start != 0 {
            span.end = duration.map_or(0, |duration| span.start.saturating_add(duration));
        }
        span.links = self.links.iter().filter_map(RawLink::read).collect();
        span.take_in(&resource, intake);
    }
}

/// 0 where there is none.
fn time(value: &Scalar<'_>) -> Nanos {
    value.text().and_then(|text| times::iso(&text)).unwrap_or_default()
}

fn any_prefix<'a>(key: &'a str, prefixes: &[&str]) -> Option<&'a str> {
    prefixes.iter().find_map(|prefix| key.strip_prefix(prefix))
}

/// The present key for one that OpenTelemetry had before 2020, where "sql" said no more than that.
fn general<'a>(key: &'a str, value: &Scalar<'_>) -> &'a str {
    if key == "db.type" && value.text().as_deref() != Some("sql") { "db.system" } else { key }
}
