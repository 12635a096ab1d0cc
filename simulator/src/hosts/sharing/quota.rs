//! A container's processor time by periods.

use crate::program::QuotaPlan;
use crate::statistics::level::Level;
use crate::statistics::totals::ThrottleTotals;

/// What is left of a container's processor time in this period, by the container's virtual clock.
#[derive(Clone, Debug)]
pub(super) struct Quota {
    plan: QuotaPlan,
    /// Core-seconds left when the virtual clock showed `clock`.
    left: f64,
    clock: f64,
    /// When this period began, or a later one that did not matter any more.
    period: f64,
    /// Is the beginning of the next period in the calendar?
    is_timed: bool,
    /// Does it stand still until then?
    pub(super) is_used_up: bool,
    /// Was it before, in this period?
    was_used_up: bool,
    standing: Level,
    counted: ThrottleTotals,
}

impl Quota {
    /// A whole quota, in a period that began `phase` periods before time 0; `phase` is in [0, 1).
    pub(super) fn new(plan: QuotaPlan, phase: f64) -> Self {
        Self {
            plan,
            left: plan.quota,
            clock: 0.0,
            period: -phase * plan.period,
            is_timed: false,
            is_used_up: false,
            was_used_up: false,
            standing: Level::default(),
            counted: ThrottleTotals::default(),
        }
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

    /// Begins to run, or goes on: the beginning of the next period, unless that is in the calendar.
    pub(super) fn start(&mut self, now: f64) -> Option<f64> {
        if self.is_timed {
            return None;
        }
        // Periods that passed while nothing ran.
        let passed = ((now - self.period) / self.plan.period).floor();
        self.period += passed * self.plan.period;
        self.left = (self.left + passed * self.plan.quota).min(self.plan.quota + self.plan.burst);
        self.is_timed = true;
        Some(self.period + self.plan.period)
    }

    /// Nothing is left: it stands still.
    pub(super) fn use_up(&mut self, now: f64) {
        self.left = 0.0;
        (self.is_used_up, self.was_used_up) = (true, true);
        self.standing.add(now, 1.0);
    }

    /// The next period begins. When the one after it does, if there is
    /// work.
    pub(super) fn refill(&mut self, now: f64, is_busy: bool) -> Option<f64> {
        self.counted.periods += 1.0;
        self.counted.used_up += f64::from(u8::from(self.was_used_up));
        if self.is_used_up {
            self.is_used_up = false;
            self.standing.add(now, -1.0);
        }
        self.period = now;
        self.left = (self.left + self.plan.quota).min(self.plan.quota + self.plan.burst);
        self.is_timed = is_busy;
        self.was_used_up = false;
        is_busy.then_some(now + self.plan.period)
    }

    /// What was counted until now.
    pub(super) fn totals(&self, now: f64) -> ThrottleTotals {
        ThrottleTotals { standing: self.standing.area(now), ..self.counted }
    }
}
