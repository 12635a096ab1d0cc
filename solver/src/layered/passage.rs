//! Distribution of response times: Laplace–Stieltjes transforms along the operations, inverted numerically.
//!
//! What comes one after the other multiplies, choices and random numbers of calls mix, as if all parts were independent
//! and every wait had an exponential tail behind the probability not to wait (exact for M/M/c: Kleinrock 1975, §5.7).
//! Forks, shared servers and given distributions are represented by fits to their first two moments. The means are those
//! of the solution; the percentiles are approximations on top of it.

use std::collections::HashMap;

use num_complex::Complex64;
use tracecast_model::ResponseTime;

use super::body;
use super::inversion::Inversion;
use super::network::{Activity, Call, Group, Loop, Network, Node, Onward, Step, Target};
use super::place::{self, Place};
use super::solve::State;
use crate::fit::Fit;
use crate::moments::Moments;

/// Relative precision of a percentile.
const PRECISION: f64 = 1e-3;
const SEARCH_STEPS: u32 = 30;
/// The inversion covers twice its horizon, but for a margin.
const COVERED: f64 = 1.8;
/// Times that are so much smaller than the horizon get one of their own; none is looked for below the lowest part, which
/// the next horizon then covers.
const NEAR: f64 = 0.05;
const LOWEST: f64 = 0.025;
const MOST_HORIZONS: u32 = 40;

/// Fills in the percentiles of the time until the reply to a group's requests.
pub(crate) fn percentiles(network: &Network<'_>, state: &State, group: &Group, response: &mut ResponseTime) {
    if response.mean <= 0.0 {
        return;
    }
    let moments = Moments::new(response.mean, state.request(network, group).variance);
    let joins = Joins::of(network, state);
    let transform = |s: Complex64| Transform::new(network, state, &joins, s).request(group);
    let invert = |horizon: f64| Inversion::new(transform, horizon);
    let mut inversion = invert(guess(moments, 0.99));
    let mut last = f64::INFINITY;
    let mut quantile = |part: f64| {
        for _ in 0..MOST_HORIZONS {
            let time = search(&inversion, part);
            if time < LOWEST * inversion.horizon {
                inversion = invert(LOWEST / COVERED * inversion.horizon);
            } else if time < NEAR * inversion.horizon {
                inversion = invert(5.0 * time);
            } else if time > 0.99 * COVERED * inversion.horizon {
                inversion = invert(2.0 * inversion.horizon);
            } else {
                last = time.min(last);
                return Some(last);
            }
        }
        None
    };
    response.p99 = quantile(0.99);
    response.p95 = quantile(0.95);
    response.p90 = quantile(0.90);
    response.p50 = quantile(0.50);
}

/// Durations of all forks until their joins, which are the same at every point: by the place of the fork in memory.
struct Joins(HashMap<*const Step, Moments>);

impl Joins {
    fn of(network: &Network<'_>, state: &State) -> Self {
        let mut joins = Self(HashMap::new());
        for instance in &network.instances {
            joins.add(network, state, &instance.steps);
        }
        joins
    }

    /// Forks inside of forks are part of these.
    fn add(&mut self, network: &Network<'_>, state: &State, steps: &[Step]) {
        for step in steps {
            match step {
                Step::Fork(_) => {
                    self.0.insert(std::ptr::from_ref(step), body::step(network, state, step).total);
                }
                Step::Choice(branches) => {
                    branches.iter().for_each(|(_, branch)| self.add(network, state, branch));
                }
                Step::Loop(repeated) => self.add(network, state, &repeated.steps),
                Step::Activity(_) | Step::Reply(_) => {}
            }
        }
    }

    fn get(&self, step: &Step) -> Moments {
        self.0.get(&std::ptr::from_ref(step)).copied().unwrap_or(Moments::ZERO)
    }
}

/// By the fit to two moments alone.
fn guess(moments: Moments, part: f64) -> f64 {
    let fit = Fit::new(moments);
    let mut high = moments.mean;
    while fit.below(high) < part {
        high *= 2.0;
    }
    let mut low = 0.0;
    for _ in 0..30 {
        let middle = 0.5 * (low + high);
        if fit.below(middle) < part {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// Where a distribution function reaches a part, by bisection.
fn search(inversion: &Inversion, part: f64) -> f64 {
    let (mut low, mut high) = (0.99 * LOWEST * inversion.horizon, COVERED * inversion.horizon);
    for _ in 0..SEARCH_STEPS {
        if high / low < 1.0 + PRECISION {
            break;
        }
        let middle = (low * high).sqrt();
        if inversion.below(middle) < part {
            low = middle;
        } else {
            high = middle;
        }
    }
    (low * high).sqrt()
}

/// Transforms at one point.
struct Transform<'a> {
    network: &'a Network<'a>,
    state: &'a State,
    joins: &'a Joins,
    s: Complex64,
    /// Per instance: of the time until the reply.
    replies: Vec<Complex64>,
}

/// Of steps: until their end, and until the reply where they give it.
#[derive(Clone, Copy)]
struct Course {
    total: Complex64,
    reply: Option<Complex64>,
}

impl<'a> Transform<'a> {
    fn new(network: &'a Network<'a>, state: &'a State, joins: &'a Joins, s: Complex64) -> Self {
        let one = Complex64::new(1.0, 0.0);
        let mut transform = Self { network, state, joins, s, replies: vec![one; network.instances.len()] };
        for &node in network.order.iter().rev() {
            if let Node::Instance(i) = node {
                let course = transform.sequence(&network.instances[i].steps);
                transform.replies[i] = course.reply.unwrap_or(course.total);
            }
        }
        transform
    }

    fn request(&self, group: &Group) -> Complex64 {
        group.requests.iter().map(|&(target, share)| share * self.response(target)).sum()
    }

    fn response(&self, target: Target) -> Complex64 {
        target.visit().map_or(Complex64::new(1.0, 0.0), |visit| self.waiting(visit)) * self.replied(target)
    }

    /// From the start of the execution.
    fn replied(&self, target: Target) -> Complex64 {
        match target {
            Target::Inline { instance } => self.replies[instance],
            Target::Pool { instance, onwards, .. } => {
                self.replies[instance] * self.passed_on(self.network.onwards(onwards))
            }
            Target::Send { .. } => Complex64::new(1.0, 0.0),
        }
    }

    fn passed_on(&self, onwards: &[Onward]) -> Complex64 {
        onwards.iter().fold(Complex64::new(1.0, 0.0), |product, onward| {
            let there = self.fit(onward.latency) * self.response(onward.target);
            product * (1.0 - onward.probability + onward.probability * there)
        })
    }

    /// No wait, or an exponential one.
    fn waiting(&self, visit: usize) -> Complex64 {
        let waits = self.waits(visit);
        if waits > 0.0 { 1.0 - waits + waits * self.wait(visit) } else { Complex64::new(1.0, 0.0) }
    }

    /// Probability of a wait.
    fn waits(&self, visit: usize) -> f64 {
        if self.state.delay[visit] > 0.0 { self.state.full[visit].clamp(0.0, 1.0) } else { 0.0 }
    }

    /// The wait of those who do.
    fn wait(&self, visit: usize) -> Complex64 {
        1.0 / (1.0 + self.s * (self.state.delay[visit] / self.waits(visit)))
    }

    fn fit(&self, moments: Moments) -> Complex64 {
        if moments.mean > 0.0 { Fit::new(moments).transform(self.s) } else { Complex64::new(1.0, 0.0) }
    }

    fn sequence(&self, steps: &[Step]) -> Course {
        let start = Course { total: Complex64::new(1.0, 0.0), reply: None };
        steps.iter().fold(start, |before, step| {
            let next = self.step(step);
            Course {
                total: before.total * next.total,
                reply: before.reply.or(next.reply.map(|reply| before.total * reply)),
            }
        })
    }

    fn step(&self, step: &Step) -> Course {
        let simple = |total: Complex64| Course { total, reply: None };
        match step {
            Step::Activity(activity) => simple(self.activity(activity)),
            Step::Fork(fork) => {
                let reply = fork.branches.iter().find_map(|branch| self.sequence(branch).reply);
                Course { total: self.fit(self.joins.get(step)), reply }
            }
            Step::Choice(branches) => {
                let courses: Vec<(f64, Course)> =
                    branches.iter().map(|(p, branch)| (*p, self.sequence(branch))).collect();
                let replies = courses.iter().all(|(_, course)| course.reply.is_some());
                let reply = || courses.iter().filter_map(|(p, course)| Some(*p * course.reply?)).sum();
                Course {
                    total: courses.iter().map(|(p, course)| *p * course.total).sum(),
                    reply: replies.then(reply),
                }
            }
            Step::Loop(Loop { mean, variance, steps }) => {
                simple(repeated(self.sequence(steps).total, *mean, *variance))
            }
            Step::Reply(onwards) => {
                Course { total: Complex64::new(1.0, 0.0), reply: Some(self.passed_on(onwards)) }
            }
        }
    }

    fn activity(&self, activity: &Activity) -> Complex64 {
        let slice = activity.work.map_or(Complex64::new(1.0, 0.0), |work| {
            let visit = work.host.filter(|_| work.limit.is_none());
            match visit {
                Some(visit) if !self.network.stations[self.network.visits[visit].station].is_sharing() => {
                    self.waiting(visit) * self.fit(work.slice)
                }
                _ => self.fit(self.state.slice(self.network, work)),
            }
        });
        let first = self.fit(activity.delay) * slice;
        if activity.random {
            let count: f64 = activity.calls.iter().map(|call| call.mean).sum();
            if count <= 0.0 {
                return first;
            }
            let places = self.places(activity, Complex64::ZERO, |sum, call, once| sum + call.mean * once);
            let end = |calls: Complex64| 1.0 / (1.0 + count - calls * slice);
            return first * place::over_states(&place::apart(places), Complex64::ZERO, &end);
        }
        let places = self.places(activity, Complex64::new(1.0, 0.0), |product, call, once| {
            product * repeated(once * slice, call.mean, call.count_variance)
        });
        places.iter().fold(first, |product, place| product * place.mean())
    }

    /// The calls of an activity by the pool that they go to, put together by `add`.
    fn places(
        &self,
        activity: &Activity,
        start: Complex64,
        add: impl Fn(Complex64, &Call, Complex64) -> Complex64,
    ) -> Vec<Place> {
        let mut places: Vec<Place> = Vec::with_capacity(activity.calls.len());
        for call in &activity.calls {
            let visit = call.target.visit();
            let known = places.iter().position(|place| place.visit == visit);
            let k = known.unwrap_or_else(|| {
                let waits = visit.map_or(0.0, |visit| self.waits(visit));
                places.push(Place { visit, waits, weight: 0.0, free: start, taken: start });
                places.len() - 1
            });
            let place = &mut places[k];
            let blocking = self.blocking(call);
            place.free = add(place.free, call, blocking);
            if let Some(visit) = visit.filter(|_| place.waits > 0.0) {
                place.taken = add(place.taken, call, self.wait(visit).powu(call.fan_out) * blocking);
                place.weight += call.mean * self.state.delay[visit];
            }
        }
        places
    }

    /// Until the reply to one call that waits for no thread.
    fn blocking(&self, call: &Call) -> Complex64 {
        match call.target {
            Target::Send { .. } => Complex64::new(1.0, 0.0),
            target => (self.fit(call.latency) * self.replied(target)).powu(call.fan_out),
        }
    }
}

/// Of a sum of a random number of terms: geometric if it varies so much, else whole as far as it can be.
fn repeated(term: Complex64, mean: f64, variance: f64) -> Complex64 {
    if variance > 0.5 * mean * (1.0 + mean) {
        return 1.0 / (1.0 + mean - mean * term);
    }
    let whole = mean.floor();
    term.powi(whole as i32) * (1.0 - (mean - whole) + (mean - whole) * term)
}
