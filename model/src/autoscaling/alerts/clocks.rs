//! Clocks that tick independently of each other.

use serde::{Deserialize, Serialize};

/// Whole nanoseconds since the start of the run, so that times that should be equal are.
pub(super) type Nanos = i64;

/// Seconds as nanoseconds.
pub(super) fn nanos(seconds: f64) -> Nanos {
    // A cast of a number that is too large gives the largest one, and 0 for none.
    (seconds * 1e9).round() as Nanos
}

/// Nanoseconds as seconds; [`nanos`] of them are the same nanoseconds again, for 100 days.
pub(super) fn seconds(nanos: Nanos) -> f64 {
    nanos as f64 / 1e9
}

/// The times of scrapes and of evaluations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Clocks {
    /// For each job its last scrape (ns since the start of the run), if any, and its next.
    pub jobs: Vec<(Option<Nanos>, Nanos)>,
    /// The next evaluation of the rules (ns).
    pub evaluation: Nanos,
}

impl Clocks {
    /// Clocks of so many jobs and of the evaluation, which tick first within an interval after a time.
    ///
    /// Their phases are taken from one number in [0, 1): of its binary digits the first goes to the first clock, the second to
    /// the second, and so on in turns. The digits of a uniform number are independent and fair, so that the phases are uniform
    /// and independent of each other (each with its part of the 53 digits: 17 for three clocks, 0.04 ms of 5 s), and the
    /// phases of 1 - u mirror those of u.
    pub(super) fn new(phase: f64, jobs: usize, start: Nanos, scrape: Nanos, evaluation: Nanos) -> Self {
        let phases = deal(phase, jobs + 1);
        let first = |phase: f64, interval: Nanos| start + (phase * interval as f64) as Nanos;
        Self {
            jobs: phases[..jobs].iter().map(|&phase| (None, first(phase, scrape))).collect(),
            evaluation: first(phases[jobs], evaluation),
        }
    }

    /// The next tick of any of them.
    pub(super) fn next(&self) -> Nanos {
        self.jobs.iter().map(|&(_, next)| next).fold(self.evaluation, Nanos::min)
    }
}

/// The first tick after a time of a clock whose last was at or before it.
pub(super) fn after(tick: Nanos, interval: Nanos, time: Nanos) -> Nanos {
    let interval = interval.max(1);
    tick.saturating_add(interval.saturating_mul((time - tick).max(0) / interval + 1))
}

/// Deals the binary digits of a number in [0, 1) to so many.
fn deal(mut fraction: f64, hands: usize) -> Vec<f64> {
    let mut phases = vec![0.0; hands];
    let mut places = vec![0.5; hands];
    for digit in 0..f64::MANTISSA_DIGITS as usize {
        let hand = digit % hands;
        fraction *= 2.0;
        if fraction >= 1.0 {
            fraction -= 1.0;
            phases[hand] += places[hand];
        }
        places[hand] /= 2.0;
    }
    phases
}
