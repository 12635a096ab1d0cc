//! Visits: how requests reach services, get threads, are replied to and end.

use super::strands::Strand;
use super::threads::{Admission, Arrival};
use super::{OperationCounters, Run};

/// No strand waits for the reply, there is no join at the end, or no replica is chosen yet.
pub(crate) const NONE: u32 = u32::MAX;

/// One request to one operation, from its arrival to its end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Visit {
    pub(super) operation: u32,
    /// Where it has a thread; before that, where it shall have one.
    pub(super) replica: u32,
    /// The strand that waits for the reply.
    caller: u32,
    /// The request from outside that caused it.
    pub(super) request: u32,
    /// Among those that wait for threads.
    priority: i32,
    /// Its strands that are not at their ends.
    pub(super) strands: u32,
    /// Is it that request itself?
    is_first: bool,
    /// Is the reply out, or the request passed on?
    pub(super) replied: bool,
    arrived: f64,
    /// When its present phase began.
    phase: f64,
}

impl Run<'_> {
    /// A new request comes from outside.
    pub(super) fn enter(&mut self, operation: u32, request: u32) {
        let priority = self.program.operations[operation as usize].priority;
        let visit = self.new_visit(operation, priority, NONE, request, true);
        self.arrive(visit);
    }

    /// A visit that is not at its service yet; `caller` waits for the reply.
    pub(super) fn new_visit(
        &mut self,
        operation: u32,
        priority: i32,
        caller: u32,
        request: u32,
        is_first: bool,
    ) -> u32 {
        self.requests[request].visits_left += 1;
        let now = self.now;
        self.visits.insert(Visit {
            operation,
            replica: NONE,
            caller,
            request,
            priority,
            strands: 1,
            is_first,
            replied: false,
            arrived: now,
            phase: now,
        })
    }

    /// A visit reaches its service and takes a thread, waits for one, or finds no place to wait.
    pub(super) fn arrive(&mut self, visit: u32) {
        let state = &mut self.visits[visit];
        state.arrived = self.now;
        let operation = state.operation as usize;
        let plan = self.program.operations[operation];
        let (first, _) = self.program.services[plan.service as usize].operations;
        let arrival = Arrival {
            visit,
            operation: state.operation - first,
            priority: state.priority,
            target: state.replica,
        };
        let admission = match plan.action {
            None => self.threads[plan.service as usize].arrive(arrival, &mut self.variates),
            Some(action) => self.arrive_at_lock(arrival, plan.service as usize, action),
        };
        if admission == Admission::Lost {
            return self.lose(visit);
        }
        self.operations[operation].present.add(self.now, 1.0);
        if let Admission::Begins(replica) = admission {
            self.begin(visit, replica);
        }
    }

    /// A visit has no place to wait: whoever waits for its reply goes on.
    fn lose(&mut self, number: u32) {
        let visit = self.visits.remove(number);
        self.requests[visit.request].failed = true;
        self.deliver_reply(visit.caller, visit.is_first, visit.request);
        self.visit_done(visit.request);
    }

    /// A visit has a thread: its first strand starts.
    pub(super) fn begin(&mut self, visit: u32, replica: u32) {
        let state = &mut self.visits[visit];
        state.replica = replica;
        state.phase = self.now;
        let operation = state.operation as usize;
        self.operations[operation].busy.add(self.now, 1.0);
        let start = self.program.operations[operation].start;
        let strand = self.strands.insert(Strand::new(visit, start, NONE));
        self.ready.push_back(strand);
    }

    /// The reply goes out: the first phase is over, and the caller goes on.
    pub(super) fn reply(&mut self, number: u32) {
        let visit = self.end_first_phase(number);
        self.deliver_reply(visit.caller, visit.is_first, visit.request);
    }

    /// Passes the request on with a call: whoever waits for the reply gets that of the callee.
    pub(super) fn forward(&mut self, number: u32, call: u32) {
        let visit = self.end_first_phase(number);
        let plan = self.program.calls[call as usize];
        let onward = self.new_visit(plan.to, plan.priority, visit.caller, visit.request, visit.is_first);
        self.send(onward, plan.latency);
    }

    fn end_first_phase(&mut self, number: u32) -> Visit {
        let visit = &mut self.visits[number];
        self.operations[visit.operation as usize].count_reply(visit, self.now);
        visit.phase = self.now;
        visit.replied = true;
        *visit
    }

    #[inline]
    fn deliver_reply(&mut self, caller: u32, is_first: bool, request: u32) {
        if caller != NONE {
            self.ready.push_back(caller);
        }
        if is_first {
            self.replied(request);
        }
    }

    /// A visit is at its end: it gives its thread to the next, and replies if it has not yet.
    #[inline]
    pub(super) fn end(&mut self, number: u32) {
        let visit = self.visits.remove(number);
        let operation = visit.operation as usize;
        let counters = &mut self.operations[operation];
        counters.completed += 1.0;
        if visit.replied {
            counters.second += self.now - visit.phase;
        } else {
            counters.count_reply(&visit, self.now);
        }
        counters.present.add(self.now, -1.0);
        counters.busy.add(self.now, -1.0);
        let plan = self.program.operations[operation];
        let service = plan.service as usize;
        match plan.action {
            None => match self.threads[service].leave(visit.replica) {
                Some(next) => self.begin(next, visit.replica),
                None => self.switch_over(service),
            },
            Some(action) => self.leave_lock(service, action),
        }
        if !visit.replied {
            self.deliver_reply(visit.caller, visit.is_first, visit.request);
        }
        self.visit_done(visit.request);
    }
}

impl OperationCounters {
    /// Counts the first phase of a visit, which ends now.
    #[inline]
    fn count_reply(&mut self, visit: &Visit, now: f64) {
        self.replied += 1.0;
        self.response += now - visit.arrived;
        self.holding += now - visit.phase;
    }
}
