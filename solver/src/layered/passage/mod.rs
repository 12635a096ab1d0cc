//! Distribution of response times: Laplace–Stieltjes transforms along the operations, inverted numerically.
//!
//! What comes one after the other multiplies, choices and random numbers of calls mix, as if all parts were independent
//! and every wait had an exponential tail behind the probability not to wait (exact for M/M/c: Kleinrock 1975, §5.7).
//! Forks, shared servers and given distributions are represented by fits to their first two moments. The means are those
//! of the solution; the percentiles are approximations on top of it.

mod course;
mod inversion;
mod place;
mod point;

use tracecast_model::ResponseTime;

use super::network::{Group, Network};
use super::solve::State;
use crate::fit::Fit;
use crate::moments::Moments;
pub(super) use course::Courses;
use inversion::Inversion;

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
pub(super) fn percentiles(
    network: &Network<'_>,
    state: &State,
    courses: &Courses,
    group: &Group,
    response: &mut ResponseTime,
) {
    if response.mean <= 0.0 {
        return;
    }
    let moments = Moments::new(response.mean, state.request(network, group).variance);
    let requests = courses.of(network, state, group);
    let mut replies = Vec::new();
    let mut invert =
        |horizon| Inversion::new(|s| point::transform(courses, &requests, &mut replies, s), horizon);
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
