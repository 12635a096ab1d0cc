//! Datadog trace payloads: what tracers send to the agent, as JSON: a list of traces (each the spans that one process
//! recorded), a list of spans, or either under `traces`, `spans` or `chunks`.
//!
//! Times are in ns. Ids are decimal numbers of 64 bits; the upper half of longer trace ids, which only the first span of
//! a payload has, is left out.

use std::io::BufRead;

use serde::Deserialize;

use super::lenient::{Pairs, Scalar, or_default};
use super::outline::Outline;
use super::resource::Resource;
use super::wrapped::{self, Wrapping};
use super::{TraceFormat, documents, ids, otlp, partial};
use crate::span::{Sampling, SpanLink};
use crate::{Attributes, ImportError, Intake, Span, SpanId, SpanKind, TraceId};

/// See the module.
pub(super) struct DatadogJson;

const NAME: &str = "datadog-json";

const PAYLOAD: Wrapping = Wrapping {
    within: &["traces", "spans", "chunks", "tracerPayloads"],
    beside: &[
        "hostName",
        "agentVersion",
        "targetTPS",
        "errorTPS",
        "rareSamplerEnabled",
        "containerID",
        "languageName",
        "languageVersion",
        "tracerVersion",
        "runtimeID",
        "env",
        "hostname",
        "appVersion",
        "priority",
        "origin",
        "droppedTrace",
        "tags",
        "transactions",
    ],
};

impl TraceFormat for DatadogJson {
    fn name(&self) -> &'static str {
        NAME
    }

    fn summary(&self) -> &'static str {
        "Datadog trace payloads as JSON: lists of traces or of spans"
    }

    fn detect(&self, head: &[u8]) -> bool {
        let outline = Outline::of(head);
        let ids = [["trace_id", "span_id"], ["traceID", "spanID"]];
        !outline.has(1, partial::MARK)
            && (1..=4).any(|depth| {
                let inside = depth == 1 || outline.has_any(depth - 1, PAYLOAD.within);
                inside
                    && ids.iter().any(|ids| ids.iter().all(|id| outline.has(depth, id)))
                    && ["name", "service", "start"].iter().all(|key| outline.has(depth, key))
            })
    }

    fn read(&self, input: &mut dyn BufRead, intake: &mut Intake) -> Result<(), ImportError> {
        documents::read(NAME, input, intake, document)
    }
}

fn document(json: &[u8], intake: &mut Intake) -> Result<(), serde_json::Error> {
    wrapped::records(json, PAYLOAD, |span: RawSpan<'_>| span.take_in(intake))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawSpan<'a> {
    #[serde(borrow)]
    name: Scalar<'a>,
    #[serde(borrow)]
    service: Scalar<'a>,
    #[serde(borrow)]
    resource: Scalar<'a>,
    #[serde(borrow, alias = "traceID")]
    trace_id: Scalar<'a>,
    #[serde(borrow, alias = "spanID")]
    span_id: Scalar<'a>,
    #[serde(borrow, alias = "parentID")]
    parent_id: Scalar<'a>,
    #[serde(borrow, rename = "type")]
    class: Scalar<'a>,
    #[serde(borrow)]
    error: Scalar<'a>,
    #[serde(borrow)]
    meta: Pairs<'a>,
    #[serde(borrow)]
    metrics: Pairs<'a>,
    #[serde(borrow)]
    start: Scalar<'a>,
    #[serde(borrow)]
    duration: Scalar<'a>,
    #[serde(borrow, alias = "spanLinks", deserialize_with = "or_default")]
    span_links: Vec<RawLink<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawLink<'a> {
    #[serde(borrow, alias = "traceID")]
    trace_id: Scalar<'a>,
    #[serde(borrow, alias = "spanID")]
    span_id: Scalar<'a>,
}

/// Types of spans that call a store.
const STORES: [&str; 9] =
    ["sql", "db", "cache", "redis", "memcached", "mongodb", "cassandra", "elasticsearch", "opensearch"];

impl RawSpan<'_> {
    fn take_in(self, intake: &mut Intake) {
        match self.read(intake) {
            Some(span) => intake.push(span),
            None => intake.skip("malformed-record", || {
                let text = |scalar: &Scalar<'_>| scalar.text().unwrap_or_default().into_owned();
                format!(
                    "span \"{}\" of \"{}\" lacks an id or its times",
                    text(&self.name),
                    text(&self.service)
                )
            }),
        }
    }

    fn read(&self, intake: &mut Intake) -> Option<Span> {
        let trace_id = trace_id(&self.trace_id)?;
        let span_id = span_id(&self.span_id)?;
        let start = self.start.integer()?;
        let end = start.saturating_add(self.duration.integer()?);
        let class = self.class.text().unwrap_or_default();
        let is_store = STORES.contains(&&*class);
        let mut resource = Resource::default();
        resource.set("service.name", || self.service.text(), intake);
        let mut attributes = Attributes::default();
        let mut kind = match &*class {
            "web" => SpanKind::Server,
            _ if is_store => SpanKind::Client,
            _ => SpanKind::Unspecified,
        };
        let mut links: Vec<SpanLink> = self.span_links.iter().filter_map(RawLink::read).collect();
        for (key, value) in self.meta.iter() {
            match key {
                "span.kind" => kind = otlp::named_kind(&value.text().unwrap_or_default()),
                "_dd.span_links" if links.is_empty() => {
                    links = value.text().map(|text| linked(&text)).unwrap_or_default();
                }
                "runtime-id" => resource.set("service.instance.id", || value.text(), intake),
                "container_id" => resource.set("container.id", || value.text(), intake),
                "_dd.hostname" => resource.set("hostname", || value.text(), intake),
                key => attributes.set(general(key), || value.text(), intake),
            }
        }
        attributes.sampling = self.sampling();
        let (service, instance) = resource.names(intake);
        Some(Span {
            trace_id,
            span_id,
            parent: parent(&self.parent_id),
            follows: false,
            links,
            service,
            instance,
            name: self.operation(is_store, intake),
            kind,
            start,
            end,
            error: self.error.integer().is_some_and(|error| error != 0) || self.error.is_true(),
            attributes,
        })
    }

    /// What is done: the resource (endpoint, job), except of calls to stores, where it is the whole statement.
    fn operation(&self, is_store: bool, intake: &mut Intake) -> crate::Name {
        let (first, second) =
            if is_store { (&self.name, &self.resource) } else { (&self.resource, &self.name) };
        let mut name = |scalar: &Scalar<'_>| scalar.text().and_then(|text| intake.non_empty(&text));
        name(first).or_else(|| name(second)).unwrap_or_else(|| intake.name("unnamed"))
    }

    /// By a rule of the user, by the agent, or by the tracer as it was before.
    fn sampling(&self) -> Option<Sampling> {
        let rates = ["_dd.rule_psr", "_dd.agent_psr", "_sample_rate"];
        let rate = rates.iter().find_map(|key| self.metrics.get(key)?.real());
        rate.filter(|p| *p > 0.0 && *p <= 1.0).map(|probability| Sampling { probability })
    }
}

/// The general key for one of Datadog's.
fn general(key: &str) -> &str {
    match key {
        "out.host" | "network.destination.name" => "server.address",
        "db.type" => "db.system",
        "kafka.topic" | "topicname" | "queuename" => "messaging.destination.name",
        other => other,
    }
}

/// A number of 64 bits in decimal. A trace id may be 0, since test agents number the traces of a file from there.
fn number(id: &Scalar<'_>) -> Option<u64> {
    match id {
        Scalar::Text(text) => text.trim().parse().ok(),
        // 64 bits of which the highest is set, printed as signed.
        other => other.integer().map(|n| n as u64),
    }
}

fn trace_id(id: &Scalar<'_>) -> Option<TraceId> {
    let bytes = number(id).map(|n| TraceId(u128::from(n).to_be_bytes()));
    bytes.or_else(|| ids::trace_id(&id.text()?).map(lower_half))
}

fn span_id(id: &Scalar<'_>) -> Option<SpanId> {
    number(id).map(|n| SpanId(n.to_be_bytes())).or_else(|| ids::span_id(&id.text()?))
}

fn parent(id: &Scalar<'_>) -> Option<SpanId> {
    span_id(id).filter(|id| id.0 != [0; 8])
}

fn lower_half(TraceId(mut bytes): TraceId) -> TraceId {
    bytes[..8].fill(0);
    TraceId(bytes)
}

impl RawLink<'_> {
    /// Links have their ids in hexadecimal where they are text.
    fn read(&self) -> Option<SpanLink> {
        let hexadecimal = |id: &Scalar<'_>| matches!(id, Scalar::Text(text) if matches!(text.len(), 16 | 32));
        let trace = if hexadecimal(&self.trace_id) {
            ids::trace_id(&self.trace_id.text()?).map(lower_half)
        } else {
            trace_id(&self.trace_id)
        };
        let span = if hexadecimal(&self.span_id) {
            ids::span_id(&self.span_id.text()?)
        } else {
            span_id(&self.span_id)
        };
        Some(SpanLink { trace_id: trace?, span_id: span? })
    }
}

/// Links as tracers put them into an attribute: a list as text.
fn linked(text: &str) -> Vec<SpanLink> {
    let links = serde_json::from_str::<Vec<RawLink<'_>>>(text).unwrap_or_default();
    links.iter().filter_map(RawLink::read).collect()
}
