//! Spans of a trace to visits: one execution of an operation each, with the calls made in its course.

use rayon::prelude::*;

use super::operations::{Key, Meaning, Operations, Replica};
use crate::assemble::CHUNK;
use crate::interval::Interval;
use crate::{ImportReport, ImportWarning, Name, Nanos, SpanId, SpanKind, Trace, TraceNode};

/// One execution of an operation.
#[derive(Debug)]
pub(super) struct Visit {
    pub(super) operation: Key,
    pub(super) kind: SpanKind,
    pub(super) replica: Replica,
    pub(super) span_id: SpanId,
    pub(super) time: Interval,
    /// When the reply went out: at the end, unless the caller had it earlier ([`super::reply`]).
    pub(super) replied: Nanos,
    /// Does it begin a request, as far as the trace shows?
    pub(super) is_request: bool,
    /// Position of the visit that called it.
    pub(super) caller: Option<usize>,
    /// Does the trace say that a message called it, which nobody waits for?
    pub(super) is_message: bool,
    /// By start, once they have their slots.
    pub(super) calls: Vec<VisitCall>,
    /// When it waited for something that is no service of the model.
    pub(super) idle: Vec<Interval>,
    /// Of a message: the queue that it came from, and when it was sent.
    pub(super) message: Option<(Name, Nanos)>,
    /// Of a request: who asked, where the trace tells.
    pub(super) session: Option<Name>,
    /// Probability with which the trace was recorded.
    pub(super) sampling: f64,
    /// Is its reply an error, by its own span or its caller's?
    pub(super) failed: bool,
    /// Did a failed call end it ([`super::failures`])?
    pub(super) stopped: bool,
}

/// A call made in the course of a visit.
#[derive(Debug)]
pub(super) struct VisitCall {
    pub(super) slot: Slot,
    /// Position of the visit that it caused; none where only the caller's side was recorded.
    pub(super) visit: Option<usize>,
    /// From the call to the reply, by the caller's clock.
    pub(super) at: Interval,
    /// When it was sent, by the caller's clock.
    pub(super) sent: Nanos,
    /// Did the caller record it by a span of its own?
    pub(super) has_side: bool,
    /// Seconds on the network.
    pub(super) latency: f64,
    /// Does this one case look as if the caller had not waited?
    pub(super) seems_asynchronous: bool,
    /// Was the callee's instance busy otherwise when it came ([`super::idle`])?
    pub(super) contended: bool,
    /// Which of the visit's groups of overlapping calls it belongs to.
    pub(super) episode: usize,
    /// Was the reply an error?
    pub(super) failed: bool,
    /// When each attempt was made, if there were several ([`super::retries`]).
    pub(super) attempts: Vec<Interval>,
}

/// A place in the course of an operation where calls are made ([`super::slots`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Slot {
    pub(super) to: Key,
    /// Does the trace say that a message was sent, which nobody waits for?
    pub(super) message: bool,
    /// Which of the runs of calls to it.
    pub(super) run: u8,
    /// Are calls of other operations going on meanwhile?
    pub(super) beside: bool,
}

/// A span counts as waiting in a queue if it ends this little after its message handler starts.
const WAIT_SLACK: Nanos = 1_000_000;

/// Changes every visit by itself, on all threads.
pub(super) fn each(traces: &mut [Vec<Visit>], change: impl Fn(&mut Visit) + Sync) {
    traces.par_iter_mut().for_each(|visits| visits.iter_mut().for_each(&change));
}

/// The visits of every trace, callers before callees.
pub(super) fn all(traces: &[Trace], operations: &Operations, report: &mut ImportReport) -> Vec<Vec<Visit>> {
    let read = |traces: &[Trace]| -> (Vec<Vec<Visit>>, Vec<ImportWarning>) {
        let mut report = ImportReport::default();
        (traces.iter().map(|trace| visits(trace, operations, &mut report)).collect(), report.warnings)
    };
    let (visits, warnings): (Vec<_>, Vec<_>) = traces.par_chunks(CHUNK).map(read).unzip();
    report.add_warnings(warnings.into_iter().flatten());
    visits.into_iter().flatten().collect()
}

fn visits(trace: &Trace, operations: &Operations, report: &mut ImportReport) -> Vec<Visit> {
    let mut walk = Walk {
        trace,
        operations,
        meanings: trace.nodes.iter().map(|node| operations.meaning(&node.span)).collect(),
        reaches_out: reaches_out(trace),
        has_root: trace.roots.iter().any(|&root| !trace.nodes[root].orphan && !is_transparent(trace, root)),
        session: trace.nodes.iter().find_map(|node| node.span.attributes.session.as_ref()),
        visits: Vec::new(),
        report,
    };
    let mut open: Vec<Open> =
        trace.roots.iter().rev().map(|&node| Open { node, parent: None, visit: None }).collect();
    while let Some(next) = open.pop() {
        let inside = walk.enter(next);
        let children = trace.nodes[next.node].children.iter().rev();
        open.extend(children.map(|&node| Open { node, ..inside }));
    }
    walk.visits
}

/// A span to be looked at.
#[derive(Clone, Copy)]
struct Open {
    node: usize,
    /// The nearest span above that means something.
    parent: Option<usize>,
    /// The visit in whose course it happened.
    visit: Option<usize>,
}

struct Walk<'a> {
    trace: &'a Trace,
    operations: &'a Operations,
    /// Of the names of every span.
    meanings: Vec<&'a Meaning>,
    reaches_out: Vec<bool>,
    has_root: bool,
    /// Who asked for the requests whose own spans do not tell: the first that any span does.
    session: Option<&'a Name>,
    visits: Vec<Visit>,
    report: &'a mut ImportReport,
}

impl Walk<'_> {
    /// Looks at a span; answers in what context its children are.
    fn enter(&mut self, Open { node, parent, visit }: Open) -> Open {
        if is_transparent(self.trace, node) {
            self.report.warn("waiting-span", || {
                let span = &self.trace.nodes[node].span;
                format!("\"{}\" of {} only waits for messages and is left out", span.name, span.service)
            });
            return Open { node, parent, visit };
        }
        let inside = match (visit, parent) {
            (Some(caller), Some(parent)) if self.is_part_of(node, caller) => {
                self.part(node, parent, caller);
                caller
            }
            (Some(caller), Some(parent)) => self.begin(node, Some((parent, caller))),
            _ => self.begin(node, None),
        };
        Open { node, parent: Some(node), visit: Some(inside) }
    }

    /// Is the span part of the visit, as opposed to one of its own?
    fn is_part_of(&self, node: usize, visit: usize) -> bool {
        let here = &self.trace.nodes[node];
        let handles_message = here.span.kind == SpanKind::Consumer;
        self.meanings[node].operation.service == self.visits[visit].operation.service
            && !(handles_message && here.parent_sends(self.trace))
    }

    /// A span within a visit: perhaps a call to something that has no spans.
    fn part(&mut self, node: usize, parent: usize, visit: usize) {
        let span = &self.trace.nodes[node].span;
        let time = Interval::new(span.start, span.end);
        let (whole, replica) = (self.visits[visit].time, self.meanings[node].replica);
        let of = || self.operations.full_name(self.visits[visit].operation);
        if span.kind == SpanKind::Server && replica.is_told && replica != self.visits[visit].replica {
            self.report
                .warn("self-call", || format!("{} calls its own service; counted as its own work", of()));
        }
        if self.visits[visit].has_replied(span.start) && self.trace.nodes[parent].span.start < whole.end {
            self.report.warn("background-work", || {
                format!("\"{}\" of {} starts after the reply and is left out", span.name, of())
            });
        }
        if span.kind == SpanKind::Client && !self.reaches_out[node] && !self.within_leaf(node) {
            self.call_outside(node, visit, time);
        }
    }

    /// Is it within another client span of the same call?
    fn within_leaf(&self, node: usize) -> bool {
        let parent = self.trace.nodes[node].parent;
        parent.is_some_and(|parent| {
            let above = &self.trace.nodes[parent];
            above.span.kind == SpanKind::Client
                && above.span.service == self.trace.nodes[node].span.service
                && !self.reaches_out[parent]
        })
    }

    /// A client span that nothing answers: a call to a service known only by name, or else a wait.
    fn call_outside(&mut self, node: usize, visit: usize, time: Interval) {
        let span = &self.trace.nodes[node].span;
        let has_replied = self.visits[visit].has_replied(time.start);
        match self.meanings[node].peer {
            Some(peer) if self.operations.is_traced(peer.service) => {
                self.report.warn("missing-server-span", || {
                    format!(
                        "\"{}\" of {} calls {}, which recorded no span of it",
                        span.name,
                        span.service,
                        self.operations.service(peer.service)
                    )
                });
                self.visits[visit].idle.push(time);
            }
            Some(peer) => self.visits[visit].calls.push(VisitCall {
                slot: Slot::of(peer, false),
                visit: None,
                at: time,
                sent: time.start,
                has_side: true,
                latency: 0.0,
                seems_asynchronous: has_replied,
                episode: 0,
                contended: false,
                failed: span.error,
                attempts: Vec::new(),
            }),
            None => self.visits[visit].idle.push(time),
        }
    }

    /// A span that begins a visit, called from `(parent span, visit)` or from outside.
    fn begin(&mut self, node: usize, from: Option<(usize, usize)>) -> usize {
        let here = &self.trace.nodes[node];
        let span = &here.span;
        let place = self.visits.len();
        let Meaning { operation, replica, .. } = *self.meanings[node];
        let to_itself =
            from.is_some_and(|(_, caller)| self.visits[caller].operation.service == operation.service);
        if to_itself {
            self.report.warn("self-message", || {
                let name = self.operations.full_name(operation);
                format!("{name} handles a message of its own service; counted as a request from outside")
            });
        }
        let message = span.attributes.destination.clone().filter(|_| span.kind == SpanKind::Consumer);
        let sent = from.map_or(span.start, |(parent, _)| self.trace.nodes[parent].span.end.min(span.start));
        let is_request = to_itself || from.is_none() && (!here.orphan || !self.has_root);
        self.visits.push(Visit {
            operation,
            kind: span.kind,
            replica,
            span_id: span.span_id,
            time: Interval::new(span.start, span.end),
            replied: span.end,
            is_request,
            caller: from.map(|(_, caller)| caller).filter(|_| !to_itself),
            is_message: from.is_some_and(|(parent, _)| self.is_message(node, parent)),
            calls: Vec::new(),
            idle: Vec::new(),
            message: message.map(|queue| (queue, sent)),
            session: is_request.then(|| span.attributes.session.as_ref().or(self.session).cloned()).flatten(),
            sampling: span.attributes.sampling.map_or(1.0, |sampling| sampling.probability),
            failed: span.error,
            stopped: false,
        });
        match from {
            Some((parent, caller)) if !to_itself => self.call(node, place, parent, caller),
            None if span.kind == SpanKind::Client && !self.reaches_out[node] => {
                self.call_outside(node, place, Interval::new(span.start, span.end));
            }
            _ => {}
        }
        place
    }

    /// The call of which the visit is the callee's side.
    fn call(&mut self, node: usize, visit: usize, parent: usize, caller: usize) {
        let callee = Interval::new(self.trace.nodes[node].span.start, self.trace.nodes[node].span.end);
        let whole = self.visits[caller].time;
        let client_side = self.client_side(parent, caller);
        let seems_asynchronous = self.seems_asynchronous(node, parent, client_side.unwrap_or(whole))
            || client_side.is_some_and(|side| self.visits[caller].has_replied(side.start));
        let at = client_side.unwrap_or_else(|| callee.moved_into(whole));
        let sent = client_side.map_or(callee.start.clamp(whole.start, whole.end), |side| side.end);
        let latency = match client_side {
            Some(side) if seems_asynchronous => Interval::new(side.end, callee.start).length(),
            Some(side) => (side.length() - callee.length()).max(0.0),
            None => 0.0,
        };
        let callee = &mut self.visits[visit];
        let slot = Slot::of(callee.operation, callee.is_message);
        callee.failed |= client_side.is_some() && !callee.is_message && self.trace.nodes[parent].span.error;
        let failed = callee.failed;
        self.visits[caller].calls.push(VisitCall {
            slot,
            visit: Some(visit),
            at,
            sent,
            has_side: client_side.is_some(),
            latency,
            seems_asynchronous,
            episode: 0,
            contended: false,
            failed,
            attempts: Vec::new(),
        });
    }

    /// The stretch of the caller's span of the call, where there is one: a client or producer span, or a span of no
    /// given kind that has nothing but the call in it.
    fn client_side(&self, parent: usize, caller: usize) -> Option<Interval> {
        let node = &self.trace.nodes[parent];
        let span = &node.span;
        let calls = node.children.iter().filter(|&&child| {
            !is_transparent(self.trace, child) && self.trace.nodes[child].span.service != span.service
        });
        let alone = calls.count() == 1;
        let is_visit = span.span_id == self.visits[caller].span_id;
        let wraps = !is_visit && span.kind == SpanKind::Unspecified && node.children.len() == 1;
        let is_side = span.kind == SpanKind::Producer || alone && (span.kind == SpanKind::Client || wraps);
        is_side.then(|| Interval::new(span.start, span.end))
    }

    /// Does the trace say that a message was sent?
    fn is_message(&self, node: usize, parent: usize) -> bool {
        let callee = &self.trace.nodes[node];
        let sender = self.trace.nodes[parent].span.kind;
        sender == SpanKind::Producer || callee.span.kind == SpanKind::Consumer || callee.follows
    }

    /// Did the caller, from what this one case shows, go on without waiting? A handler of messages is never waited
    /// for. Else the callee tells: the caller cannot have waited for most of it if most of it is outside `around`
    /// (the caller's side). A callee that fits into a client span is taken as waited for wherever it lies, since two
    /// clocks differ more often than clients do not wait.
    fn seems_asynchronous(&self, node: usize, parent: usize, around: Interval) -> bool {
        let callee = &self.trace.nodes[node];
        let time = Interval::new(callee.span.start, callee.span.end);
        let above = &self.trace.nodes[parent].span;
        if self.is_message(node, parent) {
            return true;
        }
        if above.kind == SpanKind::Client && time.length() <= around.length() {
            return false;
        }
        time.start >= around.end && time.end > around.end || time.overlap(around) < 0.5 * time.length()
    }
}

impl Slot {
    /// Of an operation, before anything is known of the other calls.
    fn of(to: Key, message: bool) -> Self {
        Self { to, message, run: 0, beside: false }
    }
}

impl VisitCall {
    /// Does the caller wait for the reply, as far as this one case shows?
    pub(super) fn is_waited_for(&self) -> bool {
        !self.slot.message && !self.seems_asynchronous
    }
}

impl Visit {
    /// Puts its calls in the order of time.
    pub(super) fn sort_calls(&mut self) {
        self.calls.sort_by(|a, b| (a.at, &a.slot, a.visit).cmp(&(b.at, &b.slot, b.visit)));
    }

    /// Was the reply out by then, so that whatever began later was not waited for?
    fn has_replied(&self, by: Nanos) -> bool {
        by > self.time.end && self.time.end > self.time.start
    }
}

impl TraceNode {
    /// Is the parent a span that sends a message, or only what caused this one?
    fn parent_sends(&self, trace: &Trace) -> bool {
        self.follows || self.parent.is_some_and(|parent| trace.nodes[parent].span.kind == SpanKind::Producer)
    }
}

/// Does a span only wait for messages, so that it is neither work nor a request? That is a poll, or a stretch between
/// a message's sending and its handling.
fn is_transparent(trace: &Trace, node: usize) -> bool {
    let here = &trace.nodes[node];
    here.span.only_fetches() || waits_in_queue(trace, here)
}

fn waits_in_queue(trace: &Trace, here: &TraceNode) -> bool {
    let plain = matches!(here.span.kind, SpanKind::Internal | SpanKind::Unspecified);
    let Some(parent) = here.parent.map(|parent| &trace.nodes[parent]) else { return false };
    if !plain || parent.span.kind != SpanKind::Producer || parent.span.service == here.span.service {
        return false;
    }
    let handles = |&other: &usize| {
        let other = &trace.nodes[other].span;
        other.kind == SpanKind::Consumer
            && other.service == here.span.service
            && here.span.end <= other.start.saturating_add(WAIT_SLACK)
    };
    here.children.iter().all(handles) && here.children.iter().chain(&parent.children).any(handles)
}

/// For every span: is there one of another service in its course?
fn reaches_out(trace: &Trace) -> Vec<bool> {
    let mut order = trace.roots.clone();
    let mut next = 0;
    while let Some(&node) = order.get(next) {
        order.extend(&trace.nodes[node].children);
        next += 1;
    }
    let mut reaches = vec![false; trace.nodes.len()];
    for &node in order.iter().rev() {
        let service = &trace.nodes[node].span.service;
        let children = &trace.nodes[node].children;
        reaches[node] =
            children.iter().any(|&child| reaches[child] || trace.nodes[child].span.service != *service);
    }
    reaches
}
