//! Jaeger JSON: what its HTTP API answers and its UI exports, `{"data": [trace, …]}`, or one trace alone.
//!
//! Times are in µs. A trace lists its spans and, apart from them, the processes (service and tags) that they name.
//! Exports of the UI repeat the whole parent span inside each reference; only the id there matters.

use std::borrow::Cow;
use std::fmt;
use std::io::BufRead;

use indexmap::IndexMap;
use serde::de;
use serde::{Deserialize, Deserializer};

use super::documents::{self, each};
use super::lenient::{Scalar, or_default};
use super::outline::Outline;
use super::{TraceFormat, ids};
use crate::span::{Sampling, SpanLink};
use crate::{Attributes, ImportError, Intake, Name, Span, SpanKind};

/// See the module.
pub(super) struct JaegerJson;

const NAME: &str = "jaeger-json";

impl TraceFormat for JaegerJson {
    fn name(&self) -> &'static str {
        NAME
    }

    fn summary(&self) -> &'static str {
        "Jaeger JSON: answer of its API or export of its UI"
    }

    fn detect(&self, head: &[u8]) -> bool {
        let outline = Outline::of(head);
        outline.has(1, "spans") && outline.has_any(1, &["traceID", "processes"])
            || outline.has(1, "data") && (outline.has(2, "spans") || outline.ends_before(2))
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

/// The outermost object: a list of traces under `data`, or the fields of one trace.
struct Document<'a>(&'a mut Intake);

impl<'de> de::Visitor<'de> for Document<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with \"data\" or \"spans\"")
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self(intake) = self;
        let mut alone = Trace::default();
        let mut known = false;
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            known |= matches!(&*key, "data" | "spans");
            match &*key {
                "data" => map.next_value_seed(each(|trace: Trace<'de>| trace.take_in(intake)))?,
                "traceID" => alone.trace_id = map.next_value()?,
                "spans" => alone.spans = map.next_value::<Option<_>>()?.unwrap_or_default(),
                "processes" => alone.processes = map.next_value::<Option<_>>()?.unwrap_or_default(),
                _ => {
                    map.next_value::<de::IgnoredAny>()?;
                }
            }
        }
        if !known {
            return Err(de::Error::custom("there is neither \"data\" nor \"spans\""));
        }
        alone.take_in(intake);
        Ok(())
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Trace<'a> {
    #[serde(borrow, rename = "traceID")]
    trace_id: Scalar<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    spans: Vec<RawSpan<'a>>,
    #[serde(borrow, deserialize_with = "or_default")]
    processes: IndexMap<Cow<'a, str>, Process<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct RawSpan<'a> {
    #[serde(borrow, rename = "traceID")]
    trace_id: Scalar<'a>,
    #[serde(borrow, rename = "spanID")]
    span_id: Scalar<'a>,
    #[serde(borrow, rename = "parentSpanID")]
    parent_span_id: Scalar<'a>,
    #[serde(borrow)]
    operation_name: Scalar<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    references: Vec<Reference<'a>>,
    #[serde(borrow)]
    start_time: Scalar<'a>,
    #[serde(borrow)]
    duration: Scalar<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    tags: Vec<Tag<'a>>,
    #[serde(borrow, rename = "processID")]
    process_id: Scalar<'a>,
    #[serde(borrow)]
    process: Option<Process<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Reference<'a> {
    #[serde(borrow, rename = "refType")]
    kind: Scalar<'a>,
    #[serde(borrow, rename = "traceID")]
    trace_id: Scalar<'a>,
    #[serde(borrow, rename = "spanID")]
    span_id: Scalar<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Process<'a> {
    #[serde(borrow, rename = "serviceName")]
    service_name: Scalar<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    tags: Vec<Tag<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Tag<'a> {
    #[serde(borrow)]
    key: Scalar<'a>,
    #[serde(borrow)]
    value: Scalar<'a>,
}

impl Trace<'_> {
    fn take_in(self, intake: &mut Intake) {
        let processes: IndexMap<&str, (Name, Option<Name>)> =
            self.processes.iter().map(|(id, process)| (&**id, process.names(intake))).collect();
        for span in &self.spans {
            let id = span.process_id.text();
            let names = span.process.as_ref().map(|process| process.names(intake));
            let names = names.or_else(|| id.and_then(|id| processes.get(&*id).cloned()));
            match span.read(&self.trace_id, names, intake) {
                Some(span) => intake.push(span),
                None => intake.skip("malformed-record", || {
                    format!("span \"{}\" lacks an id, its times or its process", label(&span.operation_name))
                }),
            }
        }
    }
}

fn label<'a>(text: &'a Scalar<'_>) -> Cow<'a, str> {
    text.text().unwrap_or_default()
}

impl Process<'_> {
    /// Service and instance. The host name tells replicas apart in containers; the address is the next best.
    fn names(&self, intake: &mut Intake) -> (Name, Option<Name>) {
        let service = intake.non_empty(&label(&self.service_name)).unwrap_or_else(|| intake.name("unknown"));
        let instance = ["service.instance.id", "k8s.pod.name", "pod", "hostname", "host.name", "ip"]
            .iter()
            .find_map(|key| find(&self.tags, key)?.text())
            .and_then(|text| intake.non_empty(&text));
        (service, instance)
    }
}

fn find<'a, 'b>(tags: &'b [Tag<'a>], key: &str) -> Option<&'b Scalar<'a>> {
    tags.iter().find(|tag| matches!(&tag.key, Scalar::Text(text) if text == key)).map(|tag| &tag.value)
}

impl RawSpan<'_> {
    fn read(
        &self,
        trace: &Scalar<'_>,
        names: Option<(Name, Option<Name>)>,
        intake: &mut Intake,
    ) -> Option<Span> {
        let (service, instance) = names?;
        let trace_id = self.trace_id.text().or_else(|| trace.text()).and_then(|id| ids::trace_id(&id))?;
        let start = self.start_time.micros()?;
        let mut span = Span {
            trace_id,
            span_id: ids::span_id(&self.span_id.text()?)?,
            parent: self.parent_span_id.text().and_then(|id| ids::span_id(&id)),
            follows: false,
            links: Vec::new(),
            service,
            instance,
            name: intake.non_empty(&label(&self.operation_name)).unwrap_or_else(|| intake.name("unnamed")),
            kind: find(&self.tags, "span.kind").map(kind).unwrap_or_default(),
            start,
            end: start.saturating_add(self.duration.micros()?),
            error: find(&self.tags, "error").is_some_and(Scalar::is_true),
            attributes: attributes(&self.tags, intake),
        };
        self.refer(&mut span);
        Some(span)
    }

    /// The parent is the first CHILD_OF reference within the trace, else the first FOLLOWS_FROM; others are links.
    fn refer(&self, span: &mut Span) {
        let references: Vec<(bool, SpanLink)> = self.references.iter().filter_map(Reference::read).collect();
        let of_kind = |follows: bool| {
            references.iter().position(|(f, link)| *f == follows && link.trace_id == span.trace_id)
        };
        let chosen = of_kind(false).or_else(|| of_kind(true));
        for (place, (follows, link)) in references.iter().enumerate() {
            if Some(place) == chosen {
                span.parent = Some(link.span_id);
                span.follows = *follows;
            } else {
                span.links.push(*link);
            }
        }
    }
}

impl Reference<'_> {
    fn read(&self) -> Option<(bool, SpanLink)> {
        let trace_id = ids::trace_id(&self.trace_id.text()?)?;
        let span_id = ids::span_id(&self.span_id.text()?)?;
        let follows = matches!(&self.kind, Scalar::Text(text) if text == "FOLLOWS_FROM");
        Some((follows, SpanLink { trace_id, span_id }))
    }
}

fn kind(value: &Scalar<'_>) -> SpanKind {
    match value.text().as_deref() {
        Some("server") => SpanKind::Server,
        Some("client") => SpanKind::Client,
        Some("producer") => SpanKind::Producer,
        Some("consumer") => SpanKind::Consumer,
        Some("internal") => SpanKind::Internal,
        _ => SpanKind::Unspecified,
    }
}

fn attributes(tags: &[Tag<'_>], intake: &mut Intake) -> Attributes {
    let mut attributes = Attributes::default();
    let mut sampler = None;
    for tag in tags {
        let Scalar::Text(key) = &tag.key else { continue };
        match &**key {
            "sampler.type" => sampler = tag.value.text(),
            "sampler.param" if sampler.as_deref() == Some("probabilistic") => {
                let probability = tag.value.real().filter(|p| *p > 0.0 && *p <= 1.0);
                attributes.sampling = probability.map(|probability| Sampling { probability });
            }
            _ => attributes.set(key, || tag.value.text(), intake),
        }
    }
    attributes
}
