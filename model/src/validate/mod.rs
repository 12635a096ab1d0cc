//! Lists everything that is wrong with a system, all at once.

mod autoscaling;
mod calls;
mod faults;
mod network;
mod places;
mod replies;
mod resilience;
mod steps;
mod work_queues;
mod workloads;

use std::collections::{HashMap, HashSet};

use crate::{Code, Diagnostic, Host, Multiplicity, Operation, OperationRef, Service, Severity, System};

/// Every problem of the system: errors, which stop a prediction, and warnings. Empty when all is well.
///
/// Each rule is a function here; to add one: a [`Code`], a function with its line below, and a refused example in
/// `model/tests/refused/`.
pub fn validate(system: &System) -> Vec<Diagnostic> {
    let mut found = Findings(Vec::new());
    let names = Names::new(system);
    places::hosts(system, &mut found);
    places::services(system, &names, &mut found);
    autoscaling::check(system, &names, &mut found);
    steps::operations(system, &mut found);
    replies::check(system, &mut found);
    workloads::check(system, &names, &mut found);
    calls::check(system, &names, &mut found);
    work_queues::check(system, &mut found);
    resilience::check(system, &mut found);
    faults::check(system, &names, &mut found);
    network::check(system, &names, &mut found);
    calls::driven(system, &names, &mut found);
    found.0
}

/// Only the errors, those that stop a prediction.
pub fn errors(system: &System) -> Vec<Diagnostic> {
    validate(system).into_iter().filter(|diagnostic| diagnostic.severity == Severity::Error).collect()
}

/// Sums of probabilities may differ from 1 by this much: six printed digits.
const ROUNDING: f64 = 1e-6;

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

/// Who bears which name; the first, where several do.
struct Names<'a> {
    hosts: HashMap<&'a str, &'a Host>,
    services: HashMap<&'a str, &'a Service>,
    operations: HashMap<(&'a str, &'a str), &'a Operation>,
}

impl<'a> Names<'a> {
    fn new(system: &'a System) -> Self {
        let mut names = Self { hosts: HashMap::new(), services: HashMap::new(), operations: HashMap::new() };
        for host in &system.hosts {
            names.hosts.entry(&host.name).or_insert(host);
        }
        for service in &system.services {
            names.services.entry(&service.name).or_insert(service);
            for operation in &service.operations {
                names.operations.entry((&service.name, &operation.name)).or_insert(operation);
            }
        }
        names
    }

    fn operation(&self, name: &OperationRef) -> Option<&'a Operation> {
        self.operations.get(&(name.service(), name.operation())).copied()
    }
}

/// Is there an operation of that name?
fn exists(names: &Names<'_>, name: &OperationRef, element: &str, found: &mut Findings) {
    if !names.services.contains_key(name.service()) {
        let message = format!("there is no service \"{}\", asked for as \"{name}\"", name.service());
        return found.error(Code::UnknownName, element, message);
    }
    if names.operation(name).is_none() {
        let message = format!("service \"{}\" has no operation \"{}\"", name.service(), name.operation());
        found.error(Code::UnknownName, element, message);
    }
}
