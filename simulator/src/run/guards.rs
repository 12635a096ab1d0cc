//! Callers that do not wait for ever: attempts, timers, and what comes after a failure.

mod client;
mod hedging;
mod waiting;

use tracecast_model::{CallOutcome, Sample};

use super::Run;
use super::probe::{Probe, Receiver, Sender, Sent};
use super::timers::Timer;
use super::visits::{DEAD, NONE};
use crate::program::{FAIL, GuardPlan, Landing, Program, Target};
use crate::slab::Slab;
use crate::statistics::totals::{GuardTotals, Trouble};
use client::Client;

/// Marks the number of an attempt where otherwise the number of a strand says who waits for a reply.
pub(super) const ATTEMPT: u32 = 1 << 30;

/// The number of attempts of a call whose caller is gone.
const GIVEN_UP: u32 = u32::MAX;

/// The same of a call that has ended while a timer of it was set.
const ENDED: u32 = u32::MAX - 1;

/// All guarded calls in progress, and what guards remember.
#[derive(Debug)]
pub(super) struct Guards {
    calls: Slab<GuardedCall>,
    attempts: Slab<Attempt>,
    clients: Vec<Client>,
    /// By guard.
    pub(super) counted: Vec<GuardTotals>,
}

/// A call whose caller does not wait for ever, until it has succeeded or failed for good.
#[derive(Clone, Copy, Debug, Default)]
struct GuardedCall {
    /// What looks after it.
    guard: u32,
    /// The strand that waits; [`NONE`] where whoever sent the request does.
    strand: u32,
    request: u32,
    /// The call, or the operation that the request asks for.
    target: u32,
    /// Attempts made.
    tries: u32,
    memory: u32,
    /// Of those that may be open together: the latest, how many are open, and timers for the next one.
    latest: u32,
    open: u32,
    timers: u32,
    /// Is it at a retry that a limit counts?
    is_retry: bool,
}

/// One attempt, until its visit is done with and its timers are over.
#[derive(Clone, Copy, Debug, Default)]
struct Attempt {
    /// The call that waits for it; [`NONE`] where nobody does any more.
    call: u32,
    /// Timers that will ring.
    timers: u8,
    /// Has it a visit?
    is_open: bool,
    /// Does it wait for a place?
    is_waiting: bool,
    /// Does it hold one?
    has_place: bool,
    is_retry: bool,
    /// Those that had a place when it began, itself included.
    among: u32,
    began: f64,
    /// The visit that it began with, which may have passed it on.
    visit: u32,
    /// The one before it of those of its call that are open; [`NONE`] where there is none, or may be none beside it.
    earlier: u32,
}

impl Guards {
    pub(super) fn new(program: &Program) -> Self {
        let mut clients = vec![Client::default(); program.memories as usize];
        for plan in &program.guards {
            for client in &mut clients[plan.memories()] {
                client.breaker = plan.breaker.map(|breaker| breaker.memory());
                client.adapted = plan.limit.and_then(|limit| limit.start());
                client.occupancy.adapted = client.adapted.map_or(0, |adapted| adapted.limit());
            }
        }
        Self {
            calls: Slab::new(),
            attempts: Slab::new(),
            clients,
            counted: vec![GuardTotals::default(); program.guards.len()],
        }
    }

    /// Everything counted until now, by guard.
    pub(super) fn totals(&self, program: &Program, now: f64) -> Vec<GuardTotals> {
        let mut totals = self.counted.clone();
        for (totals, plan) in
            totals.iter_mut().zip(&program.guards).filter(|(_, plan)| plan.breaker.is_some())
        {
            totals.open = self.seconds_open(plan, now);
            totals.callers = self.clients[plan.memories()].iter().filter(|client| client.has_called).count();
        }
        totals
    }

    /// Seconds that the breakers of a guard were not closed, over all its clients.
    pub(super) fn seconds_open(&self, plan: &GuardPlan, now: f64) -> f64 {
        let Some(breaker) = plan.breaker else { return 0.0 };
        let memories = self.clients[plan.memories()].iter().filter_map(|client| client.breaker.as_ref());
        memories.map(|memory| breaker.seconds_open(memory, now)).sum()
    }

    /// Takes an attempt out, if nothing is left of it.
    fn forget(&mut self, number: u32) {
        let attempt = &self.attempts[number];
        if attempt.call == NONE && attempt.timers == 0 && !attempt.is_open {
            self.attempts.release(number);
        }
    }

    /// Those who wait for calls are gone: there are no further attempts.
    pub(super) fn give_up(&mut self, is_gone: impl Fn(u32) -> bool) {
        for number in self.calls.taken() {
            let call = &mut self.calls[number];
            if call.strand != NONE && call.tries != ENDED && is_gone(call.strand) {
                call.tries = GIVEN_UP;
            }
        }
    }

    /// The requests whose senders wait.
    #[cfg(test)]
    pub(super) fn requests(&self) -> impl Iterator<Item = u32> {
        let calls = self.calls.numbers().map(|number| self.calls[number]);
        calls.filter(|call| call.strand == NONE && call.tries != ENDED).map(|call| call.request)
    }

    /// By guard: calls in progress, and of them those that wait for an attempt.
    #[cfg(test)]
    pub(super) fn in_progress(&self) -> Vec<(u64, u64)> {
        let mut found = vec![(0, 0); self.counted.len()];
        for number in self.calls.numbers() {
            found[self.calls[number].guard as usize].0 += u64::from(self.calls[number].tries != ENDED);
        }
        for attempt in self.attempts.numbers().map(|number| self.attempts[number]) {
            if attempt.call != NONE {
                found[self.calls[attempt.call].guard as usize].1 += 1;
            }
        }
        found
    }
}

impl<P: Probe> Run<'_, P> {
    /// A strand makes a guarded call.
    #[inline(never)]
    pub(super) fn call_guarded(&mut self, strand: u32, call: u32) {
        let guard = self.program.calls[call as usize].guard;
        let plan = &self.program.guards[guard as usize];
        let visit = &self.flows[strand].visit;
        let memory = plan.first_memory + visit.replica - plan.first_replica;
        let request = visit.request;
        let guarded = GuardedCall {
            guard,
            strand,
            request,
            target: call,
            memory,
            latest: NONE,
            ..GuardedCall::default()
        };
        self.begin_guarded(guarded);
    }

    /// A request comes from somebody who does not wait for ever. It is not over while there may be another attempt.
    #[inline(never)]
    pub(super) fn enter_guarded(&mut self, operation: u32, request: u32, guard: u32) {
        self.requests[request].visits_left += 1;
        let memory = self.program.guards[guard as usize].first_memory;
        let call = GuardedCall {
            guard,
            strand: NONE,
            request,
            target: operation,
            memory,
            latest: NONE,
            ..GuardedCall::default()
        };
        self.begin_guarded(call);
    }

    fn begin_guarded(&mut self, guarded: GuardedCall) {
        #[cfg(test)]
        {
            self.ledger.guarded[guarded.guard as usize].0 += 1;
        }
        let number = self.guards.calls.insert(guarded);
        self.attempt(number);
    }

    /// An attempt begins, or waits for a place until it may.
    fn begin_attempt(&mut self, number: u32, begins: bool) {
        let call = self.guards.calls[number];
        let plan = &self.program.guards[call.guard as usize];
        #[cfg(test)]
        {
            self.ledger.guarded[call.guard as usize].1 += 1;
        }
        let is_retry = call.tries > 1;
        if is_retry {
            self.guards.counted[call.guard as usize].retries += 1.0;
            if plan.hedging.is_none() {
                self.requests[call.request].marks.retry();
            }
        }
        if let Some(budget) = plan.budget {
            budget.begins(&mut self.guards.clients[call.memory as usize].budget, self.now, is_retry);
        }
        let attempt = self.guards.attempts.insert(Attempt {
            call: number,
            timers: u8::from(plan.timeout.is_some()),
            is_open: begins,
            is_waiting: !begins,
            has_place: begins && plan.limit.is_some(),
            is_retry,
            among: self.guards.clients[call.memory as usize].occupancy.in_progress,
            began: self.now,
            visit: NONE,
            earlier: NONE,
        });
        if let Some(hedging) = plan.hedging {
            self.joins(attempt, hedging);
        }
        if let Some(timeout) = plan.timeout {
            self.set_timer(self.now + timeout, Timer::Timeout(attempt));
        }
        if begins { self.send_attempt(attempt) } else { self.wait_for_room(attempt, call) }
    }

    /// Sends an attempt of a call.
    fn send_attempt(&mut self, attempt: u32) {
        let program = self.program;
        let GuardedCall { strand, request, target, .. } =
            self.guards.calls[self.guards.attempts[attempt].call];
        let caller = ATTEMPT | attempt;
        if strand == NONE {
            let priority = program.operations[target as usize].priority;
            let visit = self.new_visit(target, priority, caller, request);
            let sent = Sent { visit, operation: target, request, by: Sender::Outside };
            self.probe.visit_sent(self.now, sent);
            self.guards.attempts[attempt].visit = visit;
            return self.arrive(visit);
        }
        let call = program.calls[target as usize];
        let visit = self.new_visit(call.to, call.priority, caller, request);
        if call.target != Target::Any {
            self.flows[visit].visit.replica = self.target(strand, call);
        }
        let sent = Sent { visit, operation: call.to, request, by: Sender::Waits(strand) };
        self.probe.visit_sent(self.now, sent);
        self.guards.attempts[attempt].visit = visit;
        self.send(visit, call.latency);
    }

    /// The reply to an attempt is back, if anybody still waits for it.
    #[inline(never)]
    pub(super) fn attempt_answered(&mut self, number: u32, failed: bool) {
        let attempt = &mut self.guards.attempts[number];
        attempt.is_open = false;
        let ended = *attempt;
        attempt.call = NONE;
        self.guards.forget(number);
        if ended.call != NONE {
            self.attempt_over(number, ended, failed, false);
        }
    }

    /// An attempt has taken too long, if anybody still waits for it.
    pub(super) fn time_is_over(&mut self, number: u32) {
        let attempt = &mut self.guards.attempts[number];
        attempt.timers -= 1;
        let ended = *attempt;
        (attempt.call, attempt.is_waiting) = (NONE, false);
        self.guards.forget(number);
        if ended.call != NONE {
            let GuardedCall { guard, memory, request, .. } = self.guards.calls[ended.call];
            self.requests[request].trouble = Trouble::TimedOut;
            if ended.is_waiting {
                self.guards.clients[memory as usize].wait_no_more(number);
            }
            self.guards.counted[guard as usize].timeouts += 1.0;
            if self.program.looks_at_ends && ended.is_open {
                let visit = &self.flows[ended.visit].visit;
                // Forwarded, it is with a visit of another number, and this one may be anybody's.
                if visit.caller == ATTEMPT | number {
                    self.judge(visit.operation, visit.replica, true);
                    self.abandon_within_limit(ended.visit, number);
                }
            }
            self.attempt_over(number, ended, true, true);
        }
    }

    /// The caller waits for an attempt no more, which has failed, and that `late`, or not.
    fn attempt_over(&mut self, number: u32, attempt: Attempt, failed: bool, late: bool) {
        self.guards.close(number, attempt);
        let call = self.guards.calls[attempt.call];
        let GuardedCall { guard, memory, .. } = call;
        let plan = &self.program.guards[guard as usize];
        self.guards.counted[guard as usize].attempts += 1.0;
        let client = &mut self.guards.clients[memory as usize];
        if let Some(budget) = plan.budget {
            budget.ends(&mut client.budget, attempt.is_retry);
            budget.record(&mut client.budget, failed, 1.0);
        }
        if let Some(breaker) = plan.breaker {
            let chance = if breaker.is_random() { self.variates[plan.jitter as usize].draw() } else { 0.0 };
            let outcome = CallOutcome { failed, duration: self.now - attempt.began, chance };
            client.record(plan, self.now, outcome);
        }
        if attempt.has_place {
            // Other errors than timeouts tell nothing of the load.
            if late || !failed {
                self.teach(call, attempt, late);
            }
            self.leave_place(call);
        }
        if failed {
            self.try_again_or_end(attempt.call, false);
        } else {
            self.end_guarded(attempt.call, false);
        }
    }

    /// A limit that adapts itself learns from an attempt.
    fn teach(&mut self, call: GuardedCall, attempt: Attempt, late: bool) {
        let plan = &self.program.guards[call.guard as usize];
        let Some(limit) = plan.limit else { return };
        let client = &mut self.guards.clients[call.memory as usize];
        let duration = self.now - attempt.began;
        if client.adapted.is_none() || duration <= 0.0 {
            return;
        }
        let chance = if limit.is_random() { self.variates[plan.jitter as usize].draw() } else { 0.0 };
        client.learn(limit, Sample { duration, in_progress: attempt.among, dropped: late, chance });
    }

    /// An attempt has failed, or was `rejected` by the caller itself.
    fn try_again_or_end(&mut self, number: u32, rejected: bool) {
        let call = &mut self.guards.calls[number];
        let GuardedCall { guard, tries, memory, .. } = *call;
        let plan = &self.program.guards[guard as usize];
        let client = &mut self.guards.clients[memory as usize];
        client.retry_is_over(call);
        if plan.hedging.is_some() {
            return self.hedge_or_end(number, rejected);
        }
        if let Some(retry) = &plan.retry
            && tries < retry.attempts
            && (retry.rejected || !rejected)
        {
            if client.allows_retry(plan, call, self.now) {
                let u = self.variates[plan.jitter as usize].draw();
                return self.set_timer(self.now + retry.delay(tries, u), Timer::Retry(number));
            }
            self.guards.counted[guard as usize].refused += 1.0;
        }
        self.end_guarded(number, true);
    }

    /// The caller has what it waited for, or gives up.
    fn end_guarded(&mut self, number: u32, failed: bool) {
        self.give_up_others(number);
        let mut call = self.guards.calls[number];
        if call.timers == 0 {
            self.guards.calls.release(number);
        }
        let GuardedCall { guard, strand, request, tries, memory, .. } = call;
        self.guards.calls[number].tries = ENDED;
        self.guards.clients[memory as usize].retry_is_over(&mut call);
        let counted = &mut self.guards.counted[guard as usize];
        counted.calls += 1.0;
        counted.failed += f64::from(u8::from(failed));
        if strand == NONE {
            self.requests[request].marks.fail_if(failed);
            self.replied(request);
            return self.visit_done(request);
        }
        if tries == GIVEN_UP {
            self.flows[strand].strand.lands(FAIL);
        } else if failed && let Landing::At(place) = self.program.guards[guard as usize].landing {
            self.flows[strand].strand.lands(place);
        }
        self.ready.push(strand);
    }

    /// Did somebody who waited for a reply give up?
    pub(super) fn has_given_up(&self, caller: u32) -> bool {
        // Of the numbers from there on, those beyond attempts have nobody who could give up.
        (ATTEMPT..2 * ATTEMPT).contains(&caller) && self.receiver(caller) == Receiver::Nobody
    }

    /// Did somebody give up who waited for a reply, or who waited for that of whoever did, and so on?
    pub(super) fn is_abandoned(&self, mut caller: u32) -> bool {
        loop {
            caller = match self.receiver(caller) {
                Receiver::Nobody => return self.has_given_up(caller),
                Receiver::Outside => return false,
                Receiver::Strand(strand) => {
                    let waiting = self.flows[self.flows[strand].strand.visit].visit.caller;
                    if waiting == DEAD {
                        return true;
                    }
                    waiting
                }
            }
        }
    }

    /// Is whoever asked for what a strand does there no more, so that it stops?
    #[cold]
    pub(super) fn is_cancelled(&self, strand: u32) -> bool {
        self.is_abandoned(self.flows[self.flows[strand].strand.visit].visit.caller)
    }

    /// Who gets the reply to an attempt.
    pub(super) fn receiver_of_attempt(&self, number: u32) -> Receiver {
        // Without a panic, so that nothing of it is left where nobody looks on.
        let call = self.guards.attempts.get(number).and_then(|attempt| self.guards.calls.get(attempt.call));
        match call.map(|call| call.strand) {
            None => Receiver::Nobody,
            Some(NONE) => Receiver::Outside,
            Some(strand) => Receiver::Strand(strand),
        }
    }
}
