//! What callers remember, and whether they let attempts through.

use std::collections::VecDeque;

use tracecast_model::{
    Adapted, Admission, BreakerMemory, BudgetMemory, CallOutcome, ConcurrencyLimit, Occupancy, Sample,
    TokenBucket,
};

use super::GuardedCall;
use crate::program::GuardPlan;

/// What a replica of a caller, or a workload, remembers.
#[derive(Clone, Debug, Default)]
pub(super) struct Client {
    pub(super) budget: BudgetMemory,
    pub(super) breaker: Option<BreakerMemory>,
    bucket: TokenBucket,
    pub(super) occupancy: Occupancy,
    /// What its limit remembers, where that adapts itself.
    pub(super) adapted: Option<Adapted>,
    /// Attempts that wait for a place.
    line: VecDeque<u32>,
    pub(super) has_called: bool,
}

impl Client {
    /// May an attempt begin, and after how many seconds? `chance` is for breakers that need it.
    pub(super) fn admits(&mut self, plan: &GuardPlan, now: f64, chance: f64) -> Option<f64> {
        self.has_called = true;
        if let (Some(breaker), Some(memory)) = (&plan.breaker, &mut self.breaker)
            && !breaker.admits(memory, now, chance)
        {
            return None;
        }
        let Some(rate) = plan.rate else { return Some(0.0) };
        let wait = rate.take(&mut self.bucket, now);
        if wait.is_none() {
            self.count_rejection(plan, now);
        }
        wait
    }

    /// Tells the breaker of an attempt that it has let through, and a limit not.
    pub(super) fn count_rejection(&mut self, plan: &GuardPlan, now: f64) {
        if plan.breaker.is_some_and(|breaker| breaker.counts_rejections()) {
            self.record(plan, now, CallOutcome { failed: true, duration: 0.0, chance: 0.0 });
        }
    }

    /// Tells the breaker how an attempt ended.
    pub(super) fn record(&mut self, plan: &GuardPlan, now: f64, outcome: CallOutcome) {
        if let (Some(breaker), Some(memory)) = (plan.breaker, &mut self.breaker) {
            breaker.record(memory, now, outcome);
        }
    }

    /// Is there a place for an attempt? If so, it is taken.
    pub(super) fn enters(&mut self, limit: Option<ConcurrencyLimit>) -> Admission {
        let Some(limit) = limit else { return Admission::Begins };
        let admission = limit.admits(self.occupancy);
        self.occupancy.in_progress += u32::from(admission == Admission::Begins);
        admission
    }

    /// Tells the limit how an attempt with a place has ended.
    pub(super) fn learn(&mut self, limit: ConcurrencyLimit, sample: Sample) {
        let Some(adapted) = &mut self.adapted else { return };
        limit.learn(adapted, sample);
        self.occupancy.adapted = adapted.limit();
    }

    /// An attempt waits for a place.
    pub(super) fn wait(&mut self, attempt: u32) {
        self.line.push_back(attempt);
        self.occupancy.waiting += 1;
    }

    /// It does so no more.
    pub(super) fn wait_no_more(&mut self, attempt: u32) {
        self.line.retain(|&other| other != attempt);
        self.occupancy.waiting = self.line.len() as u32;
    }

    /// An attempt gives its place back. Does anybody wait for one?
    pub(super) fn leaves(&mut self) -> bool {
        self.occupancy.in_progress -= 1;
        !self.line.is_empty()
    }

    /// The first of those who wait, if there is a place, which it takes.
    pub(super) fn next(&mut self, limit: ConcurrencyLimit) -> Option<u32> {
        if !limit.lets_in(self.occupancy) {
            return None;
        }
        let next = self.line.pop_front()?;
        self.occupancy.waiting -= 1;
        self.occupancy.in_progress += 1;
        Some(next)
    }

    /// May a call be tried again? If so, the retry counts from now on.
    pub(super) fn allows_retry(&mut self, plan: &GuardPlan, call: &mut GuardedCall, now: f64) -> bool {
        // A budget takes the place of the limit's own number.
        if let Some(budget) = plan.budget {
            return budget.allows(&mut self.budget, now);
        }
        let Some(limit) = plan.limit else { return true };
        call.is_retry = limit.allows_retry(self.occupancy);
        self.occupancy.retries += u32::from(call.is_retry);
        call.is_retry
    }

    /// The retry that a call is at, if it is, has ended.
    pub(super) fn retry_is_over(&mut self, call: &mut GuardedCall) {
        self.occupancy.retries -= u32::from(std::mem::take(&mut call.is_retry));
    }
}
