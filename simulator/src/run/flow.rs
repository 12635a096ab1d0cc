//! How requests flow: visits to services, and the strands of execution inside them.

use tracecast_model::CallKind;

use super::Run;
use crate::calendar::Event;
use crate::program::Instruction;

/// No strand: the caller does not wait, or there is no caller; or the strand is a visit's first.
const NONE: u32 = u32::MAX;

/// One request to one operation, from its arrival to its end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Visit {
    operation: u32,
    /// Where it has a thread.
    replica: u32,
    /// The strand that waits for the reply.
    caller: u32,
    /// The request from outside that caused it.
    request: u32,
    /// Is it that request itself?
    is_first: bool,
    arrived: f64,
    began: f64,
}

/// A sequential flow of instructions inside a visit; forks make several.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Strand {
    visit: u32,
    /// The next instruction.
    next: u32,
    /// Repetitions left, or branches not yet joined.
    left: u32,
    /// The strand that joins this branch.
    parent: u32,
}

impl Run<'_> {
    /// The container that the work of a strand is done in.
    pub(super) fn container(&self, strand: u32) -> u32 {
        let visit = &self.visits[self.strands[strand].visit];
        self.program.containers[visit.replica as usize]
    }

    /// A new request comes from outside.
    pub(super) fn enter(&mut self, operation: u32, request: u32) {
        let visit = self.new_visit(operation, NONE, request, true);
        self.arrive(visit);
    }

    /// A visit reaches its service and takes a thread, or waits for one.
    pub(super) fn arrive(&mut self, visit: u32) {
        let state = &mut self.visits[visit];
        state.arrived = self.now;
        let operation = state.operation as usize;
        self.operations[operation].present.add(self.now, 1.0);
        let service = self.program.operations[operation].service as usize;
        if let Some(replica) = self.threads[service].arrive(visit, &mut self.variates) {
            self.begin(visit, replica);
        }
    }

    /// A visit has a thread: its first strand starts.
    fn begin(&mut self, visit: u32, replica: u32) {
        let state = &mut self.visits[visit];
        state.replica = replica;
        state.began = self.now;
        let operation = state.operation as usize;
        self.operations[operation].busy.add(self.now, 1.0);
        let next = self.program.operations[operation].start;
        let strand = self.strands.insert(Strand { visit, next, left: 0, parent: NONE });
        self.ready.push_back(strand);
    }

    /// A visit is at its end: it replies and gives its thread to the next.
    fn end(&mut self, number: u32) {
        let visit = self.visits.remove(number);
        let operation = visit.operation as usize;
        let counters = &mut self.operations[operation];
        counters.completed += 1.0;
        counters.response += self.now - visit.arrived;
        counters.holding += self.now - visit.began;
        counters.present.add(self.now, -1.0);
        counters.busy.add(self.now, -1.0);
        let service = self.program.operations[operation].service as usize;
        if let Some(next) = self.threads[service].leave(visit.replica) {
            self.begin(next, visit.replica);
        }
        if visit.caller != NONE {
            self.ready.push_back(visit.caller);
        }
        if visit.is_first {
            self.replied(visit.request);
        }
        self.visit_done(visit.request);
    }

    /// Plays the instructions of a strand until one that takes time.
    pub(super) fn go_on(&mut self, number: u32) {
        loop {
            let strand = &mut self.strands[number];
            let instruction = self.program.code[strand.next as usize];
            strand.next += 1;
            match instruction {
                Instruction::Work(variate) => {
                    let amount = self.variates[variate as usize].draw();
                    let container = self.container(number);
                    return self.hosts.start(self.now, container, number, amount, &mut self.calendar);
                }
                Instruction::Delay(variate) => {
                    let delay = self.variates[variate as usize].draw();
                    return self.calendar.schedule(self.now + delay, Event::Wake(number));
                }
                Instruction::Repeat { count, end } => {
                    let drawn = self.variates[count as usize].draw() as u32;
                    strand.left = drawn;
                    if drawn == 0 {
                        strand.next = end;
                    }
                }
                Instruction::Again { start } => {
                    strand.left -= 1;
                    if strand.left > 0 {
                        strand.next = start;
                    }
                }
                Instruction::Call(call) => {
                    if self.call(number, call) {
                        return;
                    }
                }
                Instruction::Fork { first, count } => return self.fork(number, first, count),
                Instruction::End => return self.end_strand(number),
            }
        }
    }

    /// Makes a call; does the strand have to wait?
    fn call(&mut self, strand: u32, call: u32) -> bool {
        let plan = self.program.calls[call as usize];
        let request = self.visits[self.strands[strand].visit].request;
        let waits = plan.kind == CallKind::Synchronous;
        let visit = self.new_visit(plan.to, if waits { strand } else { NONE }, request, false);
        match plan.latency {
            Some(latency) => {
                let latency = self.variates[latency as usize].draw();
                self.calendar.schedule(self.now + latency, Event::Delivery(visit));
            }
            None => self.arrive(visit),
        }
        waits
    }

    fn fork(&mut self, parent: u32, first: u32, count: u32) {
        self.strands[parent].left = count;
        let visit = self.strands[parent].visit;
        for branch in first..first + count {
            let next = self.program.branches[branch as usize];
            let strand = self.strands.insert(Strand { visit, next, left: 0, parent });
            self.ready.push_back(strand);
        }
    }

    /// A strand is at its end: the visit's first ends the visit, the last of a fork's branches wakes the strand that
    /// waits for them.
    fn end_strand(&mut self, number: u32) {
        let strand = self.strands.remove(number);
        if strand.parent == NONE {
            return self.end(strand.visit);
        }
        let parent = &mut self.strands[strand.parent];
        parent.left -= 1;
        if parent.left == 0 {
            self.ready.push_back(strand.parent);
        }
    }

    fn new_visit(&mut self, operation: u32, caller: u32, request: u32, is_first: bool) -> u32 {
        self.requests[request].visits_left += 1;
        let now = self.now;
        let visit = Visit { operation, replica: 0, caller, request, is_first, arrived: now, began: now };
        self.visits.insert(visit)
    }
}
