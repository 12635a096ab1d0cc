//! Rates everywhere from the throughputs of the workloads: the forced flow law.

use super::body;
use super::network::{Activity, Loop, Network, Node, Onward, Source, Step, Target};
use super::solve::State;
use crate::moments::Moments;

/// Recomputes all rates and the work that they bring to every station. Service times are those of the last round.
pub(crate) fn update(network: &Network<'_>, state: &mut State) {
    state.flow.clear();
    for (g, group) in network.groups.iter().enumerate() {
        if matches!(group.source, Source::Pool { .. } | Source::Stream) {
            state.throughput[g] = 0.0;
        }
    }
    for (g, group) in network.groups.iter().enumerate() {
        let throughput = state.throughput[g];
        match group.source {
            Source::Closed { .. } => requests(network, state, g, throughput, 0.0),
            Source::Open { .. } => {
                state.flow.open[g] = throughput;
                requests(network, state, g, throughput, throughput);
            }
            Source::Pool { .. } | Source::Stream => {}
        }
    }
    for &node in &network.order {
        match node {
            Node::Stream(g) => {
                let throughput = state.throughput[g];
                state.flow.open[g] = throughput;
                requests(network, state, g, throughput, throughput);
            }
            Node::Instance(i) => {
                let (rate, open) = (state.flow.instance[i], state.flow.instance_open[i]);
                steps(network, state, &network.instances[i].steps, rate, open);
            }
        }
    }
}

/// What flows where.
#[derive(Clone)]
pub(crate) struct Flow {
    /// Per instance: executions per second, and those of them that open loads cause.
    pub(crate) instance: Vec<f64>,
    pub(crate) instance_open: Vec<f64>,
    /// Per visit, over all copies of the station: visits per second, and those sums of mean and second moment of the
    /// service time (the former is the mean number of busy servers).
    pub(crate) rate: Vec<f64>,
    pub(crate) busy: Vec<f64>,
    pub(crate) second: Vec<f64>,
    /// Per visit: the part of the busy servers that have replied already.
    pub(crate) late: Vec<f64>,
    /// Per visit: rate × second moment of the time from the reply to the end.
    pub(crate) late_second: Vec<f64>,
    /// Per visit: the part of the rate that is followed by another visit in the same execution of the caller, and that
    /// times the mean time from reply to call.
    pub(crate) again: Vec<f64>,
    pub(crate) gaps: Vec<f64>,
    /// Per visit to a host: the part of the rate that comes from a caller which worked there right before, and that times
    /// the mean time since.
    pub(crate) handed: Vec<f64>,
    pub(crate) handed_gaps: Vec<f64>,
    /// Per group: requests per second caused by open loads.
    pub(crate) open: Vec<f64>,
}

impl Flow {
    pub(crate) fn new(network: &Network<'_>) -> Self {
        let (instances, visits) = (network.instances.len(), network.visits.len());
        Self {
            instance: vec![0.0; instances],
            instance_open: vec![0.0; instances],
            rate: vec![0.0; visits],
            busy: vec![0.0; visits],
            second: vec![0.0; visits],
            late: vec![0.0; visits],
            late_second: vec![0.0; visits],
            again: vec![0.0; visits],
            gaps: vec![0.0; visits],
            handed: vec![0.0; visits],
            handed_gaps: vec![0.0; visits],
            open: vec![0.0; network.groups.len()],
        }
    }

    fn clear(&mut self) {
        let vectors = [&mut self.instance, &mut self.instance_open, &mut self.rate, &mut self.busy];
        let more = [
            &mut self.second,
            &mut self.late,
            &mut self.late_second,
            &mut self.again,
            &mut self.gaps,
            &mut self.handed,
            &mut self.handed_gaps,
            &mut self.open,
        ];
        vectors.into_iter().chain(more).for_each(|vector| vector.fill(0.0));
    }

    fn visit(&mut self, visit: usize, rate: f64, service: Moments) {
        self.rate[visit] += rate;
        self.busy[visit] += rate * service.mean;
        self.second[visit] += rate * service.second();
    }

    fn late(&mut self, visit: usize, rate: f64, hold: Moments, reply: Moments) {
        let rest = Moments::new((hold.mean - reply.mean).max(0.0), (hold.variance - reply.variance).max(0.0));
        self.late[visit] += rate * rest.mean;
        self.late_second[visit] += rate * rest.second();
    }

    /// Mean service time of a visit (s).
    pub(crate) fn service(&self, visit: usize) -> f64 {
        if self.rate[visit] > 0.0 { self.busy[visit] / self.rate[visit] } else { 0.0 }
    }
}

fn requests(network: &Network<'_>, state: &mut State, group: usize, rate: f64, open: f64) {
    for &(target, share) in &network.groups[group].requests {
        arrive(network, state, target, rate * share, open * share);
    }
}

fn arrive(network: &Network<'_>, state: &mut State, target: Target, rate: f64, open: f64) {
    match target {
        Target::Inline { instance } => {
            state.flow.instance[instance] += rate;
            state.flow.instance_open[instance] += open;
        }
        Target::Pool { visit, instance, onwards } => {
            state.flow.instance[instance] += rate;
            state.flow.instance_open[instance] += open;
            let pool = network.instances[instance].group;
            state.throughput[pool] += rate;
            state.flow.open[pool] += open;
            state.flow.visit(visit, rate, state.hold[instance]);
            state.flow.late(visit, rate, state.hold[instance], state.reply[instance]);
            pass_on(network, state, network.onwards(onwards), rate, open);
        }
        Target::Send { stream } => state.throughput[stream] += rate,
    }
}

fn pass_on(network: &Network<'_>, state: &mut State, onwards: &[Onward], rate: f64, open: f64) {
    for onward in onwards {
        arrive(network, state, onward.target, rate * onward.probability, open * onward.probability);
    }
}

fn steps(network: &Network<'_>, state: &mut State, list: &[Step], rate: f64, open: f64) {
    for step in list {
        match step {
            Step::Activity(step) => activity(network, state, step, rate, open),
            Step::Fork(fork) => {
                fork.branches.iter().for_each(|branch| steps(network, state, branch, rate, open));
            }
            Step::Choice(branches) => {
                for (probability, branch) in branches {
                    steps(network, state, branch, rate * probability, open * probability);
                }
            }
            Step::Loop(Loop { mean, steps: repeated, .. }) => {
                steps(network, state, repeated, rate * mean, open * mean);
            }
            Step::Reply(onwards) => pass_on(network, state, onwards, rate, open),
        }
    }
}

fn activity(network: &Network<'_>, state: &mut State, activity: &Activity, rate: f64, open: f64) {
    if let Some(work) = activity.work {
        let slices = rate * work.count;
        if let Some(visit) = work.host {
            state.flow.visit(visit, slices, work.slice);
            returns(network, state, activity, visit, rate);
        }
        if let Some(visit) = work.limit {
            let running = state.running(network, work);
            state.flow.visit(visit, slices, running);
        }
    }
    repetitions(network, state, activity, rate);
    for call in &activity.calls {
        arrive(network, state, call.target, rate * call.requests(), open * call.requests());
    }
}

/// Records which visits to a host follow others of the same request, and how soon. What is called on the same host begins
/// when its caller leaves, and where it is not more urgent, the caller comes back when that leaves.
fn returns(network: &Network<'_>, state: &mut State, activity: &Activity, host: usize, rate: f64) {
    for call in &activity.calls {
        let calls = rate * call.requests();
        state.flow.again[host] += rate * call.mean;
        if let Some(first) = call.same_host {
            let wait = call.target.visit().map_or(0.0, |pool| state.delay[pool]);
            state.flow.handed[first] += calls;
            state.flow.handed_gaps[first] += calls * (call.latency.mean + wait);
            if network.visits[first].priority <= network.visits[host].priority {
                continue;
            }
        }
        state.flow.gaps[host] += rate * call.mean * body::blocking(network, state, call).mean;
    }
}

/// Records which visits are followed by another of the same execution, and how soon.
fn repetitions(network: &Network<'_>, state: &mut State, activity: &Activity, rate: f64) {
    for call in &activity.calls {
        let Target::Pool { visit, .. } = call.target else { continue };
        let (again, gap) = body::repetition(network, state, activity, call);
        state.flow.again[visit] += rate * call.requests() * again;
        state.flow.gaps[visit] += rate * call.requests() * again * gap;
    }
}
