//! The profile of remote calls between Nameko services (Humphries and Kaffes, *Profiling Microservices*): a JSON list
//! for each request, one a line, or a list of such lists.
//!
//! Each entry is an object with one key, the event: `rpc-request` and `rpc-finish` at the caller, `rpc-receive` and
//! `rpc-respond` at the callee, all with the server where it happened, the service and method called, the time in
//! seconds since the epoch, and the id of the call. Entries are in nesting order, without the ids of parents: a call
//! belongs to the innermost handler on the server that made it. The calls of a handler that did not wait for one before
//! it made the next may follow each other or be interleaved, so times decide what overlaps, not the order.
//!
//! A call becomes a client span of the caller and a server span of the callee. Where the caller took no reply, or
//! before the callee began, it becomes a message (a producer span).

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::io::BufRead;

use serde::Deserialize;
use serde::de::{self, IgnoredAny};

use super::documents;
use super::lenient::Scalar;
use super::outline::Outline;
use super::{TraceFormat, ids, times};
use crate::{Attributes, ImportError, Intake, Name, Nanos, Span, SpanId, SpanKind, TraceId};

/// See the module.
pub(super) struct NamekoProfile;

const NAME: &str = "nameko-profile";

impl TraceFormat for NamekoProfile {
    fn name(&self) -> &'static str {
        NAME
    }

    fn summary(&self) -> &'static str {
        "Nameko profile: a list of rpc-request, rpc-receive, rpc-respond, rpc-finish for each request"
    }

    fn detect(&self, head: &[u8]) -> bool {
        Outline::of(head).has_any(1, &["rpc-request", "rpc-receive", "rpc_request", "rpc_receive"])
    }

    fn read(&self, input: &mut dyn BufRead, intake: &mut Intake) -> Result<(), ImportError> {
        documents::read(NAME, input, intake, document)
    }
}

fn document(json: &[u8], intake: &mut Intake) -> Result<(), serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    de::Deserializer::deserialize_seq(&mut deserializer, Lists(intake))?;
    deserializer.end()
}

/// A request, or a list of requests, each taken in when it ends.
struct Lists<'a>(&'a mut Intake);

impl<'de> de::Visitor<'de> for Lists<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of calls' events")
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Self(intake) = self;
        let mut alone = Vec::new();
        while let Some(element) = list.next_element::<Element<'de>>()? {
            match element {
                Element::Entry(entry) => alone.push(entry),
                Element::Request(entries) => take_in(&entries, intake),
            }
        }
        take_in(&alone, intake);
        Ok(())
    }
}

enum Element<'a> {
    Entry(Entry<'a>),
    Request(Vec<Entry<'a>>),
}

impl<'de: 'a, 'a> Deserialize<'de> for Element<'a> {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Element<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an event, or a list of them")
            }

            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                EntryVisitor.visit_map(map).map(Element::Entry)
            }

            fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = list.next_element()? {
                    entries.push(entry);
                }
                Ok(Element::Request(entries))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

/// An event of a call.
struct Entry<'a> {
    event: Event,
    details: Details<'a>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    Request,
    Receive,
    Respond,
    Finish,
    Unknown,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Details<'a> {
    #[serde(borrow, alias = "host", alias = "hostname")]
    server: Scalar<'a>,
    #[serde(borrow)]
    service: Scalar<'a>,
    #[serde(borrow)]
    method: Scalar<'a>,
    #[serde(borrow, alias = "timestamp")]
    time: Scalar<'a>,
    #[serde(borrow, alias = "uuid", alias = "call_id")]
    id: Scalar<'a>,
    #[serde(borrow, alias = "exception")]
    error: Scalar<'a>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Entry<'a> {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EntryVisitor)
    }
}

struct EntryVisitor;

impl<'de> de::Visitor<'de> for EntryVisitor {
    type Value = Entry<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with one event")
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entry = Entry { event: Event::Unknown, details: Details::default() };
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            let event = match key.replace('_', "-").as_str() {
                "rpc-request" => Event::Request,
                "rpc-receive" => Event::Receive,
                "rpc-respond" => Event::Respond,
                "rpc-finish" => Event::Finish,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            entry = Entry { event, details: map.next_value()? };
        }
        Ok(entry)
    }
}

/// A side of a call: where and when.
struct Side {
    server: Option<Name>,
    start: Nanos,
    end: Option<Nanos>,
}

/// A call, as far as it is known.
struct Call {
    id: SpanId,
    trace_id: TraceId,
    service: Name,
    method: Name,
    caller: Option<Side>,
    callee: Option<Side>,
    /// Position of the call in whose handler it was made.
    made_in: Option<usize>,
    error: bool,
}

/// The calls of one request.
#[derive(Default)]
struct Request {
    calls: Vec<Call>,
    /// Positions by id.
    by_id: HashMap<SpanId, usize>,
    /// Handlers that have not responded, the innermost last.
    handlers: Vec<usize>,
}

/// Takes in the calls of one request.
fn take_in(entries: &[Entry<'_>], intake: &mut Intake) {
    let mut request = Request::default();
    for entry in entries {
        if request.add(entry, intake).is_none() {
            intake.skip("malformed-record", || {
                let id = entry.details.id.text().unwrap_or_default();
                format!("an event of call \"{id}\" lacks its kind, its id or its time, or does not fit")
            });
        }
    }
    request.finish(intake);
}

impl Request {
    /// None where the event cannot be used.
    fn add(&mut self, entry: &Entry<'_>, intake: &mut Intake) -> Option<()> {
        let Details { server, id, time, .. } = &entry.details;
        let id_text = id.text()?;
        let id = ids::span_id(&id_text)?;
        let server = server.text().and_then(|text| intake.non_empty(&text));
        let side = || Some(Side { server: server.clone(), start: times::seconds(time)?, end: None });
        let known = self.by_id.get(&id).copied();
        match (entry.event, known) {
            (Event::Unknown, _) => return None,
            (Event::Request, None) => {
                let made_in = self.handler_on(server.as_ref());
                let call = self.call(id, &id_text, &entry.details, intake)?;
                self.calls[call].caller = Some(side()?);
                self.calls[call].made_in = made_in;
            }
            (Event::Receive, known) => {
                let side = side()?;
                let call = known.or_else(|| self.call(id, &id_text, &entry.details, intake))?;
                if self.calls[call].callee.is_some() {
                    return None;
                }
                self.calls[call].callee = Some(side);
                self.handlers.push(call);
            }
            (Event::Respond, Some(call)) => {
                self.handlers.retain(|&open| open != call);
                self.calls[call].callee.as_mut()?.end = Some(times::seconds(time)?);
            }
            (Event::Finish, Some(call)) => {
                self.calls[call].caller.as_mut()?.end = Some(times::seconds(time)?);
            }
            (Event::Request, Some(_)) | (Event::Respond | Event::Finish, None) => return None,
        }
        if let Some(&call) = self.by_id.get(&id) {
            self.calls[call].error |= !matches!(entry.details.error, Scalar::Other | Scalar::Bool(false));
        }
        Some(())
    }

    /// The innermost handler on that server; the innermost of all where none is.
    fn handler_on(&self, server: Option<&Name>) -> Option<usize> {
        let on_it = |&&call: &&usize| {
            self.calls[call].callee.as_ref().is_some_and(|side| side.server.as_ref() == server)
        };
        self.handlers.iter().rev().find(on_it).or(self.handlers.last()).copied()
    }

    /// A new call, of which nothing is known yet.
    fn call(&mut self, id: SpanId, text: &str, details: &Details<'_>, intake: &mut Intake) -> Option<usize> {
        let trace_id = match self.calls.first() {
            Some(first) => first.trace_id,
            None => ids::trace_id(text)?,
        };
        let mut name = |value: &Scalar<'_>| value.text().and_then(|text| intake.non_empty(&text));
        self.calls.push(Call {
            id,
            trace_id,
            service: name(&details.service)?,
            method: name(&details.method)?,
            caller: None,
            callee: None,
            made_in: None,
            error: false,
        });
        self.by_id.insert(id, self.calls.len() - 1);
        Some(self.calls.len() - 1)
    }

    fn finish(mut self, intake: &mut Intake) {
        self.end_handlers(intake);
        for call in &self.calls {
            let parent = call.made_in.map(|caller| &self.calls[caller]);
            let parent_id = parent.map(|caller| handler_id(caller.id));
            if let Some(caller) = &call.caller {
                let service = parent.map(|parent| parent.service.clone());
                let service = service.unwrap_or_else(|| outsider(caller.server.as_deref(), intake));
                let (kind, end) = call.caller_side(caller, intake);
                let attributes =
                    Attributes { peer_service: Some(call.service.clone()), ..Attributes::default() };
                intake.push(Span { attributes, ..call.span(call.id, parent_id, service, kind, caller, end) });
            }
            if let Some(callee) = &call.callee {
                let id = handler_id(call.id);
                let parent = call.caller.as_ref().map(|_| call.id);
                let end = callee.end.unwrap_or(callee.start);
                intake.push(call.span(id, parent, call.service.clone(), SpanKind::Server, callee, end));
            }
        }
    }

    /// A handler that never responded is taken to end when its caller finished, or else with the last that it did.
    fn end_handlers(&mut self, intake: &mut Intake) {
        for place in (0..self.calls.len()).rev() {
            let Call { callee: Some(callee), caller, service, method, .. } = &self.calls[place] else {
                continue;
            };
            if callee.end.is_some() {
                continue;
            }
            intake.report.warn("unfinished-handler", || {
                format!("{service}.{method} did not respond; taken to end with what it did last")
            });
            let replied = caller.as_ref().and_then(|side| side.end);
            let last =
                self.calls.iter().filter(|call| call.made_in == Some(place)).flat_map(Call::times).max();
            let end = replied.or(last).unwrap_or(callee.start);
            if let Some(callee) = &mut self.calls[place].callee {
                callee.end = Some(end);
            }
        }
    }
}

impl Call {
    fn times(&self) -> impl Iterator<Item = Nanos> + '_ {
        self.caller.iter().chain(&self.callee).flat_map(|side| [Some(side.start), side.end]).flatten()
    }

    /// Kind and end of the caller's span: a call that is waited for, or a message.
    fn caller_side(&self, caller: &Side, intake: &mut Intake) -> (SpanKind, Nanos) {
        match (caller.end, &self.callee) {
            (Some(end), Some(callee)) if end <= callee.start => (SpanKind::Producer, end),
            (Some(end), _) => (SpanKind::Client, end),
            (None, _) => {
                intake.report.warn("no-reply-taken", || {
                    format!(
                        "the caller of {}.{} took no reply; taken as a message",
                        self.service, self.method
                    )
                });
                (SpanKind::Producer, caller.start)
            }
        }
    }

    fn span(
        &self,
        span_id: SpanId,
        parent: Option<SpanId>,
        service: Name,
        kind: SpanKind,
        side: &Side,
        end: Nanos,
    ) -> Span {
        Span {
            trace_id: self.trace_id,
            span_id,
            parent,
            follows: false,
            links: Vec::new(),
            service,
            instance: side.server.clone(),
            name: self.method.clone(),
            kind,
            start: side.start,
            end,
            error: self.error,
            attributes: Attributes::default(),
        }
    }
}

/// Of the two spans of a call, the callee's needs an id of its own.
fn handler_id(SpanId(mut bytes): SpanId) -> SpanId {
    bytes[0] ^= 0x80;
    SpanId(bytes)
}

/// Who calls from outside of all handlers is only known by its server: a load generator, called like it without its
/// number.
fn outsider(server: Option<&str>, intake: &mut Intake) -> Name {
    let server = server.unwrap_or("client");
    let name = server.trim_end_matches(|c: char| c.is_ascii_digit());
    let name = name.strip_suffix(['-', '_', '.']).unwrap_or(server);
    intake.non_empty(name).unwrap_or_else(|| intake.name("client"))
}
