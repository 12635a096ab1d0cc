//! Call graphs of Alibaba's clusters: `MSCallGraph` of 2021 and `CallGraph` of 2022, a call a row.
//!
//! The id of a call (`0.1.2`) tells its place in the tree: its caller is `0.1`. `um` calls `dm`; times are in ms since the
//! beginning of the recording. A negative response time was recorded by the callee, any other by the caller; where both
//! did, the two rows are the two sides of a call. Stores (`db`, `mc`) recorded nothing themselves.

use std::collections::HashMap;
use std::io::BufRead;

use super::csv::table::{Header, Table};
use super::{TraceFormat, ids, times};
use crate::delimited::delimiter;
use crate::span::SpanLink;
use crate::{Attributes, ImportError, Intake, Name, Span, SpanKind};

/// See the module.
pub(super) struct Alibaba;

const NAME: &str = "alibaba-csv";

impl TraceFormat for Alibaba {
    fn name(&self) -> &'static str {
        NAME
    }

    fn summary(&self) -> &'static str {
        "Alibaba cluster traces: MSCallGraph of 2021 and CallGraph of 2022 (CSV)"
    }

    fn detect(&self, head: &[u8]) -> bool {
        Header::of(head, delimiter(head)).is_some_and(|header| Columns::of(&header).is_some())
    }

    fn read(&self, input: &mut dyn BufRead, intake: &mut Intake) -> Result<(), ImportError> {
        let delimiter = delimiter(input.fill_buf()?);
        let mut table = Table::new(NAME, delimiter, input)?;
        let columns = Columns::of(&table.header).ok_or_else(|| ImportError::Syntax {
            format: NAME,
            line: 1,
            column: 1,
            message: "expected columns traceid, timestamp, rpcid (or rpc_id), um, rpctype, dm, interface, rt"
                .into(),
        })?;
        let mut sides = Sides::default();
        while table.next()? {
            match columns.call(&table, intake) {
                Some(call) => sides.take_in(call, intake),
                None => table.skip(intake),
            }
        }
        table.finish(intake);
        Ok(())
    }
}

/// The places of the columns.
struct Columns {
    trace: usize,
    time: usize,
    id: usize,
    caller: usize,
    callee: usize,
    kind: usize,
    interface: usize,
    response_time: usize,
    caller_instance: Option<usize>,
    callee_instance: Option<usize>,
}

impl Columns {
    fn of(header: &Header) -> Option<Self> {
        Some(Self {
            trace: header.find(&["traceid"])?,
            time: header.find(&["timestamp"])?,
            id: header.find(&["rpcid", "rpc_id"])?,
            caller: header.find(&["um"])?,
            callee: header.find(&["dm"])?,
            kind: header.find(&["rpctype"])?,
            interface: header.find(&["interface"])?,
            response_time: header.find(&["rt"])?,
            caller_instance: header.find(&["uminstanceid"]),
            callee_instance: header.find(&["dminstanceid"]),
        })
    }

    fn call(&self, table: &Table<'_>, intake: &mut Intake) -> Option<Call> {
        let id = table.get(self.id)?;
        let start = times::decimal(&table.get(self.time)?, 1_000_000)?;
        let took = times::decimal(&table.get(self.response_time)?, 1_000_000)?;
        let name = |place, intake: &mut Intake| table.get(place).and_then(|name| known(&name, intake));
        let instance = |place: Option<usize>, intake: &mut Intake| name(place?, intake);
        let interface = name(self.interface, intake);
        let kind = table.get(self.kind)?.trim().to_ascii_lowercase();
        Some(Call {
            link: SpanLink {
                trace_id: ids::trace_id(table.get(self.trace)?.trim())?,
                span_id: ids::hashed_span_id(id.trim())?,
            },
            parent: id.trim().rsplit_once('.').and_then(|(above, _)| ids::hashed_span_id(above)),
            caller: name(self.caller, intake),
            callee: name(self.callee, intake),
            caller_instance: instance(self.caller_instance, intake),
            callee_instance: instance(self.callee_instance, intake),
            interface: interface
                .unwrap_or_else(|| intake.name(if kind.is_empty() { "unnamed" } else { &kind })),
            is_message: kind == "mq",
            store: ["db", "mc"].contains(&kind.as_str()).then(|| intake.name(&kind)),
            start,
            took,
        })
    }
}

/// A name, unless it is one of the words for none.
fn known(text: &str, intake: &mut Intake) -> Option<Name> {
    let text = text.trim();
    let none = ["(?)", "NAN", "nan", "UNKNOWN", "UNAVAILABLE", "None"].contains(&text);
    if none { None } else { intake.non_empty(text) }
}

/// A row.
struct Call {
    link: SpanLink,
    parent: Option<crate::SpanId>,
    caller: Option<Name>,
    callee: Option<Name>,
    caller_instance: Option<Name>,
    callee_instance: Option<Name>,
    interface: Name,
    is_message: bool,
    store: Option<Name>,
    start: i64,
    took: i64,
}

/// The calls so far of which one side is known: whether it is the callee's, where its span is, and who called.
#[derive(Default)]
struct Sides(HashMap<SpanLink, (bool, usize, Option<Name>, Option<Name>)>);

impl Sides {
    fn take_in(&mut self, call: Call, intake: &mut Intake) {
        let from_callee = call.took < 0;
        let place = intake.spans.len();
        let link = call.link;
        let pairs = call.store.is_none();
        let caller = (call.caller.clone(), call.caller_instance.clone());
        let other = self.0.get(&link).filter(|(callee, ..)| *callee != from_callee).cloned();
        let span = call.span(from_callee, intake);
        intake.push(span);
        if !pairs {
            return;
        }
        let Some((_, first, name, instance)) = other else {
            self.0.entry(link).or_insert((from_callee, place, caller.0, caller.1));
            return;
        };
        self.0.remove(&link);
        let (at_caller, caller) = if from_callee { (first, (name, instance)) } else { (place, caller) };
        // The caller's row becomes its side, where it says who that is.
        if let (Some(span), (Some(service), instance)) = (intake.spans.get_mut(at_caller), caller) {
            span.attributes.peer_service = Some(span.service.clone());
            span.service = service;
            span.instance = instance;
            if span.kind == SpanKind::Unspecified {
                span.kind = SpanKind::Client;
            }
        }
    }
}

impl Call {
    /// The span of a row by itself: of the callee; of the caller where the callee is a store, or has no name.
    fn span(self, from_callee: bool, intake: &mut Intake) -> Span {
        let at_caller = self.store.is_some() || self.callee.is_none();
        let (service, instance, kind) = match (self.caller, &self.callee) {
            (Some(caller), _) if at_caller => (caller, self.caller_instance, SpanKind::Client),
            (_, Some(callee)) => {
                let kind = match (self.is_message, from_callee) {
                    (true, true) => SpanKind::Consumer,
                    (true, false) => SpanKind::Producer,
                    (false, true) => SpanKind::Server,
                    (false, false) => SpanKind::Unspecified,
                };
                (callee.clone(), self.callee_instance, kind)
            }
            (_, None) => {
                intake.report.warn("missing-service", || {
                    format!("call {} of trace {} names neither side", self.link.span_id, self.link.trace_id)
                });
                (intake.name("unknown"), None, SpanKind::Unspecified)
            }
        };
        let attributes = Attributes {
            peer_service: self.callee.filter(|_| kind == SpanKind::Client),
            database: self.store,
            ..Attributes::default()
        };
        Span {
            trace_id: self.link.trace_id,
            span_id: self.link.span_id,
            parent: self.parent,
            follows: false,
            links: Vec::new(),
            service,
            instance,
            name: self.interface,
            kind,
            start: self.start,
            end: self.start.saturating_add(self.took.saturating_abs()),
            error: false,
            attributes,
        }
    }
}
