//! The probe that records requests.

use tracecast_model::OperationId;

use super::recording::{RequestRecord, Side, SpanRecord};
use crate::program::Program;
use crate::run::probe::{Probe, Receiver, Sender, Sent};

/// Not recorded, or not there.
const NONE: u32 = u32::MAX;

/// Records the requests that begin while it is on, with all that they cause.
pub(super) struct Recorder<'p> {
    program: &'p Program,
    /// Requests that may still begin.
    left: usize,
    /// Requests that have not ended.
    pub(super) open: usize,
    pub(super) requests: Vec<RequestRecord>,
    spans: Vec<SpanRecord>,
    /// By the run's number of a request: its place in the record.
    places: Vec<u32>,
    /// By visit.
    visits: Vec<Visit>,
    /// By strand.
    strands: Vec<Strand>,
}

#[derive(Clone, Copy)]
struct Visit {
    /// The request's place in the record; [`NONE`] where that is not recorded.
    request: u32,
    operation: u32,
    replica: u32,
    /// Place of the span that caused it.
    cause: u32,
    side: Side,
    /// Place of its own span.
    span: u32,
}

#[derive(Clone, Copy)]
struct Strand {
    visit: u32,
    /// When the call on the network was sent.
    sent: Option<f64>,
    /// Place of the span of the call that it waits for.
    call: u32,
}

impl<'p> Recorder<'p> {
    /// Off.
    pub(super) fn new(program: &'p Program) -> Self {
        Self {
            program,
            left: 0,
            open: 0,
            requests: Vec::new(),
            spans: Vec::new(),
            places: Vec::new(),
            visits: Vec::new(),
            strands: Vec::new(),
        }
    }

    /// Records the next so many requests.
    pub(super) fn switch_on(&mut self, requests: usize) {
        self.left = requests;
    }

    /// Has it begun to record all that it shall?
    pub(super) fn is_full(&self) -> bool {
        self.left == 0
    }

    /// The requests, and their spans that have ended, request by request.
    pub(super) fn finish(mut self) -> (Vec<RequestRecord>, Vec<SpanRecord>) {
        self.spans.retain(|span| !span.end.is_nan());
        self.spans.sort_by_key(|span| (span.request, span.number));
        (self.requests, self.spans)
    }

    /// Begins a span in the course of a visit; its place.
    fn begin(&mut self, visit: Visit, side: Side, cause: u32, start: f64) -> u32 {
        let request = &mut self.requests[visit.request as usize];
        request.spans += 1;
        let service = self.program.operations[visit.operation as usize].service;
        self.spans.push(SpanRecord {
            request: visit.request,
            number: request.spans,
            parent: (cause != NONE).then(|| self.spans[cause as usize].number),
            side,
            operation: OperationId(visit.operation as usize),
            callee: None,
            replica: visit.replica - self.program.services[service as usize].first_replica,
            start,
            end: f64::NAN,
            failed: false,
        });
        (self.spans.len() - 1) as u32
    }

    /// The call that a strand waits for is back.
    fn end_call(&mut self, now: f64, to: Receiver, failed: bool) {
        let Receiver::Strand(strand) = to else { return };
        let call = std::mem::replace(&mut self.strands[strand as usize].call, NONE);
        if call != NONE {
            let span = &mut self.spans[call as usize];
            (span.end, span.failed) = (now, failed);
        }
    }
}

impl Probe for Recorder<'_> {
    fn request_begins(&mut self, now: f64, request: u32, workload: u32, operation: u32) {
        let place = if self.left == 0 { NONE } else { self.requests.len() as u32 };
        set(&mut self.places, request, place, NONE);
        if place == NONE {
            return;
        }
        self.left -= 1;
        self.open += 1;
        self.requests.push(RequestRecord {
            workload: workload as usize,
            operation: OperationId(operation as usize),
            sent: now,
            answered: None,
            ended: None,
            failed: false,
            visits: 0,
            spans: 0,
        });
    }

    fn request_answered(&mut self, now: f64, request: u32, failed: bool) {
        let place = self.places[request as usize];
        if place != NONE {
            let request = &mut self.requests[place as usize];
            (request.answered, request.failed) = (Some(now), failed);
        }
    }

    fn request_ends(&mut self, now: f64, request: u32, failed: bool) {
        let place = self.places[request as usize];
        if place != NONE {
            self.open -= 1;
            let request = &mut self.requests[place as usize];
            request.ended = Some(now);
            if self.program.sources[request.workload].all_work {
                request.failed = failed;
            }
        }
    }

    fn visit_sent(&mut self, now: f64, sent: Sent) {
        let mut visit = Visit {
            request: self.places[sent.request as usize],
            operation: sent.operation,
            replica: NONE,
            cause: NONE,
            side: Side::Server,
            span: NONE,
        };
        if visit.request != NONE {
            self.requests[visit.request as usize].visits += 1;
            let sender = |strand: u32| {
                let strand = self.strands[strand as usize];
                (self.visits[strand.visit as usize], strand.sent.unwrap_or(now))
            };
            match sent.by {
                Sender::Outside => {}
                Sender::Waits(strand) => {
                    let (from, start) = sender(strand);
                    visit.cause = self.begin(from, Side::Client, from.span, start);
                    self.spans[visit.cause as usize].callee = Some(OperationId(sent.operation as usize));
                    let strand = &mut self.strands[strand as usize];
                    (strand.sent, strand.call) = (None, visit.cause);
                }
                Sender::GoesOn(strand) => {
                    let (from, _) = sender(strand);
                    visit.cause = self.begin(from, Side::Producer, from.span, now);
                    visit.side = Side::Consumer;
                    let span = &mut self.spans[visit.cause as usize];
                    (span.end, span.callee) = (now, Some(OperationId(sent.operation as usize)));
                }
                Sender::Forwards(strand) => {
                    let (from, _) = sender(strand);
                    (visit.cause, visit.side) = (from.span, Side::Forwarded);
                    self.spans[from.span as usize].end = now;
                }
            }
        }
        set(&mut self.visits, sent.visit, visit, visit);
        let first = Strand { visit: sent.visit, sent: None, call: NONE };
        set(&mut self.strands, sent.visit, first, first);
    }

    fn visit_lost(&mut self, now: f64, visit: u32, to: Receiver) {
        let visit = self.visits[visit as usize];
        if visit.request != NONE {
            if visit.side == Side::Consumer {
                self.spans[visit.cause as usize].failed = true;
            }
            self.end_call(now, to, true);
        }
    }

    fn visit_begins(&mut self, now: f64, visit: u32, replica: u32) {
        let state = &mut self.visits[visit as usize];
        state.replica = replica;
        let state = *state;
        if state.request != NONE {
            self.visits[visit as usize].span = self.begin(state, state.side, state.cause, now);
        }
    }

    fn replies(&mut self, now: f64, visit: u32, _strand: u32, to: Receiver) {
        let visit = self.visits[visit as usize];
        if visit.request != NONE {
            self.spans[visit.span as usize].end = now;
            self.end_call(now, to, false);
        }
    }

    fn visit_ends(&mut self, now: f64, visit: u32) {
        let visit = self.visits[visit as usize];
        if visit.request == NONE {
            return;
        }
        let replied = self.spans[visit.span as usize].end;
        if replied < now {
            let after = self.begin(visit, Side::AfterReply, visit.span, replied);
            self.spans[after as usize].end = now;
        }
    }

    fn travels(&mut self, now: f64, strand: u32, _seconds: f64) {
        self.strands[strand as usize].sent = Some(now);
    }

    fn branch_begins(&mut self, _now: f64, branch: u32, parent: u32) {
        let first = Strand { sent: None, call: NONE, ..self.strands[parent as usize] };
        set(&mut self.strands, branch, first, first);
    }
}

/// Sets the entry of that number, with room for it made of `blank`.
fn set<T: Copy>(table: &mut Vec<T>, number: u32, value: T, blank: T) {
    let number = number as usize;
    if number >= table.len() {
        table.resize(number + 1, blank);
    }
    table[number] = value;
}
