//! When the last request is done.

use tracecast_model::RunControl;

use super::integrate::{self, Change, Event, Step};
use super::rates::{Equations, Spread};
use crate::moments::Moments;

/// What is known of a finite class while the others go on.
pub(crate) struct Watch {
    pub(crate) class: usize,
    /// Its requests on their own.
    roots: Vec<usize>,
    /// The last generation that they are of.
    generation: usize,
    /// Its last arrival at the latest (s).
    last: f64,
    /// When there were last surely some, or the start, and all numbers and phases then.
    sure: (f64, Vec<f64>),
    /// So many are served at once when nobody waits any more.
    together: f64,
    /// Do clients try again, and how many might still, on average, at the time that was sure?
    tries_again: Option<f64>,
    /// Until when the integral of P(not all done) after the last arrival goes, and that integral (s).
    late: (f64, f64),
    /// Is anything left that is worth following?
    pub(crate) is_done: bool,
}

/// Requests left count as certain while their mean is so many standard deviations.
const SURE: f64 = 3.0;

/// Requests left, on average, at which the rest is not followed any more.
const NEGLIGIBLE: f64 = 0.02;

/// The same in standard deviations, where clients try again.
const VAGUE: f64 = 0.01;

/// The same in the fluid limit, above what its errors may leave behind.
const ENDED: f64 = 0.002;

impl Watch {
    /// From time 0 on.
    pub(crate) fn new(equations: &Equations<'_>, class: usize, y: &[f64], tries_again: bool) -> Self {
        let tries_again = tries_again.then_some(f64::INFINITY);
        let network = equations.network;
        let load = &network.system.workloads[network.classes[class].workload].load;
        let roots = network.roots(class);
        let sure = (0.0, kept(equations, y));
        let generation = network.generations.of_load(load).last().copied().unwrap_or(0);
        Self {
            class,
            roots,
            generation,
            last: load.last_arrival().unwrap_or(0.0),
            sure,
            together: 1.0,
            tries_again,
            late: (0.0, 0.0),
            is_done: false,
        }
    }

    fn left(&self, equations: &Equations<'_>, y: &[f64]) -> Moments {
        equations.sum(y, &self.roots)
    }

    /// Looks at an accepted step; clients wait for `open` requests, or are about to make them again.
    pub(crate) fn look(&mut self, equations: &Equations<'_>, time: f64, y: &[f64], open: f64) {
        let left = self.left(equations, y);
        if self.tries_again.is_some() && time > self.last {
            let from = self.late.0.max(self.last);
            self.late = (time, self.late.1 + (time - from) * (1.0 - (-left.mean.max(open)).exp()));
        }
        if left.mean >= SURE * left.variance.sqrt() && left.mean > NEGLIGIBLE {
            self.sure = (time, kept(equations, y));
            self.tries_again = self.tries_again.map(|_| open);
        }
        self.note_waiting(equations, y, left.mean);
        // Behind a long overload the spread is that of when it ends, of which the last numbers tell nothing.
        let few = if self.tries_again.is_some() { VAGUE * left.variance.sqrt() } else { 0.0 };
        let is_over = left.mean < NEGLIGIBLE.max(few) || is_stuck(equations, y, left.mean);
        self.is_done = time > self.last && open < NEGLIGIBLE && is_over;
    }

    /// While some wait, those that do not are served together; where nobody ever waits, all are.
    fn note_waiting(&mut self, equations: &Equations<'_>, y: &[f64], left: f64) {
        let waiting = equations.waiting(y, self.generation);
        if waiting > 0.5 {
            self.together = (left - waiting).max(1.0);
        } else if left > self.together + 0.5 {
            self.together = left;
        }
    }

    /// The mean time of the end.
    ///
    /// As long as there are surely some left, their number is well described by its moments. From then on what differs
    /// between runs is mainly when they reach the end, not how it goes: all runs follow the fluid limit, shifted in
    /// time. A shift does not change the mean, so the mean is that of the fluid limit, in which the last ones, served
    /// together, are independent: with r of n of them left, P(all done) = (1 - r/n)ⁿ. For exponential tasks on c
    /// workers that is exact: (N-c)/c + H_c.
    ///
    /// Where clients may still try again, what follows is not that of the state then, and the numbers left at the end are
    /// taken as Poisson: P(all done) = exp(-r).
    pub(crate) fn end(&self, equations: &Equations<'_>, events: &[Event], control: &RunControl<'_>) -> f64 {
        if self.tries_again.is_some_and(|open| open > NEGLIGIBLE) {
            return self.last + self.late.1;
        }
        let (from, state) = &self.sure;
        let fluid = Equations::new(equations.network, Spread::None);
        for event in events.iter().filter(|event| event.time <= *from) {
            match event.change {
                Change::Ready { elastic, replicas } => fluid.assume_ready(elastic, replicas),
                Change::Pace { service, pace } => fluid.set_pace(service, pace),
                Change::Rate | Change::Burst { .. } => {}
            }
        }
        let mut y = vec![0.0; fluid.layout.len()];
        y[..state.len()].copy_from_slice(state);
        let mut watch = Self::new(&fluid, self.class, &y, false);
        watch.together = self.together;
        let mut curve = vec![(*from, watch.left(&fluid, &y).mean)];
        let mut look = |mut step: Step<'_>| {
            /// Points of the curve in each step.
            const POINTS: u32 = 8;
            for i in 1..=POINTS {
                let time = step.before + (step.time - step.before) * f64::from(i) / f64::from(POINTS);
                let now = step.at(time);
                let left = watch.left(&fluid, &now).mean;
                watch.note_waiting(&fluid, &now, left);
                curve.push((time, left));
            }
            let left = curve.last().map_or(0.0, |(_, left)| *left);
            step.time > self.last && (left < ENDED || is_stuck(&fluid, step.now, left))
        };
        integrate::follow(&fluid, &mut y, (*from, f64::INFINITY), events, control, &mut look);
        let n = watch.together;
        let not_done = |(time, left): (f64, f64)| {
            // A profile ends at its last point, whenever its last request came.
            if left < n && time >= self.last { 1.0 - (1.0 - left / n).powf(n) } else { 1.0 }
        };
        let pieces = curve
            .windows(2)
            .map(|pair| 0.5 * (not_done(pair[0]) + not_done(pair[1])) * (pair[1].0 - pair[0].0));
        from + pieces.sum::<f64>()
    }
}

/// Was the last replica stopped since nobody was left, in whole requests? The mean says of some since in other runs it
/// comes later.
fn is_stuck(equations: &Equations<'_>, y: &[f64], left: f64) -> bool {
    left < 0.5 && equations.is_stopped(y)
}

/// All numbers and phases.
fn kept(equations: &Equations<'_>, y: &[f64]) -> Vec<f64> {
    y[..equations.layout.variables + equations.layout.aged].to_vec()
}
