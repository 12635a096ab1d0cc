//! What is wrong with a model, as data.

use std::fmt;

use serde::Serialize;

/// One problem found in a [`System`](crate::System).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// Which rule is broken.
    pub code: Code,
    /// Does it stop a prediction?
    pub severity: Severity,
    /// The element, e.g. `service "crop"`.
    pub element: String,
    /// What is wrong and what would be right.
    pub message: String,
}

/// Does a problem stop a prediction?
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It can be predicted, but probably is not what was meant.
    Warning,
    /// It cannot be predicted.
    Error,
}

/// The rules. The name in `kebab-case` is what people and scripts see, and the name of a refused example in
/// `model/tests/refused/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// A cycle of synchronous calls: requests would wait for each other.
    CallCycle,
    /// Two elements of one kind with one name.
    DuplicateName,
    /// A name that is empty, or that of a service with `/`.
    InvalidName,
    /// A fork with fewer than two branches.
    NarrowFork,
    /// No service, or a service without operations.
    NoOperation,
    /// A workload without requests.
    NoRequest,
    /// Nothing drives the system, or nothing ever reaches an operation.
    NotDriven,
    /// A number outside its range.
    OutOfRange,
    /// A call to an operation of the same service.
    SelfCall,
    /// A reference to a name that nothing bears.
    UnknownName,
}

impl Code {
    /// Every rule.
    pub const ALL: [Self; 10] = [
        Self::CallCycle,
        Self::DuplicateName,
        Self::InvalidName,
        Self::NarrowFork,
        Self::NoOperation,
        Self::NoRequest,
        Self::NotDriven,
        Self::OutOfRange,
        Self::SelfCall,
        Self::UnknownName,
    ];

    /// The name in `kebab-case`.
    pub fn name(self) -> &'static str {
        match self {
            Self::CallCycle => "call-cycle",
            Self::DuplicateName => "duplicate-name",
            Self::InvalidName => "invalid-name",
            Self::NarrowFork => "narrow-fork",
            Self::NoOperation => "no-operation",
            Self::NoRequest => "no-request",
            Self::NotDriven => "not-driven",
            Self::OutOfRange => "out-of-range",
            Self::SelfCall => "self-call",
            Self::UnknownName => "unknown-name",
        }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        write!(f, "{severity}[{}] {}: {}", self.code.name(), self.element, self.message)
    }
}
