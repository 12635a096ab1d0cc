//! Response times by walking through the operations.

use super::join;
use super::network::{Activity, Call, Network, Node, Source, Step, Target, Work};
use super::solve::State;
use crate::moments::Moments;

/// Recomputes the duration of every operation, the called before their callers.
pub(crate) fn update(network: &Network<'_>, state: &mut State) {
    for &node in network.order.iter().rev() {
        if let Node::Instance(i) = node {
            state.hold[i] = sequence(network, state, &network.instances[i].steps);
        }
    }
}

impl State {
    /// Time that one request to a target takes its caller; nothing for a message.
    pub(crate) fn response(&self, network: &Network<'_>, target: Target) -> Moments {
        match target {
            Target::Inline { instance } => self.hold[instance],
            Target::Pool { visit, instance } => self.waiting(network, visit).plus(self.hold[instance]),
            Target::Send { .. } => Moments::ZERO,
        }
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
        if !station.sharing {
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

/// Duration of steps one after the other.
fn sequence(network: &Network<'_>, state: &State, steps: &[Step]) -> Moments {
    steps.iter().fold(Moments::ZERO, |sum, item| sum.plus(step(network, state, item)))
}

/// Duration of a step.
pub(crate) fn step(network: &Network<'_>, state: &State, step: &Step) -> Moments {
    match step {
        Step::Activity(step) => activity(network, state, step),
        Step::Fork(branches) => {
            let branches: Vec<Moments> =
                branches.iter().map(|branch| sequence(network, state, branch)).collect();
            join::maximum(&branches)
        }
    }
}

/// Duration of an activity: delay, a slice, and for every call the call and another slice.
pub(crate) fn activity(network: &Network<'_>, state: &State, activity: &Activity) -> Moments {
    let slice = activity.work.map_or(Moments::ZERO, |work| state.slice(network, work));
    let calls = activity
        .calls
        .iter()
        .map(|call| blocking(network, state, call).plus(slice).repeated(call.mean, call.count_variance));
    calls.fold(activity.delay.plus(slice), Moments::plus)
}

/// Time that one call holds its caller.
pub(crate) fn blocking(network: &Network<'_>, state: &State, call: &Call) -> Moments {
    match call.target {
        Target::Send { .. } => Moments::ZERO,
        target => call.latency.plus(state.response(network, target)),
    }
}
