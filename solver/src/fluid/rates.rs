//! The equations: how numbers, phases and covariances change.

use std::cell::{Cell, RefCell};
use std::cmp::Ordering;

use tracecast_model::Load;

use super::closure::{self, Busy};
use super::layout::Layout;
use super::network::{Cause, Count, Network, Path, Share, Stage, Station};
use crate::moments::Moments;

/// How much is known of the spread of numbers around their means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spread {
    /// None: the fluid limit.
    None,
    /// All covariances of all numbers.
    Covariances,
    /// As in Poisson processes, for models with too many numbers.
    Poisson,
}

/// The right-hand side.
pub(crate) struct Equations<'a> {
    pub(crate) network: &'a Network<'a>,
    pub(crate) spread: Spread,
    pub(crate) layout: Layout,
    /// The end of the stretch without jumps that is followed (s).
    pub(crate) until: Cell<f64>,
    /// That of requests that arrive now, one by one.
    pub(crate) generation: Cell<usize>,
    work: RefCell<Work>,
}

/// Numbers at one instant, kept between calls to save their allocation.
#[derive(Default)]
struct Work {
    /// Per stage: how many are in it, and how that changes with every variable.
    counts: Vec<f64>,
    count_slopes: Vec<f64>,
    /// Per stage: ends per second, and how they change with every variable.
    rates: Vec<f64>,
    rate_slopes: Vec<f64>,
    /// Per stage: variance of its ends relative to a Poisson process.
    dispersions: Vec<f64>,
    stations: Vec<At>,
    /// Per stage: phase by phase, how many are in it and how fast they are.
    speeds: Vec<f64>,
    in_first_phase: Vec<f64>,
    /// Change of each variable with each variable.
    jacobian: Vec<f64>,
    noise: Vec<f64>,
    covariance: Vec<f64>,
    /// Per variable and stage: its change by one end of the stage.
    weights: Vec<f64>,
    /// Relative changes of one path's shares with variables.
    relative: Vec<(usize, f64)>,
}

/// A station at one instant.
#[derive(Clone, Debug)]
struct At {
    present: f64,
    busy: Busy,
    slopes: Vec<f64>,
}

/// A number of requests; so few that they are within the errors of the steps are none, so that what has run empty stands
/// still, however fast it is.
fn some(number: f64) -> f64 {
    const NEGLIGIBLE: f64 = 1e-7;
    if number > NEGLIGIBLE { number } else { 0.0 }
}

impl<'a> Equations<'a> {
    pub(crate) fn new(network: &'a Network<'a>, spread: Spread) -> Self {
        let n = network.variables;
        let layout = Layout {
            variables: n,
            aged: network.aged,
            covariances: if spread == Spread::Covariances { n * (n + 1) / 2 } else { 0 },
            classes: network.classes.len(),
            populations: network.populations.len(),
            hosts: network.system.hosts.len(),
        };
        let until = Cell::new(f64::INFINITY);
        let generation = Cell::new(0);
        Self { network, spread, layout, until, generation, work: RefCell::new(Work::default()) }
    }

    /// Covariance of two variables; 0 where it is not followed.
    pub(crate) fn covariance(&self, y: &[f64], a: usize, b: usize) -> f64 {
        if self.spread == Spread::Covariances { y[self.layout.covariance(a, b)] } else { 0.0 }
    }

    /// Mean and variance of the sum of some variables.
    pub(crate) fn sum(&self, y: &[f64], variables: &[usize]) -> Moments {
        let mean = variables.iter().map(|&v| y[v].max(0.0)).sum::<f64>();
        let variance = match self.spread {
            Spread::None => 0.0,
            Spread::Poisson => mean,
            Spread::Covariances => {
                let row = |&a: &usize| variables.iter().map(|&b| self.covariance(y, a, b)).sum::<f64>();
                variables.iter().map(row).sum::<f64>().max(0.0)
            }
        };
        Moments::new(mean, variance)
    }

    /// The requests of a class that their clients wait for.
    pub(crate) fn clients(&self, y: &[f64], class: usize) -> f64 {
        let waits = self.network.classes[class].waits.iter();
        waits.map(|&stage| self.count(y, &self.network.stages[stage])).sum()
    }

    /// Puts requests in at once.
    pub(crate) fn add(&self, y: &mut [f64], class: usize, generation: usize, size: f64) {
        let arrives =
            |path: &&Path| path.cause == (Cause::Arrival { class }) && path.generation == Some(generation);
        let mut mean = vec![0.0; self.layout.variables];
        for path in self.network.paths.iter().filter(arrives) {
            for &(variable, change) in &path.changes {
                mean[variable] += path.probability * change;
            }
            if self.spread == Spread::Covariances {
                for &(a, by_a) in &path.changes {
                    for &(b, by_b) in path.changes.iter().filter(|(b, _)| *b >= a) {
                        y[self.layout.covariance(a, b)] += size * path.probability * by_a * by_b;
                    }
                }
            }
        }
        for a in 0..mean.len() {
            y[a] += size * mean[a];
            if self.spread == Spread::Covariances && mean[a] != 0.0 {
                for b in a..mean.len() {
                    y[self.layout.covariance(a, b)] -= size * mean[a] * mean[b];
                }
            }
        }
    }

    /// Users that begin by thinking.
    pub(crate) fn start(&self, y: &mut [f64]) {
        for class in &self.network.classes {
            let load = &self.network.system.workloads[class.workload].load;
            if let (Load::Closed { population, .. }, Some(stage)) = (load, class.thinking)
                && let Count::Variable(variable) = self.network.stages[stage].count
            {
                y[variable] += f64::from(*population);
            }
        }
    }

    /// How many are in a stage that is not the first of its population.
    fn count(&self, y: &[f64], stage: &Stage) -> f64 {
        match stage.count {
            Count::Variable(variable) => some(y[variable]),
            Count::Population(population) => some(y[self.network.populations[population].variable]),
            Count::First => 0.0,
        }
    }

    fn generation_of(&self, stage: usize) -> usize {
        let population = self.network.stages[stage].population;
        population.map_or(0, |population| self.network.populations[population].generation)
    }

    fn variable(&self, stage: usize) -> Option<usize> {
        match self.network.stages[stage].count {
            Count::Variable(variable) => Some(variable),
            Count::Population(population) => Some(self.network.populations[population].variable),
            Count::First => None,
        }
    }

    /// Busy servers of all copies of a station.
    fn serve(&self, present: Moments, station: usize) -> Busy {
        let station = &self.network.stations[station];
        let each = 1.0 / station.copies;
        // Copies are independent, so that variances add up.
        let copy = Moments::new(present.mean * each, present.variance * each);
        let busy = match self.spread {
            Spread::None => closure::certain(copy.mean, station.servers),
            Spread::Covariances | Spread::Poisson => closure::busy(copy, station.servers),
        };
        Busy { mean: busy.mean * station.copies, ..busy }
    }

    /// Requests that wait at any station, and do not hold it, up to a generation.
    pub(crate) fn waiting(&self, y: &[f64], generation: usize) -> f64 {
        let mut dy = vec![0.0; y.len()];
        self.evaluate(self.until.get(), y, &mut dy);
        let work = self.work.borrow();
        let waiting = |station: &Station| {
            let variables = station.variables(self.network, generation).into_iter();
            let requests: f64 = variables.map(|variable| y[variable].max(0.0)).sum();
            let stages = station.stages.iter().filter(|&&stage| self.generation_of(stage) <= generation);
            let present = requests + stages.map(|&stage| work.counts[stage]).sum::<f64>();
            (present - station.copies * station.servers).max(0.0)
        };
        self.network.stations.iter().map(waiting).sum()
    }

    pub(crate) fn evaluate(&self, time: f64, y: &[f64], dy: &mut [f64]) {
        let mut guard = self.work.borrow_mut();
        let work = &mut *guard;
        dy.fill(0.0);
        self.prepare(work, y);
        self.first_stages(work, y);
        self.service(work, y, dy);
        self.flows(work, time, y, dy);
        if self.spread == Spread::Covariances {
            self.covariances(work, dy);
        }
    }

    /// Variables with which changes are followed.
    fn slopes(&self) -> usize {
        if self.spread == Spread::Covariances { self.layout.variables } else { 0 }
    }

    fn prepare(&self, work: &mut Work, y: &[f64]) {
        let n = self.slopes();
        let stages = self.network.stages.len();
        work.counts.clear();
        work.counts.extend(self.network.stages.iter().map(|stage| self.count(y, stage)));
        for buffer in [&mut work.rates, &mut work.dispersions, &mut work.speeds, &mut work.in_first_phase] {
            buffer.clear();
            buffer.resize(stages, 0.0);
        }
        for buffer in [&mut work.count_slopes, &mut work.rate_slopes] {
            buffer.clear();
            buffer.resize(stages * n, 0.0);
        }
        for buffer in [&mut work.jacobian, &mut work.noise, &mut work.covariance] {
            buffer.clear();
            buffer.resize(n * n, 0.0);
        }
        work.weights.clear();
        work.weights.resize(stages * n, 0.0);
        if n > 0 {
            for stage in 0..stages {
                if let Some(variable) = self.variable(stage) {
                    work.count_slopes[stage * n + variable] = 1.0;
                }
            }
            for a in 0..n {
                for b in 0..n {
                    work.covariance[a * n + b] = y[self.layout.covariance(a, b)];
                }
            }
        }
        if work.stations.len() != self.network.stations.len() {
            let empty = At {
                present: 0.0,
                busy: Busy { mean: 0.0, slope: 1.0, all: 0.0 },
                slopes: vec![0.0; self.layout.variables],
            };
            work.stations = vec![empty; self.network.stations.len()];
        }
    }

    /// Threads that are in the first stage of their operation.
    fn first_stages(&self, work: &mut Work, y: &[f64]) {
        let n = self.slopes();
        let network = self.network;
        // Per population: those in other stages, and those in the first or waiting for a thread.
        let elsewhere = |work: &Work, population: usize| -> f64 {
            let description = &network.populations[population];
            let others = description.stages.iter().filter(|&&stage| Some(stage) != description.first);
            others.map(|&stage| work.counts[stage]).sum()
        };
        for (number, station) in network.stations.iter().enumerate().filter(|(_, station)| station.pool) {
            let own = |work: &Work, p: usize| some(y[network.populations[p].variable] - elsewhere(work, p));
            let present = self.sum(y, &station.variables(network, usize::MAX));
            let busy = self.serve(present, number);
            work.stations[number].present = present.mean;
            work.stations[number].busy = busy;
            let outside: f64 = station.populations.iter().map(|&p| elsewhere(work, p)).sum();
            let all_free = (busy.mean - outside).max(0.0);
            // Who came earlier is served as if nobody came later.
            let mut taken = 0.0;
            let mut before: Option<(usize, Busy)> = None;
            for generation in station.generations(network) {
                let until = if station.is_last(network, generation) {
                    busy
                } else {
                    self.serve(self.sum(y, &station.variables(network, generation)), number)
                };
                let earlier =
                    station.populations.iter().filter(|&&p| network.populations[p].generation <= generation);
                let held: f64 = earlier.map(|&p| elsewhere(work, p)).sum();
                let free = ((until.mean - held).min(all_free) - taken).max(0.0);
                taken += free;
                let of_it = || {
                    let all = station.populations.iter().copied();
                    all.filter(|&p| network.populations[p].generation == generation)
                };
                let total: f64 = of_it().map(|p| own(work, p)).sum();
                let part = if total > 1e-12 { (free / total).min(1.0) } else { 0.0 };
                for population in of_it() {
                    let description = &network.populations[population];
                    let Some(first) = description.first else { continue };
                    let here = own(work, population);
                    work.counts[first] = part * here;
                    if n == 0 || free == 0.0 || total <= 1e-12 {
                        continue;
                    }
                    // part·own + own/total·d(free) - own/total·part·d(total)
                    let share = here / total;
                    let mut add = |other: usize, number: f64, threads: f64| {
                        let other = &network.populations[other];
                        let slopes = &mut work.count_slopes[first * n..(first + 1) * n];
                        slopes[other.variable] += number;
                        for variable in other.stages.iter().filter_map(|&stage| self.variable(stage)) {
                            slopes[variable] += threads;
                        }
                    };
                    add(population, part, -part);
                    for &other in &station.populations {
                        let its = network.populations[other].generation;
                        if its <= generation {
                            add(other, share * until.slope, -share);
                        }
                        if let Some((_, busy)) = before.filter(|&(earlier, _)| its <= earlier) {
                            add(other, -share * busy.slope, share);
                        }
                        if its == generation {
                            add(other, -share * part, share * part);
                        }
                    }
                }
                before = Some((generation, until));
            }
        }
        for (number, description) in network.populations.iter().enumerate() {
            let (None, Some(first)) = (description.pool, description.first) else { continue };
            work.counts[first] = some(y[description.variable] - elsewhere(work, number));
            if n > 0 {
                work.count_slopes[first * n + description.variable] += 1.0;
                for &stage in &description.stages {
                    if let Some(variable) = self.variable(stage) {
                        work.count_slopes[first * n + variable] -= 1.0;
                    }
                }
            }
        }
    }

    /// How fast every stage works, and what that does to its phases.
    fn service(&self, work: &mut Work, y: &[f64], dy: &mut [f64]) {
        let n = self.slopes();
        let network = self.network;
        let aged = |stage: usize| -> f64 {
            let description = &network.stages[stage];
            let phases = description.shape.as_ref().map_or(1, super::shape::Shape::phases);
            self.phases(y, description).take(phases - 1).sum()
        };
        for (number, station) in network.stations.iter().enumerate().filter(|(_, station)| !station.pool) {
            let mean: f64 = station.stages.iter().map(|&stage| work.counts[stage]).sum();
            let mut slopes = std::mem::take(&mut work.stations[number].slopes);
            let mut variance = if self.spread == Spread::Poisson { mean } else { 0.0 };
            if n > 0 {
                slopes.fill(0.0);
                for &stage in &station.stages {
                    for (sum, slope) in slopes.iter_mut().zip(&work.count_slopes[stage * n..]) {
                        *sum += slope;
                    }
                }
                for a in (0..n).filter(|&a| slopes[a] != 0.0) {
                    let row: f64 = slopes.iter().zip(&work.covariance[a * n..]).map(|(s, c)| s * c).sum();
                    variance += slopes[a] * row;
                }
            }
            let busy = self.serve(Moments::new(mean, variance.max(0.0)), number);
            work.stations[number] = At { present: mean, busy, slopes };
        }
        for (number, stage) in network.stages.iter().enumerate() {
            let Some(shape) = &stage.shape else { continue };
            let count = work.counts[number];
            let part = |station: usize, work: &Work| {
                let at = &work.stations[station];
                if at.present > 1e-9 { (at.busy.mean / at.present).min(1.0) } else { at.busy.slope.min(1.0) }
            };
            let older = aged(number);
            let mut speed = stage.limit.map_or(1.0, |limit| part(limit, work));
            let mut slowest = stage.limit;
            let mut fresh = (count - older).max(0.0);
            if let Some(host) = stage.host {
                let share = part(host, work);
                if share <= speed || slowest.is_none() {
                    slowest = Some(host);
                }
                if network.stations[host].sharing {
                    speed = speed.min(share);
                } else {
                    // Cores that begin something: first for those who came earlier.
                    let own = self.generation_of(number);
                    let mut free = work.stations[host].busy.mean;
                    let mut same = 0.0;
                    for &other in &network.stations[host].stages {
                        let older = aged(other);
                        free -= older;
                        let waiting = (work.counts[other] - older).max(0.0);
                        match self.generation_of(other).cmp(&own) {
                            Ordering::Less => free -= waiting,
                            Ordering::Equal => same += waiting,
                            Ordering::Greater => {}
                        }
                    }
                    fresh *= (free.max(0.0) / same.max(1e-12)).min(1.0);
                }
            }
            work.speeds[number] = speed;
            work.in_first_phase[number] = fresh;
            let mut before = fresh;
            let mut ends = 0.0;
            for (phase, (rate, onward)) in shape.rates.iter().zip(&shape.onward).enumerate() {
                let flow = speed * rate * before;
                ends += flow * (1.0 - onward);
                if phase + 1 < shape.phases() {
                    let next = self.layout.variables + stage.aged + phase;
                    dy[next] += flow * onward;
                    before = y[next].max(0.0);
                }
                if phase > 0 {
                    dy[self.layout.variables + stage.aged + phase - 1] -= flow;
                }
            }
            work.rates[number] = ends;
            let station = slowest.map(|station| &work.stations[station]);
            let share = slowest.map_or(1.0, |station| part(station, work));
            let pool = stage.population.and_then(|population| network.populations[population].pool);
            let crowded = station.map_or(0.0, |at| at.busy.all);
            let crowded = crowded.max(pool.map_or(0.0, |pool| work.stations[pool].busy.all));
            work.dispersions[number] = 1.0 + (shape.scv - 1.0) * crowded;
            if let Some(host) = stage.works_on {
                dy[self.layout.cores(host)] += match stage.host {
                    Some(station) if !network.stations[station].sharing => {
                        count * part(station, work) * speed
                    }
                    _ => count * speed,
                };
            }
            if n == 0 || count == 0.0 {
                continue;
            }
            let serving = share * count;
            let each = if serving > 1e-9 { ends / serving } else { shape.mean_rate() };
            let slopes = &mut work.rate_slopes[number * n..(number + 1) * n];
            for (slope, count_slope) in slopes.iter_mut().zip(&work.count_slopes[number * n..]) {
                *slope = each * share * count_slope;
            }
            if let Some(at) = station.filter(|at| at.present > 1e-9) {
                let by = each * count / at.present * (at.busy.slope - share);
                for (slope, station_slope) in slopes.iter_mut().zip(&at.slopes) {
                    *slope += by * station_slope;
                }
            }
        }
    }

    /// Numbers in the second and later phases of a stage.
    fn phases<'y>(&self, y: &'y [f64], stage: &Stage) -> impl Iterator<Item = f64> + 'y {
        let from = self.layout.variables + stage.aged;
        let end = self.layout.variables + self.layout.aged;
        y[from..end].iter().map(|number| number.max(0.0))
    }

    /// Follows every path.
    fn flows(&self, work: &mut Work, time: f64, y: &[f64], dy: &mut [f64]) {
        let n = self.slopes();
        let generation = self.generation.get();
        let active = |path: &&Path| path.generation.is_none_or(|its| its == generation);
        let stages = self.network.stages.len();
        let mut relative = std::mem::take(&mut work.relative);
        for path in self.network.paths.iter().filter(active) {
            let (rate, dispersion) = match path.cause {
                Cause::Stage(stage) => (work.rates[stage], work.dispersions[stage]),
                Cause::Arrival { class } => (self.arrivals(class, time), 1.0),
            };
            relative.clear();
            let parts = path.shares.iter().map(|&share| self.share(work, y, share, &mut relative));
            let weight = path.probability * parts.product::<f64>();
            let rate = rate * weight;
            for &(variable, change) in &path.changes {
                dy[variable] += change * rate;
                if n > 0 {
                    if let Cause::Stage(stage) = path.cause {
                        work.weights[variable * stages + stage] += change * weight;
                    }
                    for &(of, slope) in &relative {
                        work.jacobian[variable * n + of] += change * rate * slope;
                    }
                    for &(other, other_change) in &path.changes {
                        work.noise[variable * n + other] += change * other_change * rate * dispersion;
                    }
                }
            }
            path.replies.iter().for_each(|&class| dy[self.layout.replies(class)] += rate);
            path.ended.iter().for_each(|&population| dy[self.layout.ended(population)] += rate);
        }
        work.relative = relative;
        for variable in 0..n {
            let target = &mut work.jacobian[variable * n..(variable + 1) * n];
            let weights = &work.weights[variable * stages..(variable + 1) * stages];
            for (stage, &weight) in weights.iter().enumerate().filter(|(_, weight)| **weight != 0.0) {
                let slopes = &work.rate_slopes[stage * n..(stage + 1) * n];
                target.iter_mut().zip(slopes).for_each(|(sum, slope)| *sum += weight * slope);
            }
        }
        for class in 0..self.layout.classes {
            dy[self.layout.in_flight(class)] += self.clients(y, class);
        }
        for (number, population) in self.network.populations.iter().enumerate() {
            let all = y[population.variable].max(0.0);
            let late: f64 = population.late.iter().map(|&stage| work.counts[stage]).sum();
            dy[self.layout.present(number)] += all;
            dy[self.layout.unanswered(number)] += all - late;
            let threads: f64 = population.stages.iter().map(|&stage| work.counts[stage]).sum();
            dy[self.layout.busy(number)] += if population.pool.is_some() { threads } else { all };
        }
    }

    /// The part of those who wait that these are; and its relative change with variables.
    fn share(&self, work: &Work, y: &[f64], share: Share, relative: &mut Vec<(usize, f64)>) -> f64 {
        let (Share::Caller { population, .. } | Share::Nobody { population }) = share;
        let description = &self.network.populations[population];
        let late: f64 = description.late.iter().map(|&stage| work.counts[stage]).sum();
        let all = (y[description.variable].max(0.0) - late).max(0.0);
        let waiting: f64 = description.callers.iter().map(|&stage| work.counts[stage]).sum();
        let all = all.max(waiting);
        if all < 1e-9 {
            let places = description.callers.len() + usize::from(description.messages);
            return 1.0 / places as f64;
        }
        let some = match share {
            Share::Caller { stage, .. } => work.counts[stage],
            Share::Nobody { .. } => all - waiting,
        };
        if some <= 0.0 || self.slopes() == 0 {
            return some.max(0.0) / all;
        }
        // d ln(some/all) = d(some)/some - d(all)/all
        let mut add = |variable: Option<usize>, by: f64| {
            relative.extend(variable.map(|variable| (variable, by)));
        };
        let of_all = match share {
            Share::Caller { stage, .. } => {
                add(self.variable(stage), 1.0 / some);
                -1.0 / all
            }
            Share::Nobody { .. } => {
                description.callers.iter().for_each(|&stage| add(self.variable(stage), -1.0 / some));
                1.0 / some - 1.0 / all
            }
        };
        add(Some(description.variable), of_all);
        description.late.iter().for_each(|&stage| add(self.variable(stage), -of_all));
        some / all
    }

    /// Arrivals per second.
    fn arrivals(&self, class: usize, time: f64) -> f64 {
        match &self.network.system.workloads[self.network.classes[class].workload].load {
            Load::Poisson { rate } => *rate,
            // At the end of a stretch the rate before a jump counts.
            Load::Profile(profile) => profile.rate(time.min(self.until.get())),
            Load::Closed { .. }
            | Load::Renewal { .. }
            | Load::Markov(_)
            | Load::Burst { .. }
            | Load::Replay { .. }
            | Load::SerialClient(_) => 0.0,
        }
    }

    /// The linear equation of covariances around moving means (Kurtz 1978; van Kampen): Σ' = AΣ + ΣAᵀ + noise.
    fn covariances(&self, work: &Work, dy: &mut [f64]) {
        let n = self.layout.variables;
        let mut product = vec![0.0; n * n];
        for a in 0..n {
            let target = &mut product[a * n..(a + 1) * n];
            for via in 0..n {
                let slope = work.jacobian[a * n + via];
                if slope != 0.0 {
                    let row = &work.covariance[via * n..(via + 1) * n];
                    target.iter_mut().zip(row).for_each(|(sum, covariance)| *sum += slope * covariance);
                }
            }
        }
        for a in 0..n {
            for b in a..n {
                dy[self.layout.covariance(a, b)] =
                    product[a * n + b] + product[b * n + a] + work.noise[a * n + b];
            }
        }
    }
}
