//! Limits that hold without solving anything: capacities, bottlenecks, asymptotic and balanced-job bounds.

use std::collections::HashMap;

use tracecast_model::placement::at_start;
use tracecast_model::{
    CallKind, Feature, HostId, Index, Load, OperationId, Placement, PredictError, ServiceId, Step, System,
    visits,
};

use crate::Visits;

/// Limits of a workload.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkloadBounds {
    /// Name of the workload.
    pub workload: String,
    /// What one of its requests needs of every resource with a limit, asynchronous work included; in the order hosts,
    /// container limits, threads, each in the order of the model.
    pub demands: Vec<ResourceDemand>,
    /// Requests per second at most, if this workload were alone: that of the bottleneck, and for a closed workload no
    /// more than its users can ask for. `None` where nothing limits it.
    pub capacity: Option<f64>,
    /// The resource that limits it first.
    pub bottleneck: Option<Resource>,
    /// Response time at least: without any contention (s).
    pub response_time: f64,
}

/// What a request needs of a resource.
#[derive(Clone, Debug, PartialEq)]
pub struct ResourceDemand {
    /// Of which.
    pub resource: Resource,
    /// Mean time that one request uses one server of it, over all visits (s); for threads without any contention.
    pub demand: f64,
    /// Servers: cores of all machines in use, or threads of all replicas.
    pub servers: f64,
}

/// Something of which there is a limited amount.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Resource {
    /// The cores of a host; where replicas have machines of their own, those of a service.
    Host {
        /// Its name.
        host: String,
        /// The service, where the machines are its own.
        service: Option<String>,
    },
    /// The limits of a service's containers.
    Limit {
        /// Name of the service.
        service: String,
    },
    /// The threads of a service.
    Threads {
        /// Name of the service.
        service: String,
    },
}

impl Resource {
    /// Name of the host or service.
    pub fn element(&self) -> String {
        match self {
            Self::Host { host, service: None } => format!("host \"{host}\""),
            Self::Host { host, service: Some(service) } => {
                format!("host \"{host}\" of service \"{service}\"")
            }
            Self::Limit { service } | Self::Threads { service } => format!("service \"{service}\""),
        }
    }

    /// What of it is limited, for people.
    pub fn what(&self) -> &'static str {
        match self {
            Self::Host { .. } => "cores",
            Self::Limit { .. } => "processor limit",
            Self::Threads { .. } => "threads",
        }
    }
}

impl ResourceDemand {
    /// Requests per second that it can serve; infinite where the demand is 0.
    pub fn capacity(&self) -> f64 {
        if self.demand > 0.0 { self.servers / self.demand } else { f64::INFINITY }
    }
}

/// The limits of every workload of a valid system, in the order of the model.
///
/// # Errors
/// [`PredictError::Unsupported`] where asynchronous calls form a cycle, so that demands are not finite sums, where the speed
/// of a host depends on its load, and where the number of a service's replicas does.
pub fn bounds(system: &System) -> Result<Vec<WorkloadBounds>, PredictError> {
    let system = &*system.on_network();
    let written = system.failures_written_out();
    let system = written.as_ref().map_or(system, |written| &written.system);
    if let Some(host) = system.hosts.iter().find(|host| !host.speed_by_load.is_empty()) {
        return Err(crate::unsupported(Feature::SpeedByLoad.name(), format!("host \"{}\"", host.name)));
    }
    if let Some(service) = system.services.iter().find(|service| service.autoscaler.is_some()) {
        let element = format!("service \"{}\"", service.name);
        return Err(crate::unsupported(Feature::Autoscaling.name(), element));
    }
    let index = system.index().map_err(|error| crate::unresolved(&error))?;
    let edges = visits::edges(system, &index).map_err(|error| crate::unresolved(&error))?;
    let (holding, replies) = Alone::new(system, &index).all();
    let mut all = Vec::with_capacity(system.workloads.len());
    for workload in &system.workloads {
        let Visits { entries, executions } = crate::visits_of(system, &index, &edges, workload)?;
        let response_time = entries.iter().map(|&(operation, share)| share * replies[operation.0]).sum();
        let demands = demands(system, &index, &executions, &holding);
        all.push(limits(workload, demands, response_time));
    }
    Ok(all)
}

fn limits(
    workload: &tracecast_model::Workload,
    demands: Vec<ResourceDemand>,
    response_time: f64,
) -> WorkloadBounds {
    let tightest = demands.iter().min_by(|a, b| a.capacity().total_cmp(&b.capacity()));
    let tightest = tightest.filter(|demand| demand.capacity().is_finite());
    let mut capacity = tightest.map(ResourceDemand::capacity);
    if let Load::Closed { population, think_time } = &workload.load {
        let cycle = think_time.mean() + response_time;
        if cycle > 0.0 {
            let by_users = f64::from(*population) / cycle;
            capacity = Some(capacity.map_or(by_users, |capacity| capacity.min(by_users)));
        }
    }
    let bottleneck = tightest.map(|demand| demand.resource.clone());
    WorkloadBounds { workload: workload.name.clone(), demands, capacity, bottleneck, response_time }
}

fn demands(system: &System, index: &Index, visits: &[f64], holding: &[f64]) -> Vec<ResourceDemand> {
    let mut hosts: Vec<ResourceDemand> = Vec::new();
    let mut places: HashMap<(usize, Option<usize>), usize> = HashMap::new();
    let mut inside: Vec<ResourceDemand> = Vec::new();
    let mut machines = vec![1.0_f64; system.hosts.len()];
    for (s, service) in system.services.iter().enumerate() {
        // Replica i is on machine i modulo their number.
        let HostId(h) = index.host_of(ServiceId(s));
        machines[h] = machines[h].max(f64::from(service.replicas.min(system.hosts[h].replicas)));
    }
    for (machines, host) in machines.iter_mut().zip(&system.hosts) {
        if host.placement != Placement::ByNumber {
            *machines = match at_start(system, host) {
                Some(Ok(start)) => {
                    let in_use = start.cluster.replicas().filter(|on_it| on_it.iter().any(|&n| n > 0));
                    in_use.count() as f64
                }
                _ => f64::from(host.replicas),
            };
        }
    }
    for (s, service) in system.services.iter().enumerate() {
        let HostId(h) = index.host_of(ServiceId(s));
        let host = &system.hosts[h];
        let replicas = f64::from(service.replicas);
        let operations = || index.operations_of(ServiceId(s));
        let sum = |each: &dyn Fn(OperationId) -> f64| -> f64 {
            operations().map(|operation| visits[operation.0] * each(operation)).sum()
        };
        let work = sum(&|operation| index.get(system, operation).1.demand() / host.speed);
        if let Some(cores) = host.cores.finite() {
            let owner = host.per_replica.then_some(s);
            let place = *places.entry((h, owner)).or_insert_with(|| {
                let machines = if host.per_replica { replicas } else { machines[h] };
                let service = owner.map(|_| service.name.clone());
                hosts.push(ResourceDemand {
                    resource: Resource::Host { host: host.name.clone(), service },
                    demand: 0.0,
                    servers: f64::from(cores) * machines,
                });
                hosts.len() - 1
            });
            hosts[place].demand += work;
        }
        let name = || service.name.clone();
        if let Some(limit) = service.cpu_limit {
            let resource = Resource::Limit { service: name() };
            inside.push(ResourceDemand { resource, demand: work, servers: limit * replicas });
        }
        if let Some(threads) = service.total_threads().finite() {
            let demand = sum(&|operation| holding[operation.0]);
            let resource = Resource::Threads { service: name() };
            inside.push(ResourceDemand { resource, demand, servers: f64::from(threads) });
        }
    }
    hosts.append(&mut inside);
    hosts
}

/// Time that each operation takes without contention: all of it, and until the reply.
struct Alone<'a> {
    system: &'a System,
    index: &'a Index,
    known: Vec<Option<(f64, f64)>>,
}

impl<'a> Alone<'a> {
    fn new(system: &'a System, index: &'a Index) -> Self {
        Self { system, index, known: vec![None; index.operation_count()] }
    }

    fn all(mut self) -> (Vec<f64>, Vec<f64>) {
        (0..self.known.len()).map(|o| self.of(OperationId(o))).unzip()
    }

    /// Recursion ends, since validation refuses cycles of synchronous calls.
    fn of(&mut self, operation: OperationId) -> (f64, f64) {
        if let Some(known) = self.known[operation.0] {
            return known;
        }
        let (service, description) = self.index.get(self.system, operation);
        let HostId(host) = self.index.host_of(self.index.service_of(operation));
        // A limit below one core slows even a lone thread.
        let speed = self.system.hosts[host].speed * service.cpu_limit.unwrap_or(1.0).min(1.0);
        let (hold, reply) = self.sequence(&description.steps, speed);
        let times = (hold, reply.unwrap_or(hold));
        self.known[operation.0] = Some(times);
        times
    }

    /// Duration of steps, and until the reply where they give it.
    fn sequence(&mut self, steps: &[Step], speed: f64) -> (f64, Option<f64>) {
        steps.iter().fold((0.0, None), |(before, replied), step| {
            let (time, reply) = self.step(step, speed);
            (before + time, replied.or(reply.map(|reply| before + reply)))
        })
    }

    fn step(&mut self, step: &Step, speed: f64) -> (f64, Option<f64>) {
        match step {
            Step::Activity(activity) => {
                let own = activity.delay.mean() + activity.demand.mean() / speed;
                let calls = activity.calls.iter().filter(|call| call.kind == CallKind::Synchronous);
                let called = calls.map(|call| {
                    let called = self.index.operation(&call.to).map_or(0.0, |to| self.of(to).1);
                    call.mean * f64::from(call.fan_out) * (call.latency.mean() + called)
                });
                (own + called.sum::<f64>(), None)
            }
            Step::Fork(fork) => {
                let (mut times, replies): (Vec<f64>, Vec<Option<f64>>) =
                    fork.branches.iter().map(|branch| self.sequence(branch, speed)).unzip();
                times.sort_by(f64::total_cmp);
                // The earliest branches are those that a quorum waits for.
                let last = fork.quorum.map_or(times.len(), |quorum| quorum as usize);
                let time = times.get(last.wrapping_sub(1)).copied().unwrap_or(0.0);
                (time, replies.into_iter().flatten().next())
            }
            Step::Choice(_) | Step::Loop(_) => {
                step.inner().into_iter().fold((0.0, None), |(sum, replied), (steps, times)| {
                    let (time, reply) = self.sequence(steps, speed);
                    let replied = reply.map(|reply| replied.unwrap_or(0.0) + times * reply).or(replied);
                    (sum + times * time, replied)
                })
            }
            Step::Reply(reply) => {
                let onwards = reply.forward.iter().map(|forward| {
                    let there = self.index.operation(&forward.to).map_or(0.0, |to| self.of(to).1);
                    forward.probability * (forward.latency.mean() + there)
                });
                (0.0, Some(onwards.sum()))
            }
        }
    }
}

/// Lower and upper limit of a throughput (1/s).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ThroughputBounds {
    /// At least.
    pub low: f64,
    /// At most.
    pub high: f64,
}

/// Asymptotic bounds of a closed network of single servers (Muntz and Wong 1974; Lazowska et al. 1984, table 5.1):
/// N/(ND + Z) ≤ X ≤ min(1/Dmax, N/(D + Z)), with D the sum of the demands.
pub fn asymptotic(demands: &[f64], population: u32, think_time: f64) -> ThroughputBounds {
    let n = f64::from(population);
    let total: f64 = demands.iter().sum();
    let largest = demands.iter().copied().fold(0.0, f64::max);
    let low = ratio(n, n * total + think_time);
    ThroughputBounds { low, high: ratio(1.0, largest).min(ratio(n, total + think_time)) }
}

/// Balanced-job bounds of a closed network of single servers, tighter than the asymptotic ones (Zahorjan et al. 1982;
/// Lazowska et al. 1984, table 5.4):
/// N/(D + Z + (N-1)Dmax/(1 + Z/(ND))) ≤ X ≤ min(1/Dmax, N/(D + Z + (N-1)Davg/(1 + Z/D))).
pub fn balanced_job(demands: &[f64], population: u32, think_time: f64) -> ThroughputBounds {
    let n = f64::from(population);
    let total: f64 = demands.iter().sum();
    if demands.is_empty() || total <= 0.0 || population == 0 {
        return asymptotic(demands, population, think_time);
    }
    let largest = demands.iter().copied().fold(0.0, f64::max);
    let average = total / demands.len() as f64;
    let contention_high = (n - 1.0) * largest / (1.0 + think_time / (n * total));
    let contention_low = (n - 1.0) * average / (1.0 + think_time / total);
    ThroughputBounds {
        low: ratio(n, total + think_time + contention_high),
        high: ratio(1.0, largest).min(ratio(n, total + think_time + contention_low)),
    }
}

fn ratio(numerator: f64, denominator: f64) -> f64 {
    if denominator > 0.0 { numerator / denominator } else { f64::INFINITY }
}
