//! From a system to populations, stages and stations.

use std::collections::HashMap;

use tracecast_model::{
    Activity, Call, CallCount, CallKind, CallOrder, Distribution, Index, Load, LoadBalancing, Multiplicity,
    OperationId, PredictError, ServiceId, Step, System,
};

use super::horizon;
use super::network::{Class, Count, Generations, Network, Population, Stage, Station};
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

/// The same where the rest takes as much less.
const LONG_ENTRY: f64 = 0.05;

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

    /// Seconds that an operation takes without contention; ends, since validation refuses cycles.
    fn nominal(&mut self, operation: OperationId) -> f64 {
        if let Some(known) = self.nominal[operation.0] {
            return known;
        }
        let (_, description) = self.network.index.get(self.network.system, operation);
        let service = self.network.index.service_of(operation);
        let speed = self.network.system.hosts[self.network.index.host_of(service).0].speed;
        let mut sum = 0.0;
        let mut calls = Vec::new();
        description.walk(&mut |element, times| {
            if let tracecast_model::Element::Activity(activity) = element {
                sum += times * (activity.demand.mean() / speed + activity.delay.mean());
                calls.extend(activity.calls.iter().map(|call| (times * call.mean, call)));
            }
        });
        for (times, call) in calls {
            if let (CallKind::Synchronous, Some(to)) = (call.kind, self.network.index.operation(&call.to)) {
                sum += times * (call.latency.mean() + self.nominal(to));
            }
        }
        self.nominal[operation.0] = Some(sum);
        sum
    }

    /// A place for threads that have nothing to do before their first call. Where every stage is passed once, its time is
    /// taken from the longest work, so that the whole stays as it is, and it can be long enough to be followed easily.
    fn entry(&mut self, population: usize, next: usize) -> usize {
        let operation = self.network.populations[population].operation;
        let (_, description) = self.network.index.get(self.network.system, operation);
        let once = description.steps.iter().all(|step| match step {
            Step::Activity(activity) => activity.calls.iter().all(|call| call.mean == 1.0),
            _ => false,
        });
        let nominal = self.nominal(operation);
        let duration = |stage: &Stage| stage.shape.as_ref().map_or(0.0, |shape| 1.0 / shape.mean_rate());
        let own = self.network.populations[population].stages.iter().copied();
        let longest = own
            .max_by(|&a, &b| duration(&self.network.stages[a]).total_cmp(&duration(&self.network.stages[b])));
        let length = LONG_ENTRY * nominal;
        match longest {
            Some(longest) if once && duration(&self.network.stages[longest]) > 4.0 * length => {
                let stage = self.timed(Some(population), &Distribution::exponential(length), next);
                let rest = 1.0 - length / duration(&self.network.stages[longest]);
                let shortened = &mut self.network.stages[longest];
                if let Some(shape) = &mut shortened.shape {
                    shape.rates.iter_mut().for_each(|rate| *rate /= rest);
                }
                self.network.stages[stage].works_on = self.network.stages[longest].works_on;
                stage
            }
            _ => {
                let length = ENTRY * nominal.max(ENTRY * self.slowest()).max(1e-9);
                self.timed(Some(population), &Distribution::exponential(length), next)
            }
        }
    }

    /// What the slowest operation takes without contention (s).
    fn slowest(&mut self) -> f64 {
        let all = 0..self.network.index.operation_count();
        all.map(|operation| self.nominal(OperationId(operation))).fold(0.0, f64::max)
    }

    fn population(
        &mut self,
        class: usize,
        generation: usize,
        operation: OperationId,
    ) -> Result<usize, PredictError> {
        if let Some(&known) = self.known.get(&(class, generation, operation)) {
            return Ok(known);
        }
        let number = self.network.populations.len();
        let id = self.network.index.service_of(operation);
        let pool = self.pool(id);
        if let Some(pool) = pool {
            self.network.stations[pool].populations.push(number);
        }
        self.network.populations.push(Population {
            class,
            generation,
            operation,
            variable: number,
            pool,
            first: None,
            stages: Vec::new(),
            late: Vec::new(),
            callers: Vec::new(),
            messages: false,
        });
        self.programs.populations.push(0);
        self.known.insert((class, generation, operation), number);
        let (_, description) = self.network.index.get(self.network.system, operation);
        let early = self.node(Node::End { population: number, replies: true });
        let late = self.node(Node::End { population: number, replies: false });
        let mut entry = self.sequence(number, &description.steps, false, [early, late])?;
        let begins = matches!(self.programs.nodes[entry], Node::Stage(stage)
            if self.network.stages[stage].shape.is_some());
        let has_stages = !self.network.populations[number].stages.is_empty();
        if !begins && (pool.is_some() || !has_stages) {
            let stage = self.entry(number, entry);
            entry = self.node(Node::Stage(stage));
        }
        if let Node::Stage(stage) = self.programs.nodes[entry]
            && self.network.stages[stage].shape.is_some()
        {
            self.network.populations[number].first = Some(stage);
        }
        self.programs.populations[number] = entry;
        Ok(number)
    }

    /// Compiles steps; `ends` is what follows them where the reply is still to be given, and where it has been.
    fn sequence(
        &mut self,
        population: usize,
        steps: &[Step],
        late: bool,
        ends: [usize; 2],
    ) -> Result<usize, PredictError> {
        let Some((step, rest)) = steps.split_first() else { return Ok(ends[usize::from(late)]) };
        let name = |builder: &Self| {
            let operation = builder.network.populations[population].operation;
            format!("operation \"{}\"", builder.network.index.name(builder.network.system, operation))
        };
        match step {
            Step::Activity(activity) => {
                let next = self.sequence(population, rest, late, ends)?;
                self.activity(population, activity, late, next)
            }
            Step::Reply(_) => {
                let next = self.sequence(population, rest, true, ends)?;
                Ok(self.node(Node::Reply { population, next }))
            }
            Step::Choice(choice) => {
                let before = self.sequence(population, rest, late, ends)?;
                let replies = !late && step.any(&|inner| matches!(inner, Step::Reply(_)));
                let after = if replies { self.sequence(population, rest, true, ends)? } else { before };
                let mut branches = Vec::new();
                for branch in &choice.branches {
                    let node = self.sequence(population, &branch.steps, late, [before, after])?;
                    branches.push((branch.probability, node));
                }
                let left = 1.0 - branches.iter().map(|(probability, _)| probability).sum::<f64>();
                if left > 1e-12 {
                    branches.push((left, before));
                }
                Ok(self.node(Node::Branch(branches)))
            }
            Step::Loop(repeated) => {
                let next = self.sequence(population, rest, late, ends)?;
                self.repeat(repeated.count, repeated.mean, next, &mut |builder, next| {
                    builder.sequence(population, &repeated.steps, late, [next, next])
                })
            }
            Step::Fork(_) => Err(crate::unsupported("a fork in the fluid solution", name(self))),
        }
    }

    /// Something that is done again and again before `next`.
    fn repeat(
        &mut self,
        count: CallCount,
        mean: f64,
        next: usize,
        body: &mut dyn FnMut(&mut Self, usize) -> Result<usize, PredictError>,
    ) -> Result<usize, PredictError> {
        if mean == 0.0 {
            return Ok(next);
        }
        if count == CallCount::Geometric || mean > UNROLLED {
            let head = self.node(Node::Nothing);
            let again = body(self, head)?;
            let probability = mean / (1.0 + mean);
            self.programs.nodes[head] = Node::Branch(vec![(probability, again), (1.0 - probability, next)]);
            return Ok(head);
        }
        let mut node = next;
        if mean.fract() > 1e-9 {
            let once = body(self, next)?;
            node = self.node(Node::Branch(vec![(mean.fract(), once), (1.0 - mean.fract(), next)]));
        }
        for _ in 0..mean.trunc() as usize {
            node = body(self, node)?;
        }
        Ok(node)
    }

    fn activity(
        &mut self,
        population: usize,
        activity: &Activity,
        late: bool,
        next: usize,
    ) -> Result<usize, PredictError> {
        let slices = 1.0 + activity.calls_mean();
        let slice = activity.demand.scaled(1.0 / slices);
        let mut node;
        if activity.call_order == CallOrder::Random && activity.calls.len() > 1 {
            let head = self.node(Node::Nothing);
            node = self.slice(population, &slice, late, head);
            let mut branches = vec![(1.0 / slices, next)];
            for call in &activity.calls {
                branches.push((call.mean / slices, self.call(population, call, late, node)?));
            }
            self.programs.nodes[head] = Node::Branch(branches);
        } else {
            node = next;
            for (place, call) in activity.calls.iter().enumerate().rev() {
                let last = place + 1 == activity.calls.len();
                debug_assert!(!last || node == next);
                node = self.repeat(call.count, call.mean, node, &mut |builder, next| {
                    let work = builder.slice(population, &slice, late, next);
                    builder.call(population, call, late, work)
                })?;
            }
            node = self.slice(population, &slice, late, node);
        }
        if !activity.delay.is_zero() {
            let stage = self.timed(Some(population), &activity.delay, node);
            node = self.enter(population, stage, late);
        }
        Ok(node)
    }

    /// One slice of work.
    fn slice(&mut self, population: usize, demand: &Distribution, late: bool, next: usize) -> usize {
        if demand.is_zero() {
            return next;
        }
        let operation = self.network.populations[population].operation;
        let id = self.network.index.service_of(operation);
        let service = &self.network.system.services[id.0];
        let host = self.network.index.host_of(id).0;
        let description = &self.network.system.hosts[host];
        let mut speed = description.speed;
        let one_thread = service.concurrency == Multiplicity::Finite(1);
        if let (true, Some(limit)) = (one_thread, service.cpu_limit) {
            speed *= limit.min(1.0);
        }
        let stage = self.timed(Some(population), &demand.scaled(1.0 / speed), next);
        let host_station = self.host_station(id);
        let limit = self.limit_station(id);
        for station in host_station.into_iter().chain(limit) {
            self.network.stations[station].stages.push(stage);
        }
        let compiled = &mut self.network.stages[stage];
        compiled.host = host_station;
        compiled.limit = limit;
        compiled.works_on = Some(host);
        self.enter(population, stage, late)
    }

    fn call(
        &mut self,
        population: usize,
        call: &Call,
        late: bool,
        next: usize,
    ) -> Result<usize, PredictError> {
        let Population { class, generation, .. } = self.network.populations[population];
        // Validation has resolved every callee.
        let operation = self.network.index.operation(&call.to).unwrap_or(OperationId(0));
        let to = self.population(class, generation, operation)?;
        let latency = (!call.latency.is_zero()).then_some(&call.latency);
        match call.kind {
            CallKind::Asynchronous => {
                self.network.populations[to].messages = true;
                let arrival = self.node(Node::Enter { to });
                let way = match latency {
                    Some(latency) => {
                        let stage = self.timed(None, latency, arrival);
                        self.node(Node::Stage(stage))
                    }
                    None => arrival,
                };
                Ok(self.node(Node::Send { way, next }))
            }
            CallKind::Synchronous => {
                let wait = self.stage(Some(population), None, next);
                if late {
                    self.network.populations[population].late.push(wait);
                }
                self.network.populations[to].callers.push(wait);
                let node = self.node(Node::Call { to, wait });
                let Some(latency) = latency else { return Ok(node) };
                let stage = self.timed(Some(population), latency, node);
                Ok(self.enter(population, stage, late))
            }
        }
    }

    fn enter(&mut self, population: usize, stage: usize, late: bool) -> usize {
        if late {
            self.network.populations[population].late.push(stage);
        }
        self.node(Node::Stage(stage))
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

    fn station(&mut self, key: Key, copies: f64, servers: f64, sharing: bool) -> usize {
        let stations = &mut self.network.stations;
        *self.stations.entry(key).or_insert_with(|| {
            stations.push(Station {
                copies,
                servers,
                sharing,
                pool: matches!(key, Key::Pool(_)),
                stages: Vec::new(),
                populations: Vec::new(),
            });
            stations.len() - 1
        })
    }

    fn pool(&mut self, id: ServiceId) -> Option<usize> {
        let service = &self.network.system.services[id.0];
        let threads = f64::from(service.total_threads().finite()?);
        let copies = queues(service);
        Some(self.station(Key::Pool(id), copies, threads / copies, false))
    }

    /// The queue for cores; none where there is nothing to wait for.
    fn host_station(&mut self, id: ServiceId) -> Option<usize> {
        let system = self.network.system;
        let service = &system.services[id.0];
        let number = self.network.index.host_of(id);
        let host = &system.hosts[number.0];
        let cores = f64::from(host.cores.finite()?);
        let sharing = host.scheduling == tracecast_model::Scheduling::Ps;
        // No more cores than this are ever busy with one replica.
        let usable = |service: &tracecast_model::Service| {
            service.cpu_limit.unwrap_or(f64::INFINITY).min(service.concurrency.as_f64())
        };
        if host.per_replica {
            if usable(service) <= cores {
                return None;
            }
            let machines = machines(service);
            let cores = cores * f64::from(service.replicas) / machines;
            return Some(self.station(Key::Machines(id), machines, cores, sharing));
        }
        let on_it = system.services.iter().filter(|other| other.host == host.name);
        if on_it.map(|other| f64::from(other.replicas) * usable(other)).sum::<f64>() <= cores {
            return None;
        }
        Some(self.station(Key::Host(number.0), 1.0, cores, sharing))
    }

    /// The limit of each replica's container, where it has more threads than that.
    fn limit_station(&mut self, id: ServiceId) -> Option<usize> {
        let service = &self.network.system.services[id.0];
        let limit = service.cpu_limit?;
        if service.concurrency.as_f64() <= limit.max(1.0) {
            return None;
        }
        let containers = machines(service);
        let servers = limit * f64::from(service.replicas) / containers;
        Some(self.station(Key::Limit(id), containers, servers, true))
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

/// Separate queues of a service: one for each replica, unless requests go where there is room.
fn queues(service: &tracecast_model::Service) -> f64 {
    let shared = service.work_queue.is_some() || service.load_balancing == LoadBalancing::LeastRequests;
    if shared { 1.0 } else { f64::from(service.replicas) }
}

/// Machines or containers, of which every replica has one. No replica takes more than its own threads, whoever hands out
/// the requests.
fn machines(service: &tracecast_model::Service) -> f64 {
    if service.concurrency.is_infinite() { queues(service) } else { f64::from(service.replicas) }
}
