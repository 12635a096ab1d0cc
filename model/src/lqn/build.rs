//! A system from an LQN model: names resolved, every element in the words of this crate.

use std::collections::{HashMap, HashSet};

use super::checks;
use super::document::{Activity, Document, Entry, Fan, Name, Processor, Task, TaskKind};
use super::graph::Flow;
use super::problem::Fault;
use super::rule::Rule;
use crate::{
    Call, CallCount, CallOrder, Completion, Distribution, Forward, Host, Load, LoadBalancing, Lock,
    Multiplicity, Operation, OperationRef, Reply, Request, Service, ShareGroup, Step, System, Workload,
};

/// Makes a system.
///
/// # Errors
/// Every name that nothing bears, and everything that has no meaning.
pub(super) fn system(document: &Document) -> Result<System, Vec<Fault>> {
    let mut builder = Builder { names: Names::new(document), faults: Vec::new() };
    builder.duplicates(document);
    if !builder.faults.is_empty() {
        // Everything else would depend on which of them is meant.
        return Err(builder.faults);
    }
    let system = System {
        name: document.name.clone().filter(|name| !name.is_empty()),
        description: document.comment.clone().filter(|comment| !comment.trim().is_empty()),
        hosts: document.processors.iter().map(host).collect(),
        services: document.tasks.iter().map(|task| builder.service(task)).collect(),
        workloads: builder.workloads(document),
        ..System::default()
    };
    builder.faults.extend(checks::errors(document));
    if builder.faults.is_empty() { Ok(system) } else { Err(builder.faults) }
}

/// Who bears which name.
pub(super) struct Names<'a> {
    processors: HashMap<&'a str, &'a Processor>,
    tasks: HashMap<&'a str, &'a Task>,
    /// By entry, the task that it belongs to.
    entries: HashMap<&'a str, &'a Task>,
    /// By source and destination.
    fan_out: HashMap<(&'a str, &'a str), u32>,
    fan_in: HashMap<(&'a str, &'a str), u32>,
}

impl<'a> Names<'a> {
    fn new(document: &'a Document) -> Self {
        let tasks = &document.tasks;
        let fans = |fans: fn(&Task) -> &Vec<Fan>| {
            tasks.iter().flat_map(move |task| fans(task).iter().map(move |fan| (task, fan)))
        };
        Self {
            processors: document.processors.iter().map(|p| (p.name.text.as_str(), p)).collect(),
            tasks: tasks.iter().map(|task| (task.name.text.as_str(), task)).collect(),
            entries: tasks
                .iter()
                .flat_map(|task| task.entries.iter().map(move |entry| (entry.name.text.as_str(), task)))
                .collect(),
            fan_out: fans(|task| &task.fan_out)
                .map(|(task, fan)| ((task.name.text.as_str(), fan.task.text.as_str()), fan.value))
                .collect(),
            fan_in: fans(|task| &task.fan_in)
                .map(|(task, fan)| ((fan.task.text.as_str(), task.name.text.as_str()), fan.value))
                .collect(),
        }
    }
}

/// Gathers faults while building.
pub(super) struct Builder<'a> {
    names: Names<'a>,
    faults: Vec<Fault>,
}

impl Builder<'_> {
    pub(super) fn report(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    fn duplicates(&mut self, document: &Document) {
        let tasks = &document.tasks;
        let kinds: [(&str, Vec<&Name>); 4] = [
            ("processor", document.processors.iter().map(|processor| &processor.name).collect()),
            ("group", document.processors.iter().flat_map(|p| &p.groups).map(|group| &group.name).collect()),
            ("task", tasks.iter().map(|task| &task.name).collect()),
            ("entry", tasks.iter().flat_map(|task| &task.entries).map(|entry| &entry.name).collect()),
        ];
        for (kind, names) in &kinds {
            let mut seen = HashSet::new();
            for name in names.iter().filter(|name| !seen.insert(name.text.as_str())) {
                let message = format!("there is more than one {kind} of this name");
                self.faults.push(Fault::new(
                    Rule::DuplicateName,
                    name.at,
                    format!("{kind} \"{}\"", name.text),
                    message,
                ));
            }
        }
    }

    fn service(&mut self, task: &Task) -> Service {
        self.references(task);
        let mut service = Service::new(&task.name.text, &task.processor.text);
        service.replicas = task.replication;
        service.priority = task.priority;
        service.queue_capacity = task.queue_length;
        service.share_group = task.group.as_ref().map(|group| group.text.clone());
        if task.replication > 1 {
            service.load_balancing = LoadBalancing::Random;
        }
        match task.kind {
            // Customers do not queue for each other: there are as many as there are.
            TaskKind::Reference => service.concurrency = Multiplicity::Infinite,
            TaskKind::Server(scheduling) => {
                service.concurrency = task.multiplicity;
                service.scheduling = scheduling;
            }
            TaskKind::Semaphore => {
                service.concurrency = task.multiplicity;
                let taken = self.tokens_taken(task);
                service.lock = Some(Lock::Semaphore { taken });
            }
            TaskKind::ReadWriteLock => {
                service.concurrency = task.multiplicity;
                service.lock = Some(Lock::ReadWrite);
            }
        }
        let mut flow = Flow::new(task, self);
        service.operations =
            task.entries.iter().map(|entry| self.operation(task, entry, &mut flow)).collect();
        flow.unreached(self);
        service
    }

    /// Tokens of a semaphore that are not there at the start.
    fn tokens_taken(&mut self, task: &Task) -> u32 {
        let (Some(tokens), Some(initially)) = (task.multiplicity.finite(), task.initially) else { return 0 };
        if initially > tokens {
            let element = format!("task \"{}\"", task.name.text);
            let message = format!("it has {initially} tokens at the start, but there are {tokens}");
            self.faults.push(Fault::new(Rule::InvalidValue, task.name.at, element, message));
        }
        tokens.saturating_sub(initially)
    }

    /// The names that a task refers to, other than those of its activities.
    fn references(&mut self, task: &Task) {
        let element = format!("task \"{}\"", task.name.text);
        match self.names.processors.get(task.processor.text.as_str()) {
            None => {
                let message = format!("there is no processor \"{}\"", task.processor.text);
                self.faults.push(Fault::new(Rule::UnknownName, task.processor.at, &element, message));
            }
            Some(processor) => {
                let unknown = task
                    .group
                    .as_ref()
                    .filter(|group| processor.groups.iter().all(|other| other.name.text != group.text));
                if let Some(group) = unknown {
                    let message =
                        format!("processor \"{}\" has no group \"{}\"", task.processor.text, group.text);
                    self.faults.push(Fault::new(Rule::UnknownName, group.at, &element, message));
                }
            }
        }
        for fan in task.fan_in.iter().chain(&task.fan_out) {
            if !self.names.tasks.contains_key(fan.task.text.as_str()) {
                let message = format!("there is no task \"{}\"", fan.task.text);
                self.faults.push(Fault::new(Rule::UnknownName, fan.task.at, &element, message));
            }
        }
    }

    fn operation<'t>(&mut self, task: &Task, entry: &'t Entry, flow: &mut Flow<'t>) -> Operation {
        let mut operation = Operation::new(&entry.name.text);
        operation.priority = entry.priority;
        operation.lock = entry.lock;
        let element = format!("entry \"{}\"", entry.name.text);
        operation.steps = match &entry.start {
            Some(_) if entry.has_phases() => {
                let message = "it has both phases and an activity to start with; it needs one of the two";
                self.faults.push(Fault::new(Rule::PhasesAndActivities, entry.name.at, element, message));
                flow.give_up();
                Vec::new()
            }
            Some(start) => flow.steps(entry, start, self),
            None => {
                if !entry.has_phases() && entry.forwarding.is_empty() && entry.lock.is_none() {
                    let message = "it has neither phases nor an activity to start with";
                    self.faults.push(Fault::new(Rule::EntryContent, entry.name.at, element, message));
                }
                self.phases(task, entry)
            }
        };
        operation
    }

    /// The phases one after the other; the reply comes after the first. A reference task replies to nobody.
    fn phases(&mut self, task: &Task, entry: &Entry) -> Vec<Step> {
        let forward = self.forwards(entry);
        let mut phases = entry.phases.iter().map(|phase| {
            phase
                .as_ref()
                .filter(|activity| !activity.is_empty())
                .map(|activity| Step::Activity(self.activity(task, activity)))
        });
        let mut steps: Vec<Step> = phases.next().flatten().into_iter().collect();
        let later: Vec<Step> = phases.flatten().collect();
        if task.kind != TaskKind::Reference && !(later.is_empty() && forward.is_empty()) {
            steps.push(Step::Reply(Reply { forward }));
        }
        steps.extend(later);
        steps
    }

    pub(super) fn forwards(&mut self, entry: &Entry) -> Vec<Forward> {
        let element = format!("entry \"{}\"", entry.name.text);
        entry
            .forwarding
            .iter()
            .map(|forwarding| Forward {
                to: self.destination(&forwarding.dest, &element),
                probability: forwarding.probability,
                latency: Distribution::zero(),
            })
            .collect()
    }

    fn destination(&mut self, dest: &Name, element: &str) -> OperationRef {
        match self.names.entries.get(dest.text.as_str()) {
            Some(task) => OperationRef::new(&task.name.text, &dest.text),
            None => {
                let message = format!("there is no entry \"{}\"", dest.text);
                self.faults.push(Fault::new(Rule::UnknownName, dest.at, element, message));
                OperationRef::new("", &dest.text)
            }
        }
    }

    pub(super) fn activity(&mut self, task: &Task, activity: &Activity) -> crate::Activity {
        let element = format!("activity \"{}\" of task \"{}\"", activity.name.text, task.name.text);
        let calls = activity.calls.iter().map(|call| {
            let to = self.destination(&call.dest, &element);
            let ends = (task.name.text.as_str(), to.service());
            let (fan_out, fan_in) = (self.names.fan_out.get(&ends), self.names.fan_in.get(&ends));
            if activity.deterministic && call.mean.fract() != 0.0 {
                let message = format!(
                    "the number of calls to \"{}\" is {} but must be whole, since the call order is deterministic",
                    call.dest.text, call.mean
                );
                self.faults.push(Fault::new(Rule::InvalidValue, call.dest.at, &element, message));
            }
            Call {
                kind: call.kind,
                count: if activity.deterministic { CallCount::Fixed } else { CallCount::Geometric },
                // Where one end is given, the other is 1.
                fan_in: fan_in.copied().or(fan_out.map(|_| 1)),
                fan_out: fan_out.copied().unwrap_or(1),
                ..Call::new(to).with_mean(call.mean)
            }
        });
        let calls: Vec<Call> = calls.collect();
        let random = !activity.deterministic && !calls.is_empty();
        crate::Activity {
            name: Some(activity.name.text.clone()),
            demand: demand(activity.demand, activity.cvsq),
            delay: exponential(activity.think_time),
            calls,
            call_order: if random { CallOrder::Random } else { CallOrder::Written },
        }
    }

    /// The customers of reference tasks, and open arrivals, in the order of the tasks.
    fn workloads(&mut self, document: &Document) -> Vec<Workload> {
        let reference = |task: &&Task| task.kind == TaskKind::Reference;
        let mut taken: HashSet<String> =
            document.tasks.iter().filter(reference).map(|task| task.name.text.clone()).collect();
        let mut workloads = Vec::new();
        for task in &document.tasks {
            if task.kind == TaskKind::Reference {
                workloads.push(self.customers(task));
            }
            for entry in &task.entries {
                let Some(rate) = entry.open_arrival_rate else { continue };
                let name = unused(&entry.name.text, &mut taken);
                let operation = OperationRef::new(&task.name.text, &entry.name.text);
                workloads.push(Workload::new(name, operation, Load::Poisson { rate }));
            }
        }
        workloads
    }

    fn customers(&mut self, task: &Task) -> Workload {
        let population = match task.multiplicity {
            Multiplicity::Finite(customers) => customers.saturating_mul(task.replication),
            Multiplicity::Infinite => {
                let message = "a reference task has a finite number of customers";
                let element = format!("task \"{}\"", task.name.text);
                self.faults.push(
                    Fault::new(Rule::ReferenceTask, task.name.at, element, message)
                        .hint("for arrivals that do not wait, give an entry an open arrival rate"),
                );
                1
            }
        };
        let request = |entry: &Entry| Request {
            operation: OperationRef::new(&task.name.text, &entry.name.text),
            weight: 1.0,
        };
        Workload {
            name: task.name.text.clone(),
            requests: task.entries.iter().map(request).collect(),
            load: Load::Closed { population, think_time: exponential(task.think_time) },
            completion: Completion::default(),
            resilience: None,
        }
    }
}

fn host(processor: &Processor) -> Host {
    let mut host = Host::new(&processor.name.text)
        .with_cores(processor.multiplicity)
        .with_scheduling(processor.scheduling);
    host.speed = processor.speed;
    host.replicas = processor.replication;
    let groups = processor.groups.iter();
    host.share_groups = groups
        .map(|group| ShareGroup { name: group.name.text.clone(), share: group.share, capped: group.capped })
        .collect();
    host
}

/// The name itself, or the first variation of it that is free.
fn unused(name: &str, taken: &mut HashSet<String>) -> String {
    let variations = (2..).map(|number| format!("{name}_open{number}"));
    let mut names = [name.to_owned(), format!("{name}_open")].into_iter().chain(variations);
    names.find(|name| taken.insert(name.clone())).unwrap_or_default()
}

fn exponential(mean: f64) -> Distribution {
    if mean == 0.0 { Distribution::zero() } else { Distribution::exponential(mean) }
}

/// A demand by mean and squared coefficient of variation, of the usual family: gamma below 1, hyper-exponential with
/// balanced means above. A gamma above 1 is 3 % off in the corpus model cv2-03, since its third moment is another.
fn demand(mean: f64, cvsq: Option<f64>) -> Distribution {
    match cvsq {
        None => exponential(mean),
        // Both are not negative and finite: the reader has checked.
        Some(scv) => Distribution::with_scv(mean, scv).unwrap_or_else(|_| exponential(mean)),
    }
}
