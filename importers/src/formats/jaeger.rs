//! What all JSON of Jaeger shares: spans, and the processes that recorded them.
//!
//! Times are in µs. Tags are a list or, as its Elasticsearch storage may be told to write them, fields of `tag`, with `@`
//! for the dots in their names.

use std::borrow::Cow;

use serde::Deserialize;

use super::lenient::{Pairs, Scalar, or_default};
use super::resource::Resource;
use super::{ids, otlp, times};
use crate::span::{Sampling, SpanLink};
use crate::{Attributes, Intake, Nanos, Span};

/// A span.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct RawSpan<'a> {
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
    start_time_millis: Scalar<'a>,
    #[serde(borrow)]
    duration: Scalar<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    tags: Vec<Tag<'a>>,
    #[serde(borrow)]
    tag: Pairs<'a>,
    #[serde(borrow, rename = "processID")]
    pub(super) process_id: Scalar<'a>,
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

/// Who recorded spans.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Process<'a> {
    #[serde(borrow, rename = "serviceName")]
    service_name: Scalar<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    tags: Vec<Tag<'a>>,
    #[serde(borrow)]
    tag: Pairs<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Tag<'a> {
    #[serde(borrow)]
    key: Scalar<'a>,
    #[serde(borrow)]
    value: Scalar<'a>,
}

/// Tags of both forms.
fn tags<'b, 'a>(
    list: &'b [Tag<'a>],
    fields: &'b Pairs<'a>,
) -> impl Iterator<Item = (Cow<'b, str>, &'b Scalar<'a>)> {
    let listed = list.iter().filter_map(|tag| match &tag.key {
        Scalar::Text(key) => Some((Cow::Borrowed(&**key), &tag.value)),
        _ => None,
    });
    listed.chain(fields.iter().map(|(key, value)| (dotted(key), value)))
}

/// With the dots that Elasticsearch does not allow in names.
pub(super) fn dotted(key: &str) -> Cow<'_, str> {
    if key.contains('@') { key.replace('@', ".").into() } else { key.into() }
}

impl Process<'_> {
    /// Service and instance.
    pub(super) fn resource(&self, intake: &mut Intake) -> Resource {
        let mut resource = Resource::default();
        resource.set("service.name", || self.service_name.text(), intake);
        for (key, value) in tags(&self.tags, &self.tag) {
            resource.set(&key, || value.text(), intake);
        }
        resource
    }
}

/// What the tags of a span say.
#[derive(Default)]
struct Told<'b, 'a> {
    kind: Option<&'b Scalar<'a>>,
    error: bool,
    sampler: Option<&'b Scalar<'a>>,
    sampler_param: Option<&'b Scalar<'a>>,
    attributes: Attributes,
}

impl RawSpan<'_> {
    /// Takes the span in, or counts it as left out. `trace` and `process` are those it has if it names none itself.
    pub(super) fn take_in(&self, trace: &Scalar<'_>, process: Option<&Resource>, intake: &mut Intake) {
        let own = self.process.as_ref().map(|process| process.resource(intake));
        match own.as_ref().or(process).and_then(|process| self.read(trace, process, intake)) {
            Some(span) => intake.push(span),
            None => intake.skip("malformed-record", || {
                let name = self.operation_name.text().unwrap_or_default();
                format!("span \"{name}\" lacks an id, its times or its process")
            }),
        }
    }

    fn read(&self, trace: &Scalar<'_>, process: &Resource, intake: &mut Intake) -> Option<Span> {
        let trace_id = self.trace_id.text().or_else(|| trace.text()).and_then(|id| ids::trace_id(&id))?;
        let span_id = ids::span_id(&self.span_id.text()?)?;
        let start = self.start()?;
        let end = start.saturating_add(times::micros(&self.duration)?);
        let told = self.told(intake);
        let (service, instance) = process.names(intake);
        let name = self.operation_name.text().unwrap_or_default();
        let mut span = Span {
            trace_id,
            span_id,
            parent: self.parent_span_id.text().and_then(|id| ids::span_id(&id)),
            follows: false,
            links: Vec::new(),
            service,
            instance,
            name: intake.non_empty(&name).unwrap_or_else(|| intake.name("unnamed")),
            kind: told.kind.and_then(Scalar::text).map(|kind| otlp::named_kind(&kind)).unwrap_or_default(),
            start,
            end,
            error: told.error,
            attributes: told.attributes,
        };
        self.refer(&mut span);
        Some(span)
    }

    fn start(&self) -> Option<Nanos> {
        times::micros(&self.start_time).or_else(|| times::scaled(&self.start_time_millis, 1_000_000))
    }

    fn told(&self, intake: &mut Intake) -> Told<'_, '_> {
        let mut told = Told::default();
        for (key, value) in tags(&self.tags, &self.tag) {
            match &*key {
                "span.kind" => told.kind = told.kind.or(Some(value)),
                "error" => told.error |= value.is_true(),
                "otel.status_code" => told.error |= value.text().as_deref() == Some("ERROR"),
                "sampler.type" => told.sampler = Some(value),
                "sampler.param" => told.sampler_param = Some(value),
                key => told.attributes.set(key, || value.text(), intake),
            }
        }
        let probabilistic = told.sampler.and_then(Scalar::text).as_deref() == Some("probabilistic");
        let probability = told.sampler_param.filter(|_| probabilistic).and_then(Scalar::real);
        let probability = probability.filter(|p| *p > 0.0 && *p <= 1.0);
        told.attributes.sampling = probability.map(|probability| Sampling { probability });
        told
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
