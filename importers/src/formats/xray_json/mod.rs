//! AWS X-Ray segment documents: one alone, one a line, or as text in the answer of `BatchGetTraces`.
//!
//! A segment is what one service did for a request, its subsegments are steps of that, within it or in documents of
//! their own. Times are in seconds. The operation of a segment is the method and path of its request, with `*` for the
//! parts of the path that are ids; without a request its name, which is that of the service.

mod later;

use std::io::BufRead;

use serde::Deserialize;

use self::later::{Later, Unsettled};
use super::lenient::{Pairs, Scalar, or_default};
use super::outline::Outline;
use super::resource::Resource;
use super::wrapped::{self, Wrapping};
use super::{TraceFormat, documents, ids, times};
use crate::span::SpanLink;
use crate::{Attributes, ImportError, Intake, Name, Nanos, Span, SpanId, SpanKind, TraceId};

/// See the module.
pub(super) struct XrayJson;

const NAME: &str = "xray-json";

const ANSWER: Wrapping = Wrapping {
    within: &["Traces", "Segments"],
    // The last two: lines before documents that are sent to X-Ray's daemon.
    beside: &[
        "Id",
        "Duration",
        "LimitExceeded",
        "Revision",
        "UnprocessedTraceIds",
        "NextToken",
        "format",
        "version",
    ],
};

impl TraceFormat for XrayJson {
    fn name(&self) -> &'static str {
        NAME
    }

    fn summary(&self) -> &'static str {
        "AWS X-Ray segment documents, alone, in lines, or as BatchGetTraces answers them"
    }

    fn detect(&self, head: &[u8]) -> bool {
        let outline = Outline::of(head);
        let has_all = |depth, keys: &[&str]| keys.iter().all(|key| outline.has(depth, key));
        has_all(1, &["trace_id", "id"]) && outline.has_any(1, &["start_time", "subsegments"])
            || (1..=3).any(|depth| has_all(depth, &["Id", "Document"]))
    }

    fn read(&self, input: &mut dyn BufRead, intake: &mut Intake) -> Result<(), ImportError> {
        documents::read(NAME, input, intake, document)
    }

    fn finish(&self, intake: &mut Intake) {
        intake.pending.take::<Later>().finish(intake);
    }
}

fn document(json: &[u8], intake: &mut Intake) -> Result<(), serde_json::Error> {
    wrapped::records(json, ANSWER, |segment: Segment<'_>| match &segment.document {
        Scalar::Text(text) => match serde_json::from_str::<Segment<'_>>(text) {
            Ok(segment) => segment.take_in(intake),
            Err(error) => {
                intake.skip("malformed-record", || format!("a document in a list of segments: {error}"));
            }
        },
        _ => segment.take_in(intake),
    })
}

/// A segment or a subsegment.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Segment<'a> {
    #[serde(borrow)]
    id: Scalar<'a>,
    #[serde(borrow)]
    trace_id: Scalar<'a>,
    #[serde(borrow)]
    parent_id: Scalar<'a>,
    #[serde(borrow)]
    name: Scalar<'a>,
    #[serde(borrow)]
    start_time: Scalar<'a>,
    #[serde(borrow)]
    end_time: Scalar<'a>,
    #[serde(borrow, rename = "type")]
    class: Scalar<'a>,
    #[serde(borrow)]
    namespace: Scalar<'a>,
    #[serde(borrow)]
    inferred: Scalar<'a>,
    #[serde(borrow)]
    fault: Scalar<'a>,
    #[serde(borrow)]
    error: Scalar<'a>,
    #[serde(borrow)]
    http: Pairs<'a>,
    #[serde(borrow)]
    aws: Pairs<'a>,
    #[serde(borrow)]
    sql: Pairs<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    links: Vec<Link<'a>>,
    #[serde(borrow, deserialize_with = "or_default")]
    subsegments: Vec<Segment<'a>>,
    #[serde(borrow, rename = "Document")]
    document: Scalar<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Link<'a> {
    #[serde(borrow)]
    trace_id: Scalar<'a>,
    #[serde(borrow)]
    id: Scalar<'a>,
}

/// What a subsegment has from the segment that it is in.
struct Around<'a> {
    trace_id: TraceId,
    parent: SpanId,
    names: &'a Names,
}

/// Service and instance; no service where only other documents tell it.
#[derive(Clone)]
struct Names {
    service: Option<Name>,
    instance: Option<Name>,
}

impl Segment<'_> {
    fn take_in(&self, intake: &mut Intake) {
        let is_part = self.class.text().as_deref() == Some("subsegment");
        let names = if is_part { Names { service: None, instance: None } } else { self.names(intake) };
        let kind = match () {
            () if is_part => self.kind(),
            // What X-Ray made up of the caller's side, for a service that records nothing itself.
            () if self.inferred.is_true() => SpanKind::Client,
            () => SpanKind::Server,
        };
        let ids = trace_id(&self.trace_id).zip(span_id(&self.id));
        self.walk(ids, span_id(&self.parent_id), kind, &names, intake);
    }

    /// Takes in this and what is in it.
    fn walk(
        &self,
        ids: Option<(TraceId, SpanId)>,
        parent: Option<SpanId>,
        kind: SpanKind,
        names: &Names,
        intake: &mut Intake,
    ) {
        let (Some((trace_id, span_id)), Some(start)) = (ids, times::seconds(&self.start_time)) else {
            intake.skip("malformed-record", || {
                format!("segment \"{}\" lacks an id or its start", self.name.text().unwrap_or_default())
            });
            return;
        };
        let end = times::seconds(&self.end_time);
        let span = Span {
            trace_id,
            span_id,
            parent,
            follows: false,
            links: self.links.iter().filter_map(Link::read).collect(),
            service: names.service.clone().unwrap_or_else(|| intake.name("unknown")),
            instance: names.instance.clone(),
            name: self.operation(kind, intake),
            kind,
            start,
            end: end.unwrap_or_else(|| self.last_known(start)),
            error: self.fault.is_true() || self.error.is_true(),
            attributes: self.attributes(kind, intake),
        };
        if end.is_some() && names.service.is_some() {
            intake.push(span);
        } else {
            let unsettled = Unsettled { span, is_over: end.is_some(), has_service: names.service.is_some() };
            intake.is_held = true;
            intake.pending.of::<Later>().keep(unsettled);
        }
        for part in &self.subsegments {
            let around = Around { trace_id, parent: span_id, names };
            part.take_in_within(&around, intake);
        }
    }

    fn take_in_within(&self, around: &Around<'_>, intake: &mut Intake) {
        let ids = span_id(&self.id).map(|id| (around.trace_id, id));
        self.walk(ids, Some(around.parent), self.kind(), around.names, intake);
    }

    fn names(&self, intake: &mut Intake) -> Names {
        let mut resource = Resource::default();
        resource.set("service.name", || self.name.text(), intake);
        for (key, value) in self.aws.iter() {
            let general = match key {
                "eks.pod" => "k8s.pod.name",
                "eks.container_id" | "ecs.container_id" => "container.id",
                "ecs.container" => "container.name",
                "ec2.instance_id" => "host.name",
                _ => continue,
            };
            resource.set(general, || value.text(), intake);
        }
        let (service, instance) = resource.names(intake);
        Names { service: Some(service), instance }
    }

    /// Of a subsegment: one with a namespace calls another service.
    fn kind(&self) -> SpanKind {
        match self.namespace.text().as_deref() {
            Some("aws") if self.sends() => SpanKind::Producer,
            Some("aws" | "remote") => SpanKind::Client,
            _ => SpanKind::Internal,
        }
    }

    /// Does it send a message (SQS, SNS, Kinesis, EventBridge)?
    fn sends(&self) -> bool {
        let operation = self.aws.get("operation").and_then(Scalar::text);
        operation.is_some_and(|operation| {
            matches!(
                &*operation,
                "SendMessage"
                    | "SendMessageBatch"
                    | "Publish"
                    | "PublishBatch"
                    | "PutRecord"
                    | "PutRecords"
                    | "PutEvents"
            )
        })
    }

    fn operation(&self, kind: SpanKind, intake: &mut Intake) -> Name {
        let requested =
            self.http.get("request.method").and_then(Scalar::text).filter(|_| kind == SpanKind::Server);
        let text = match (requested, self.http.get("request.url").and_then(Scalar::text)) {
            (Some(method), Some(url)) => Some(format!("{method} {}", path(&url)).into()),
            (Some(method), None) => Some(method),
            (None, _) => self.aws.get("operation").and_then(Scalar::text).or_else(|| self.name.text()),
        };
        text.and_then(|text| intake.non_empty(&text)).unwrap_or_else(|| intake.name("unnamed"))
    }

    fn attributes(&self, kind: SpanKind, intake: &mut Intake) -> Attributes {
        let mut attributes = Attributes::default();
        if matches!(kind, SpanKind::Client | SpanKind::Producer) && !self.inferred.is_true() {
            attributes.set("peer.service", || self.name.text(), intake);
        }
        attributes.set("db.system", || self.sql.get("database_type")?.text(), intake);
        let destination = ["queue_url", "topic_arn", "stream_name", "event_bus_name"];
        let destination = destination.iter().find_map(|key| self.aws.get(key));
        attributes.set("messaging.destination.name", || destination?.text(), intake);
        attributes
    }

    /// Of one that is still in progress: the end of its last subsegment that is over.
    fn last_known(&self, start: Nanos) -> Nanos {
        let parts = self.subsegments.iter();
        parts.filter_map(|part| times::seconds(&part.end_time)).fold(start, Nanos::max)
    }
}

impl Link<'_> {
    fn read(&self) -> Option<SpanLink> {
        Some(SpanLink { trace_id: trace_id(&self.trace_id)?, span_id: span_id(&self.id)? })
    }
}

/// `1-`, eight digits of the time, `-`, 24 digits; or the same without the dashes, as other tracers have it.
fn trace_id(id: &Scalar<'_>) -> Option<TraceId> {
    let text = id.text()?;
    ids::trace_id(&text.strip_prefix("1-").unwrap_or(&text).replace('-', ""))
}

fn span_id(id: &Scalar<'_>) -> Option<SpanId> {
    ids::span_id(&id.text()?)
}

/// The path of an address.
fn path(url: &str) -> &str {
    let after =
        url.split_once("://").map_or(url, |(_, after)| after.find('/').map_or("/", |place| &after[place..]));
    after.split(['?', '#']).next().unwrap_or(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_queries_are_left_out() {
        assert_eq!(path("http://shop:8000/"), "/");
        assert_eq!(path("http://shop"), "/");
        assert_eq!(path("https://shop/orders/17/items?page=2#top"), "/orders/17/items");
    }
}
