//! Steps through time.

use tracecast_model::{RunControl, Status};

use super::chebyshev::{Chebyshev, Stepped};
use super::rates::Equations;

/// Error of a step, relative to every number, and absolute in requests.
const TOLERANCE: f64 = 1e-5;

/// Steps at most, tried ones included.
const MOST_STEPS: usize = 2_000_000;

/// A time at which something jumps.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Event {
    pub(crate) time: f64,
    pub(crate) change: Change,
}

/// What jumps.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Change {
    /// A rate, or its slope.
    Rate,
    /// So many requests of a class arrive.
    Burst { class: usize, size: f64 },
    /// So many replicas of a service take requests from now on.
    Ready { elastic: usize, replicas: f64 },
    /// A service is so many times as fast as usual from now on.
    Pace { service: usize, pace: f64 },
}

/// One accepted step, from `before` to `time`.
pub(crate) struct Step<'a> {
    pub(crate) before: f64,
    pub(crate) time: f64,
    pub(crate) now: &'a [f64],
    between: &'a mut dyn FnMut(f64) -> Vec<f64>,
}

impl Step<'_> {
    /// The state at a time within the step.
    pub(crate) fn at(&mut self, time: f64) -> Vec<f64> {
        if time >= self.time {
            return self.now.to_vec();
        }
        (self.between)(time)
    }
}

/// Follows the equations from `from` to `to`, through all events on the way, until `look` says that it is enough.
pub(crate) fn follow(
    equations: &Equations<'_>,
    y: &mut Vec<f64>,
    (from, to): (f64, f64),
    events: &[Event],
    control: &RunControl<'_>,
    look: &mut dyn FnMut(Step<'_>) -> bool,
) -> (Status, u64) {
    let mut steps = 0;
    let mut length = None;
    let mut begin = from;
    let inside = |event: &&Event| event.time >= from && event.time < to;
    let mut left: Vec<Event> = events.iter().filter(inside).copied().collect();
    left.sort_by(|a, b| a.time.total_cmp(&b.time));
    let mut left = left.into_iter().peekable();
    loop {
        while let Some(event) = left.next_if(|event| event.time <= begin) {
            match event.change {
                Change::Rate => {}
                Change::Burst { class, size } => {
                    let generation = equations.network.generations.of_burst(event.time);
                    equations.add(y, class, generation, size);
                }
                Change::Ready { elastic, replicas } => equations.set_ready(y, elastic, replicas),
                Change::Pace { service, pace } => equations.set_pace(service, pace),
            }
        }
        let end = left.peek().map_or(to, |event| event.time);
        if begin >= to {
            return (Status::Converged, steps);
        }
        let ended = stretch(equations, y, (begin, end), control, (&mut steps, &mut length), look);
        match ended {
            Ended::There => begin = end,
            Ended::Enough => return (Status::Converged, steps),
            Ended::Not(status) => return (status, steps),
        }
    }
}

enum Ended {
    There,
    Enough,
    Not(Status),
}

/// A stretch without jumps. `length` is that of the steps before, and after it of those in it.
fn stretch(
    equations: &Equations<'_>,
    y: &mut Vec<f64>,
    (from, to): (f64, f64),
    control: &RunControl<'_>,
    (steps, length): (&mut u64, &mut Option<f64>),
    look: &mut dyn FnMut(Step<'_>) -> bool,
) -> Ended {
    /// Just before the end.
    const BEFORE: f64 = 1.0 - 1e-12;
    equations.generation.set(equations.network.generations.at(from));
    equations.until.set(from + BEFORE * (to - from));
    let finite = if to.is_finite() { to } else { from + 1e9 };
    let slope = |time: f64, y: &[f64], dy: &mut [f64]| equations.evaluate(time, y, dy);
    let radius = equations.radius();
    let mut method = Chebyshev::new((from, finite), y, TOLERANCE, radius, *length, &slope);
    let mut tried = 0;
    loop {
        if control.is_cancelled() {
            return Ended::Not(Status::Cancelled);
        }
        if finite - method.time() <= 1e-12 * finite.abs().max(1.0) {
            y.clear();
            y.extend_from_slice(method.y());
            return Ended::There;
        }
        tried += 1;
        let before = method.time();
        match method.step(finite, radius, &slope) {
            Stepped::Accepted => {}
            Stepped::Rejected if tried < MOST_STEPS => continue,
            Stepped::Rejected | Stepped::Stuck => return Ended::Not(Status::IterationLimit),
        }
        *steps += 1;
        *length = Some(method.length());
        y.clear();
        y.extend_from_slice(method.y());
        let mut between = |time: f64| method.between(time);
        if look(Step { before, time: method.time(), now: y, between: &mut between }) {
            return Ended::Enough;
        }
    }
}
