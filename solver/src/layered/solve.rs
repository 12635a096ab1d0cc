//! The fixed point.

use tracecast_model::{EngineOptions, RunControl, Status};

use super::absence::Absence;
use super::anderson::{self, Anderson};
use super::interlock::Causes;
use super::level::Levels;
use super::network::{Group, Network, Source, Station};
use super::occupancy::Search;
use super::{body, contention, exact, flow, occupancy};
use crate::moments::Moments;

/// Everything that changes during the iteration.
#[derive(Clone)]
pub(crate) struct State {
    /// Per group: requests per second.
    pub(crate) throughput: Vec<f64>,
    pub(crate) flow: flow::Flow,
    /// Per instance: duration, and the part of it until the reply.
    pub(crate) hold: Vec<Moments>,
    pub(crate) reply: Vec<Moments>,
    /// Per visit: waiting time per visit (s); relative to the service time where the station shares its servers.
    pub(crate) delay: Vec<f64>,
    /// Per visit: the part of it caused by the own group.
    pub(crate) own_delay: Vec<f64>,
    /// Per visit: servers busy after the reply with what the arriving customer itself asked for before.
    pub(crate) own_late: Vec<f64>,
    /// Per visit: the part of the own group's customers there that a single one makes up.
    pub(crate) one: Vec<f64>,
    /// Per group: which part of its customers' activity one of them sees, on the whole.
    pub(crate) seen: Vec<f64>,
    /// Per visit: probability that the customer finds all servers busy.
    pub(crate) full: Vec<f64>,
    /// Per station: probability that a customer finds all servers busy.
    pub(crate) all_busy: Vec<f64>,
    /// Per visit: where the search for that probability ended, to start from there again.
    pub(crate) searches: Vec<Search>,
    pub(crate) pool_searches: Vec<Search>,
    /// Per group: what numbers of its customers bring about.
    pub(crate) levels: Vec<Levels>,
    /// Per group of threads: rate of completions with 1, 2, … of them busy, relative to one; holding time with all busy,
    /// relative to the mean one.
    pub(crate) rates: Vec<Vec<f64>>,
    pub(crate) slowest: Vec<f64>,
    /// Per group of threads: more than so many are hardly ever busy.
    pub(crate) most_busy: Vec<f64>,
    /// Per group of threads: are all of them busy at times?
    pub(crate) fills: Vec<bool>,
    /// Rounds of the iteration so far.
    pub(crate) rounds: u32,
    /// The station that closed workloads would send more messages than it can work off, were they not restrained.
    pub(crate) flooded: Option<usize>,
    pub(crate) causes: Causes,
    pub(crate) absence: Absence,
    /// How close searches come.
    pub(crate) closeness: f64,
}

/// How the iteration ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ending {
    pub(crate) status: Status,
    pub(crate) iterations: u32,
    /// The station whose queue has no end, where that is how it ended.
    pub(crate) runaway: Option<usize>,
}

/// Solves the network: exactly where it has product form, else by iteration, perhaps from a start.
pub(crate) fn solve(
    network: &Network<'_>,
    start: Option<(State, Anderson)>,
    options: &EngineOptions,
    control: &RunControl<'_>,
) -> (State, Anderson, Ending) {
    if let Some((state, ending)) = exact::solve(network) {
        return (state, Anderson::new(), ending);
    }
    let cold = start.is_none();
    let (mut state, mut anderson) = start.unwrap_or_else(|| (State::new(network), Anderson::new()));
    anderson.begin();
    let pace = Pace { plain: if cold { PLAIN } else { 0 }, accelerated: ACCELERATED };
    let mut ending = iterate(network, &mut state, &mut anderson, pace, options, control);
    // Extrapolation may go astray where little is left of a capacity; short steps tell whether anything is.
    if ending.runaway.is_some() && network.groups.iter().any(Group::is_closed) {
        state = State::new(network);
        let before = ending.iterations;
        ending =
            iterate(network, &mut state, &mut anderson, Pace { plain: 0, accelerated: 0 }, options, control);
        ending.iterations += before;
    }
    if ending.runaway.is_none() {
        bound(network, &mut state);
    }
    (state, anderson, ending)
}

fn iterate(
    network: &Network<'_>,
    state: &mut State,
    anderson: &mut Anderson,
    pace: Pace,
    options: &EngineOptions,
    control: &RunControl<'_>,
) -> Ending {
    let mut residual = f64::INFINITY;
    for iteration in 1..=options.max_iterations {
        if control.is_cancelled() {
            return Ending { status: Status::Cancelled, iterations: iteration - 1, runaway: None };
        }
        let before = state.values(network);
        round(network, state);
        let after = state.values(network);
        let units = state.units(network);
        residual = anderson::residual(&before, &after, &units);
        state.closeness = occupancy::closeness(residual);
        // The first rounds only spread the start over the layers.
        if residual <= options.tolerance && iteration > 2 {
            let status = if state.flooded.is_some() { Status::Saturated } else { Status::Converged };
            return Ending { status, iterations: iteration, runaway: state.flooded };
        }
        if iteration > SETTLING
            && let Some(station) = runaway(network, state)
        {
            return Ending { status: Status::Saturated, iterations: iteration, runaway: Some(station) };
        }
        // Messages that are more than can be worked off make waits go to and fro instead of growing.
        if iteration.is_multiple_of(ACCELERATED)
            && let Some(station) = overloaded(network, state)
        {
            return Ending { status: Status::Saturated, iterations: iteration, runaway: Some(station) };
        }
        if iteration > pace.accelerated {
            let step = if iteration % 300 > 100 { 0.3 } else { 0.1 };
            state.set_values(network, &part_of_the_way(&before, &after, step));
        } else if iteration > pace.plain {
            let step = if iteration % 50 > 25 { 0.5 } else { 1.0 };
            state.set_values(network, &anderson.next(before, &after, &units, residual, step));
        }
    }
    let loosely = residual <= 100.0 * options.tolerance;
    let status = if loosely { Status::ConvergedLoosely } else { Status::IterationLimit };
    Ending { status, iterations: options.max_iterations, runaway: None }
}

fn part_of_the_way(before: &[f64], after: &[f64], step: f64) -> Vec<f64> {
    before.iter().zip(after).map(|(x, g)| x + step * (g - x)).collect()
}

/// Rounds before extrapolation: the first image, of a start without any waiting, says little about the rest.
const PLAIN: u32 = 1;

/// Rounds in which queues may be overestimated on the way to the solution.
const SETTLING: u32 = 50;

/// Rounds after which extrapolation is given up for short steps: the map has a bend near its fixed point.
const ACCELERATED: u32 = 200;

/// In which rounds values are extrapolated.
#[derive(Clone, Copy)]
struct Pace {
    /// Not in so many first ones.
    plain: u32,
    /// And after so many no more.
    accelerated: u32,
}

/// One application of the map whose fixed point is the solution.
fn round(network: &Network<'_>, state: &mut State) {
    state.rounds += 1;
    flow::update(network, state);
    contention::update(network, state);
    body::update(network, state);
    throughputs(network, state);
    restrain(network, state);
}

/// Closed workloads: interactive response time law, X = N/(Z + R).
fn throughputs(network: &Network<'_>, state: &mut State) {
    for g in 0..network.groups.len() {
        if let Source::Closed { population, think_time, .. } = network.groups[g].source {
            let cycle = think_time + state.request(network, &network.groups[g]).mean;
            let throughput = if cycle > 0.0 { population / cycle } else { 0.0 };
            state.throughput[g] = throughput;
        }
    }
}

/// Messages do not hold their senders back, so closed workloads that send more of them than can be worked off are
/// stopped only by what they meet at the same stations: close to the limit the response time is so steep that
/// throughputs must not be taken beyond it. Where they still are at the end, nothing that they meet stops them.
fn restrain(network: &Network<'_>, state: &mut State) {
    state.flooded = None;
    let mut worst = 1.0;
    for (number, station) in network.stations.iter().enumerate() {
        let messages =
            station.visits.iter().any(|&v| network.groups[network.visits[v].group].source == Source::Stream);
        let load = if messages { state.load(station) } else { 0.0 };
        if load > worst {
            worst = load;
            state.flooded = (load > 1.0 + CLOSE).then_some(number);
        }
    }
    slow_down(network, state, worst);
}

/// Divides the throughputs of closed workloads.
fn slow_down(network: &Network<'_>, state: &mut State, factor: f64) {
    for (throughput, group) in state.throughput.iter_mut().zip(&network.groups) {
        if group.is_closed() {
            *throughput /= factor;
        }
    }
}

/// The approximation may leave a station a little above its capacity. No workload gets more through than that (the
/// asymptotic bound: Lazowska et al. 1984, §5.2), so all are slowed down to it; who waits for it waits longer.
fn bound(network: &Network<'_>, state: &mut State) {
    if !network.groups.iter().any(Group::is_closed) {
        return;
    }
    // The load of open workloads stays, so one division is not always enough.
    for _ in 0..MOST_DIVISIONS {
        let worst = network.stations.iter().map(|station| state.load(station)).fold(1.0, f64::max);
        if worst <= 1.0 + SMALL {
            return;
        }
        slow_down(network, state, worst);
        flow::update(network, state);
    }
}

/// Divisions of the closed throughputs until nothing is above capacity.
const MOST_DIVISIONS: u32 = 500;

/// A station whose queue of those who do not wait for it grows beyond all measure.
fn runaway(network: &Network<'_>, state: &State) -> Option<usize> {
    let waits = |&v: &usize| {
        let sharing = network.stations[network.visits[v].station].is_sharing();
        let unit = if sharing { 1.0 } else { state.flow.service(v) };
        state.open_part(network.visits[v].group) > 0.0 && state.delay[v] > ENDLESS * unit
    };
    let mut longest = None;
    for v in (0..network.visits.len()).filter(waits) {
        if longest.is_none_or(|other: usize| state.delay[v] > state.delay[other]) {
            longest = Some(v);
        }
    }
    longest.map(|v| network.visits[v].station)
}

/// The station with the highest load of those who do not wait for it, if that is beyond its capacity.
fn overloaded(network: &Network<'_>, state: &State) -> Option<usize> {
    let load = |station: &Station| {
        let open = |&v: &usize| state.flow.busy[v] * state.open_part(network.visits[v].group);
        station.visits.iter().map(open).sum::<f64>() / (station.copies * station.servers.max(1.0))
    };
    let loads = network.stations.iter().map(load).enumerate();
    loads.filter(|&(_, load)| load > 1.0).max_by(|a, b| a.1.total_cmp(&b.1)).map(|(k, _)| k)
}

/// Waiting for so many service times is a load of 1 but for a millionth.
const ENDLESS: f64 = 1e6;

/// Load beyond capacity that rounds leave where their changes have become small.
const CLOSE: f64 = 1e-6;

/// Load above capacity that does not count.
const SMALL: f64 = 1e-12;

impl State {
    pub(crate) fn new(network: &Network<'_>) -> Self {
        let (groups, visits) = (network.groups.len(), network.visits.len());
        let mut state = Self {
            throughput: vec![0.0; groups],
            flow: flow::Flow::new(network),
            hold: vec![Moments::ZERO; network.instances.len()],
            reply: vec![Moments::ZERO; network.instances.len()],
            delay: vec![0.0; visits],
            own_delay: vec![0.0; visits],
            own_late: vec![0.0; visits],
            full: vec![0.0; visits],
            one: vec![0.0; visits],
            seen: vec![1.0; groups],
            all_busy: vec![0.0; network.stations.len()],
            searches: vec![Search::NEW; visits],
            levels: vec![Levels::default(); groups],
            pool_searches: vec![Search::NEW; network.stations.len()],
            rates: vec![Vec::new(); groups],
            slowest: vec![1.0; groups],
            most_busy: vec![f64::INFINITY; groups],
            fills: vec![true; groups],
            rounds: 0,
            flooded: None,
            causes: Causes::new(network),
            absence: Absence::new(network),
            closeness: occupancy::closeness(f64::INFINITY),
        };
        body::update(network, &mut state);
        state.start(network);
        state
    }

    /// First throughputs: those without contention, as far as the stations can bear them.
    fn start(&mut self, network: &Network<'_>) {
        for (g, group) in network.groups.iter().enumerate() {
            match group.source {
                Source::Open { rate, .. } => self.throughput[g] = rate,
                Source::Closed { .. } => self.throughput[g] = 0.0,
                Source::Pool { station, .. } => self.seen[g] = 1.0 - 1.0 / network.stations[station].servers,
                Source::Stream => {}
            }
        }
        throughputs(network, self);
        flow::update(network, self);
        let worst = network.stations.iter().map(|station| self.load(station)).fold(1.0, f64::max);
        for (g, group) in network.groups.iter().enumerate() {
            if matches!(group.source, Source::Closed { .. }) {
                self.throughput[g] /= worst;
            }
        }
    }

    /// Duration of one request of a group.
    pub(crate) fn request(&self, network: &Network<'_>, group: &Group) -> Moments {
        mixture(group.requests.iter().map(|&(target, share)| (self.response(network, target), share)))
    }

    /// Mean customers of a group at all copies of a station, waiting there for its reply.
    pub(crate) fn present(&self, network: &Network<'_>, visit: usize) -> f64 {
        self.flow.busy[visit] - self.flow.late[visit] + self.wait_rate(network, visit)
    }

    /// Mean number waiting: rate × waiting time.
    pub(crate) fn wait_rate(&self, network: &Network<'_>, visit: usize) -> f64 {
        self.weight(network, visit) * self.delay[visit]
    }

    /// Customers of a group, wherever they are: users or threads; infinite where they come from outside.
    pub(crate) fn customers(&self, network: &Network<'_>, group: usize) -> f64 {
        match network.groups[group].source {
            Source::Closed { population, .. } => population,
            Source::Pool { station, .. } => network.threads(station),
            Source::Open { .. } | Source::Stream => f64::INFINITY,
        }
    }

    /// What turns a delay into a number waiting.
    pub(crate) fn weight(&self, network: &Network<'_>, visit: usize) -> f64 {
        let sharing = network.stations[network.visits[visit].station].is_sharing();
        if sharing { self.flow.busy[visit] } else { self.flow.rate[visit] }
    }

    /// Part of a group's throughput that open loads cause.
    pub(crate) fn open_part(&self, group: usize) -> f64 {
        let throughput = self.throughput[group];
        if throughput > 0.0 { self.flow.open[group] / throughput } else { 0.0 }
    }

    /// Busy servers over servers.
    pub(crate) fn load(&self, station: &Station) -> f64 {
        let busy: f64 = station.visits.iter().map(|&v| self.flow.busy[v]).sum();
        busy / (station.copies * station.servers.max(1.0))
    }

    /// What one round hands on to the next.
    fn values(&self, network: &Network<'_>) -> Vec<f64> {
        let closed = network.groups.iter().zip(&self.throughput).filter(|(group, _)| group.is_closed());
        let pools = network.groups.iter().zip(&self.seen).filter(|(group, _)| group.is_pool());
        let holds = self.hold.iter().flat_map(|hold| [hold.mean, hold.variance]);
        let replying = network.instances.iter().zip(&self.reply).filter(|(instance, _)| instance.replies);
        let replies = replying.flat_map(|(_, reply)| [reply.mean, reply.variance]);
        closed
            .chain(pools)
            .map(|(_, &value)| value)
            .chain(self.delay.iter().copied())
            .chain(self.own_delay.iter().copied())
            .chain(holds)
            .chain(replies)
            .collect()
    }

    /// What each of the values is added to: a delay to the service time, as only both together matter; a variance to the
    /// square of the mean.
    fn units(&self, network: &Network<'_>) -> Vec<f64> {
        let customers = network.groups.iter().filter(|group| group.is_closed() || group.is_pool());
        let services = (0..network.visits.len()).map(|v| {
            if network.stations[network.visits[v].station].is_sharing() { 1.0 } else { self.flow.service(v) }
        });
        let squares = |moments: &Moments| [0.0, moments.mean * moments.mean];
        let replying = network.instances.iter().zip(&self.reply).filter(|(instance, _)| instance.replies);
        customers
            .map(|_| 0.0)
            .chain(services.clone())
            .chain(services)
            .chain(self.hold.iter().flat_map(squares))
            .chain(replying.flat_map(|(_, reply)| squares(reply)))
            .collect()
    }

    fn set_values(&mut self, network: &Network<'_>, values: &[f64]) {
        let mut values = values.iter().copied();
        let closed = network.groups.iter().zip(&mut self.throughput).filter(|(group, _)| group.is_closed());
        let pools = network.groups.iter().zip(&mut self.seen).filter(|(group, _)| group.is_pool());
        let slots =
            closed.chain(pools).map(|(_, slot)| slot).chain(&mut self.delay).chain(&mut self.own_delay);
        for (slot, value) in slots.zip(&mut values) {
            *slot = value;
        }
        let holds = self.hold.iter_mut().flat_map(|hold| [&mut hold.mean, &mut hold.variance]);
        for (slot, value) in holds.zip(&mut values) {
            *slot = value;
        }
        for (i, instance) in network.instances.iter().enumerate() {
            if instance.replies {
                let reply = &mut self.reply[i];
                reply.mean = values.next().unwrap_or(reply.mean);
                reply.variance = values.next().unwrap_or(reply.variance);
            } else {
                self.reply[i] = self.hold[i];
            }
        }
        self.seen.iter_mut().for_each(|seen| *seen = seen.min(1.0));
    }
}

/// Moments of a random choice.
pub(crate) fn mixture(parts: impl Iterator<Item = (Moments, f64)>) -> Moments {
    let (mut mean, mut second) = (0.0, 0.0);
    for (moments, share) in parts {
        mean += share * moments.mean;
        second += share * moments.second();
    }
    Moments::new(mean, (second - mean * mean).max(0.0))
}
