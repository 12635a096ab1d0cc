//! The equations: how numbers, phases and covariances change.

mod flows;
mod noise;
mod replicas;
mod service;
mod threads;

use std::cell::{Cell, RefCell};

use tracecast_model::Load;

use super::closure::{self, Busy};
use super::layout::Layout;
use super::network::{Cause, Count, Network, Path, Stage, Station};
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
    /// Replicas that take requests, of the services whose replicas come and go.
    ready: RefCell<Vec<f64>>,
    /// By class: attempts per second that are no first ones.
    retries: RefCell<Vec<f64>>,
    /// By service: how many times as fast as usual it works.
    pace: RefCell<Vec<f64>>,
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
    /// Per service whose replicas come and go: those that work.
    replicas: Vec<f64>,
    /// Per station: copies, and servers of each.
    sizes: Vec<(f64, f64)>,
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
            aged: network.aged + network.elastic.len(),
            covariances: if spread == Spread::Covariances { n * (n + 1) / 2 } else { 0 },
            classes: network.classes.len(),
            populations: network.populations.len(),
            hosts: network.system.hosts.len(),
            elastic: network.elastic.len(),
            services: if network.elastic.is_empty() { 0 } else { network.system.services.len() },
        };
        let replicas = |&service: &usize| f64::from(network.system.services[service].replicas);
        let ready = RefCell::new(network.elastic.iter().map(replicas).collect());
        let until = Cell::new(f64::INFINITY);
        let generation = Cell::new(0);
        let retries = RefCell::new(vec![0.0; network.classes.len()]);
        let pace = RefCell::new(vec![1.0; network.system.services.len()]);
        let work = RefCell::new(Work::default());
        Self { network, spread, layout, until, generation, ready, retries, pace, work }
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

    /// The same with their variance.
    pub(crate) fn present_clients(&self, y: &[f64], class: usize) -> Moments {
        let waits = self.network.classes[class].waits.iter();
        let variables: Vec<usize> = waits.filter_map(|&stage| self.variable(stage)).collect();
        self.sum(y, &variables)
    }

    /// From now on clients of a class make so many attempts per second that are no first ones.
    pub(crate) fn set_retries(&self, class: usize, rate: f64) {
        self.retries.borrow_mut()[class] = rate;
    }

    /// From now on all work of a service is so many times as fast as usual.
    pub(crate) fn set_pace(&self, service: usize, pace: f64) {
        self.pace.borrow_mut()[service] = pace;
    }

    /// How many times as fast as usual the work of a service is now.
    pub(crate) fn pace(&self, service: usize) -> f64 {
        self.pace.borrow()[service]
    }

    /// A bound of the spectral radius of the Jacobian (1/s): the equations are similar to those of a compartment system, by
    /// Gershgorin's theorem within twice its fastest rate; of covariances it is the sum of two.
    pub(crate) fn radius(&self) -> f64 {
        let fastest = |(number, stage): (usize, &Stage)| {
            let rates = stage.shape.iter().flat_map(|shape| &shape.rates);
            self.pace_of(number) * rates.copied().fold(0.0, f64::max)
        };
        let fastest = self.network.stages.iter().enumerate().map(fastest).fold(0.0, f64::max);
        let of_means = 2.0 * fastest;
        if self.spread == Spread::Covariances { 2.0 * of_means } else { of_means }
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
    fn serve(&self, present: Moments, (copies, servers): (f64, f64)) -> Busy {
        /// Servers so few that they are the rest of those that stop.
        const NONE: f64 = 1e-9;
        if copies * servers < NONE {
            return Busy { mean: 0.0, slope: 0.0, all: 1.0 };
        }
        let each = 1.0 / copies;
        // Copies are independent, so that variances add up.
        let copy = Moments::new(present.mean * each, present.variance * each);
        let busy = match self.spread {
            Spread::None => closure::certain(copy.mean, servers),
            Spread::Covariances | Spread::Poisson => closure::busy(copy, servers),
        };
        Busy { mean: busy.mean * copies, ..busy }
    }

    /// Requests that wait at any station, and do not hold it, up to a generation.
    pub(crate) fn waiting(&self, y: &[f64], generation: usize) -> f64 {
        let mut dy = vec![0.0; y.len()];
        self.evaluate(self.until.get(), y, &mut dy);
        let work = self.work.borrow();
        let waiting = |(station, &(copies, servers)): (&Station, &(f64, f64))| {
            let variables = station.variables(self.network, generation).into_iter();
            let requests: f64 = variables.map(|variable| y[variable].max(0.0)).sum();
            let stages = station.stages.iter().filter(|&&stage| self.generation_of(stage) <= generation);
            let present = requests + stages.map(|&stage| work.counts[stage]).sum::<f64>();
            (present - copies * servers).max(0.0)
        };
        self.network.stations.iter().zip(&work.sizes).map(waiting).sum()
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
        work.replicas.clear();
        let stopping = |elastic: usize| y[self.layout.stopping(elastic)].max(0.0);
        work.replicas.extend(self.ready.borrow().iter().enumerate().map(|(e, ready)| ready + stopping(e)));
        work.sizes.clear();
        work.sizes.extend(self.network.stations.iter().map(|station| station.size(&work.replicas)));
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
}
