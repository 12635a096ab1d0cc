//! Time until all work of a request is done, asynchronous work included.

use super::body::{self, blocking};
use super::join;
use super::network::{Activity, Network, Node, Step, Target};
use super::solve::State;
use crate::moments::Moments;

/// Per instance: time from its start until it and all that it caused is done.
///
/// A message runs beside the rest of its sender: done is when the later of the two is, as if they were independent.
pub(crate) fn all_work(network: &Network<'_>, state: &State) -> Vec<Moments> {
    let mut done = state.hold.clone();
    for &node in network.order.iter().rev() {
        if let Node::Instance(i) = node {
            done[i] = sequence(network, state, &done, &network.instances[i].steps, Moments::ZERO);
        }
    }
    done
}

/// The same for a request to a target, waiting included.
pub(crate) fn of_target(network: &Network<'_>, state: &State, done: &[Moments], target: Target) -> Moments {
    match target {
        Target::Inline { instance } => done[instance],
        Target::Pool { visit, instance, onwards } => {
            let passed_on = network.onwards(onwards).iter().map(|onward| {
                let there = onward.latency.plus(of_target(network, state, done, onward.target));
                mix(Moments::ZERO, state.reply[instance].plus(there), onward.probability)
            });
            passed_on.fold(done[instance], later).plus(state.waiting(network, visit))
        }
        Target::Send { stream } => network.groups[stream]
            .requests
            .first()
            .map_or(Moments::ZERO, |&(target, _)| of_target(network, state, done, target)),
    }
}

/// Time until steps and what follows them are done, given the time until `rest`, which comes after, is.
fn sequence(
    network: &Network<'_>,
    state: &State,
    done: &[Moments],
    steps: &[Step],
    rest: Moments,
) -> Moments {
    steps.iter().rev().fold(rest, |rest, step| match step {
        Step::Activity(step) => activity(network, state, done, step, rest),
        Step::Fork(fork) => {
            // The join waits for the branches; what they send may outlast it.
            let joined = body::step(network, state, step).total.plus(rest);
            let ends: Vec<Moments> = fork
                .branches
                .iter()
                .map(|branch| sequence(network, state, done, branch, Moments::ZERO))
                .collect();
            later(joined, join::maximum(&ends))
        }
        Step::Choice(branches) => {
            let ends = branches.iter().map(|(p, branch)| (sequence(network, state, done, branch, rest), *p));
            super::solve::mixture(ends)
        }
        // What one round sends is done before the next, as if each round were waited for.
        Step::Loop(repeated) => {
            let round = sequence(network, state, done, &repeated.steps, Moments::ZERO);
            round.repeated(repeated.mean, repeated.variance).plus(rest)
        }
        Step::Reply(onwards) => {
            let ends = onwards.iter().map(|onward| {
                let there = onward.latency.plus(of_target(network, state, done, onward.target));
                mix(Moments::ZERO, there, onward.probability)
            });
            ends.fold(rest, later)
        }
    })
}

fn activity(
    network: &Network<'_>,
    state: &State,
    done: &[Moments],
    activity: &Activity,
    rest: Moments,
) -> Moments {
    let slice = activity.work.map_or(Moments::ZERO, |work| state.slice(network, work));
    let mut rest = rest;
    for call in activity.calls.iter().rev() {
        // Behind each call comes a slice.
        rest = rest.plus(slice.repeated(call.mean, call.count_variance));
        rest = match call.target {
            Target::Send { .. } => {
                let message = call.latency.plus(of_target(network, state, done, call.target));
                let many = join::maximum_of(message, call.requests().ceil());
                let both = later(rest, many);
                mix(rest, both, call.mean.min(1.0))
            }
            target => {
                let blocked = blocking(network, state, call).repeated(call.mean, call.count_variance);
                let one = state.response(network, target);
                let all = of_target(network, state, done, target);
                let outlasting =
                    Moments::new((all.mean - one.mean).max(0.0), (all.variance - one.variance).max(0.0));
                let tail = later(rest, outlasting);
                blocked.plus(mix(rest, tail, call.mean.min(1.0)))
            }
        };
    }
    activity.delay.plus(slice).plus(rest)
}

/// The later of two ends; a mere start is never later.
fn later(a: Moments, b: Moments) -> Moments {
    if b.mean <= 0.0 { a } else { join::maximum(&[a, b]) }
}

fn mix(without: Moments, with: Moments, probability: f64) -> Moments {
    super::solve::mixture([(without, 1.0 - probability), (with, probability)].into_iter())
}
