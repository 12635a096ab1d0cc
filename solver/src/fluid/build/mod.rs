//! From a system to populations, stages and stations.

mod populations;
mod stations;
mod steps;

use std::collections::HashMap;

use tracecast_model::{Distribution, Index, Load, OperationId, PredictError, ServiceId, System};

use super::horizon;
use super::network::{Class, Count, Generations, Network, Stage};
use super::paths::{self, Node, Program};
use super::shape::Shape;

/// Phases that a constant duration has at most: of twenty such tasks done at once the last ends 8 % late.
const MOST_PHASES: f64 = 500.0;

/// The same as a part of the whole time that is followed, since what matters are rounds of tasks that stay apart, and
/// they only do for a few. It also bounds the number of steps that phases cause.
const PHASES_IN_ALL: f64 = 5000.0;

/// Repetitions that are laid out one after the other; more are taken as geometric.
const UNROLLED: f64 = 8.0;

/// Where a thread has nothing to do before its first call, taking it takes this part of what the operation takes without
/// contention, so that there is a place to wait.
const ENTRY: f64 = 0.005;

/// The same where the rest takes as much less.
const LONG_ENTRY: f64 = 0.05;

/// Compiles a valid system whose features the method covers.
pub(crate) fn build(system: &System) -> Result<Network<'_>, PredictError> {
    let index = system.index().map_err(|error| crate::unresolved(&error))?;
    let horizon = horizon::of(system, &index)?;
    let mut builder = Builder::new(system, index, horizon);
    for (workload, description) in system.workloads.iter().enumerate() {
        let thinking = match &description.load {
            Load::Closed { think_time, .. } => Some(think_time.clone()),
            Load::Poisson { .. } | Load::Burst { .. } | Load::Profile(_) | Load::Replay { .. } => None,
            Load::Renewal { .. } | Load::Markov(_) => {
                let element = format!("workload \"{}\"", description.name);
                return Err(crate::unsupported("arrivals that are not Poisson", element));
            }
            Load::SerialClient(_) => {
                let element = format!("workload \"{}\"", description.name);
                return Err(crate::unsupported("a serial client beside other loads", element));
            }
        };
        builder.class(workload, thinking)?;
    }
    builder.finish()
}

/// Services whose replicas come and go.
fn elastic(system: &System) -> Vec<usize> {
    (0..system.services.len()).filter(|&service| system.services[service].autoscaler.is_some()).collect()
}

struct Builder<'a> {
    network: Network<'a>,
    programs: Programs,
    known: HashMap<(usize, usize, OperationId), usize>,
    stations: HashMap<Key, usize>,
    /// About how long it all takes (s).
    horizon: f64,
    /// What one request of each operation takes without contention (s).
    nominal: Vec<Option<f64>>,
}

/// What the requests of each population, and of each class's clients, do.
struct Programs {
    nodes: Vec<Node>,
    populations: Vec<usize>,
    /// Where a class's requests begin.
    classes: Vec<usize>,
    /// Per stage: what follows.
    after: Vec<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Key {
    Host(usize),
    Machines(ServiceId),
    Limit(ServiceId),
    Pool(ServiceId),
}

impl<'a> Builder<'a> {
    fn new(system: &'a System, index: Index, horizon: f64) -> Self {
        let nominal = vec![None; index.operation_count()];
        let network = Network {
            system,
            index,
            classes: Vec::new(),
            populations: Vec::new(),
            stages: Vec::new(),
            stations: Vec::new(),
            paths: Vec::new(),
            generations: Generations::of(system),
            variables: 0,
            aged: 0,
            elastic: elastic(system),
        };
        let programs =
            Programs { nodes: Vec::new(), populations: Vec::new(), classes: Vec::new(), after: Vec::new() };
        Self { network, programs, known: HashMap::new(), stations: HashMap::new(), horizon, nominal }
    }

    fn node(&mut self, node: Node) -> usize {
        self.programs.nodes.push(node);
        self.programs.nodes.len() - 1
    }

    fn class(&mut self, workload: usize, thinking: Option<Distribution>) -> Result<(), PredictError> {
        let class = self.network.classes.len();
        self.network.classes.push(Class { workload, waits: Vec::new(), thinking: None });
        let end = self.node(Node::Nothing);
        let reply = self.node(Node::Replied { class, next: end });
        let requests = &self.network.system.workloads[workload];
        let mut generations = Vec::new();
        for generation in self.network.generations.of_load(&requests.load) {
            let mut branches = Vec::new();
            for (name, share) in requests.shares() {
                let Some(operation) = self.network.index.operation(name) else { continue };
                let population = self.population(class, generation, operation)?;
                let wait = self.stage(None, None, reply);
                self.network.populations[population].callers.push(wait);
                self.network.classes[class].waits.push(wait);
                branches.push((share, self.node(Node::Call { to: population, wait })));
            }
            generations.push((generation, self.node(Node::Branch(branches))));
        }
        let entry = self.node(Node::Begin(generations));
        self.programs.classes.push(entry);
        if let Some(thinking) = thinking {
            // Users who do not think ask again at once, but for an instant that gives them a place.
            let distribution = if thinking.is_zero() {
                let longest = requests.shares().filter_map(|(name, _)| self.network.index.operation(name));
                let longest: Vec<OperationId> = longest.collect();
                let whole = longest.into_iter().map(|o| self.nominal(o)).fold(0.0, f64::max);
                Distribution::exponential(ENTRY * whole)
            } else {
                thinking
            };
            let stage = self.timed(None, &distribution, entry);
            self.network.classes[class].thinking = Some(stage);
            self.programs.nodes[end] = Node::Stage(stage);
        }
        Ok(())
    }

    /// A stage that takes time by itself.
    fn timed(&mut self, population: Option<usize>, duration: &Distribution, next: usize) -> usize {
        let phases = (PHASES_IN_ALL * duration.mean() / self.horizon).ceil().clamp(1.0, MOST_PHASES);
        let shape = Shape::new(duration, phases as usize);
        self.stage(population, Some(shape), next)
    }

    fn stage(&mut self, population: Option<usize>, shape: Option<Shape>, next: usize) -> usize {
        let stage = self.network.stages.len();
        let aged = self.network.aged;
        self.network.aged += shape.as_ref().map_or(0, |shape| shape.phases() - 1);
        self.network.stages.push(Stage {
            population,
            count: Count::First,
            shape,
            aged,
            host: None,
            limit: None,
            works_on: None,
        });
        self.programs.after.push(next);
        if let Some(population) = population {
            self.network.populations[population].stages.push(stage);
        }
        stage
    }

    /// Gives every number that is followed its place, and finds all paths.
    fn finish(mut self) -> Result<Network<'a>, PredictError> {
        let mut variables = self.network.populations.len();
        for stage in 0..self.network.stages.len() {
            let first = self.network.stages[stage]
                .population
                .is_some_and(|population| self.network.populations[population].first == Some(stage));
            let sole = self.network.populations.iter().position(|population| {
                population.callers == [stage] && !population.messages && population.late.is_empty()
            });
            self.network.stages[stage].count = match (first, sole) {
                (true, _) => Count::First,
                (false, Some(callee)) => Count::Population(callee),
                (false, None) => {
                    variables += 1;
                    Count::Variable(variables - 1)
                }
            };
        }
        self.network.variables = variables;
        let Programs { nodes, populations, classes, after } = self.programs;
        let program = Program { nodes, populations, after };
        self.network.paths = paths::all(&self.network, &program, &classes)?;
        Ok(self.network)
    }
}
