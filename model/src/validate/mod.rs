//! Lists everything that is wrong with a system, all at once.

mod calls;
mod places;
mod replies;
mod steps;
mod workloads;

use std::collections::HashSet;

use crate::{Code, Diagnostic, Multiplicity, OperationRef, Severity, System};

/// Every problem of the system: errors, which stop a prediction, and warnings. Empty when all is well.
///
/// Each rule is a function here; to add one: a [`Code`], a function with its line below, and a refused example in
/// `model/tests/refused/`.
pub fn validate(system: &System) -> Vec<Diagnostic> {
    let mut found = Findings(Vec::new());
    places::hosts(system, &mut found);
    places::services(system, &mut found);
    steps::operations(system, &mut found);
    replies::check(system, &mut found);
    workloads::check(system, &mut found);
    calls::check(system, &mut found);
    calls::driven(system, &mut found);
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

/// Is there an operation of that name?
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
