//! Machines, containers and replicas.

use tracecast_model::{
    Cfs, Host, LoadBalancing, Lock, Multiplicity, Placement, PredictError, Scheduling, Service, System,
};

use super::placing::moves;
use super::{
    Assignment, ContainerPlan, Discipline, GroupPlan, MachinePlan, Program, QuotaPlan, ServicePlan, bounded,
    unsupported,
};
use crate::line::Order;
use crate::sampler::Sampler;

/// A replica, by its number among those of all services, with its service.
pub(super) type Placed<'a> = (u32, &'a Service);

impl Program {
    /// Adds the machines of all hosts, and the services with their replicas.
    pub(super) fn add_places(&mut self, system: &System) -> Result<(), PredictError> {
        let replicas = system.services.iter().map(|service| u64::from(service.most_replicas())).sum();
        bounded(replicas, "replicas", "all services")?;
        for service in &system.services {
            self.add_service(service, system)?;
        }
        self.containers = vec![0; replicas as usize];
        for (number, host) in system.hosts.iter().enumerate() {
            bounded(u64::from(host.replicas), "machines", &format!("host \"{}\"", host.name))?;
            check_sharing(host, system)?;
            let mut placed = Vec::new();
            for (plan, service) in self.services.iter().zip(&system.services) {
                if service.host == host.name {
                    check_limit(host, service)?;
                    placed.extend((0..plan.replicas).map(|r| (r, (plan.first_replica + r, service))));
                }
            }
            if host.per_replica {
                for (place, (_, replica)) in placed.into_iter().enumerate() {
                    self.add_machine(number, host, place, &[replica]);
                }
                continue;
            }
            if host.placement != Placement::ByNumber {
                self.add_placed(number, host, system)?;
                continue;
            }
            let mut machines: Vec<Vec<Placed<'_>>> = vec![Vec::new(); host.replicas as usize];
            for (replica, placed) in placed {
                machines[(replica % host.replicas) as usize].push(placed);
            }
            for (place, replicas) in machines.iter().enumerate() {
                self.add_machine(number, host, place, replicas);
            }
        }
        Ok(())
    }

    fn add_service(&mut self, service: &Service, system: &System) -> Result<(), PredictError> {
        check_lock(service)?;
        let first_replica =
            self.services.last().map_or(0, |previous| previous.first_replica + previous.replicas);
        let assignment = if let Some(polling) = &service.polling {
            let switch_over = Sampler::new(&polling.switch_over, 1.0).map_err(|_| {
                unsupported(
                    "a switch-over time without a finite mean",
                    format!("service \"{}\"", service.name),
                )
            })?;
            let label = format!("switch-over of {}", service.name);
            let timed = !polling.switch_over.is_zero();
            Assignment::Polled(polling.visit, timed.then(|| self.variate(label, switch_over)))
        } else if service.work_queue.is_some() {
            Assignment::Fetched
        } else {
            let choice = match service.load_balancing {
                LoadBalancing::Random | LoadBalancing::PowerOfTwoChoices => {
                    let every = Sampler::Uniform { low: 0.0, width: f64::from(service.most_replicas()) };
                    self.variate(format!("replica of {}", service.name), every)
                }
                LoadBalancing::RingHash(_) | LoadBalancing::Maglev(_) => self.keys(),
                LoadBalancing::RoundRobin | LoadBalancing::LeastRequests => 0,
            };
            Assignment::Balanced(service.load_balancing, choice)
        };
        let lines = match assignment {
            Assignment::Fetched => 1,
            Assignment::Polled(..) => service.operations.len() as u32,
            Assignment::Balanced(..) => service.most_replicas(),
        };
        let order = self.order(service.scheduling, &format!("order at service {}", service.name), lines);
        let first_operation = self.services.last().map_or(0, |previous| {
            let (first, count) = previous.operations;
            first + count
        });
        let queue = self.add_queue(service);
        let outliers = self.add_outliers(service);
        let admission = self.add_admission(service);
        let fetching = self.fetching(service);
        if service.cfs.is_some() {
            self.throttled.push(self.services.len() as u32);
        }
        let elastic = if system.is_elastic(service) { Some(self.add_elastic(service)?) } else { None };
        self.services.push(ServicePlan {
            name: service.name.clone(),
            first_replica,
            replicas: service.most_replicas(),
            elastic,
            initial: service.replicas,
            threads: service.concurrency.finite(),
            assignment,
            order,
            operations: (first_operation, service.operations.len() as u32),
            capacity: service.queue_capacity,
            rate: service.rate_limit,
            shedding: service.shedding,
            admission,
            outliers,
            memory: service.memory,
            lock: service.lock,
            fetching,
            queue,
        });
        Ok(())
    }

    /// The variate that draws keys of requests, of which each has one for all services.
    fn keys(&mut self) -> u32 {
        if let Some(known) = self.keys {
            return known;
        }
        let keys = self.variate("keys of requests".to_owned(), Sampler::unit());
        self.keys = Some(keys);
        keys
    }

    /// The order of so many lines.
    fn order(&mut self, scheduling: Scheduling, label: &str, lines: u32) -> Order {
        match scheduling {
            Scheduling::Fcfs | Scheduling::Ps => Order::Arrival,
            Scheduling::Lcfs | Scheduling::PreemptiveLcfs => Order::Reverse,
            Scheduling::Priority | Scheduling::PreemptivePriority => Order::Priority,
            Scheduling::Random => {
                let first = self.variates.len() as u32;
                for line in 0..lines {
                    self.variate(format!("{label} {line}"), Sampler::unit());
                }
                Order::Random(first)
            }
        }
    }

    /// Adds a machine with a container for each limited replica and each of a service that is scaled, and one for all others
    /// of the same group and priority.
    pub(super) fn add_machine(&mut self, number: usize, host: &Host, place: usize, replicas: &[Placed<'_>]) {
        let before = self
            .machines
            .last()
            .map_or(0, |machine| machine.first_container + machine.containers.len() as u32);
        let mut containers: Vec<ContainerPlan> = Vec::new();
        let mut unlimited: Vec<u32> = Vec::new();
        for &(replica, service) in replicas {
            let mut plan = container(host, service);
            if let (Some(cfs), Some(limit)) = (service.cfs, plan.limit) {
                let phase = self.variate(format!("period of {} {replica}", service.name), Sampler::unit());
                let Cfs { period, burst, slice } = cfs;
                let places = slice.and(host.cores.finite()).unwrap_or(1);
                let slice = slice.unwrap_or(f64::INFINITY);
                plan.quota = Some(QuotaPlan { quota: limit * period, period, burst, phase, slice, places });
                plan.limit = slice.is_finite().then_some(1.0);
            }
            // Where replicas come and go, one must not be mistaken for another.
            let is_alone = self.is_elastic(replica);
            let known = unlimited
                .iter()
                .filter(|_| !is_alone)
                .copied()
                .find(|&known| containers[known as usize] == plan);
            let container = known.unwrap_or(containers.len() as u32);
            if known.is_none() {
                containers.push(plan);
                let places = plan.quota.map_or(1, |quota| quota.places);
                let further = ContainerPlan { quota: None, ..plan };
                containers.extend((1..places).map(|_| further));
                if plan.limit.is_none() && plan.quota.is_none() && !is_alone {
                    unlimited.push(container);
                }
            }
            self.containers[replica as usize] = before + container;
        }
        let label = format!("order on host {} {place}", host.name);
        let discipline = match (host.cores, host.scheduling) {
            (Multiplicity::Infinite, _)
                if host.speed_by_load.is_empty()
                    && !replicas.iter().any(|(_, service)| moves(host, service))
                    && containers.iter().all(|plan| plan.limit.is_none() && plan.quota.is_none()) =>
            {
                Discipline::Delay
            }
            (Multiplicity::Infinite, _) | (_, Scheduling::Ps) => {
                Discipline::Sharing { cores: host.cores.as_f64() }
            }
            (Multiplicity::Finite(cores), Scheduling::PreemptivePriority) => {
                Discipline::Preemptive { cores, reverse: false }
            }
            (Multiplicity::Finite(cores), Scheduling::PreemptiveLcfs) => {
                Discipline::Preemptive { cores, reverse: true }
            }
            (Multiplicity::Finite(cores), scheduling) => {
                Discipline::Cores { cores, order: self.order(scheduling, &label, 1) }
            }
        };
        self.machines.push(MachinePlan {
            host: number as u32,
            discipline,
            speeds: host.speed_by_load.clone(),
            groups: groups(host),
            first_container: before,
            containers,
        });
    }
}

/// The container of a service's replica.
fn container(host: &Host, service: &Service) -> ContainerPlan {
    let group = host.share_groups.iter().position(|group| service.share_group.as_ref() == Some(&group.name));
    ContainerPlan {
        limit: binding_limit(host, service),
        priority: if host.scheduling.has_priorities() { service.priority } else { 0 },
        weight: if host.scheduling == Scheduling::Ps { service.weight } else { 1.0 },
        group: group.unwrap_or(host.share_groups.len()),
        quota: None,
    }
}

/// The share groups of a host, and one more with the rest for all other services.
fn groups(host: &Host) -> Vec<GroupPlan> {
    let named = host.share_groups.iter();
    let rest = 1.0 - named.clone().map(|group| group.share).sum::<f64>();
    // Shares that sum to 1 but for rounding leave nothing.
    let rest = if rest < 1e-9 { 0.0 } else { rest };
    named
        .map(|group| GroupPlan { share: group.share, capped: group.capped })
        .chain([GroupPlan { share: rest, capped: false }])
        .collect()
}

/// The CPU limit, where it is less than what the machine has.
fn binding_limit(host: &Host, service: &Service) -> Option<f64> {
    service.cpu_limit.filter(|&limit| limit < host.cores.as_f64())
}

/// Where work holds whole cores, a replica cannot have one and a half of them, and what waits for the limit waits first
/// come, first served.
fn check_limit(host: &Host, service: &Service) -> Result<(), PredictError> {
    let Some(limit) = binding_limit(host, service) else { return Ok(()) };
    let shares = host.scheduling == Scheduling::Ps || host.cores.is_infinite();
    if service.cfs.is_some() && !(shares && host.speed_by_load.is_empty()) {
        let where_not = if shares {
            "whose speed depends on the load".to_owned()
        } else {
            format!("with scheduling \"{}\"", host.scheduling.name())
        };
        let what = format!("a CPU limit by periods on a host {where_not}");
        return Err(unsupported(what, format!("service \"{}\"", service.name)));
    }
    if host.cores.is_infinite() && service.cfs.is_some_and(|cfs| cfs.slice.is_some()) {
        let what = "slices of processor time on a host without a number of cores";
        return Err(unsupported(what, format!("service \"{}\"", service.name)));
    }
    if shares {
        return Ok(());
    }
    let whole = limit <= 1.0 || limit.fract() == 0.0;
    let by_arrival =
        !matches!(host.scheduling, Scheduling::Random | Scheduling::Lcfs | Scheduling::PreemptiveLcfs);
    if whole && by_arrival {
        return Ok(());
    }
    let what =
        format!("a CPU limit of {limit} cores on a host with scheduling \"{}\"", host.scheduling.name());
    Err(unsupported(what, format!("service \"{}\"", service.name)))
}

/// Only work that shares cores can have a share of them or a weight, or change its speed under way.
fn check_sharing(host: &Host, system: &System) -> Result<(), PredictError> {
    if host.scheduling == Scheduling::Ps || host.cores.is_infinite() {
        return Ok(());
    }
    let weighted = |service: &Service| service.host == host.name && service.weight != 1.0;
    let what = if !host.share_groups.is_empty() {
        "share groups"
    } else if !host.speed_by_load.is_empty() {
        "a speed that depends on the load"
    } else if system.services.iter().any(weighted) {
        "a weight of a service"
    } else {
        return Ok(());
    };
    let what = format!("{what} on a host with scheduling \"{}\"", host.scheduling.name());
    Err(unsupported(what, format!("host \"{}\"", host.name)))
}

/// A lock is one thing, so it has one replica with a line of its own.
fn check_lock(service: &Service) -> Result<(), PredictError> {
    let Some(lock) = service.lock else { return Ok(()) };
    let what = if service.replicas > 1 {
        "a lock with several replicas"
    } else if service.work_queue.is_some() {
        "a lock with a work queue"
    } else if lock == Lock::ReadWrite && service.scheduling != Scheduling::Fcfs {
        "a read-write lock that is not first come, first served"
    } else {
        return Ok(());
    };
    Err(unsupported(what, format!("service \"{}\"", service.name)))
}

impl ServicePlan {
    /// Does the replica that gets a request depend on its key? Not where there is one only.
    pub(crate) fn is_by_key(&self) -> bool {
        let Assignment::Balanced(balancing, _) = self.assignment else { return false };
        self.replicas > 1 && balancing.is_by_key()
    }

    /// Does it count for outlier detection which replica turns a request away?
    pub(crate) fn judges_rejections(&self) -> bool {
        self.outliers.is_some()
            && (self.capacity.is_some() || self.shedding.is_some() || self.admission.is_some())
    }
}
