//! Workloads: reference tasks and open arrivals.

use std::collections::{HashMap, HashSet};

use super::emit::attribute;
use super::names::Names;
use super::{Remarks, Writer};
use crate::{
    CallKind, Completion, Element, Load, LoadBalancing, OperationRef, Scheduling, Service, System, Workload,
};

/// What drives what.
pub(super) struct Loads<'a> {
    /// Services that are the customers of a workload, as a reference task is.
    pub(super) customers: HashMap<&'a str, &'a Workload>,
    /// Reference tasks that have to be made for the other closed workloads.
    pub(super) made: Vec<Made<'a>>,
    /// Open arrivals per second.
    pub(super) rates: HashMap<OperationRef, f64>,
    /// Operations whose reply somebody waits for.
    pub(super) awaited: HashSet<OperationRef>,
}

/// A reference task that stands for a workload.
pub(super) struct Made<'a> {
    workload: &'a Workload,
    processor: String,
    task: String,
    entry: String,
}

impl<'a> Loads<'a> {
    pub(super) fn new(system: &'a System, names: &mut Names, remarks: &mut Remarks) -> Self {
        let called = Called::new(system);
        let mut loads = Self {
            customers: HashMap::new(),
            made: Vec::new(),
            rates: HashMap::new(),
            awaited: called.awaited.clone(),
        };
        for workload in &system.workloads {
            let element = format!("workload \"{}\"", workload.name);
            if workload.completion == Completion::AllWork {
                remarks.note(format!("{element}: its requests count as done at the reply"));
            }
            match &workload.load {
                Load::Closed { .. } => loads.closed(system, workload, &called, names, remarks),
                Load::Poisson { rate } => loads.open(system, workload, *rate, remarks),
                Load::Renewal { .. } | Load::Markov(_) => {
                    remarks.problem(format!("{element}: arrivals that are not Poisson"));
                }
                Load::Burst { .. } => remarks.problem(format!("{element}: a load that ends (bursts)")),
                Load::Profile(_) => {
                    remarks.problem(format!("{element}: a load that ends (a rate that varies with time)"));
                }
                Load::Replay { .. } => {
                    remarks.problem(format!("{element}: a load that ends (recorded arrivals)"));
                }
                Load::SerialClient(_) => {
                    remarks.problem(format!("{element}: a load that ends (a serial client)"));
                }
            }
        }
        loads
    }

    fn closed(
        &mut self,
        system: &'a System,
        workload: &'a Workload,
        called: &Called,
        names: &mut Names,
        remarks: &mut Remarks,
    ) {
        let customers = system.services.iter().find(|service| service.name == workload.name);
        if let Some(service) = customers.filter(|service| are_customers(system, service, workload, called)) {
            self.customers.insert(&service.name, workload);
            return;
        }
        self.awaited.extend(workload.requests.iter().map(|request| request.operation.clone()));
        let made = Made {
            workload,
            processor: names.new_processor(&workload.name),
            task: names.new_task(&workload.name),
            entry: names.new_entry(&workload.name),
        };
        remarks.note(format!("workload \"{}\" becomes the reference task \"{}\"", workload.name, made.task));
        self.made.push(made);
    }

    fn open(&mut self, system: &System, workload: &Workload, rate: f64, remarks: &mut Remarks) {
        let mut renamed = workload.requests.len() > 1;
        for (operation, share) in workload.shares() {
            let sum = self.rates.entry(operation.clone()).or_default();
            renamed |= *sum > 0.0 || !is_name_of_arrivals(system, &workload.name, operation.operation());
            *sum += rate * share;
            self.awaited.insert(operation.clone());
        }
        if renamed {
            let name = &workload.name;
            remarks.note(format!(
                "workload \"{name}\" becomes open arrivals, which are called like their entries"
            ));
        }
    }
}

/// Would open arrivals at an entry of this name be read as a workload of that name?
fn is_name_of_arrivals(system: &System, workload: &str, entry: &str) -> bool {
    let taken = system.services.iter().any(|service| service.name == entry)
        && system
            .workloads
            .iter()
            .any(|other| other.name == entry && matches!(other.load, Load::Closed { .. }));
    workload == entry || (taken && workload == format!("{entry}_open"))
}

/// Which operations are asked for by others.
struct Called {
    awaited: HashSet<OperationRef>,
    services: HashSet<String>,
}

impl Called {
    fn new(system: &System) -> Self {
        let mut called = Self { awaited: HashSet::new(), services: HashSet::new() };
        for (_, operation) in system.operations() {
            operation.walk(&mut |element, _| match element {
                Element::Activity(activity) => {
                    for call in &activity.calls {
                        called.services.insert(call.to.service().to_owned());
                        if call.kind == CallKind::Synchronous {
                            called.awaited.insert(call.to.clone());
                        }
                    }
                }
                Element::Forward(forward) => {
                    called.services.insert(forward.to.service().to_owned());
                    called.awaited.insert(forward.to.clone());
                }
            });
        }
        called
    }
}

/// Is a service nothing but the customers of a workload?
fn are_customers(system: &System, service: &Service, workload: &Workload, called: &Called) -> bool {
    let Load::Closed { population, .. } = workload.load else { return false };
    let own = workload.requests.iter().map(|request| &request.operation);
    let operations = || service.operations.iter().map(|o| OperationRef::new(&service.name, &o.name));
    let others = system.workloads.iter().filter(|other| other.name != workload.name);
    let replies = |service: &Service| {
        service.operations.iter().any(|o| o.has_step(|step| matches!(step, crate::Step::Reply(_))))
    };
    own.cloned().eq(operations())
        && workload.requests.windows(2).all(|pair| pair[0].weight == pair[1].weight)
        && service.concurrency.is_infinite()
        && service.scheduling == Scheduling::Fcfs
        && matches!(service.load_balancing, LoadBalancing::Random | LoadBalancing::RoundRobin)
        && service.queue_capacity.is_none()
        && service.lock.is_none()
        && !replies(service)
        && !called.services.contains(&service.name)
        && service.replicas > 0
        && population % service.replicas == 0
        && others.flat_map(|other| &other.requests).all(|request| request.operation.service() != service.name)
}

impl Writer<'_> {
    /// A reference task on a processor of its own. Its entry asks for one of the operations.
    pub(super) fn made(&mut self, made: &Made<'_>) {
        let Load::Closed { population, think_time } = &made.workload.load else { return };
        let what = format!("the think time of workload \"{}\"", made.workload.name);
        let think_time = self.remarks.exponential(think_time, &what);
        self.out.open("processor", &vec![attribute("name", &made.processor), attribute("scheduling", "inf")]);
        self.out.open(
            "task",
            &vec![
                attribute("name", &made.task),
                attribute("scheduling", "ref"),
                attribute("multiplicity", population),
                attribute("think-time", think_time),
            ],
        );
        let shares: Vec<(String, f64)> = made
            .workload
            .shares()
            .filter_map(|(operation, share)| Some((self.names.entry(operation)?.to_owned(), share)))
            .collect();
        match shares.as_slice() {
            [(dest, _)] => {
                self.out.open("entry", &vec![attribute("name", &made.entry), attribute("type", "PH1PH2")]);
                self.out.open("entry-phase-activities", &Vec::new());
                self.asking(&format!("{}_1", made.entry), Some(dest), vec![attribute("phase", 1)]);
                self.out.close();
                self.out.close();
            }
            _ => self.choosing(made, &shares),
        }
        self.out.close();
        self.out.close();
    }

    /// An activity that makes one call, or none.
    fn asking(&mut self, name: &str, dest: Option<&str>, more: Vec<(&'static str, String)>) {
        let mut attributes = vec![attribute("name", name)];
        attributes.extend(more);
        attributes.push(attribute("host-demand-mean", 0));
        match dest {
            None => self.out.empty("activity", &attributes),
            Some(dest) => {
                attributes.push(attribute("call-order", "DETERMINISTIC"));
                self.out.open("activity", &attributes);
                self.out.empty("synch-call", &vec![attribute("dest", dest), attribute("calls-mean", 1)]);
                self.out.close();
            }
        }
    }

    fn choosing(&mut self, made: &Made<'_>, shares: &[(String, f64)]) {
        let entry = &made.entry;
        let name = |number: usize| format!("{entry}_ask{}", number + 1);
        self.out.empty("entry", &vec![attribute("name", entry), attribute("type", "NONE")]);
        self.out.open("task-activities", &Vec::new());
        let choose = format!("{entry}_choose");
        self.asking(&choose, None, vec![attribute("bound-to-entry", entry)]);
        for (number, (dest, _)) in shares.iter().enumerate() {
            self.asking(&name(number), Some(dest), Vec::new());
        }
        self.out.open("precedence", &Vec::new());
        self.out.open("pre", &Vec::new());
        self.out.empty("activity", &vec![attribute("name", &choose)]);
        self.out.close();
        self.out.open("post-OR", &Vec::new());
        for (number, (_, share)) in shares.iter().enumerate() {
            self.out.empty("activity", &vec![attribute("name", name(number)), attribute("prob", share)]);
        }
        self.out.close();
        self.out.close();
        self.out.close();
    }
}
