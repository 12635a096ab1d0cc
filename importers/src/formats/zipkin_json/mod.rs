//! Zipkin JSON of both versions: a list of spans, a list of traces (lists of spans), or a span a line.
//!
//! Times are in µs. Both sides of a call bear one id (`shared` marks the server's), unless a tracer gives each side one
//! of its own. Which version a span is of is told span by span, since files of one are often named after the other.

mod v1;

use std::collections::HashSet;
use std::io::BufRead;

use serde::Deserialize;

use super::documents::{self, records};
use super::lenient::{Pairs, Scalar, or_default};
use super::outline::Outline;
use super::{TraceFormat, ids, otlp, times};
use crate::span::FAR;
use crate::{Attributes, ImportError, Intake, Name, Nanos, Span, SpanId, SpanKind, TraceId};

/// See the module.
pub(super) struct ZipkinJson;

const NAME: &str = "zipkin-json";

/// Keys of which a span has at least one, beside its ids.
const TELLING: [&str; 6] =
    ["localEndpoint", "remoteEndpoint", "annotations", "binaryAnnotations", "timestamp", "duration"];

impl TraceFormat for ZipkinJson {
    fn name(&self) -> &'static str {
        NAME
    }

    fn summary(&self) -> &'static str {
        "Zipkin JSON, versions 1 and 2: lists of spans or of traces, or a span a line"
    }

    fn detect(&self, head: &[u8]) -> bool {
        let outline = Outline::of(head);
        outline.has(1, "traceId")
            && outline.has(1, "id")
            && outline.has_any(1, &TELLING)
            && !outline.has_any(1, &["spanId", "spans"])
    }

    fn read(&self, input: &mut dyn BufRead, intake: &mut Intake) -> Result<(), ImportError> {
        let first = intake.spans.len();
        let was_held = std::mem::replace(&mut intake.is_held, true);
        let result = documents::read(NAME, input, intake, document);
        leave_out_timeless(first, intake);
        intake.is_held = was_held;
        result
    }
}

fn document(json: &[u8], intake: &mut Intake) -> Result<(), serde_json::Error> {
    records(json, |span: RawSpan<'_>| span.take_in(intake))
}

/// A span of either version.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct RawSpan<'a> {
    #[serde(borrow)]
    trace_id: Scalar<'a>,
    #[serde(borrow)]
    id: Scalar<'a>,
    #[serde(borrow)]
    parent_id: Scalar<'a>,
    #[serde(borrow)]
    name: Scalar<'a>,
    #[serde(borrow)]
    kind: Scalar<'a>,
    #[serde(borrow)]
    timestamp: Scalar<'a>,
    #[serde(borrow)]
    duration: Scalar<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    local_endpoint: Endpoint<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    remote_endpoint: Endpoint<'a>,
    #[serde(borrow)]
    tags: Pairs<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    annotations: Vec<Annotation<'a>>,
    #[serde(borrow, deserialize_with = "or_default")]
    binary_annotations: Vec<BinaryAnnotation<'a>>,
}

/// One end of the network.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Endpoint<'a> {
    #[serde(borrow)]
    service_name: Scalar<'a>,
    #[serde(borrow)]
    ipv4: Scalar<'a>,
    #[serde(borrow)]
    ipv6: Scalar<'a>,
}

/// Something that happened at a point in time.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Annotation<'a> {
    #[serde(borrow)]
    timestamp: Scalar<'a>,
    #[serde(borrow)]
    value: Scalar<'a>,
    #[serde(borrow)]
    endpoint: Option<Endpoint<'a>>,
}

/// What became tags in version 2, with who wrote them.
#[derive(Default, Deserialize)]
#[serde(default)]
struct BinaryAnnotation<'a> {
    #[serde(borrow)]
    key: Scalar<'a>,
    #[serde(borrow)]
    value: Scalar<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    endpoint: Endpoint<'a>,
}

impl<'a> RawSpan<'a> {
    fn take_in(self, intake: &mut Intake) {
        let Some(ids) = self.ids() else {
            let name = self.name.text().unwrap_or_default();
            intake.skip("malformed-record", || format!("span \"{name}\" lacks an id"));
            return;
        };
        if v1::is_of_version_1(&self) {
            v1::take_in(&self, ids, intake);
        } else {
            let kind = self.kind.text().map(|kind| otlp::named_kind(&kind)).unwrap_or_default();
            let tags = self.tags.iter();
            let mut span = self.span(ids, &self.local_endpoint, kind, tags, intake);
            let peer = self.remote_endpoint.service_name.text();
            span.attributes.set("peer.service", || peer, intake);
            (span.start, span.end) = self.times(intake);
            intake.push(span);
        }
    }

    fn ids(&self) -> Option<Ids> {
        Some(Ids {
            trace_id: ids::trace_id(&self.trace_id.text()?)?,
            span_id: ids::span_id(&self.id.text()?)?,
            parent: self.parent_id.text().and_then(|id| ids::span_id(&id)),
        })
    }

    /// The span, as yet without times.
    fn span<'b>(
        &self,
        Ids { trace_id, span_id, parent }: Ids,
        endpoint: &Endpoint<'_>,
        kind: SpanKind,
        tags: impl Iterator<Item = (&'b str, &'b Scalar<'a>)>,
        intake: &mut Intake,
    ) -> Span
    where
        'a: 'b,
    {
        let (service, mut instance) = endpoint.names(intake);
        let mut attributes = Attributes::default();
        let mut error = false;
        for (key, value) in tags {
            match key {
                "error" => error |= value.text().is_some_and(|text| text != "false"),
                "otel.status_code" => error |= value.text().is_some_and(|text| text == "ERROR"),
                "service.instance.id" | "k8s.pod.name" => {
                    instance = value.text().and_then(|text| intake.non_empty(&text)).or(instance);
                }
                _ => attributes.set(general(key), || value.text(), intake),
            }
        }
        let name = self.name.text().unwrap_or_default();
        let name = intake.non_empty(&name).unwrap_or_else(|| intake.name("unnamed"));
        if kind == SpanKind::Consumer && FETCHES.contains(&&*name) {
            attributes.set("messaging.operation.type", || Some("receive".into()), intake);
        }
        Span {
            trace_id,
            span_id,
            parent: parent.filter(|parent| *parent != span_id),
            follows: false,
            links: Vec::new(),
            service,
            instance,
            name,
            kind,
            start: -FAR,
            end: -FAR,
            error,
            attributes,
        }
    }

    /// Start and end by the span's own fields. A span without a duration lasts as long as is known of it.
    fn times(&self, intake: &mut Intake) -> (Nanos, Nanos) {
        let events = self.annotations.iter().filter_map(|annotation| times::micros(&annotation.timestamp));
        let Some(start) = positive(&self.timestamp).or_else(|| events.clone().min()) else {
            return (-FAR, -FAR);
        };
        let end = positive(&self.duration).map(|duration| start.saturating_add(duration));
        let end = end.unwrap_or_else(|| {
            self.lacks_duration(intake);
            events.max().unwrap_or(start)
        });
        (start, end.max(start))
    }

    fn lacks_duration(&self, intake: &mut Intake) {
        let text = |scalar: &Scalar<'_>| scalar.text().unwrap_or_default().into_owned();
        intake.report.warn("missing-duration", || {
            let (name, trace) = (text(&self.name), text(&self.trace_id));
            format!(
                "span \"{name}\" of trace {trace} has no duration: it ends with the last that is known of it"
            )
        });
    }
}

/// Which span it is.
#[derive(Clone, Copy)]
struct Ids {
    trace_id: TraceId,
    span_id: SpanId,
    parent: Option<SpanId>,
}

impl Endpoint<'_> {
    /// Service and instance: the address, since ports of callers are mostly those of single connections.
    fn names(&self, intake: &mut Intake) -> (Name, Option<Name>) {
        let mut name = |scalar: &Scalar<'_>| scalar.text().and_then(|text| intake.non_empty(&text));
        let instance = name(&self.ipv4).or_else(|| name(&self.ipv6));
        let service = name(&self.service_name);
        let service = service.unwrap_or_else(|| {
            intake.report.warn("missing-service", || "a span tells no service; it is \"unknown\"".into());
            intake.name("unknown")
        });
        (service, instance)
    }
}

/// Names that Brave gives to spans which only fetch messages (Kafka, RabbitMQ, JMS).
const FETCHES: [&str; 3] = ["poll", "next-message", "receive"];

/// The general key for one of Brave's.
fn general(key: &str) -> &str {
    match key {
        "kafka.topic" | "jms.topic" | "jms.queue" | "rabbit.queue" | "rabbit.exchange" => {
            "messaging.destination.name"
        }
        other => other,
    }
}

/// Zipkin takes times and durations of 0 as absent.
fn positive(micros: &Scalar<'_>) -> Option<Nanos> {
    times::micros(micros).filter(|nanos| *nanos > 0)
}

/// Leaves out the spans from `first` that came without any time. Tracers report spans in parts, so that mostly another
/// record of the same span has it.
fn leave_out_timeless(first: usize, intake: &mut Intake) {
    let is_timeless = |span: &Span| span.start == -FAR;
    let new = intake.spans.split_off(first);
    if !new.iter().any(is_timeless) {
        intake.spans.extend(new);
        return;
    }
    let (timeless, timed): (Vec<Span>, Vec<Span>) = new.into_iter().partition(is_timeless);
    let key = |span: &Span| (span.trace_id, span.span_id, span.service.clone());
    let known: HashSet<_> = timed.iter().map(key).collect();
    intake.spans.extend(timed);
    intake.report.spans -= timeless.len() as u64;
    for span in &timeless {
        let place = || format!("span {} \"{}\" of {}", span.span_id, span.name, span.service);
        if known.contains(&key(span)) {
            intake.skip("partial-span", || format!("{} is told by another record of it", place()));
        } else {
            intake.skip("missing-time", || format!("{} has no time", place()));
        }
    }
}
