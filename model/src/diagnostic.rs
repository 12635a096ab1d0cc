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
    /// No alerting rule, or one with an expression that cannot be evaluated.
    AlertRule,
    /// Matrices of an arrival process that are those of no Markov chain, or without arrivals.
    ArrivalMatrices,
    /// A cycle of synchronous calls: requests would wait for each other.
    CallCycle,
    /// Calls in random order with counts that are not geometric.
    CallOrder,
    /// Two elements of one kind with one name.
    DuplicateName,
    /// Fan-out or fan-in that does not fit the replicas.
    FanOut,
    /// A fault that cannot befall its service.
    FaultTarget,
    /// A name that is empty, or that of a service with `/`.
    InvalidName,
    /// A lock without the operations that it needs, or an operation that acts on no lock.
    LockActions,
    /// A fork with fewer than two branches.
    NarrowFork,
    /// No service, or a service without operations.
    NoOperation,
    /// A workload without requests.
    NoRequest,
    /// A replica of the start for which no machine has room.
    NoRoom,
    /// Nothing drives the system, or nothing ever reaches an operation.
    NotDriven,
    /// A number outside its range.
    OutOfRange,
    /// Probabilities that do not sum to 1, or to more than 1.
    Probabilities,
    /// A join that waits for more branches than there are, or for none.
    Quorum,
    /// Least and largest numbers of replicas that an autoscaler cannot keep.
    ReplicaBounds,
    /// A reply that is not given exactly once.
    Reply,
    /// An autoscaler without a metric, or with one that nobody can measure or compare.
    ScalingMetric,
    /// Steps or policies of an autoscaler with gaps or overlaps, or none.
    ScalingSteps,
    /// An interval, window or order of times that an autoscaler cannot keep.
    ScalingTime,
    /// A call to an operation of the same service.
    SelfCall,
    /// Points of a profile, or recorded arrivals, that are not in order of time.
    TimeOrder,
    /// A reference to a name that nothing bears.
    UnknownName,
    /// A priority that nothing looks at.
    UnusedPriority,
    /// A resilience where nobody waits, or with something that nobody can do.
    UnusedResilience,
    /// A warm pool that nobody takes replicas from.
    UnusedWarmPool,
    /// A warm-up of replicas that never start.
    UnusedWarmUp,
    /// Settings of a work queue that do not go together, or an operation that is not in one of its lanes.
    WorkQueue,
}

impl Code {
    /// Every rule.
    pub const ALL: [Self; 30] = [
        Self::AlertRule,
        Self::ArrivalMatrices,
        Self::CallCycle,
        Self::CallOrder,
        Self::DuplicateName,
        Self::FanOut,
        Self::FaultTarget,
        Self::InvalidName,
        Self::LockActions,
        Self::NarrowFork,
        Self::NoOperation,
        Self::NoRequest,
        Self::NoRoom,
        Self::NotDriven,
        Self::OutOfRange,
        Self::Probabilities,
        Self::Quorum,
        Self::ReplicaBounds,
        Self::Reply,
        Self::ScalingMetric,
        Self::ScalingSteps,
        Self::ScalingTime,
        Self::SelfCall,
        Self::TimeOrder,
        Self::UnknownName,
        Self::UnusedPriority,
        Self::UnusedResilience,
        Self::UnusedWarmPool,
        Self::UnusedWarmUp,
        Self::WorkQueue,
    ];

    /// The name in `kebab-case`.
    pub fn name(self) -> &'static str {
        match self {
            Self::AlertRule => "alert-rule",
            Self::ArrivalMatrices => "arrival-matrices",
            Self::CallCycle => "call-cycle",
            Self::CallOrder => "call-order",
            Self::DuplicateName => "duplicate-name",
            Self::FanOut => "fan-out",
            Self::FaultTarget => "fault-target",
            Self::InvalidName => "invalid-name",
            Self::LockActions => "lock-actions",
            Self::NarrowFork => "narrow-fork",
            Self::NoOperation => "no-operation",
            Self::NoRequest => "no-request",
            Self::NoRoom => "no-room",
            Self::NotDriven => "not-driven",
            Self::OutOfRange => "out-of-range",
            Self::Probabilities => "probabilities",
            Self::Quorum => "quorum",
            Self::ReplicaBounds => "replica-bounds",
            Self::Reply => "reply",
            Self::ScalingMetric => "scaling-metric",
            Self::ScalingSteps => "scaling-steps",
            Self::ScalingTime => "scaling-time",
            Self::SelfCall => "self-call",
            Self::TimeOrder => "time-order",
            Self::UnknownName => "unknown-name",
            Self::UnusedPriority => "unused-priority",
            Self::UnusedResilience => "unused-resilience",
            Self::UnusedWarmPool => "unused-warm-pool",
            Self::UnusedWarmUp => "unused-warm-up",
            Self::WorkQueue => "work-queue",
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
