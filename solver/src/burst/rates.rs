//! How fast a front or a stage works with so many customers in it.

use tracecast_model::{
    Call, Distribution, EngineOptions, Host, Load, Multiplicity, Operation, OperationId, OperationRef,
    PredictError, RunControl, Service, ServiceId, Status, System, WorkQueue, Workload,
};

use super::plan::Plan;
use crate::layered;
use crate::moments::Moments;

/// Solves closed networks cut out of the system.
pub(crate) struct Solver<'a> {
    plan: &'a Plan<'a>,
    options: &'a EngineOptions,
    control: &'a RunControl<'a>,
    iterations: u64,
    status: Status,
}

/// Time that one of n customers spends in a network, for any n.
pub(crate) struct Residence {
    /// For growing n.
    known: Vec<(usize, Moments)>,
}

/// Populations above this are extrapolated: by then either the bottleneck is busy all the time and every further
/// customer adds the same, or nobody is in anybody's way.
const LARGEST: usize = 512;

impl<'a> Solver<'a> {
    pub(crate) fn new(plan: &'a Plan<'a>, options: &'a EngineOptions, control: &'a RunControl<'a>) -> Self {
        Self { plan, options, control, iterations: 0, status: Status::Converged }
    }

    pub(crate) fn status(&self) -> Status {
        self.status
    }

    pub(crate) fn iterations(&self) -> u64 {
        self.iterations
    }

    /// The front with up to `largest` requests in it.
    pub(crate) fn front(&mut self, largest: usize) -> Result<Residence, PredictError> {
        let mut system = without_messages(self.plan.system);
        system.workloads = vec![self.plan.workload.clone()];
        self.residence(system, largest)
    }

    /// A stage with up to `largest` threads busy with one operation.
    pub(crate) fn stage(
        &mut self,
        operation: OperationId,
        largest: usize,
    ) -> Result<Residence, PredictError> {
        let mut system = without_messages(self.plan.system);
        let service = self.plan.index.service_of(operation);
        unqueued(&mut system, service);
        let name = self.plan.index.name(self.plan.system, operation);
        system.workloads = vec![Workload::new("drain", name, Load::Poisson { rate: 1.0 })];
        self.residence(system, largest)
    }

    fn residence(&mut self, mut system: System, largest: usize) -> Result<Residence, PredictError> {
        let mut known = Vec::new();
        for population in populations(largest.min(LARGEST)) {
            system.workloads[0].load =
                Load::Closed { population: population as u32, think_time: Distribution::zero() };
            let solution = layered::closed_request(&system, self.options, self.control)?;
            self.iterations += u64::from(solution.iterations);
            if self.status == Status::Converged {
                self.status = solution.status;
            }
            known.push((population, solution.duration));
        }
        Ok(Residence { known })
    }
}

/// 1, 2, 3, 4, 6, 8, 12, 16, … and the largest: residence times are smooth in between.
fn populations(largest: usize) -> Vec<usize> {
    let mut all: Vec<usize> = (0..32).flat_map(|power| [1 << power, 3 << power]).collect();
    all.sort_unstable();
    all.retain(|&population| population < largest);
    all.push(largest);
    all.dedup();
    all
}

impl Residence {
    /// With so many customers, at least 1: interpolated between the known ones, extrapolated beyond.
    pub(crate) fn with(&self, customers: usize) -> Moments {
        let after = self.known.partition_point(|&(n, _)| n < customers).min(self.known.len() - 1);
        let before = after.saturating_sub(1);
        let ((low, a), (high, b)) = (self.known[before], self.known[after]);
        if low == high || customers == high {
            return b;
        }
        let part = (customers as f64 - low as f64) / (high as f64 - low as f64);
        let between = |a: f64, b: f64| (a + part * (b - a)).max(0.0);
        Moments::new(between(a.mean, b.mean), between(a.variance, b.variance))
    }

    /// Seconds between two completions with so many customers inside: n customers leave in one residence time.
    pub(crate) fn gap(&self, customers: usize) -> f64 {
        self.with(customers).mean / customers as f64
    }

    /// Customers from which on more of them hardly add throughput; at most `largest`.
    pub(crate) fn saturated_from(&self, largest: usize) -> usize {
        let best = self.known.iter().map(|&(n, _)| self.gap(n)).fold(f64::INFINITY, f64::min);
        let enough = self.known.iter().find(|&&(n, _)| self.gap(n) <= 1.02 * best);
        enough.map_or(largest, |&(n, _)| n).min(largest)
    }
}

/// The system with every message going nowhere, so that its senders remain as they are.
fn without_messages(system: &System) -> System {
    let mut system = system.clone();
    // No valid model has a name like these, since names of services have no "/".
    let nowhere = OperationRef::new("/nowhere", "sink");
    for service in &mut system.services {
        for operation in &mut service.operations {
            operation.for_each_activity_mut(&mut |activity| {
                for call in &mut activity.calls {
                    if call.kind == tracecast_model::CallKind::Asynchronous {
                        *call = Call { to: nowhere.clone(), latency: Distribution::zero(), ..call.clone() };
                    }
                }
            });
        }
    }
    let host = Host::new("/nowhere").with_cores(Multiplicity::Infinite);
    system.services.push(
        Service::new(nowhere.service(), &host.name).with_operation(Operation::new(nowhere.operation())),
    );
    system.hosts.push(host);
    system
}

/// Lets customers into a stage without a queue: there are never more than threads. A single thread in a container or
/// on a machine of its own meets nobody there, so its work is a pure delay.
fn unqueued(system: &mut System, stage: ServiceId) {
    let service = &mut system.services[stage.0];
    let Some(host) = system.hosts.iter().find(|host| host.name == service.host) else { return };
    let single = service.concurrency == Multiplicity::Finite(1);
    let cores = host.cores.as_f64();
    let own = host.per_replica || service.cpu_limit.is_some_and(|l| l * f64::from(service.replicas) <= cores);
    if single && own {
        let share = service.cpu_limit.unwrap_or(1.0).min(1.0);
        let mut private = host.clone().with_cores(Multiplicity::Infinite);
        private.name = format!("/{}", service.name);
        private.speed *= share;
        service.host.clone_from(&private.name);
        service.cpu_limit = None;
        system.hosts.push(private);
    }
    if service.cpu_limit.is_none() && (own || !host_is_per_replica(system, stage)) {
        system.services[stage.0].concurrency = Multiplicity::Infinite;
    } else {
        system.services[stage.0].work_queue.get_or_insert_with(|| WorkQueue::new("all"));
    }
}

fn host_is_per_replica(system: &System, service: ServiceId) -> bool {
    let name = &system.services[service.0].host;
    system.hosts.iter().any(|host| host.name == *name && host.per_replica)
}
