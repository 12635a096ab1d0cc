//! Attempts that the caller turns away, or lets wait for a token or a place.

use tracecast_model::{Admission, CallOutcome};

use super::{Attempt, GIVEN_UP, GuardedCall};
use crate::program::Target;
use crate::run::Run;
use crate::run::probe::Probe;
use crate::run::timers::Timer;
use crate::run::visits::NONE;
use crate::statistics::totals::Trouble;

impl<P: Probe> Run<'_, P> {
    /// Makes the next attempt of a call, if the caller lets it through, at once or later.
    pub(in crate::run) fn attempt(&mut self, number: u32) {
        if self.guards.calls[number].tries == GIVEN_UP {
            return self.end_guarded(number, true);
        }
        let call = &mut self.guards.calls[number];
        call.tries += 1;
        let GuardedCall { guard, memory, .. } = *call;
        let plan = &self.program.guards[guard as usize];
        if !plan.can_reject() {
            return self.begin_attempt(number, true);
        }
        let by_chance = plan.breaker.is_some_and(|breaker| breaker.admits_by_chance());
        let chance = if by_chance { self.variates[plan.jitter as usize].draw() } else { 0.0 };
        match self.guards.clients[memory as usize].admits(plan, self.now, chance) {
            None => self.turn_away(number),
            Some(0.0) => self.ask_for_room(number),
            Some(wait) => {
                self.guards.calls[number].timers += 1;
                self.set_timer(self.now + wait, Timer::Permit(number));
            }
        }
    }

    /// An attempt may begin as soon as there is a place for it.
    pub(in crate::run) fn ask_for_room(&mut self, number: u32) {
        let GuardedCall { guard, memory, tries, .. } = self.guards.calls[number];
        let plan = &self.program.guards[guard as usize];
        let client = &mut self.guards.clients[memory as usize];
        if tries == GIVEN_UP {
            client.record(plan, self.now, CallOutcome { failed: true, duration: 0.0, chance: 0.0 });
            return self.end_guarded(number, true);
        }
        match client.enters(plan.limit) {
            Admission::Begins => self.begin_attempt(number, true),
            Admission::Waits => self.begin_attempt(number, false),
            Admission::Rejected => {
                client.count_rejection(plan, self.now);
                self.turn_away(number);
            }
        }
    }

    /// An attempt waits for a place.
    pub(super) fn wait_for_room(&mut self, attempt: u32, call: GuardedCall) {
        self.guards.clients[call.memory as usize].wait(attempt);
        let limit = self.program.guards[call.guard as usize].limit;
        if let Some(longest) = limit.and_then(|limit| limit.max_wait()) {
            self.guards.attempts[attempt].timers += 1;
            self.set_timer(self.now + longest, Timer::WaitIsOver(attempt));
        }
    }

    /// An attempt has waited too long for a place, if it still does.
    pub(in crate::run) fn wait_is_over(&mut self, number: u32) {
        let attempt = &mut self.guards.attempts[number];
        attempt.timers -= 1;
        if !attempt.is_waiting {
            return self.guards.forget(number);
        }
        let call = self.withdraw(number);
        let GuardedCall { guard, memory, .. } = self.guards.calls[call];
        let client = &mut self.guards.clients[memory as usize];
        client.wait_no_more(number);
        client.count_rejection(&self.program.guards[guard as usize], self.now);
        self.turn_away(call);
    }

    /// An attempt that waits is none after all; its call.
    pub(super) fn withdraw(&mut self, number: u32) -> u32 {
        let attempt = &mut self.guards.attempts[number];
        let ended = *attempt;
        let Attempt { call, is_retry, .. } = ended;
        (attempt.call, attempt.is_waiting) = (NONE, false);
        self.guards.close(number, ended);
        self.guards.forget(number);
        let GuardedCall { guard, memory, .. } = self.guards.calls[call];
        #[cfg(test)]
        {
            self.ledger.guarded[guard as usize].1 -= 1;
        }
        let plan = &self.program.guards[guard as usize];
        if let Some(budget) = plan.budget {
            budget.ends(&mut self.guards.clients[memory as usize].budget, is_retry);
        }
        call
    }

    /// Those who wait take the places that there are.
    pub(in crate::run) fn let_in(&mut self, memory: u32, guard: u32) {
        let Some(limit) = self.program.guards[guard as usize].limit else { return };
        while let Some(attempt) = self.guards.clients[memory as usize].next(limit) {
            let call = self.guards.attempts[attempt].call;
            if self.guards.calls[call].tries == GIVEN_UP {
                self.withdraw(attempt);
                self.guards.clients[memory as usize].leaves();
                self.end_guarded(call, true);
                continue;
            }
            let waiting = &mut self.guards.attempts[attempt];
            (waiting.is_waiting, waiting.is_open, waiting.has_place) = (false, true, true);
            self.send_attempt(attempt);
        }
    }

    /// An attempt that had a place is over: the next may begin, after all that happens now.
    pub(super) fn leave_place(&mut self, call: GuardedCall) {
        if self.guards.clients[call.memory as usize].leaves() {
            self.set_timer(self.now, Timer::Room { memory: call.memory, guard: call.guard });
        }
    }

    /// The caller itself does not let an attempt through.
    fn turn_away(&mut self, number: u32) {
        let GuardedCall { guard, strand, target, request, open, .. } = self.guards.calls[number];
        self.requests[request].trouble = Trouble::Shed;
        self.guards.counted[guard as usize].rejected += 1.0;
        if strand != NONE && open == 0 && self.program.calls[target as usize].target == Target::First {
            self.flows[strand].strand.has_no_target();
        }
        self.try_again_or_end(number, true);
    }
}
