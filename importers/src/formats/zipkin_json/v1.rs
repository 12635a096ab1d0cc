//! Version 1: what version 2 has as kind and times are annotations there, and both sides of a call may be one record.
//!
//! The core annotations are `cs` client send, `cr` client receive, `sr` server receive, `ss` server send, `ms` and `mr`
//! message sent and received. After Zipkin's own conversion (`V1SpanConverter`), except that times of annotations go
//! before those of the record where both sides are in it: tracers put either side's time there.

use super::{BinaryAnnotation, Endpoint, Ids, RawSpan, positive};
use crate::span::FAR;
use crate::{Intake, Nanos, SpanKind};

/// Is it a span of version 1? Only there do annotations name endpoints.
pub(super) fn is_of_version_1(span: &RawSpan<'_>) -> bool {
    let bare = span.local_endpoint.service_name.text().is_none();
    !span.binary_annotations.is_empty()
        || span.annotations.iter().any(|annotation| {
            annotation.endpoint.is_some()
                || bare && annotation.value.text().is_some_and(|value| CORE.contains(&&*value))
        })
}

const CORE: [&str; 6] = ["cs", "cr", "sr", "ss", "ms", "mr"];

/// Kinds of span, with the annotations that begin and end them.
const SIDES: [(SpanKind, &str, Option<&str>); 4] = [
    (SpanKind::Client, "cs", Some("cr")),
    (SpanKind::Server, "sr", Some("ss")),
    (SpanKind::Producer, "ms", None),
    (SpanKind::Consumer, "mr", None),
];

/// One side of a call, as far as its annotations tell.
struct Side<'a, 'b> {
    kind: SpanKind,
    start: Option<Nanos>,
    end: Option<Nanos>,
    /// Where its annotations were made.
    endpoint: Option<&'b Endpoint<'a>>,
}

/// Takes in the one or two spans of a record.
pub(super) fn take_in(span: &RawSpan<'_>, ids: Ids, intake: &mut Intake) {
    let sides: Vec<Side<'_, '_>> =
        SIDES.iter().filter_map(|&(kind, begin, end)| side(span, kind, begin, end)).collect();
    match sides.as_slice() {
        [] => {
            let lc = |annotation: &&BinaryAnnotation<'_>| annotation.is("lc");
            let local = span.binary_annotations.iter().find(lc).or(span.binary_annotations.first());
            let noted = span.annotations.iter().find_map(|annotation| annotation.endpoint.as_ref());
            let endpoint =
                local.map(|annotation| &annotation.endpoint).filter(|place| place.has_name()).or(noted);
            let (kind, start, end) = (SpanKind::Internal, None, None);
            push(span, ids, &Side { kind, start, end, endpoint }, true, &|_| true, intake);
        }
        [side] => push(span, ids, side, true, &|_| true, intake),
        several => {
            for (place, side) in several.iter().enumerate() {
                // What no side wrote belongs to the first.
                let is_of = |place: &Endpoint<'_>, side: &Side<'_, '_>| {
                    side.endpoint.is_some_and(|endpoint| endpoint.same_service(place))
                };
                let wrote = |annotation: &BinaryAnnotation<'_>| {
                    is_of(&annotation.endpoint, side)
                        || place == 0 && !several.iter().any(|other| is_of(&annotation.endpoint, other))
                };
                push(span, ids, side, false, &wrote, intake);
            }
        }
    }
}

/// The side of that kind, if the record has it.
fn side<'a, 'b>(
    span: &'b RawSpan<'a>,
    kind: SpanKind,
    begin: &str,
    end: Option<&str>,
) -> Option<Side<'a, 'b>> {
    let of = |name: &str| {
        let name = name.to_string();
        span.annotations.iter().filter(move |annotation| annotation.value.text().is_some_and(|v| *v == *name))
    };
    let begins = || of(begin);
    let ends = || end.into_iter().flat_map(&of);
    begins().chain(ends()).next()?;
    Some(Side {
        kind,
        start: begins().filter_map(|annotation| positive(&annotation.timestamp)).min(),
        end: ends().filter_map(|annotation| positive(&annotation.timestamp)).max(),
        endpoint: begins().chain(ends()).find_map(|annotation| annotation.endpoint.as_ref()),
    })
}

/// Takes in one side. Is it `alone` in its record, so that the record's own times are its?
fn push(
    raw: &RawSpan<'_>,
    ids: Ids,
    side: &Side<'_, '_>,
    alone: bool,
    is_its: &dyn Fn(&BinaryAnnotation<'_>) -> bool,
    intake: &mut Intake,
) {
    let nowhere = Endpoint::default();
    let endpoint = side.endpoint.filter(|endpoint| endpoint.has_name()).unwrap_or(&raw.local_endpoint);
    let endpoint = if endpoint.has_name() { endpoint } else { side.endpoint.unwrap_or(&nowhere) };
    let tags = raw.binary_annotations.iter().filter(|annotation| is_its(annotation));
    let tags = tags.filter_map(|annotation| match &annotation.key {
        super::Scalar::Text(key) => Some((&**key, &annotation.value)),
        _ => None,
    });
    let mut span = raw.span(ids, endpoint, side.kind, tags, intake);
    let peer = raw.binary_annotations.iter().find(|annotation| annotation.is(peer_of(side.kind)));
    span.attributes.set("peer.service", || peer.and_then(|peer| peer.endpoint.service_name.text()), intake);
    (span.start, span.end) = times(raw, side, alone, intake);
    intake.push(span);
}

/// The key of the annotation that tells the other end's address.
fn peer_of(kind: SpanKind) -> &'static str {
    match kind {
        SpanKind::Server => "ca",
        SpanKind::Producer | SpanKind::Consumer => "ma",
        SpanKind::Client | SpanKind::Internal | SpanKind::Unspecified => "sa",
    }
}

fn times(raw: &RawSpan<'_>, side: &Side<'_, '_>, alone: bool, intake: &mut Intake) -> (Nanos, Nanos) {
    let (Some(start), Some(end)) = (side.start, side.end) else {
        // Of a call whose reply was not seen, or a span with no sides at all.
        let (start, end) = if alone { raw.times(intake) } else { (side.start.unwrap_or(-FAR), -FAR) };
        if !alone && start > -FAR {
            raw.lacks_duration(intake);
        }
        return (start, end.max(start));
    };
    let recorded = positive(&raw.timestamp).zip(positive(&raw.duration));
    match recorded {
        Some((start, duration)) if alone => (start, start.saturating_add(duration)),
        _ => (start, end),
    }
}

impl BinaryAnnotation<'_> {
    fn is(&self, key: &str) -> bool {
        matches!(&self.key, super::Scalar::Text(text) if text == key)
    }
}

impl Endpoint<'_> {
    fn has_name(&self) -> bool {
        self.service_name.text().is_some_and(|name| !name.trim().is_empty())
    }

    fn same_service(&self, other: &Self) -> bool {
        self.has_name() && self.service_name == other.service_name
    }
}
