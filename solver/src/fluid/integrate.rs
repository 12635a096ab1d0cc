//! Steps through time.

use differential_equations::error::Error;
use differential_equations::interpolate::Interpolation;
use differential_equations::methods::ExplicitRungeKutta;
use differential_equations::ode::{ODE, OrdinaryNumericalMethod};
use tracecast_model::{RunControl, Status};

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
    between: &'a mut dyn FnMut(f64) -> Option<Vec<f64>>,
}

impl Step<'_> {
    /// The state at a time within the step.
    pub(crate) fn at(&mut self, time: f64) -> Vec<f64> {
        if time >= self.time {
            return self.now.to_vec();
        }
        (self.between)(time).unwrap_or_else(|| self.now.to_vec())
    }
}

impl ODE<f64, Vec<f64>> for Equations<'_> {
    fn diff(&self, time: f64, y: &Vec<f64>, dy: &mut Vec<f64>) {
        self.evaluate(time, y, dy);
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
        let ended = stretch(equations, y, (begin, end), control, &mut steps, look);
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

/// A stretch without jumps, by the method of Dormand and Prince (1980).
fn stretch(
    equations: &Equations<'_>,
    y: &mut Vec<f64>,
    (from, to): (f64, f64),
    control: &RunControl<'_>,
    steps: &mut u64,
    look: &mut dyn FnMut(Step<'_>) -> bool,
) -> Ended {
    let mut method = ExplicitRungeKutta::dopri5().rtol(TOLERANCE).atol(TOLERANCE).max_steps(MOST_STEPS);
    /// Just before the end.
    const BEFORE: f64 = 1.0 - 1e-12;
    equations.generation.set(equations.network.generations.at(from));
    equations.until.set(from + BEFORE * (to - from));
    let finite = if to.is_finite() { to } else { from + 1e9 };
    if method.init(equations, from, finite, y).is_err() {
        return Ended::Not(Status::IterationLimit);
    }
    loop {
        if control.is_cancelled() {
            return Ended::Not(Status::Cancelled);
        }
        let left = finite - method.t();
        if left <= 1e-12 * finite.abs().max(1.0) {
            y.clone_from(method.y());
            return Ended::There;
        }
        if method.h() > left {
            method.set_h(left);
        }
        let before = method.t();
        match method.step(equations) {
            Ok(_) => {}
            Err(Error::Stiffness { .. }) => continue,
            Err(_) => return Ended::Not(Status::IterationLimit),
        }
        *steps += 1;
        let time = method.t();
        if time == before {
            // Rejected: it tries again with a smaller step.
            continue;
        }
        y.clone_from(method.y());
        let mut between = |time: f64| method.interpolate(time).ok();
        if look(Step { before, time, now: y, between: &mut between }) {
            return Ended::Enough;
        }
    }
}
