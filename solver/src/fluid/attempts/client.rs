//! The clients of a workload, who give up and try again.

use std::collections::VecDeque;
use std::iter::Peekable;
use std::vec::IntoIter;

use tracecast_model::{BudgetMemory, Load, Resilience, Retry, RetryBudget};

use super::cohort::{Amount, Answered, ByTry, Cohort, Stretch};
use super::counted::{Counted, Figure};
use super::own::Own;
use crate::fluid::events;
use crate::moments::Moments;

/// Parts of a burst with answers after so many others.
const PARTS: u32 = 32;

/// Delays that stand for the distribution of the time between attempts.
const DELAYS: u32 = 16;

/// Attempts present, on average, at which nobody is left.
const NOBODY: f64 = 1e-3;

/// The clients of a workload, who give up and try again.
pub(super) struct Client<'a> {
    load: &'a Load,
    /// Requests that begin at once, in the order of time: when (s), and how many.
    bursts: Peekable<IntoIter<(f64, f64)>>,
    timeout: f64,
    retry: Option<&'a Retry>,
    /// Of the work of a request.
    pub(super) own: Own,
    /// Attempts so far, and answers to them whether anybody waits or not.
    sent: f64,
    answered: f64,
    cohorts: VecDeque<Cohort>,
    /// Attempts to come, by steps of time, the next one first.
    scheduled: VecDeque<ByTry>,
    budget: BudgetMemory,
    pub(super) counted: Counted,
}

/// A step of time, of `whole` seconds unless it was cut short (s).
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub(super) from: f64,
    pub(super) to: f64,
    pub(super) whole: f64,
}

impl<'a> Client<'a> {
    /// Nobody yet; none where clients wait for ever.
    pub(super) fn new(load: &'a Load, policy: &'a Resilience, own: Own) -> Option<Self> {
        let mut bursts = events::bursts(load);
        bursts.sort_by(|a, b| a.0.total_cmp(&b.0));
        Some(Self {
            load,
            bursts: bursts.into_iter().peekable(),
            timeout: policy.timeout?,
            retry: policy.retry.as_ref(),
            own,
            sent: 0.0,
            answered: 0.0,
            cohorts: VecDeque::new(),
            scheduled: VecDeque::new(),
            budget: BudgetMemory::default(),
            counted: Counted::default(),
        })
    }

    pub(super) fn timeout(&self) -> f64 {
        self.timeout
    }

    /// Attempts of the next step of time that are no first ones.
    pub(super) fn next_retries(&self) -> f64 {
        self.scheduled.front().map_or(0.0, |tries| number(tries))
    }

    /// A step of time is over, with the mean and the variance of the attempts present at its end, and the variance of what
    /// the work of one of them takes (s²).
    pub(super) fn step(&mut self, step: Step, present: Moments, own: f64) {
        let Step { from, to, whole } = step;
        let middle = 0.5 * (from + to);
        let first = self.first_attempts(from, to);
        let mut tries = self.scheduled.pop_front().unwrap_or_default();
        let part = (to - from) / whole;
        let retries = part * number(&tries);
        tries.iter_mut().for_each(|amount| *amount = amount.times(part));
        tries.resize(tries.len().max(1), Amount::default());
        tries[0].add(Amount { number: first, begun: first * middle });
        let bursts: Vec<(f64, f64)> =
            std::iter::from_fn(|| self.bursts.next_if(|burst| burst.0 < to)).collect();
        let jumps: f64 = bursts.iter().map(|burst| burst.1).sum();
        let before = self.sent - self.answered;
        self.sent += first + retries + jumps;
        let answered = (self.sent - present.mean).clamp(self.answered, self.sent);
        let stretch = Stretch { from, to, answered: (self.answered, answered) };
        self.answered = answered;
        self.begin(to, first + jumps, retries);

        let rate = (stretch.answered.1 - stretch.answered.0) / (to - from);
        let spread = (present.variance - present.mean).max(rate * rate * own).max(0.0);
        let without_jumps = before + 0.5 * (present.mean - jumps - before);
        let moments = |mean: f64| Moments::new(mean.max(0.0), spread);
        if first + retries > 0.0 {
            let base = stretch.answered_at(middle);
            // Those who come in a burst within the step are behind half of the others only.
            self.cohorts.push_back(Cohort::new(middle, tries, base, moments(without_jumps + 0.5 * jumps)));
        }
        let mut ahead = without_jumps;
        for (at, size) in bursts {
            let parts = (size as u32).clamp(1, PARTS);
            let each = size / f64::from(parts);
            for _ in 0..parts {
                let amount = Amount { number: each, begun: each * at };
                let base = stretch.answered_at(at);
                self.cohorts.push_back(Cohort::new(at, vec![amount], base, moments(ahead + 0.5 * each)));
                ahead += each;
            }
        }
        self.follow(stretch, whole, present.mean < NOBODY && first + retries + jumps == 0.0);
    }

    /// What becomes of all attempts in a step of time.
    fn follow(&mut self, stretch: Stretch, whole: f64, nobody_left: bool) {
        for mut cohort in std::mem::take(&mut self.cohorts) {
            let deadline = cohort.sent + self.timeout;
            let is_over = deadline <= stretch.to;
            let answered = match nobody_left {
                true => cohort.answer_all(stretch.to.min(deadline)),
                false => cohort.answer(stretch, deadline.min(stretch.to)),
            };
            self.count_answers(&cohort, answered);
            if is_over {
                self.give_up(&cohort, deadline, stretch.to, whole);
            } else if cohort.left() > 0.0 {
                self.cohorts.push_back(cohort);
            }
        }
    }

    fn count_answers(&mut self, cohort: &Cohort, answered: Answered) {
        for (place, amount) in cohort.tries.iter().enumerate() {
            let number = amount.number * answered.part;
            self.counted.add(Figure::Completed, number);
            if place > 0 {
                self.counted.add(Figure::Retried, number);
            }
            let response = amount.number * answered.times - amount.begun * answered.part;
            self.counted.add(Figure::Response, response.max(0.0));
            self.end(place, number, false);
        }
    }

    /// What is left of a cohort has taken too long at `deadline`; the next step begins at `now`.
    fn give_up(&mut self, cohort: &Cohort, deadline: f64, now: f64, whole: f64) {
        let left: ByTry = cohort.tries.iter().map(|amount| amount.times(cohort.left())).collect();
        let most = self.retry.map_or(1, |retry| retry.attempts as usize);
        for (place, amount) in left.iter().enumerate() {
            self.counted.add(Figure::Timeouts, amount.number);
            self.end(place, amount.number, true);
        }
        let wanted = number(&left[..left.len().min(most - 1)]);
        let part = self.allowed(wanted, now);
        for (place, &amount) in left.iter().enumerate() {
            let Some(retry) = self.retry.filter(|_| place + 1 < most) else {
                self.counted.add(Figure::Failed, amount.number);
                continue;
            };
            self.counted.add(Figure::Refused, amount.number * (1.0 - part));
            self.counted.add(Figure::Failed, amount.number * (1.0 - part));
            if amount.number * part <= 0.0 {
                continue;
            }
            for quantile in 0..DELAYS {
                let u = (f64::from(quantile) + 0.5) / f64::from(DELAYS);
                let at = deadline + retry.delay(place as u32 + 1, u);
                let step = ((at - now) / whole).max(0.0) as usize;
                if self.scheduled.len() <= step {
                    self.scheduled.resize(step + 1, ByTry::new());
                }
                let tries = &mut self.scheduled[step];
                tries.resize(tries.len().max(place + 2), Amount::default());
                tries[place + 1].add(amount.times(part / f64::from(DELAYS)));
            }
        }
    }

    /// Part of so many retries that a budget allows. A budget counts a retry when it begins, so that of those that wait until
    /// they do it does not know.
    fn allowed(&mut self, wanted: f64, now: f64) -> f64 {
        let Some((retry, budget)) = self.budgeted() else { return 1.0 };
        let left = budget.left(&mut self.budget, now);
        if wanted <= 0.0 {
            1.0
        } else if retry.delay(1, 0.5) > 0.0 {
            f64::from(u8::from(left > 0.0))
        } else {
            (left / wanted).clamp(0.0, 1.0)
        }
    }

    fn budgeted(&self) -> Option<(&'a Retry, RetryBudget)> {
        let retry = self.retry?;
        Some((retry, retry.budget?))
    }

    fn begin(&mut self, now: f64, first: f64, retries: f64) {
        self.counted.add(Figure::Started, first);
        self.counted.add(Figure::Retries, retries);
        if let Some((_, budget)) = self.budgeted() {
            budget.begin_many(&mut self.budget, now, false, first);
            budget.begin_many(&mut self.budget, now, true, retries);
        }
    }

    fn end(&mut self, place: usize, number: f64, failed: bool) {
        self.counted.add(Figure::Attempts, number);
        if let Some((_, budget)) = self.budgeted() {
            budget.end_many(&mut self.budget, place > 0, number);
            budget.record(&mut self.budget, failed, number);
        }
    }

    /// Requests that begin one by one.
    fn first_attempts(&self, from: f64, to: f64) -> f64 {
        match self.load {
            Load::Poisson { rate } => rate * (to - from),
            Load::Profile(profile) => profile.cumulative(to) - profile.cumulative(from),
            Load::Closed { .. }
            | Load::Renewal { .. }
            | Load::Markov(_)
            | Load::Burst { .. }
            | Load::Replay { .. }
            | Load::SerialClient(_) => 0.0,
        }
    }
}

fn number(tries: &[Amount]) -> f64 {
    tries.iter().map(|amount| amount.number).sum()
}
