//! What executions go through until their reply, with all that is the same at every point of their transforms.

use super::place::{self, Place};
use crate::fit::Fit;
use crate::layered::body;
use crate::layered::network::{self, Group, Loop, Network, Node, Onward, Step, Target, Work};
use crate::layered::solve::State;
use crate::moments::Moments;

/// The courses of all executions of a network.
pub(crate) struct Courses {
    /// By instance: its steps.
    pub(super) steps: Vec<Vec<Part>>,
    /// By instance: those whose replies are part of its own.
    callees: Vec<Vec<usize>>,
    /// Instances, the called before their callers.
    order: Vec<usize>,
}

/// The course of a group's requests.
pub(super) struct Requests {
    /// Instances that they come to, the called before their callers.
    pub(super) order: Vec<usize>,
    /// What they ask for, one of these.
    pub(super) targets: Vec<Next>,
}

/// A step of an execution.
pub(super) enum Part {
    Activity(Activity),
    /// The time until the join, and the branches, one of which may reply.
    Fork(Duration, Vec<Vec<Part>>),
    /// Branches with their probabilities.
    Choice(Vec<(f64, Vec<Part>)>),
    /// Mean and variance of the number of repetitions.
    Loop(f64, f64, Vec<Part>),
    Reply(Vec<Next>),
}

/// An activity: the delay, and slices with the calls in between.
pub(super) struct Activity {
    pub(super) delay: Duration,
    /// A slice, and the wait before it where that is not part of it.
    pub(super) slice: Duration,
    pub(super) wait: Wait,
    /// Mean number of calls, where they are made in random order.
    pub(super) random: Option<f64>,
    pub(super) places: Vec<Place>,
}

/// Calls to one operation.
pub(super) struct Call {
    pub(super) mean: f64,
    pub(super) count_variance: f64,
    pub(super) fan_out: u32,
    pub(super) latency: Duration,
    pub(super) reply: Reply,
}

/// What a request takes once it has waited for a thread.
pub(super) enum Reply {
    /// It is a message.
    None,
    /// An execution, and those that it passes the request on to.
    Of(usize, Vec<Next>),
}

/// A request, with the probability that it is made.
pub(super) struct Next {
    pub(super) probability: f64,
    pub(super) latency: Duration,
    pub(super) wait: Wait,
    pub(super) reply: Reply,
}

/// A fit to two moments; none to no time.
pub(super) struct Duration(pub(super) Option<Fit>);

/// No wait, or an exponential one.
#[derive(Clone, Copy)]
pub(super) struct Wait {
    pub(super) probability: f64,
    /// Of those who wait.
    pub(super) mean: f64,
}

impl Duration {
    fn of(moments: Moments) -> Self {
        Self((moments.mean > 0.0).then(|| Fit::new(moments)))
    }
}

impl Wait {
    pub(super) const NONE: Self = Self { probability: 0.0, mean: 0.0 };

    fn at(state: &State, visit: usize) -> Self {
        let (delay, probability) = (state.delay[visit], state.full[visit].clamp(0.0, 1.0));
        if delay > 0.0 && probability > 0.0 {
            Self { probability, mean: delay / probability }
        } else {
            Self::NONE
        }
    }
}

impl Courses {
    pub(crate) fn new(network: &Network<'_>, state: &State) -> Self {
        let compiled = network.instances.iter().map(|instance| {
            let mut compiler = Compiler { network, state, callees: Vec::new() };
            (compiler.parts(&instance.steps), compiler.callees)
        });
        let (steps, callees) = compiled.unzip();
        let instances = network.order.iter().rev().filter_map(|node| match node {
            Node::Instance(instance) => Some(*instance),
            Node::Stream(_) => None,
        });
        Self { steps, callees, order: instances.collect() }
    }

    /// Of the requests of a group.
    pub(super) fn of(&self, network: &Network<'_>, state: &State, group: &Group) -> Requests {
        let mut compiler = Compiler { network, state, callees: Vec::new() };
        let requests = group.requests.iter();
        let targets = requests.map(|&(target, share)| compiler.next(share, Moments::ZERO, target)).collect();
        let mut reached = vec![false; self.steps.len()];
        let mut next = compiler.callees;
        while let Some(instance) = next.pop() {
            if !std::mem::replace(&mut reached[instance], true) {
                next.extend(&self.callees[instance]);
            }
        }
        let order = self.order.iter().copied().filter(|&instance| reached[instance]).collect();
        Requests { order, targets }
    }
}

/// Translates steps, and notes which instances they call.
struct Compiler<'a> {
    network: &'a Network<'a>,
    state: &'a State,
    callees: Vec<usize>,
}

impl Compiler<'_> {
    fn parts(&mut self, steps: &[Step]) -> Vec<Part> {
        steps.iter().map(|step| self.part(step)).collect()
    }

    fn part(&mut self, step: &Step) -> Part {
        match step {
            Step::Activity(activity) => Part::Activity(self.activity(activity)),
            Step::Fork(fork) => {
                let end = body::step(self.network, self.state, step).total;
                let branches = fork.branches.iter().map(|branch| self.parts(branch));
                Part::Fork(Duration::of(end), branches.collect())
            }
            Step::Choice(branches) => {
                Part::Choice(branches.iter().map(|(p, branch)| (*p, self.parts(branch))).collect())
            }
            Step::Loop(Loop { mean, variance, steps }) => Part::Loop(*mean, *variance, self.parts(steps)),
            Step::Reply(onwards) => Part::Reply(self.onwards(onwards)),
        }
    }

    fn activity(&mut self, activity: &network::Activity) -> Activity {
        let (wait, slice) = activity.work.map_or((Wait::NONE, Moments::ZERO), |work| self.slice(work));
        let count: f64 = activity.calls.iter().map(|call| call.mean).sum();
        let places = self.places(&activity.calls);
        Activity {
            delay: Duration::of(activity.delay),
            slice: Duration::of(slice),
            wait,
            random: activity.random.then_some(count),
            places: if activity.random { place::apart(places) } else { places },
        }
    }

    fn slice(&self, work: Work) -> (Wait, Moments) {
        let queue = work.host.filter(|&visit| {
            work.limit.is_none() && !self.network.stations[self.network.visits[visit].station].is_sharing()
        });
        match queue {
            Some(visit) => (Wait::at(self.state, visit), work.slice),
            None => (Wait::NONE, self.state.slice(self.network, work)),
        }
    }

    /// Calls by the pool that they go to.
    fn places(&mut self, calls: &[network::Call]) -> Vec<Place> {
        let mut places: Vec<(Option<usize>, Place)> = Vec::with_capacity(calls.len());
        for call in calls {
            let visit = call.target.visit();
            let known = places.iter().position(|(other, _)| *other == visit);
            let k = known.unwrap_or_else(|| {
                let wait = visit.map_or(Wait::NONE, |visit| Wait::at(self.state, visit));
                places.push((visit, Place { wait, weight: 0.0, is_apart: true, calls: Vec::new() }));
                places.len() - 1
            });
            let place = &mut places[k].1;
            place.weight += call.mean * visit.map_or(0.0, |visit| self.state.delay[visit]);
            place.calls.push(Call {
                mean: call.mean,
                count_variance: call.count_variance,
                fan_out: call.fan_out,
                latency: Duration::of(call.latency),
                reply: self.reply(call.target),
            });
        }
        places.into_iter().map(|(_, place)| place).collect()
    }

    fn onwards(&mut self, onwards: &[Onward]) -> Vec<Next> {
        onwards.iter().map(|next| self.next(next.probability, next.latency, next.target)).collect()
    }

    fn next(&mut self, probability: f64, latency: Moments, target: Target) -> Next {
        let wait = target.visit().map_or(Wait::NONE, |visit| Wait::at(self.state, visit));
        Next { probability, latency: Duration::of(latency), wait, reply: self.reply(target) }
    }

    fn reply(&mut self, target: Target) -> Reply {
        let (instance, onwards) = match target {
            Target::Inline { instance } => (instance, &[][..]),
            Target::Pool { instance, onwards, .. } => (instance, self.network.onwards(onwards)),
            Target::Send { .. } => return Reply::None,
        };
        self.callees.push(instance);
        Reply::Of(instance, self.onwards(onwards))
    }
}
