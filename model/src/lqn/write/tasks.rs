//! Services as tasks.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Writer;
use super::emit::attribute;
use crate::{Load, LoadBalancing, Lock, Multiplicity, Scheduling, Service, System, WorkQueue};

impl Writer<'_> {
    pub(super) fn task(&mut self, service: &Service) {
        let element = format!("service \"{}\"", service.name);
        self.what_tasks_lack(service, &element);
        let mut attributes = vec![attribute("name", &service.name)];
        let customers = self.loads.customers.get(service.name.as_str()).copied();
        let mut replicas = service.replicas;
        if let Some(workload) = customers
            && let Load::Closed { population, think_time } = &workload.load
        {
            attributes.push(attribute("scheduling", "ref"));
            attributes.push(attribute("multiplicity", population / replicas.max(1)));
            let what = format!("the think time of workload \"{}\"", workload.name);
            let think_time = self.remarks.exponential(think_time, &what);
            if think_time > 0.0 {
                attributes.push(attribute("think-time", think_time));
            }
        } else {
            let mut threads = service.concurrency;
            if let Some(queue) = service.work_queue.as_ref() {
                // Replicas that fetch from one queue are threads of one task.
                threads = service.total_threads();
                replicas = 1;
                let message =
                    format!("{element}: its work queue \"{}\" becomes the queue of one task", queue.name);
                self.remarks.note(message);
                if *queue != WorkQueue::new(&queue.name) {
                    self.remarks.problem(format!("{element}: settings of its work queue"));
                }
            }
            attributes.push(attribute("scheduling", self.task_scheduling(service, &element)));
            match threads {
                Multiplicity::Finite(1) => {}
                Multiplicity::Infinite if service.lock.is_none() => {}
                Multiplicity::Infinite => attributes.push(attribute("multiplicity", "inf")),
                Multiplicity::Finite(threads) => attributes.push(attribute("multiplicity", threads)),
            }
            if let (Some(Lock::Semaphore { taken }), Some(tokens)) = (service.lock, threads.finite())
                && taken > 0
            {
                attributes.push(attribute("initially", tokens.saturating_sub(taken)));
            }
        }
        if replicas != 1 {
            attributes.push(attribute("replication", replicas));
            if customers.is_none() && service.load_balancing != LoadBalancing::Random {
                let policy = service.load_balancing.name();
                self.remarks.note(format!("{element}: load balancing \"{policy}\" becomes \"random\""));
            }
        }
        if service.priority != 0 {
            attributes.push(attribute("priority", service.priority));
        }
        attributes.extend(service.queue_capacity.map(|length| attribute("queue-length", length)));
        self.out.open("task", &attributes);
        self.task_figures(service);
        self.fans(service, &element);
        self.operations(service, customers.is_some());
        self.out.close();
    }

    fn what_tasks_lack(&mut self, service: &Service, element: &str) {
        if service.cpu_limit.is_some() {
            self.remarks.problem(format!("{element}: a limit of processor time"));
        }
        if service.queue_capacity == Some(0) {
            self.remarks.problem(format!("{element}: a queue in which nothing may wait"));
        }
        if service.polling.is_some() {
            self.remarks.problem(format!("{element}: polling"));
        }
        if service.autoscaler.is_some() {
            self.remarks.problem(format!("{element}: an autoscaler"));
        }
        if service.weight != 1.0 {
            self.remarks.problem(format!("{element}: a weight of processor sharing"));
        }
        if service.external {
            self.remarks.note(format!("{element}: that it is external is not kept"));
        }
    }

    fn task_scheduling(&mut self, service: &Service, element: &str) -> &'static str {
        match (service.lock, service.concurrency, service.scheduling) {
            (Some(Lock::Semaphore { .. }), ..) => "semaphore",
            (Some(Lock::ReadWrite), ..) => "rwlock",
            (_, Multiplicity::Infinite, _) => "inf",
            (_, _, Scheduling::Fcfs) => "fcfs",
            (_, _, Scheduling::Random) => "rand",
            (_, _, Scheduling::Priority) => "hol",
            (
                _,
                _,
                Scheduling::Ps
                | Scheduling::Lcfs
                | Scheduling::PreemptiveLcfs
                | Scheduling::PreemptivePriority,
            ) => {
                let name = service.scheduling.name();
                self.remarks.problem(format!("{element}: scheduling \"{name}\" of threads"));
                "fcfs"
            }
        }
    }

    /// Fixed connections, which belong to pairs of tasks.
    fn fans(&mut self, service: &Service, element: &str) {
        let name = service.name.as_str();
        for other in self.fans.mixed.get(name).into_iter().flatten() {
            let message =
                format!("{element}: fan-outs of calls to \"{other}\" that differ, or have no fan-in");
            self.remarks.problem(message);
        }
        for (other, fan_out) in self.fans.out.get(name).into_iter().flatten() {
            self.out.empty("fan-out", &vec![attribute("dest", other), attribute("value", fan_out)]);
        }
        for (other, fan_in) in self.fans.incoming.get(name).into_iter().flatten() {
            self.out.empty("fan-in", &vec![attribute("source", other), attribute("value", fan_in)]);
        }
    }
}

/// Per service, the fixed connections to others.
#[derive(Default)]
pub(super) struct Fans<'a> {
    /// Callees with the fan-out of calls to them.
    out: HashMap<&'a str, BTreeMap<&'a str, u32>>,
    /// Callers with the fan-in of calls from them.
    incoming: HashMap<&'a str, BTreeMap<&'a str, u32>>,
    /// Callees to which not all calls fan out in one way.
    mixed: HashMap<&'a str, BTreeSet<&'a str>>,
}

impl<'a> Fans<'a> {
    pub(super) fn new(system: &'a System) -> Self {
        let mut fans = Self::default();
        for service in &system.services {
            let caller = service.name.as_str();
            let mut found: BTreeMap<&str, (u32, Option<u32>)> = BTreeMap::new();
            for call in
                service.operations.iter().flat_map(crate::Operation::activities).flat_map(|a| &a.calls)
            {
                let fan = (call.fan_out, call.fan_in);
                let to = call.to.service();
                let same = *found.entry(to).or_insert(fan) == fan;
                if !same || (call.fan_out > 1 && call.fan_in.is_none()) {
                    fans.mixed.entry(caller).or_default().insert(to);
                }
            }
            for (to, (fan_out, fan_in)) in found {
                let Some(fan_in) = fan_in else { continue };
                fans.out.entry(caller).or_default().insert(to, fan_out);
                fans.incoming.entry(to).or_default().insert(caller, fan_in);
            }
        }
        fans
    }
}
