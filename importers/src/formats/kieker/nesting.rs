//! Executions and events to spans with parents.

use std::collections::{BTreeMap, HashMap};

use super::records::{Kind, class_and_operation};
use crate::formats::ids;
use crate::{Attributes, Intake, Name, Nanos, Span, SpanId, SpanKind, TraceId};

/// An operation with its begin and end, and its place in the trace.
pub(super) struct Execution<'a> {
    pub(super) signature: &'a str,
    pub(super) session: Option<&'a str>,
    pub(super) trace: i64,
    pub(super) start: i64,
    pub(super) end: i64,
    pub(super) host: &'a str,
    /// Which operation of the trace it was to begin (`eoi`); negative where it was not recorded.
    pub(super) order: i64,
    /// How many were open above it (`ess`).
    pub(super) depth: i64,
}

/// The begin or the end of an operation.
pub(super) struct Event<'a> {
    pub(super) kind: Kind,
    pub(super) time: i64,
    pub(super) trace: i64,
    /// Which event of the trace it was.
    pub(super) order: i64,
    pub(super) signature: &'a str,
    pub(super) class: Option<&'a str>,
}

/// Where a trace of events was recorded.
pub(super) struct Metadata<'a> {
    pub(super) trace: i64,
    pub(super) session: Option<&'a str>,
    pub(super) host: &'a str,
    /// The trace from which it was begun.
    pub(super) above: Option<i64>,
}

/// What is known before all is read.
#[derive(Default)]
pub(super) struct Pending {
    /// Places of executions: trace, order, depth, position of the span.
    executions: Vec<(i64, i64, i64, usize)>,
    /// Events by trace.
    events: BTreeMap<i64, Vec<Seen>>,
    /// Hosts and sessions of traces of events.
    recorded: HashMap<i64, (Name, Option<Name>)>,
}

/// An event, kept.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Seen {
    order: i64,
    time: Nanos,
    begins: bool,
    failed: bool,
    service: Name,
    operation: Name,
}

/// Sets the ids of executions and of events apart.
const EVENTS: i64 = 1 << 62;

impl Pending {
    /// Takes an execution in; its parent follows when all is read. `unit` is that of its times, in ns.
    pub(super) fn execution(
        &mut self,
        execution: &Execution<'_>,
        unit: i64,
        intake: &mut Intake,
    ) -> Option<()> {
        let (class, operation) = class_and_operation(execution.signature);
        let service = intake.non_empty(class)?;
        let name = intake.non_empty(operation)?;
        let placed = execution.trace != -1 && execution.order >= 0 && execution.depth >= 0;
        intake.is_held = true;
        let place = intake.spans.len();
        if placed {
            self.executions.push((execution.trace, execution.order, execution.depth, place));
        } else {
            intake.report.warn("untraced-execution", || {
                format!("{} has no place in a trace; taken as a request of its own", execution.signature)
            });
        }
        let trace_id = if placed { trace_id(execution.trace) } else { own_trace(place) };
        let span = Span {
            instance: intake.non_empty(execution.host),
            ..span(trace_id, span_id(execution.order.max(0)), service, name)
        };
        let session = execution.session.and_then(|session| intake.non_empty(session));
        intake.push(Span {
            attributes: Attributes { session, ..Attributes::default() },
            start: execution.start.saturating_mul(unit),
            end: execution.end.saturating_mul(unit),
            ..span
        });
        Some(())
    }

    /// Keeps an event.
    pub(super) fn event(&mut self, event: &Event<'_>, unit: i64, intake: &mut Intake) -> Option<()> {
        let (class, operation) = class_and_operation(event.signature);
        let seen = Seen {
            order: event.order,
            time: event.time.saturating_mul(unit),
            begins: event.kind == Kind::Before,
            failed: event.kind == Kind::Failed,
            service: intake.non_empty(event.class.unwrap_or(class))?,
            operation: intake.non_empty(operation)?,
        };
        self.events.entry(event.trace).or_default().push(seen);
        Some(())
    }

    /// Keeps where a trace was recorded.
    pub(super) fn trace(&mut self, told: &Metadata<'_>, intake: &mut Intake) -> Option<()> {
        let host = intake.non_empty(told.host)?;
        let session = told.session.and_then(|session| intake.non_empty(session));
        self.recorded.insert(told.trace, (host, session));
        if let Some(above) = told.above {
            let trace = told.trace;
            intake.report.warn("trace-of-a-trace", || {
                format!("trace {trace} was begun in trace {above}; they are kept apart")
            });
        }
        Some(())
    }

    /// Completes the spans of executions, and makes those of events.
    pub(super) fn finish(mut self, intake: &mut Intake) {
        self.executions.sort_unstable();
        for trace in self.executions.chunk_by(|a, b| a.0 == b.0) {
            nest_executions(trace, intake);
        }
        for (trace, mut events) in self.events {
            events.sort();
            events.dedup();
            nest_events(trace, &events, self.recorded.get(&trace), intake);
        }
    }
}

/// Finds the parents of the executions of a trace, which are in the order in which they began.
fn nest_executions(trace: &[(i64, i64, i64, usize)], intake: &mut Intake) {
    let mut open: Vec<SpanId> = Vec::new();
    let mut gaps = 0;
    for (expected, &(id, order, depth, place)) in trace.iter().enumerate() {
        gaps += u64::from(order != expected as i64);
        let depth = usize::try_from(depth).unwrap_or(usize::MAX);
        if depth > open.len() {
            intake.report.warn("missing-caller", || {
                format!(
                    "execution {order} of trace {id} has {depth} above it, of which {} are there",
                    open.len()
                )
            });
        }
        open.truncate(depth);
        if let Some(span) = intake.spans.get_mut(place) {
            span.parent = open.last().copied();
            open.push(span.span_id);
        }
    }
    intake.report.warn_many("gap-in-trace", u64::from(gaps > 0), || {
        format!("trace {} does not have all executions from the first on", trace[0].0)
    });
}

/// Makes the spans of the events of a trace.
fn nest_events(trace: i64, events: &[Seen], recorded: Option<&(Name, Option<Name>)>, intake: &mut Intake) {
    let unclosed = |begin: &Seen, intake: &mut Intake| {
        intake.skip("unclosed-operation", || {
            format!("{}.{} of trace {trace} has no end; left out", begin.service, begin.operation)
        });
    };
    let session = recorded.and_then(|(_, session)| session.clone());
    let mut open: Vec<&Seen> = Vec::new();
    for event in events {
        if event.begins {
            open.push(event);
            continue;
        }
        let same = |begin: &&Seen| begin.operation == event.operation && begin.service == event.service;
        let Some(depth) = open.iter().rposition(same) else {
            intake.skip("unopened-operation", || {
                format!("{}.{} of trace {trace} has no begin; left out", event.service, event.operation)
            });
            continue;
        };
        open.drain(depth + 1..).for_each(|begin| unclosed(begin, intake));
        let Some(begin) = open.pop() else { continue };
        let id = |begin: &Seen| span_id(begin.order | EVENTS);
        let span = span(trace_id(trace), id(begin), begin.service.clone(), begin.operation.clone());
        intake.push(Span {
            parent: open.last().map(|above| id(above)),
            instance: recorded.map(|(host, _)| host.clone()),
            attributes: Attributes { session: session.clone(), ..Attributes::default() },
            start: begin.time,
            end: event.time,
            error: event.failed,
            ..span
        });
    }
    open.into_iter().for_each(|begin| unclosed(begin, intake));
}

fn span(trace_id: TraceId, span_id: SpanId, service: Name, name: Name) -> Span {
    Span {
        trace_id,
        span_id,
        parent: None,
        follows: false,
        links: Vec::new(),
        service,
        instance: None,
        name,
        kind: SpanKind::Internal,
        start: 0,
        end: 0,
        error: false,
        attributes: Attributes::default(),
    }
}

/// Reads like the number itself; `f` stands for a minus.
fn trace_id(number: i64) -> TraceId {
    let sign = if number < 0 { "f" } else { "e" };
    ids::trace_id(&format!("{sign}{:019}", number.unsigned_abs())).unwrap_or_default()
}

/// A trace of its own for the span at that place.
fn own_trace(place: usize) -> TraceId {
    ids::trace_id(&format!("a{place:019}")).unwrap_or_default()
}

/// Ids are not zero.
fn span_id(order: i64) -> SpanId {
    SpanId(order.saturating_add(1).to_be_bytes())
}
