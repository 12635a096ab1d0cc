//! Visits: how requests reach services, get threads, are replied to and end.

use tracecast_model::LockAction;

use super::Run;
use super::guards::ATTEMPT;
use super::operations::OperationState;
use super::probe::{Probe, Receiver, Sender, Sent};
use super::redelivery::Message;
use super::strands::Strand;
use super::threads::{Admission, Arrival};
use crate::program::FAIL;
use crate::statistics::totals::Trouble;

/// No strand waits for the reply, there is no join at the end, or no replica is chosen yet.
pub(crate) const NONE: u32 = u32::MAX;

/// Who waits for a reply, in place of the number of a strand: whoever sent the request from outside.
pub(super) const OUTSIDE: u32 = u32::MAX - 1;

/// The reply is out, or the request passed on.
pub(super) const REPLIED: u32 = u32::MAX - 2;

/// The replica that worked on it is gone, and whoever waited for the reply knows.
pub(super) const DEAD: u32 = u32::MAX - 3;

/// One request to one operation, from its arrival to its end.
///
/// The two times lie apart, since processors read two neighbors at once and then have to wait for what has just been
/// written one by one.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub(crate) struct Visit {
    pub(super) arrived: f64,
    pub(super) operation: u32,
    /// Where it has a thread; before that, where it shall have one.
    pub(super) replica: u32,
    /// The strand that waits for the reply, or an [`ATTEMPT`], [`NONE`], [`OUTSIDE`] or [`REPLIED`].
    pub(super) caller: u32,
    /// The request from outside that caused it.
    pub(super) request: u32,
    /// Among those that wait for threads.
    priority: i32,
    /// Its strands that are not at their ends.
    pub(super) strands: u32,
    /// When its present phase began.
    pub(super) phase: f64,
}

impl<P: Probe> Run<'_, P> {
    /// A new request comes from outside.
    #[inline]
    pub(super) fn enter(&mut self, operation: u32, request: u32) {
        let priority = self.program.operations[operation as usize].priority;
        let visit = self.new_visit(operation, priority, OUTSIDE, request);
        self.probe.visit_sent(self.now, Sent { visit, operation, request, by: Sender::Outside });
        self.arrive(visit);
    }

    /// A visit that is not at its service yet; `caller` waits for the reply.
    #[inline]
    pub(super) fn new_visit(&mut self, operation: u32, priority: i32, caller: u32, request: u32) -> u32 {
        self.requests[request].visits_left += 1;
        let number = self.flows.claim();
        let visit = &mut self.flows[number].visit;
        visit.operation = operation;
        visit.replica = NONE;
        visit.caller = caller;
        visit.request = request;
        visit.priority = priority;
        visit.strands = 1;
        #[cfg(test)]
        self.mark_new(number);
        number
    }

    /// Lets nothing that was in the record before look like a part of the visit, for tests that look at all records.
    #[cfg(test)]
    fn mark_new(&mut self, number: u32) {
        let flow = &mut self.flows[number];
        flow.strand.visit = number;
        (flow.visit.arrived, flow.visit.phase) = (f64::NAN, f64::NAN);
        self.ledger.sent[flow.visit.operation as usize] += 1;
    }

    /// A visit reaches its service and takes a thread, waits for one, or finds no place to wait.
    #[inline]
    pub(super) fn arrive(&mut self, number: u32) {
        self.probe.visit_arrives(self.now, number);
        let visit = &mut self.flows[number].visit;
        visit.arrived = self.now;
        let operation = &mut self.operations[visit.operation as usize];
        operation.present.rise(self.now);
        if operation.has_gate {
            return self.ask_for_token(number);
        }
        let arrival = operation.arrival(number, visit);
        let (service, action) = (operation.service, operation.action);
        match self.admit(arrival, service, action) {
            Admission::Begins(replica) => self.begin(number, replica),
            Admission::Waits => {}
            Admission::Lost => self.lose(number, Trouble::NoPlace),
        }
    }

    /// Does it get a thread?
    #[inline(always)]
    pub(super) fn admission(&mut self, number: u32) -> Admission {
        let visit = &self.flows[number].visit;
        let operation = &self.operations[visit.operation as usize];
        self.admit(operation.arrival(number, visit), operation.service, operation.action)
    }

    /// The same of one that has been looked up.
    #[inline(always)]
    fn admit(&mut self, arrival: Arrival, service: u32, action: Option<LockAction>) -> Admission {
        match action {
            None => self.threads.arrive(service, arrival, &mut self.variates),
            Some(action) => self.arrive_at_lock(arrival, service, action),
        }
    }

    /// A visit does not get a thread: that is an error for whoever waits for its reply.
    pub(super) fn lose(&mut self, number: u32, trouble: Trouble) {
        let visit = self.flows.remove(number).visit;
        self.redelivery.take(number);
        let is_copy = self.reservations.ends(number);
        self.requests[visit.request].trouble = trouble;
        self.probe.visit_lost(self.now, number, self.receiver(visit.caller));
        self.operations[visit.operation as usize].count_loss(self.now);
        if trouble == Trouble::Crash {
            self.admissions.forget(number);
        } else {
            self.leave_limit(number, true);
        }
        #[cfg(test)]
        {
            self.ledger.lose(self.now, &visit);
            self.ledger.expired_killed += u64::from(is_copy);
        }
        if matches!(trouble, Trouble::NoPlace | Trouble::Shed) {
            self.judge_reply(visit.operation, visit.replica, visit.caller, true);
        }
        // Nobody else will tell of a message, unless the queue has delivered it again.
        self.requests[visit.request].marks.fail_if(!is_copy && matches!(visit.caller, NONE | REPLIED));
        self.deliver_reply(visit.caller, visit.request, true);
        self.visit_done(visit.request);
    }

    /// A visit has a thread: its first strand starts.
    #[inline]
    pub(super) fn begin(&mut self, number: u32, replica: u32) {
        self.probe.visit_begins(self.now, number, replica);
        let flow = &mut self.flows[number];
        flow.visit.replica = replica;
        flow.visit.phase = self.now;
        let operation = &mut self.operations[flow.visit.operation as usize];
        operation.busy.rise(self.now);
        flow.strand.start(number, operation.start);
        self.ready.push(number);
    }

    /// One of its strands lets the reply of a visit go out: the first phase is over, and the caller goes on.
    pub(super) fn reply(&mut self, number: u32, strand: u32) {
        let (caller, request) = self.end_first_phase(number);
        let failed = self.is_error(number);
        if failed {
            self.count_error(number);
        }
        self.probe.replies(self.now, number, strand, self.receiver(caller));
        self.note_reply(number, caller, failed);
        self.deliver_reply(caller, request, failed);
    }

    /// Outlier detection and limits see a reply that goes out before the end of a visit.
    #[inline]
    fn note_reply(&mut self, number: u32, caller: u32, failed: bool) {
        if self.program.looks_at_ends {
            let Visit { operation, replica, arrived, .. } = self.flows[number].visit;
            self.responses.count(self.operations[operation as usize].service, self.now - arrived);
            self.judge_reply(operation, replica, caller, failed);
            self.leave_limit(number, failed);
        }
    }

    /// A visit is at its end. Is there more to come of its message?
    #[cold]
    fn is_not_over(&mut self, number: u32, operation: u32, failed: bool) -> bool {
        let Visit { caller, request, replica, arrived, .. } = self.flows[number].visit;
        if caller != REPLIED {
            self.responses.count(self.operations[operation as usize].service, self.now - arrived);
            self.judge_reply(operation, replica, caller, failed);
        }
        self.leave_limit(number, failed);
        self.scaling.warmth.request_done(replica);
        self.returns_to_queue(number, operation, caller, request, failed)
    }

    /// A visit that goes on in its branches replies with an error, if it has not replied yet.
    pub(super) fn reply_error(&mut self, number: u32) {
        if matches!(self.flows[number].visit.caller, REPLIED | DEAD) {
            return;
        }
        let (caller, request) = self.end_first_phase(number);
        self.count_error(number);
        self.probe.replies(self.now, number, number, self.receiver(caller));
        self.note_reply(number, caller, true);
        self.deliver_reply(caller, request, true);
    }

    /// Is the reply of a visit an error by chance?
    #[inline]
    fn is_error(&mut self, number: u32) -> bool {
        let visit = &self.flows[number].visit;
        let (operation, replica) = (visit.operation as usize, visit.replica);
        let error = self.operations[operation].error;
        error != NONE
            && self.variates[error as usize].draw() < self.faults.error_rate(operation, replica)
            && {
                self.requests[self.flows[number].visit.request].trouble = Trouble::Error;
                true
            }
    }

    /// Is the reply at the end of a visit an error, because something in it has `failed` or by chance?
    #[cold]
    fn ends_badly(&mut self, number: u32, failed: bool) -> bool {
        let has_replied = self.flows[number].visit.caller == REPLIED;
        let failed = !has_replied && (failed || self.is_error(number));
        if failed {
            self.count_error(number);
        }
        failed
    }

    #[cold]
    fn count_error(&mut self, number: u32) {
        self.errors[self.flows[number].visit.operation as usize] += 1.0;
    }

    /// One of its strands passes the request of a visit on with a call: whoever waits for the reply gets that of the callee.
    pub(super) fn forward(&mut self, number: u32, strand: u32, call: u32) {
        let (caller, request) = self.end_first_phase(number);
        self.leave_limit(number, false);
        let plan = self.program.calls[call as usize];
        let onward = self.new_visit(plan.to, plan.priority, caller, request);
        let by = Sender::Forwards(strand);
        self.probe.visit_sent(self.now, Sent { visit: onward, operation: plan.to, request, by });
        self.send(onward, plan.latency);
    }

    /// Who waited for the reply, and the request that it belongs to.
    fn end_first_phase(&mut self, number: u32) -> (u32, u32) {
        let visit = &mut self.flows[number].visit;
        let operation = &mut self.operations[visit.operation as usize];
        operation.count_reply(self.now, visit.arrived, visit.phase);
        visit.phase = self.now;
        (std::mem::replace(&mut visit.caller, REPLIED), visit.request)
    }

    /// Whoever waits for a reply gets it.
    #[inline(always)]
    pub(super) fn deliver_reply(&mut self, caller: u32, request: u32, failed: bool) {
        if caller >= ATTEMPT {
            return self.deliver_beyond(caller, request, failed);
        }
        if failed {
            self.flows[caller].strand.lands(FAIL);
        }
        self.ready.push(caller);
    }

    /// The same where it is not simply a strand.
    fn deliver_beyond(&mut self, caller: u32, request: u32, failed: bool) {
        match caller {
            NONE | REPLIED | DEAD => {}
            OUTSIDE => {
                self.requests[request].marks.fail_if(failed);
                self.replied(request);
            }
            attempt => self.attempt_answered(attempt & !ATTEMPT, failed),
        }
    }

    /// Who gets the reply where `caller` waits for it.
    #[inline]
    pub(super) fn receiver(&self, caller: u32) -> Receiver {
        match caller {
            NONE | REPLIED | DEAD => Receiver::Nobody,
            OUTSIDE => Receiver::Outside,
            strand if strand < ATTEMPT => Receiver::Strand(strand),
            attempt => self.receiver_of_attempt(attempt & !ATTEMPT),
        }
    }

    /// A visit is at its end with its last strand: it gives its thread to the next, and replies if it has not yet, with an
    /// error where it has `failed`.
    #[inline]
    pub(super) fn end(&mut self, number: u32, strand: u32, failed: bool) {
        let Visit { caller, request, replica, operation, arrived, phase, .. } = self.flows[number].visit;
        if caller == DEAD {
            return self.bury(number);
        }
        let place = operation as usize;
        let failed = (failed || self.operations[place].error != NONE) && self.ends_badly(number, failed);
        self.flows.release(number);
        let to = self.receiver(caller);
        let operation = &mut self.operations[place];
        if caller == REPLIED {
            operation.count_second(self.now, phase);
        } else {
            operation.count_reply(self.now, arrived, phase);
            self.probe.replies(self.now, number, strand, to);
        }
        self.probe.visit_ends(self.now, number);
        operation.count_end(self.now);
        if !operation.frees_threads_only {
            self.leave(place, replica);
        } else if let Some(next) = self.threads.leave(replica) {
            self.begin(next, replica);
        }
        if self.program.looks_at_ends && self.is_not_over(number, place as u32, failed) {
            return self.visit_done(request);
        }
        if caller == OUTSIDE && !failed && self.ends_as_usual(request) {
            return;
        }
        self.deliver_reply(caller, request, failed);
        self.visit_done(request);
    }
}

impl<P: Probe> Run<'_, P> {
    /// A visit to an operation gives back what it had, where that is not only a thread for the next in line.
    #[inline(never)]
    fn leave(&mut self, place: usize, replica: u32) {
        let operation = &self.operations[place];
        let (service, is_polled) = (operation.service, operation.is_polled);
        let (is_elastic, has_exit) = (operation.is_elastic, operation.has_exit);
        if let Some(action) = operation.action {
            return self.leave_lock(service, action);
        }
        let mut next = self.threads.leave(replica);
        if has_exit {
            next = self.let_out(service, next, replica);
        }
        match next {
            Some(next) => self.begin(next, replica),
            None if is_polled => self.switch_over(service),
            None if is_elastic => self.may_be_gone(service, replica),
            None => {}
        }
    }
}

impl OperationState {
    /// A visit that arrives, as its service sees it.
    #[inline(always)]
    pub(super) fn arrival(&self, number: u32, visit: &Visit) -> Arrival {
        let target = if visit.replica == NONE { self.replica } else { visit.replica };
        Arrival { visit: number, operation: self.place, priority: visit.priority, target }
    }
}

impl Visit {
    /// Among those that wait for threads.
    pub(super) fn priority(&self) -> i32 {
        self.priority
    }

    /// The message that it works on, after so many deliveries have failed.
    pub(super) fn message(&self, failed: u32) -> Message {
        let Self { operation, priority, caller, request, .. } = *self;
        Message { operation, priority, caller, request, failed }
    }
}

impl Strand {
    /// Becomes the first strand of a visit.
    #[inline]
    fn start(&mut self, visit: u32, start: u32) {
        *self = Self::new(visit, start, NONE);
    }
}
