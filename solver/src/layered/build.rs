//! From a system to groups, stations and compiled operations.

use std::collections::HashMap;

use petgraph::algo::{tarjan_scc, toposort};
use petgraph::graph::{DiGraph, NodeIndex};
use tracecast_model::{
    self as model, CallCount, CallKind, CallOrder, Element, Forward, Index, Load, OperationId, PredictError,
    Reply, Service, ServiceId, System, visits,
};

use super::network::{
    Activity, Call, Fork, Group, Instance, Kind, Loop, Network, Node, Onward, Order, Source, Station, Step,
    Target, Visit, Work,
};
use super::pools::exhaustible;
use super::replicas::{Copies, Links, Replication};
use crate::moments::Moments;

/// Compiles a valid system whose loads do not end.
pub(crate) fn build(system: &System) -> Result<Network<'_>, PredictError> {
    let index = system.index().map_err(|error| crate::unresolved(&error))?;
    let edges = visits::edges(system, &index).map_err(|error| crate::unresolved(&error))?;
    let position = topological_positions(system, &index, &edges)?;
    let pools = exhaustible(system, &index, &edges);
    let replication = Replication::new(system, &index)?;
    let mut builder = Builder::new(system, index, pools, replication);
    for (workload, description) in system.workloads.iter().enumerate() {
        builder.workload(workload, description)?;
    }
    Ok(builder.finish(&position))
}

/// Place of every operation in an order in which callers come before the called.
fn topological_positions(
    system: &System,
    index: &Index,
    edges: &[visits::Edge],
) -> Result<Vec<usize>, PredictError> {
    let mut graph = DiGraph::<(), ()>::with_capacity(index.operation_count(), edges.len());
    for _ in 0..index.operation_count() {
        graph.add_node(());
    }
    for edge in edges {
        graph.add_edge(NodeIndex::new(edge.from.0), NodeIndex::new(edge.to.0), ());
    }
    let order = toposort(&graph, None)
        .map_err(|cycle| crate::cyclic(system, index, OperationId(cycle.node_id().index())))?;
    let mut position = vec![0; index.operation_count()];
    for (place, node) in order.into_iter().enumerate() {
        position[node.index()] = place;
    }
    Ok(position)
}

/// Groups, pools before those that come to them. Services whose operations call each other to and fro have no such
/// order, and stand together in any.
fn called_first(network: &Network<'_>) -> Vec<usize> {
    let groups = network.groups.len();
    let mut calls = DiGraph::<(), ()>::with_capacity(groups, network.visits.len());
    for _ in 0..groups {
        calls.add_node(());
    }
    for visit in &network.visits {
        if let Some(pool) = network.pool_of(visit.station) {
            calls.update_edge(NodeIndex::new(visit.group), NodeIndex::new(pool), ());
        }
    }
    // Whoever is called comes first.
    tarjan_scc(&calls).into_iter().flatten().map(NodeIndex::index).collect()
}

struct Builder<'a> {
    network: Network<'a>,
    /// Per service: is it a pool?
    pools: Vec<bool>,
    replication: Replication,
    pool_groups: HashMap<ServiceId, usize>,
    /// By operation and priority of the sender.
    streams: HashMap<(OperationId, i32), usize>,
    instances: HashMap<(usize, OperationId), usize>,
    stations: HashMap<Key, usize>,
    visit_numbers: HashMap<(usize, usize, i32, [u64; 3]), usize>,
    onward_numbers: HashMap<(usize, OperationId), Option<usize>>,
}

/// What makes stations the same: a machine of its own for a service, or one for all.
#[derive(PartialEq, Eq, Hash)]
struct Key(Kind, Option<ServiceId>);

impl<'a> Builder<'a> {
    fn new(system: &'a System, index: Index, pools: Vec<bool>, replication: Replication) -> Self {
        let network = Network {
            system,
            index,
            groups: Vec::new(),
            instances: Vec::new(),
            stations: Vec::new(),
            visits: Vec::new(),
            onwards: Vec::new(),
            pool_groups: Vec::new(),
            group_visits: Vec::new(),
            group_order: Vec::new(),
            order: Vec::new(),
        };
        Self {
            network,
            pools,
            replication,
            pool_groups: HashMap::new(),
            streams: HashMap::new(),
            instances: HashMap::new(),
            stations: HashMap::new(),
            visit_numbers: HashMap::new(),
            onward_numbers: HashMap::new(),
        }
    }

    fn finish(self, position: &[usize]) -> Network<'a> {
        let mut network = self.network;
        network.group_visits = vec![Vec::new(); network.groups.len()];
        for (v, visit) in network.visits.iter().enumerate() {
            network.stations[visit.station].visits.push(v);
            network.group_visits[visit.group].push(v);
        }
        network.pool_groups = vec![None; network.stations.len()];
        for (g, group) in network.groups.iter().enumerate() {
            if let Source::Pool { station, .. } = group.source {
                network.pool_groups[station] = Some(g);
            }
        }
        // A stream of messages comes right before the operation that it leads to.
        let streams = self
            .streams
            .iter()
            .map(|(&(operation, _), &stream)| (position[operation.0], 0, stream, Node::Stream(stream)));
        let instances = network
            .instances
            .iter()
            .enumerate()
            .map(|(i, instance)| (position[instance.operation.0], 1, i, Node::Instance(i)));
        let mut order: Vec<(usize, u8, usize, Node)> = streams.chain(instances).collect();
        order.sort_unstable_by_key(|&(place, kind, number, _)| (place, kind, number));
        network.group_order = called_first(&network);
        network.order = order.into_iter().map(|(.., node)| node).collect();
        network
    }

    fn workload(&mut self, workload: usize, description: &model::Workload) -> Result<(), PredictError> {
        let source = match &description.load {
            Load::Closed { population, think_time } => {
                Source::Closed { workload, population: f64::from(*population), think_time: think_time.mean() }
            }
            Load::Poisson { rate } => Source::Open { workload, rate: *rate },
            Load::Renewal { .. } | Load::Markov(_) => {
                let element = format!("workload \"{}\"", description.name);
                return Err(crate::unsupported("arrivals that are not Poisson", element));
            }
            Load::Burst { .. } | Load::Profile(_) | Load::Replay { .. } | Load::SerialClient(_) => {
                let element = format!("workload \"{}\"", description.name);
                return Err(crate::unsupported("a steady state of a load that ends by itself", element));
            }
        };
        let group = self.group(source);
        for (name, share) in description.shares() {
            if let Some(operation) = self.network.index.operation(name) {
                let target = self.target(group, operation, 0, None);
                self.network.groups[group].requests.push((target, share));
            }
        }
        Ok(())
    }

    fn group(&mut self, source: Source) -> usize {
        self.network.groups.push(Group { source, requests: Vec::new() });
        self.network.groups.len() - 1
    }

    /// Where a request of this group's customers to an operation goes, freely or over fixed connections.
    fn target(&mut self, group: usize, operation: OperationId, sender: i32, fixed: Option<Links>) -> Target {
        let service = self.network.index.service_of(operation);
        if !self.pools[service.0] {
            return Target::Inline { instance: self.instance(group, operation) };
        }
        let station = self.pool_station(service);
        let pool = match self.pool_groups.get(&service) {
            Some(&pool) => pool,
            None => {
                let pool = self.group(Source::Pool { service, station });
                self.pool_groups.insert(service, pool);
                pool
            }
        };
        let own = self.network.index.get(self.network.system, operation).1.priority;
        let links = fixed.unwrap_or_else(|| self.free(group, station));
        let visit = self.visit(group, station, sender.saturating_add(own), links);
        let instance = self.instance(pool, operation);
        Target::Pool { visit, instance, onwards: self.onwards(group, operation) }
    }

    /// Where an operation passes the requests of a group on to.
    fn onwards(&mut self, group: usize, operation: OperationId) -> Option<usize> {
        if let Some(&number) = self.onward_numbers.get(&(group, operation)) {
            return number;
        }
        let mut forwards = Vec::new();
        let (service, description) = self.network.index.get(self.network.system, operation);
        description.walk(&mut |element, times| {
            if let Element::Forward(forward) = element {
                forwards.push((forward, times));
            }
        });
        let number = (!forwards.is_empty()).then(|| {
            let onwards = forwards
                .into_iter()
                .map(|(forward, times)| self.onward(group, forward, times, service.priority));
            let onwards: Vec<Onward> = onwards.collect();
            self.network.onwards.push(onwards);
            self.network.onwards.len() - 1
        });
        self.onward_numbers.insert((group, operation), number);
        number
    }

    fn onward(&mut self, group: usize, forward: &Forward, probability: f64, sender: i32) -> Onward {
        // Validation has resolved every callee.
        let operation = self.network.index.operation(&forward.to).unwrap_or(OperationId(0));
        let target = self.target(group, operation, sender, None);
        Onward { probability, latency: Moments::of(&forward.latency), target }
    }

    fn stream(&mut self, operation: OperationId, sender: i32) -> Target {
        if let Some(&stream) = self.streams.get(&(operation, sender)) {
            return Target::Send { stream };
        }
        let stream = self.group(Source::Stream);
        self.streams.insert((operation, sender), stream);
        let target = self.target(stream, operation, sender, None);
        self.network.groups[stream].requests.push((target, 1.0));
        Target::Send { stream }
    }

    fn instance(&mut self, group: usize, operation: OperationId) -> usize {
        if let Some(&instance) = self.instances.get(&(group, operation)) {
            return instance;
        }
        let system = self.network.system;
        let (service, description) = self.network.index.get(system, operation);
        let steps = self.steps(group, service, self.network.index.service_of(operation), &description.steps);
        let replies = description.replies_early();
        self.network.instances.push(Instance { group, operation, steps, replies });
        let instance = self.network.instances.len() - 1;
        self.instances.insert((group, operation), instance);
        instance
    }

    fn steps(&mut self, group: usize, service: &Service, id: ServiceId, steps: &[model::Step]) -> Vec<Step> {
        steps
            .iter()
            .map(|step| match step {
                model::Step::Activity(activity) => {
                    Step::Activity(self.activity(group, service, id, activity))
                }
                model::Step::Fork(fork) => Step::Fork(Fork {
                    branches: fork
                        .branches
                        .iter()
                        .map(|branch| self.steps(group, service, id, branch))
                        .collect(),
                    quorum: fork.quorum.map_or(fork.branches.len(), |quorum| quorum as usize),
                }),
                model::Step::Choice(choice) => Step::Choice(
                    choice
                        .branches
                        .iter()
                        .map(|branch| (branch.probability, self.steps(group, service, id, &branch.steps)))
                        .collect(),
                ),
                model::Step::Loop(repeated) => Step::Loop(Loop {
                    mean: repeated.mean,
                    variance: repeated.count.variance(repeated.mean),
                    steps: self.steps(group, service, id, &repeated.steps),
                }),
                model::Step::Reply(reply) => Step::Reply(self.reply(group, service, reply)),
            })
            .collect()
    }

    /// Threads of a pool do not wait for those that they pass requests on to; who called them does.
    fn reply(&mut self, group: usize, service: &Service, reply: &Reply) -> Vec<Onward> {
        if self.network.groups[group].is_pool() {
            return Vec::new();
        }
        let onwards = reply.forward.iter();
        onwards.map(|forward| self.onward(group, forward, forward.probability, service.priority)).collect()
    }

    fn activity(
        &mut self,
        group: usize,
        service: &Service,
        id: ServiceId,
        activity: &model::Activity,
    ) -> Activity {
        let calls = activity.calls.iter().filter(|call| call.mean > 0.0);
        let calls = calls.map(|call| self.call(group, service, id, call));
        let mut calls: Vec<Call> = calls.collect();
        let work = (!activity.demand.is_zero()).then(|| self.work(group, service, id, activity));
        if let Some(host) = work.and_then(|work| work.host) {
            calls.iter_mut().for_each(|call| call.same_host = self.same_host(host, call.target));
        }
        let random = activity.call_order == CallOrder::Random;
        Activity { delay: Moments::of(&activity.delay), work, calls, random }
    }

    fn call(&mut self, group: usize, service: &Service, id: ServiceId, call: &model::Call) -> Call {
        // Validation has resolved every callee.
        let operation = self.network.index.operation(&call.to).unwrap_or(OperationId(0));
        let target = match call.kind {
            CallKind::Synchronous => {
                self.target(group, operation, service.priority, self.connections(group, id, call))
            }
            CallKind::Asynchronous => self.stream(operation, service.priority),
        };
        let another = match call.count {
            CallCount::Fixed => 1.0 - 1.0 / call.mean.max(1.0),
            CallCount::Geometric => call.mean / (1.0 + call.mean),
        };
        let reach = target.visit().map_or(1.0, |visit| self.network.visits[visit].links.reach);
        Call {
            mean: call.mean,
            count_variance: call.count_variance(),
            fan_out: call.fan_out,
            again: another * f64::from(call.fan_out) / reach,
            latency: Moments::of(&call.latency),
            target,
            same_host: None,
        }
    }

    /// The first visit of what is called to the host of a caller's visit, if it goes there first.
    fn same_host(&mut self, caller: usize, called: Target) -> Option<usize> {
        let Target::Pool { instance, .. } = called else { return None };
        let mut works = self.network.instances[instance].steps.iter().filter_map(|step| match step {
            Step::Activity(activity) => activity.work,
            _ => None,
        });
        let first = works.next()?.host?;
        let visits = &mut self.network.visits;
        if visits[first].station != visits[caller].station {
            return None;
        }
        visits[first].callers = visits[first].callers.max(visits[caller].priority);
        Some(first)
    }

    /// The fixed connections of a call by a service's own threads. Customers from elsewhere take any of its replicas, and so
    /// any connection (exact for users and open loads).
    fn connections(&self, group: usize, id: ServiceId, call: &model::Call) -> Option<Links> {
        let fan_in = f64::from(call.fan_in?);
        self.is_pool_of(group, id).then(|| {
            let replicas = f64::from(self.network.system.services[id.0].replicas);
            Links::fixed(replicas, self.network.circles(group), f64::from(call.fan_out), fan_in)
        })
    }

    fn is_pool_of(&self, group: usize, id: ServiceId) -> bool {
        matches!(self.network.groups[group].source, Source::Pool { service, .. } if service == id)
    }

    fn free(&self, group: usize, station: usize) -> Links {
        Links::free(self.network.circles(group), self.network.stations[station].copies)
    }

    /// How a service's requests come to its machines or containers: its threads stay at theirs.
    fn at_home(&self, group: usize, id: ServiceId, station: usize) -> Links {
        if !self.is_pool_of(group, id) {
            return self.free(group, station);
        }
        let replicas = f64::from(self.network.system.services[id.0].replicas);
        let fan_in = replicas / self.network.stations[station].copies;
        Links::fixed(replicas, self.network.circles(group), 1.0, fan_in)
    }

    fn work(&mut self, group: usize, service: &Service, id: ServiceId, activity: &model::Activity) -> Work {
        let count = 1.0 + activity.calls_mean();
        let speed = self.network.system.hosts[self.network.index.host_of(id).0].speed;
        let slice = Moments::of(&activity.demand).times(1.0 / (count * speed));
        // The shape holds for each slice, so the variance shrinks with the square, as `times` has it.
        let host = self.host_station(service, id);
        let limit = self.limit_station(service, id);
        let mut visit = |station: usize| {
            let links = self.at_home(group, id, station);
            self.visit(group, station, service.priority, links)
        };
        let host = host.map(&mut visit);
        let limit = limit.map(&mut visit);
        Work { slice, count, host, limit }
    }

    /// The queue for the cores; none where there is nothing to wait for.
    fn host_station(&mut self, service: &Service, id: ServiceId) -> Option<usize> {
        let host_id = self.network.index.host_of(id);
        let host = &self.network.system.hosts[host_id.0];
        let cores = f64::from(host.cores.finite()?);
        let suffices = if host.per_replica {
            service.cpu_limit.is_some_and(|limit| limit <= cores)
        } else {
            self.replication.suffices(host_id, cores)
        };
        if suffices {
            return None;
        }
        let (owner, machines, copies) = if host.per_replica {
            (Some(id), f64::from(service.replicas), self.replication.containers(service, id))
        } else {
            let machines = self.replication.machines_of(host_id);
            (None, machines, self.replication.shared_machines(service, id, host_id))
        };
        let cores = cores * machines / copies.count;
        Some(self.station(Key(Kind::Host(host_id), owner), copies, cores, Order::of(host.scheduling)))
    }

    /// The limit of each replica's container.
    fn limit_station(&mut self, service: &Service, id: ServiceId) -> Option<usize> {
        let limit = service.cpu_limit?;
        let host = &self.network.system.hosts[self.network.index.host_of(id).0];
        if host.per_replica && limit > host.cores.as_f64() {
            return None;
        }
        let containers = self.replication.containers(service, id);
        let limit = limit * f64::from(service.replicas) / containers.count;
        Some(self.station(Key(Kind::Limit(id), None), containers, limit, Order::of(host.scheduling)))
    }

    /// The queue for threads: one for each replica, or one for all.
    fn pool_station(&mut self, id: ServiceId) -> usize {
        let service = &self.network.system.services[id.0];
        let threads = service.concurrency.as_f64();
        let replicas = f64::from(service.replicas);
        let queues = self.replication.queues(service, id);
        let servers = threads * replicas / queues.count;
        self.station(Key(Kind::Pool(id), None), queues, servers, Order::of(service.scheduling))
    }

    fn station(&mut self, key: Key, copies: Copies, servers: f64, order: Order) -> usize {
        if let Some(&station) = self.stations.get(&key) {
            return station;
        }
        let kind = key.0;
        let Copies { count: copies, arrival_scv } = copies;
        self.network.stations.push(Station { kind, copies, servers, order, arrival_scv, visits: Vec::new() });
        self.stations.insert(key, self.network.stations.len() - 1);
        self.network.stations.len() - 1
    }

    fn visit(&mut self, group: usize, station: usize, priority: i32, links: Links) -> usize {
        let priority = self.network.stations[station].order.priority(priority);
        let visits = &mut self.network.visits;
        *self.visit_numbers.entry((group, station, priority, links.key())).or_insert_with(|| {
            visits.push(Visit { group, station, priority, callers: i32::MIN, links });
            visits.len() - 1
        })
    }
}
