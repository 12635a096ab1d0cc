//! Response times by walking through the operations.

use super::join;
use super::network::{Activity, Call, Loop, Network, Node, Onward, Source, Step, Target, Work};
use super::solve::{State, mixture};
use crate::moments::Moments;

/// Recomputes the duration of every operation, the called before their callers.
pub(crate) fn update(network: &Network<'_>, state: &mut State) {
    for &node in network.order.iter().rev() {
        if let Node::Instance(i) = node {
            let timing = sequence(network, state, &network.instances[i].steps);
            state.hold[i] = timing.end();
            state.reply[i] = timing.reply.unwrap_or(timing.total);
        }
    }
}

impl State {
    /// Time that one request to a target takes its caller; nothing for a message.
    pub(crate) fn response(&self, network: &Network<'_>, target: Target) -> Moments {
        match target {
            Target::Inline { instance } => self.reply[instance],
            Target::Pool { visit, instance, onwards } => {
                let replied = self.waiting(network, visit).plus(self.reply[instance]);
                replied.plus(self.passed_on(network, network.onwards(onwards)))
            }
            Target::Send { .. } => Moments::ZERO,
        }
    }

    /// Time that requests take those that they are passed on to.
    fn passed_on(&self, network: &Network<'_>, onwards: &[Onward]) -> Moments {
        onwards.iter().fold(Moments::ZERO, |sum, onward| {
            let there = onward.latency.plus(self.response(network, onward.target));
            sum.plus(there.repeated(onward.probability, onward.probability * (1.0 - onward.probability)))
        })
    }

    /// Time in a queue. Its variance is that of M/M/1, W(W + 2S) (Kleinrock 1975, §5.7), with the service time of
    /// one of the servers in parallel.
    pub(crate) fn waiting(&self, network: &Network<'_>, visit: usize) -> Moments {
        let station = &network.stations[network.visits[visit].station];
        let wait = self.delay[visit];
        let service = self.flow.service(visit) / station.servers.max(1.0);
        Moments::new(wait, wait * (wait + 2.0 * service))
    }

    /// Time of one slice of work, waiting included.
    pub(crate) fn slice(&self, network: &Network<'_>, work: Work) -> Moments {
        let running = self.running(network, work);
        work.limit.map_or(running, |visit| self.residence(network, visit, running))
    }

    /// Time of one slice once the container lets it run: on the host, at no more than the limit of the container.
    pub(crate) fn running(&self, network: &Network<'_>, work: Work) -> Moments {
        let on_host = work.host.map_or(work.slice, |visit| self.residence(network, visit, work.slice));
        let Some(limit) = work.limit else { return on_host };
        let share = network.stations[network.visits[limit].station].servers.min(1.0);
        // Work at a part of a core takes so much longer, on top of what the host adds.
        let unhindered = work.slice.times(1.0 / share);
        let hindered =
            Moments::new(on_host.mean - work.slice.mean, (on_host.variance - work.slice.variance).max(0.0));
        unhindered.plus(hindered)
    }

    /// Waiting and service at a station. Where servers are shared, all is stretched, and what the others bring
    /// varies as in M/M/1-PS, whose variance is R²(2+ρ)/(2-ρ) (Coffman, Muntz and Trotter 1970). What threads of one
    /// pool take from each other is left out of that: it lengthens their holding times, but their completions
    /// together stay as regular as the work is.
    fn residence(&self, network: &Network<'_>, visit: usize, service: Moments) -> Moments {
        let station = &network.stations[network.visits[visit].station];
        if !station.is_sharing() {
            return self.waiting(network, visit).plus(service);
        }
        let stretched = service.times(1.0 + self.delay[visit]);
        let of_others = match network.groups[network.visits[visit].group].source {
            Source::Pool { .. } => (self.delay[visit] - self.own_delay[visit]).max(0.0),
            _ => self.delay[visit],
        };
        let wait = service.mean * of_others;
        if wait <= 0.0 {
            return stretched;
        }
        let extra = 2.0 * wait * stretched.mean * stretched.mean / (2.0 * stretched.mean - wait);
        stretched.plus(Moments::new(0.0, extra))
    }
}

/// How long steps take.
#[derive(Clone, Copy, Default)]
pub(crate) struct Timing {
    /// Until the next step can begin.
    pub(crate) total: Moments,
    /// Until the reply, where it is given in these steps.
    pub(crate) reply: Option<Moments>,
    /// Until branches that no join waits for are done; 0 without any.
    stragglers: Moments,
}

impl Timing {
    fn of(total: Moments) -> Self {
        Self { total, ..Self::default() }
    }

    /// These steps and others behind them.
    fn then(self, next: Self) -> Self {
        let stragglers = if next.stragglers.mean > 0.0 {
            join::maximum(&[self.stragglers, self.total.plus(next.stragglers)])
        } else {
            self.stragglers
        };
        Self {
            total: self.total.plus(next.total),
            reply: self.reply.or(next.reply.map(|reply| self.total.plus(reply))),
            stragglers,
        }
    }

    /// Until all is done.
    fn end(&self) -> Moments {
        if self.stragglers.mean > 0.0 { join::maximum(&[self.total, self.stragglers]) } else { self.total }
    }

    /// One of several, by probability.
    fn choice(branches: &[(f64, Self)]) -> Self {
        let mix =
            |each: &dyn Fn(&Self) -> Moments| mixture(branches.iter().map(|(p, timing)| (each(timing), *p)));
        let replies = branches.iter().all(|(_, timing)| timing.reply.is_some());
        Self {
            total: mix(&|timing| timing.total),
            reply: replies.then(|| mix(&|timing| timing.reply.unwrap_or_default())),
            stragglers: mix(&|timing| timing.stragglers),
        }
    }
}

/// Duration of steps one after the other.
pub(crate) fn sequence(network: &Network<'_>, state: &State, steps: &[Step]) -> Timing {
    steps.iter().fold(Timing::default(), |sum, item| sum.then(step(network, state, item)))
}

/// Duration of a step.
pub(crate) fn step(network: &Network<'_>, state: &State, step: &Step) -> Timing {
    match step {
        Step::Activity(step) => Timing::of(activity(network, state, step)),
        Step::Fork(fork) => {
            let timings: Vec<Timing> =
                fork.branches.iter().map(|branch| sequence(network, state, branch)).collect();
            // The caller goes on with the reply of a branch, whatever the others do; the join does not.
            let reply = timings.iter().find_map(|timing| timing.reply);
            let branches: Vec<Moments> = timings.iter().map(Timing::end).collect();
            let all = join::maximum(&branches);
            if fork.quorum >= branches.len() {
                return Timing { reply, ..Timing::of(all) };
            }
            Timing { total: join::quorum(&branches, fork.quorum), reply, stragglers: all }
        }
        Step::Choice(branches) => {
            let timings: Vec<(f64, Timing)> = branches
                .iter()
                .map(|(probability, branch)| (*probability, sequence(network, state, branch)))
                .collect();
            Timing::choice(&timings)
        }
        Step::Loop(Loop { mean, variance, steps }) => {
            Timing::of(sequence(network, state, steps).end().repeated(*mean, *variance))
        }
        Step::Reply(onwards) => {
            Timing { reply: Some(state.passed_on(network, onwards)), ..Timing::default() }
        }
    }
}

/// Duration of an activity: delay, a slice, and for every call the call and another slice.
pub(crate) fn activity(network: &Network<'_>, state: &State, activity: &Activity) -> Moments {
    let slice = activity.work.map_or(Moments::ZERO, |work| state.slice(network, work));
    let first = activity.delay.plus(slice);
    let calls = activity.calls.iter();
    if activity.random {
        let count: f64 = activity.calls.iter().map(|call| call.mean).sum();
        let round = mixture(calls.map(|call| (blocking(network, state, call), call.mean / count)));
        let rounds = round.plus(slice).repeated(count, count * (1.0 + count));
        return if count > 0.0 { first.plus(rounds) } else { first };
    }
    calls
        .map(|call| blocking(network, state, call).plus(slice).repeated(call.mean, call.count_variance))
        .fold(first, Moments::plus)
}

/// Probability that a call is followed by another one to the same pool in the same execution of an activity, and the
/// mean time from the reply to that one.
pub(crate) fn repetition(
    network: &Network<'_>,
    state: &State,
    activity: &Activity,
    call: &Call,
) -> (f64, f64) {
    let slice = activity.work.map_or(0.0, |work| state.slice(network, work).mean);
    if !activity.random {
        return (call.again, slice);
    }
    let (mut same, mut others) = (0.0, 0.0);
    for other in &activity.calls {
        // Of the copies of the station, only the same one counts.
        let returns = match other.target.visit() {
            visit if visit != call.target.visit() => 0.0,
            visit => visit.map_or(0.0, |v| f64::from(other.fan_out) / network.visits[v].links.reach),
        };
        same += returns * other.mean;
        others += (1.0 - returns) * other.mean * (blocking(network, state, other).mean + slice);
    }
    // Calls elsewhere come in between, as many as there are per call here.
    (same / (1.0 + same), slice + others / (1.0 + same))
}

/// Time that one call holds its caller, with all replicas that it goes to.
pub(crate) fn blocking(network: &Network<'_>, state: &State, call: &Call) -> Moments {
    match call.target {
        Target::Send { .. } => Moments::ZERO,
        target => call.latency.plus(state.response(network, target)).repeated(f64::from(call.fan_out), 0.0),
    }
}
