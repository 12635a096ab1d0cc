//! An LQN model as it is written, before names are resolved. Both readers produce it; [`build`](super::build) makes a
//! [`System`](crate::System) of it.

use crate::{CallKind, LockAction, Multiplicity, Scheduling};

/// Where something is written: bytes from the start of the text.
pub(super) type Offset = usize;

/// The whole model.
#[derive(Debug, Default)]
pub(super) struct Document {
    pub(super) name: Option<String>,
    pub(super) comment: Option<String>,
    pub(super) processors: Vec<Processor>,
    /// In the order in which they become services.
    pub(super) tasks: Vec<Task>,
}

/// A name with its place.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Name {
    pub(super) text: String,
    pub(super) at: Offset,
}

#[derive(Debug)]
pub(super) struct Processor {
    pub(super) name: Name,
    pub(super) scheduling: Scheduling,
    pub(super) multiplicity: Multiplicity,
    pub(super) speed: f64,
    pub(super) replication: u32,
    pub(super) groups: Vec<Group>,
    /// Shared by groups (`cfs`).
    pub(super) fair: bool,
    /// Shared in turns whose length is not given.
    pub(super) lacks_quantum: bool,
    /// Without limit, and yet with a number of servers.
    pub(super) infinite_and_counted: bool,
}

#[derive(Debug)]
pub(super) struct Group {
    pub(super) name: Name,
    pub(super) share: f64,
    pub(super) capped: bool,
}

/// What a task is, which LQN files say by its scheduling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TaskKind {
    /// Customers, who think and ask (`ref`).
    Reference,
    /// A server.
    Server(Scheduling),
    /// `semaphore`.
    Semaphore,
    /// `rwlock`.
    ReadWriteLock,
}

#[derive(Debug)]
pub(super) struct Task {
    pub(super) name: Name,
    pub(super) processor: Name,
    pub(super) group: Option<Name>,
    pub(super) kind: TaskKind,
    pub(super) multiplicity: Multiplicity,
    /// Without limit, and yet with a number of threads.
    pub(super) infinite_and_counted: bool,
    pub(super) replication: u32,
    pub(super) think_time: f64,
    pub(super) priority: i32,
    pub(super) queue_length: Option<u32>,
    /// Tokens that a semaphore has at the start.
    pub(super) initially: Option<u32>,
    pub(super) fan_in: Vec<Fan>,
    pub(super) fan_out: Vec<Fan>,
    pub(super) entries: Vec<Entry>,
    pub(super) graph: Graph,
}

/// Connections to each replica of another task.
#[derive(Debug)]
pub(super) struct Fan {
    pub(super) task: Name,
    pub(super) value: u32,
}

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) name: Name,
    pub(super) priority: i32,
    pub(super) open_arrival_rate: Option<f64>,
    pub(super) lock: Option<LockAction>,
    /// Phases 1 to 3.
    pub(super) phases: [Option<Activity>; 3],
    /// First activity of the entry's part of the task's graph.
    pub(super) start: Option<Name>,
    pub(super) forwarding: Vec<Forwarding>,
}

#[derive(Debug)]
pub(super) struct Forwarding {
    pub(super) dest: Name,
    pub(super) probability: f64,
}

#[derive(Debug)]
pub(super) struct Activity {
    pub(super) name: Name,
    pub(super) demand: f64,
    /// Squared coefficient of variation; exponential where absent.
    pub(super) cvsq: Option<f64>,
    pub(super) think_time: f64,
    pub(super) deterministic: bool,
    pub(super) calls: Vec<Call>,
}

#[derive(Debug)]
pub(super) struct Call {
    pub(super) dest: Name,
    pub(super) mean: f64,
    pub(super) kind: CallKind,
}

/// Activities with what comes after what.
#[derive(Debug, Default)]
pub(super) struct Graph {
    pub(super) activities: Vec<Activity>,
    pub(super) precedences: Vec<Precedence>,
    pub(super) replies: Vec<ReplyTo>,
}

/// After the activity, the entry replies.
#[derive(Debug)]
pub(super) struct ReplyTo {
    pub(super) entry: Name,
    pub(super) activity: Name,
}

/// When what is before is done, what is after begins.
#[derive(Debug)]
pub(super) struct Precedence {
    pub(super) at: Offset,
    pub(super) pre: Pre,
    pub(super) post: Option<Post>,
}

#[derive(Debug)]
pub(super) enum Pre {
    One(Name),
    Or(Vec<Name>),
    And { activities: Vec<Name>, quorum: Option<u32> },
}

#[derive(Debug)]
pub(super) enum Post {
    One(Name),
    Or(Vec<(Name, f64)>),
    And(Vec<Name>),
    Loop { bodies: Vec<(Name, f64)>, end: Option<Name> },
}

impl Processor {
    /// Takes away the limit of servers, which may have been given before.
    pub(super) fn make_infinite(&mut self) {
        self.infinite_and_counted = counts(self.multiplicity);
        self.multiplicity = Multiplicity::Infinite;
    }

    /// One FCFS server.
    pub(super) fn new(name: Name) -> Self {
        Self {
            name,
            scheduling: Scheduling::Fcfs,
            multiplicity: Multiplicity::Finite(1),
            speed: 1.0,
            replication: 1,
            groups: Vec::new(),
            fair: false,
            lacks_quantum: false,
            infinite_and_counted: false,
        }
    }
}

/// Is it a number that somebody must have written?
fn counts(multiplicity: Multiplicity) -> bool {
    multiplicity.finite().is_some_and(|servers| servers > 1)
}

impl Task {
    /// Takes away the limit of threads, which may have been given before.
    pub(super) fn make_infinite(&mut self) {
        self.infinite_and_counted = counts(self.multiplicity);
        self.multiplicity = Multiplicity::Infinite;
    }

    /// One FCFS server.
    pub(super) fn new(name: Name, processor: Name) -> Self {
        Self {
            name,
            processor,
            group: None,
            kind: TaskKind::Server(Scheduling::Fcfs),
            multiplicity: Multiplicity::Finite(1),
            infinite_and_counted: false,
            replication: 1,
            think_time: 0.0,
            priority: 0,
            queue_length: None,
            initially: None,
            fan_in: Vec::new(),
            fan_out: Vec::new(),
            entries: Vec::new(),
            graph: Graph::default(),
        }
    }
}

impl Entry {
    pub(super) fn new(name: Name) -> Self {
        Self {
            name,
            priority: 0,
            open_arrival_rate: None,
            lock: None,
            phases: [None, None, None],
            start: None,
            forwarding: Vec::new(),
        }
    }

    pub(super) fn has_phases(&self) -> bool {
        self.phases.iter().any(Option::is_some)
    }
}

impl Activity {
    pub(super) fn new(name: Name) -> Self {
        Self { name, demand: 0.0, cvsq: None, think_time: 0.0, deterministic: false, calls: Vec::new() }
    }

    /// Does it nothing at all?
    pub(super) fn is_empty(&self) -> bool {
        self.demand == 0.0 && self.think_time == 0.0 && self.calls.is_empty()
    }
}

impl Pre {
    pub(super) fn activities(&self) -> &[Name] {
        match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::Or(names) | Self::And { activities: names, .. } => names,
        }
    }
}

impl Post {
    pub(super) fn activities(&self) -> Vec<&Name> {
        match self {
            Self::One(name) => vec![name],
            Self::Or(branches) => branches.iter().map(|(name, _)| name).collect(),
            Self::And(names) => names.iter().collect(),
            Self::Loop { bodies, end } => bodies.iter().map(|(name, _)| name).chain(end).collect(),
        }
    }
}
