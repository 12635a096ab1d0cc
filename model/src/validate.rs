//! Lists everything that is wrong with a system, all at once.

use std::collections::HashSet;

use crate::{
    Activity, Call, Code, Diagnostic, Load, Multiplicity, Operation, OperationRef, Service, Severity, Step,
    System, Workload, visits,
};

/// Every problem of the system: errors, which stop a prediction, and warnings. Empty when all is well.
///
/// Each rule is a function here; to add one: a [`Code`], a function with its line below, and a refused example in
/// `model/tests/refused/`.
pub fn validate(system: &System) -> Vec<Diagnostic> {
    let mut found = Findings(Vec::new());
    hosts(system, &mut found);
    services(system, &mut found);
    operations(system, &mut found);
    workloads(system, &mut found);
    calls(system, &mut found);
    driven(system, &mut found);
    found.0
}

/// Only the errors, those that stop a prediction.
pub fn errors(system: &System) -> Vec<Diagnostic> {
    validate(system).into_iter().filter(|diagnostic| diagnostic.severity == Severity::Error).collect()
}

struct Findings(Vec<Diagnostic>);

impl Findings {
    fn add(&mut self, code: Code, severity: Severity, element: &str, message: impl Into<String>) {
        self.0.push(Diagnostic { code, severity, element: element.into(), message: message.into() });
    }

    fn error(&mut self, code: Code, element: &str, message: impl Into<String>) {
        self.add(code, Severity::Error, element, message);
    }

    fn name(&mut self, element: &str, name: &str, kind: &str) {
        if name.trim().is_empty() {
            self.error(Code::InvalidName, element, format!("a {kind} needs a name"));
        }
    }

    fn unique<'a>(&mut self, kind: &str, names: impl Iterator<Item = &'a str>) {
        let mut seen = HashSet::new();
        let mut told = HashSet::new();
        for name in names {
            if !seen.insert(name) && told.insert(name) {
                let message = format!("there is more than one {kind} of this name");
                self.error(Code::DuplicateName, &format!("{kind} \"{name}\""), message);
            }
        }
    }

    /// Checks that a number lies in its range.
    fn range(&mut self, element: &str, field: &str, value: f64, allowed: bool, expected: &str) {
        if !allowed || value.is_nan() {
            self.error(Code::OutOfRange, element, format!("{field} is {value} but must be {expected}"));
        }
    }

    fn multiplicity(&mut self, element: &str, field: &str, value: Multiplicity) {
        if value == Multiplicity::Finite(0) {
            self.error(Code::OutOfRange, element, format!("{field} is 0 but must be at least 1"));
        }
    }
}

fn hosts(system: &System, found: &mut Findings) {
    found.unique("host", system.hosts.iter().map(|host| host.name.as_str()));
    for host in &system.hosts {
        let element = format!("host \"{}\"", host.name);
        found.name(&element, &host.name, "host");
        found.multiplicity(&element, "cores", host.cores);
        let allowed = host.speed > 0.0 && host.speed.is_finite();
        found.range(&element, "speed", host.speed, allowed, "positive and finite");
    }
}

fn services(system: &System, found: &mut Findings) {
    if system.services.is_empty() {
        found.error(Code::NoOperation, "system", "there is no service");
    }
    found.unique("service", system.services.iter().map(|service| service.name.as_str()));
    for service in &system.services {
        let element = format!("service \"{}\"", service.name);
        found.name(&element, &service.name, "service");
        if service.name.contains('/') {
            let message = "the name of a service cannot contain \"/\", which divides it from its operations";
            found.error(Code::InvalidName, &element, message);
        }
        if !system.hosts.iter().any(|host| host.name == service.host) {
            let message = format!("there is no host \"{}\"", service.host);
            found.error(Code::UnknownName, &element, message);
        }
        if service.operations.is_empty() {
            found.error(Code::NoOperation, &element, "it offers no operation");
        }
        found.range(&element, "replicas", f64::from(service.replicas), service.replicas > 0, "at least 1");
        found.multiplicity(&element, "concurrency", service.concurrency);
        if let Some(limit) = service.cpu_limit {
            found.range(
                &element,
                "cpu_limit",
                limit,
                limit > 0.0 && limit.is_finite(),
                "positive and finite",
            );
        }
        threads_can_be_ordered(service, &element, found);
    }
}

/// Threads are handed out one request at a time, so they cannot be shared.
fn threads_can_be_ordered(service: &Service, element: &str, found: &mut Findings) {
    if service.scheduling == crate::Scheduling::Ps && !service.concurrency.is_infinite() {
        let message = "scheduling \"ps\" is for hosts: threads are taken one request at a time, use \"fcfs\"";
        found.error(Code::OutOfRange, element, message);
    }
}

fn operations(system: &System, found: &mut Findings) {
    for service in &system.services {
        let mut seen = HashSet::new();
        for operation in &service.operations {
            let element = format!("operation \"{}/{}\"", service.name, operation.name);
            found.name(&element, &operation.name, "operation");
            if !seen.insert(operation.name.as_str()) {
                let message = "there is more than one operation of this name in its service";
                found.error(Code::DuplicateName, &element, message);
            }
            steps(&operation.steps, &element, found);
        }
    }
}

fn steps(list: &[Step], element: &str, found: &mut Findings) {
    for step in list {
        match step {
            Step::Activity(activity) => activity_calls(activity, element, found),
            Step::Fork(fork) => {
                if fork.branches.len() < 2 {
                    let message =
                        format!("a fork has {} branches but needs two or more", fork.branches.len());
                    found.error(Code::NarrowFork, element, message);
                }
                for branch in &fork.branches {
                    steps(branch, element, found);
                }
            }
        }
    }
}

fn activity_calls(activity: &Activity, element: &str, found: &mut Findings) {
    for call in &activity.calls {
        let field = format!("the mean of the call to \"{}\"", call.to);
        let allowed = call.mean >= 0.0 && call.mean.is_finite();
        found.range(element, &field, call.mean, allowed, "finite and not negative");
    }
}

fn workloads(system: &System, found: &mut Findings) {
    found.unique("workload", system.workloads.iter().map(|workload| workload.name.as_str()));
    for workload in &system.workloads {
        let element = format!("workload \"{}\"", workload.name);
        found.name(&element, &workload.name, "workload");
        if workload.requests.is_empty() {
            found.error(Code::NoRequest, &element, "it asks for no operation");
        }
        for request in &workload.requests {
            exists(system, &request.operation, &element, found);
            let allowed = request.weight > 0.0 && request.weight.is_finite();
            found.range(&element, "weight", request.weight, allowed, "positive and finite");
        }
        load(workload, &element, found);
    }
}

fn load(workload: &Workload, element: &str, found: &mut Findings) {
    match &workload.load {
        Load::Closed { population, .. } => {
            found.range(element, "population", f64::from(*population), *population > 0, "at least 1");
        }
        Load::Poisson { rate } => {
            found.range(element, "rate", *rate, *rate > 0.0 && rate.is_finite(), "positive and finite");
        }
        Load::Burst { bursts } => {
            if bursts.is_empty() {
                found.error(Code::NoRequest, element, "it has no burst");
            }
            for burst in bursts {
                found.range(element, "size", f64::from(burst.size), burst.size > 0, "at least 1");
                let allowed = burst.at >= 0.0 && burst.at.is_finite();
                found.range(element, "at", burst.at, allowed, "finite and not negative");
            }
        }
        Load::SerialClient(client) => {
            found.range(element, "requests", f64::from(client.requests), client.requests > 0, "at least 1");
            for (field, value) in [("poll_interval", client.poll_interval), ("poll_time", client.poll_time)] {
                let allowed = value >= 0.0 && value.is_finite();
                found.range(element, field, value, allowed, "finite and not negative");
            }
        }
    }
}

fn exists(system: &System, name: &OperationRef, element: &str, found: &mut Findings) {
    let Some(service) = system.service(name.service()) else {
        let message = format!("there is no service \"{}\", asked for as \"{name}\"", name.service());
        return found.error(Code::UnknownName, element, message);
    };
    if !service.operations.iter().any(|operation| operation.name == name.operation()) {
        let message = format!("service \"{}\" has no operation \"{}\"", name.service(), name.operation());
        found.error(Code::UnknownName, element, message);
    }
}

fn calls(system: &System, found: &mut Findings) {
    for (caller, operation) in system.operations() {
        let element = format!("operation \"{caller}\"");
        for call in operation_calls(operation) {
            exists(system, &call.to, &element, found);
            if call.to.service() == caller.service() {
                let message = format!(
                    "it calls \"{}\" of its own service: a thread would wait for another of the same pool",
                    call.to
                );
                found.error(Code::SelfCall, &element, message);
            }
        }
    }
    if let Some(cycle) = visits::synchronous_cycle(system) {
        let names: Vec<String> = cycle.iter().map(|service| format!("\"{service}\"")).collect();
        let message = format!(
            "the services {} call each other synchronously in a cycle: requests would wait for each other",
            names.join(", ")
        );
        found.error(Code::CallCycle, &format!("service {}", names[0]), message);
    }
}

fn operation_calls(operation: &Operation) -> impl Iterator<Item = &Call> {
    operation.activities().into_iter().flat_map(|activity| &activity.calls)
}

/// What no workload ever reaches is most likely a mistake, but harmless.
fn driven(system: &System, found: &mut Findings) {
    if system.workloads.is_empty() {
        let message = "nothing drives it: there is no workload";
        return found.add(Code::NotDriven, Severity::Warning, "system", message);
    }
    let mut reached: HashSet<OperationRef> = HashSet::new();
    let mut open: Vec<OperationRef> = system
        .workloads
        .iter()
        .flat_map(|workload| workload.requests.iter().map(|request| request.operation.clone()))
        .collect();
    while let Some(name) = open.pop() {
        if !reached.insert(name.clone()) {
            continue;
        }
        let operation = system
            .service(name.service())
            .and_then(|service| service.operations.iter().find(|o| o.name == name.operation()));
        if let Some(operation) = operation {
            open.extend(operation_calls(operation).map(|call| call.to.clone()));
        }
    }
    for (name, _) in system.operations().filter(|(name, _)| !reached.contains(name)) {
        let message = "no workload ever reaches it";
        found.add(Code::NotDriven, Severity::Warning, &format!("operation \"{name}\""), message);
    }
}
