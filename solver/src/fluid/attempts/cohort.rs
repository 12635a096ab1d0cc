//! Attempts that were sent at about the same time.

use super::gamma::Gamma;
use crate::moments::Moments;

/// By the number of the attempt for the same request, the first first.
pub(super) type ByTry = Vec<Amount>;

/// Attempts, and when the requests began that they are for.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Amount {
    pub(super) number: f64,
    /// The sum of those times (s).
    pub(super) begun: f64,
}

impl Amount {
    pub(super) fn times(self, part: f64) -> Self {
        Self { number: self.number * part, begun: self.begun * part }
    }

    pub(super) fn add(&mut self, other: Self) {
        self.number += other.number;
        self.begun += other.begun;
    }
}

/// The answers that go out from `from` to `to` (s): so many had gone out, on average, then.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    pub(super) from: f64,
    pub(super) to: f64,
    pub(super) answered: (f64, f64),
}

impl Stretch {
    /// Answers until a time within it.
    pub(super) fn answered_at(self, time: f64) -> f64 {
        let along = if self.to > self.from { (time - self.from) / (self.to - self.from) } else { 1.0 };
        self.answered.0 + along.clamp(0.0, 1.0) * (self.answered.1 - self.answered.0)
    }
}

/// Attempts that were sent at about the same time.
///
/// When they are answered is counted in answers to any attempts: first come, first served, that is as many as attempts were
/// there when it was sent, whatever comes later. On average it is in any case, by Little's law; so the number of answers until
/// its own has that mean, and a gamma distribution.
#[derive(Clone, Debug)]
pub(super) struct Cohort {
    pub(super) sent: f64,
    pub(super) tries: ByTry,
    /// Answers until it was sent.
    base: f64,
    until_own: Gamma,
    /// Part that is answered, and the mean of its answers until its own, over all.
    done: f64,
    mean_done: f64,
}

/// What became of a cohort in a stretch of time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Answered {
    /// Part of it.
    pub(super) part: f64,
    /// The integral of the times of the answers (s) over that part.
    pub(super) times: f64,
}

impl Cohort {
    /// Sent at a time, when so many answers had gone out; `until_own` are the moments of the number until its own.
    pub(super) fn new(sent: f64, tries: ByTry, base: f64, until_own: Moments) -> Self {
        Self { sent, tries, base, until_own: Gamma::new(until_own), done: 0.0, mean_done: 0.0 }
    }

    /// Part that is not answered.
    pub(super) fn left(&self) -> f64 {
        1.0 - self.done
    }

    /// What is answered until `end`, which is within the stretch.
    pub(super) fn answer(&mut self, stretch: Stretch, end: f64) -> Answered {
        let count = stretch.answered_at(end);
        let (done, mean_done) =
            (self.until_own.below(count - self.base), self.until_own.mean_below(count - self.base));
        let part = (done - self.done).max(0.0);
        let mean = (mean_done - self.mean_done).max(0.0);
        (self.done, self.mean_done) = (self.done.max(done), self.mean_done.max(mean_done));
        let all = stretch.answered.1 - stretch.answered.0;
        if part == 0.0 || all <= 0.0 {
            return Answered { part: 0.0, times: 0.0 };
        }
        let each = (stretch.to - stretch.from) / all;
        let times = part * (stretch.from + (self.base - stretch.answered.0) * each) + mean * each;
        Answered { part, times }
    }

    /// All that is left is answered at that time.
    pub(super) fn answer_all(&mut self, time: f64) -> Answered {
        let part = self.left();
        self.done = 1.0;
        Answered { part, times: part * time }
    }
}
