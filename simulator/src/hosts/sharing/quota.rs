//! A container's processor time by periods.

use std::collections::VecDeque;
use std::ops::Range;

use crate::program::QuotaPlan;
use crate::statistics::level::Level;
use crate::statistics::totals::ThrottleTotals;

/// Processor time that a core keeps of its slice when it has no more work (`min_cfs_rq_runtime` in `kernel/sched/fair.c`).
const KEPT: f64 = 0.001;
/// From what a core gives back until it goes to those that stand still (`cfs_bandwidth_slack_period`).
const SLACK: f64 = 0.005;
/// So close to the next period nothing goes to them any more (`min_bandwidth_expiration`).
const NEAR: f64 = 0.002;

/// What is left of the processor time that a container, or its work on one core, has been given, by its virtual clock.
#[derive(Clone, Debug)]
pub(super) struct Quota {
    /// Where it comes from.
    pub(super) pool: usize,
    /// Core-seconds left when the virtual clock showed `clock`.
    left: f64,
    clock: f64,
    /// Does it stand still until it is given more?
    pub(super) is_used_up: bool,
}

impl Quota {
    /// Nothing yet.
    pub(super) fn new(pool: usize) -> Self {
        Self { pool, left: 0.0, clock: 0.0, is_used_up: false }
    }

    /// Core-seconds left, when it was counted last.
    pub(super) fn left(&self) -> f64 {
        self.left
    }

    /// So many pieces have run until the virtual clock shows that.
    pub(super) fn count(&mut self, clock: f64, pieces: usize) {
        self.left -= (clock - self.clock) * pieces as f64;
        self.clock = clock;
    }

    /// The virtual clock has been set to another time.
    pub(super) fn set_clock(&mut self, clock: f64) {
        self.clock = clock;
    }

    /// What the virtual clock will show when so many pieces have used it up.
    pub(super) fn end(&self, pieces: usize) -> f64 {
        self.clock + self.left.max(0.0) / pieces as f64
    }
}

/// The processor time of a container, of which its work is given some.
#[derive(Clone, Debug)]
pub(super) struct Pool {
    plan: QuotaPlan,
    /// Core-seconds that are not given away.
    left: f64,
    /// When this period began, or a later one that did not matter any more.
    period: f64,
    /// Is the beginning of the next period in the calendar?
    is_timed: bool,
    /// When what was given back goes to those that stand still, if that is in the calendar.
    slack: Option<f64>,
    /// The places of what it gives to: the container, or its work on each core.
    pub(super) places: Range<usize>,
    /// Those that stand still, in the order in which they stopped.
    waiting: VecDeque<usize>,
    /// The part of its work that stands still.
    stands: f64,
    standing: Level,
    counted: ThrottleTotals,
}

impl Pool {
    /// A whole quota, in a period that began `phase` periods before time 0; `phase` is in [0, 1). The first of its places is
    /// `first`.
    pub(super) fn new(plan: QuotaPlan, phase: f64, first: usize) -> Self {
        Self {
            plan,
            left: plan.quota,
            period: -phase * plan.period,
            is_timed: false,
            slack: None,
            places: first..first + plan.places as usize,
            waiting: VecDeque::new(),
            stands: 0.0,
            standing: Level::default(),
            counted: ThrottleTotals::default(),
        }
    }

    /// Work begins or goes on: the beginning of the next period, unless that is in the calendar. What `held` is, see
    /// [`Self::refill`].
    pub(super) fn start(&mut self, now: f64, held: f64) -> Option<f64> {
        if self.is_timed {
            return None;
        }
        // Periods that passed while nothing ran.
        let passed = ((now - self.period) / self.plan.period).floor();
        self.period += passed * self.plan.period;
        self.fill(passed, held);
        self.is_timed = true;
        Some(self.period + self.plan.period)
    }

    fn fill(&mut self, periods: f64, held: f64) {
        let most = self.plan.quota + self.plan.burst - if self.is_sliced() { 0.0 } else { held };
        self.left = (self.left + periods * self.plan.quota).min(most);
    }

    fn is_sliced(&self) -> bool {
        self.plan.slice.is_finite()
    }

    /// A place has used up what it had. Is there more?
    pub(super) fn renew(&mut self, place: usize, quota: &mut Quota) -> bool {
        let given = self.left.min(self.plan.slice);
        self.left -= given;
        quota.left = given;
        quota.is_used_up = given <= 0.0;
        if quota.is_used_up {
            self.waiting.push_back(place);
        }
        !quota.is_used_up
    }

    /// A place has no work any more: it gives back what it does not keep. When that goes to those that stand still, if there are
    /// any and it is worth it.
    pub(super) fn give_back(&mut self, now: f64, quota: &mut Quota) -> Option<f64> {
        if !self.is_sliced() || quota.left <= KEPT {
            return None;
        }
        self.left += quota.left - KEPT;
        quota.left = KEPT;
        let at = now + SLACK;
        let is_worth_it = self.left > self.plan.slice && !self.waiting.is_empty();
        if !is_worth_it || self.slack.is_some() || at + NEAR > self.period + self.plan.period {
            return None;
        }
        self.slack = Some(at);
        self.slack
    }

    /// Is that the time at which what was given back goes to those that stand still?
    pub(super) fn takes_slack(&mut self, now: f64) -> bool {
        self.slack.take_if(|at| *at <= now).is_some()
    }

    /// The next period begins. When the one after it does, if there is work. What its places still hold counts for what it may
    /// have at most, but not where it is given in slices, which cores keep beyond a period.
    pub(super) fn refill(&mut self, now: f64, is_busy: bool, held: f64) -> Option<f64> {
        self.counted.periods += 1.0;
        self.counted.used_up += f64::from(u8::from(!self.waiting.is_empty()));
        self.period = now;
        self.fill(1.0, held);
        self.is_timed = is_busy;
        is_busy.then_some(now + self.plan.period)
    }

    /// The next place of those that stand still, if there is something for it.
    pub(super) fn next_waiting(&mut self) -> Option<usize> {
        if self.left > 0.0 { self.waiting.pop_front() } else { None }
    }

    /// A place has lost all its work.
    pub(super) fn forget(&mut self, place: usize, quota: &mut Quota) {
        if quota.is_used_up {
            quota.is_used_up = false;
            self.waiting.retain(|&waiting| waiting != place);
        }
    }

    /// That part of its work stands still from now on.
    pub(super) fn note(&mut self, now: f64, stands: f64) {
        if stands != self.stands {
            self.standing.add(now, stands - self.stands);
            self.stands = stands;
        }
    }

    /// What was counted until now.
    pub(super) fn totals(&self, now: f64) -> ThrottleTotals {
        ThrottleTotals { standing: self.standing.area(now), ..self.counted }
    }
}
