//! Several attempts of one call that are open together.

use tracecast_model::Hedging;

use super::{Attempt, ENDED, Guards};
use crate::run::Run;
use crate::run::probe::Probe;
use crate::run::timers::Timer;
use crate::run::visits::NONE;

impl Guards {
    /// An attempt is open no more.
    pub(super) fn close(&mut self, number: u32, attempt: Attempt) {
        let call = &mut self.calls[attempt.call];
        call.open -= u32::from(call.open > 0);
        if call.latest == number {
            call.latest = attempt.earlier;
            return;
        }
        let mut later = call.latest;
        while later != NONE {
            let next = self.attempts[later].earlier;
            if next == number {
                self.attempts[later].earlier = attempt.earlier;
                return;
            }
            later = next;
        }
    }
}

impl<P: Probe> Run<'_, P> {
    /// An attempt is open, beside others of its call.
    pub(super) fn joins(&mut self, number: u32, hedging: Hedging) {
        let attempt = &mut self.guards.attempts[number];
        let call = &mut self.guards.calls[attempt.call];
        attempt.earlier = std::mem::replace(&mut call.latest, number);
        call.open += 1;
        if call.tries < hedging.attempts {
            attempt.timers += 1;
            self.set_timer(self.now + hedging.delay, Timer::Hedge(number));
        }
    }

    /// It has been open for so long that another one is made, unless there is one already, or a limit does not let it.
    pub(in crate::run) fn hedge(&mut self, number: u32) {
        let attempt = &mut self.guards.attempts[number];
        attempt.timers -= 1;
        let call = attempt.call;
        if call == NONE {
            return self.guards.forget(number);
        }
        if self.guards.calls[call].latest == number && self.may_hedge(call) {
            self.attempt(call);
        }
    }

    /// An attempt has failed, or was `rejected` by the caller itself, which tries nothing again: another one follows at once, or
    /// those that are open go on.
    pub(super) fn hedge_or_end(&mut self, number: u32, rejected: bool) {
        if !rejected && self.may_hedge(number) {
            self.guards.calls[number].timers += 1;
            return self.set_timer(self.now, Timer::NextHedge(number));
        }
        let call = &self.guards.calls[number];
        if call.open == 0 && call.timers == 0 {
            self.end_guarded(number, true);
        }
    }

    /// An attempt follows at once, unless the last one was made meanwhile.
    pub(in crate::run) fn next_hedge(&mut self, number: u32) {
        let call = &self.guards.calls[number];
        let hedging = self.program.guards[call.guard as usize].hedging;
        if hedging.is_some_and(|hedging| call.tries < hedging.attempts) {
            self.attempt(number);
        } else {
            self.hedge_or_end(number, true);
        }
    }

    /// Is another attempt to be made, and does the budget let it?
    fn may_hedge(&mut self, number: u32) -> bool {
        let call = &mut self.guards.calls[number];
        let plan = &self.program.guards[call.guard as usize];
        if plan.hedging.is_none_or(|hedging| call.tries >= hedging.attempts) {
            return false;
        }
        let client = &mut self.guards.clients[call.memory as usize];
        let allows = plan.budget.is_none_or(|budget| budget.allows(&mut client.budget, self.now));
        self.guards.counted[call.guard as usize].refused += f64::from(u8::from(!allows));
        allows
    }

    /// A call that waited goes on, unless it has ended meanwhile.
    pub(in crate::run) fn goes_on(&mut self, number: u32, on: impl Fn(&mut Self, u32)) {
        let call = &mut self.guards.calls[number];
        call.timers -= 1;
        if call.tries != ENDED {
            on(self, number);
        } else if call.timers == 0 {
            self.guards.calls.release(number);
        }
    }

    /// Nobody waits any more for attempts of a call that are open.
    pub(super) fn give_up_others(&mut self, number: u32) {
        while let latest = self.guards.calls[number].latest
            && latest != NONE
        {
            let call = self.guards.calls[number];
            let attempt = self.guards.attempts[latest];
            if attempt.is_waiting {
                self.guards.clients[call.memory as usize].wait_no_more(latest);
                self.withdraw(latest);
                continue;
            }
            if attempt.is_open {
                self.abandon_within_limit(attempt.visit, latest);
            }
            self.guards.close(latest, attempt);
            self.guards.attempts[latest].call = NONE;
            self.guards.forget(latest);
            self.guards.counted[call.guard as usize].attempts += 1.0;
            if let Some(budget) = self.program.guards[call.guard as usize].budget {
                budget.ends(&mut self.guards.clients[call.memory as usize].budget, attempt.is_retry);
            }
            if attempt.has_place {
                self.leave_place(call);
            }
        }
    }
}
