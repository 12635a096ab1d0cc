//! The system as groups of customers that visit stations.

use tracecast_model::{HostId, Index, OperationId, ServiceId, System};

use crate::moments::Moments;

/// Everything that stays the same during the iteration.
pub(crate) struct Network<'a> {
    pub(crate) system: &'a System,
    pub(crate) index: Index,
    pub(crate) groups: Vec<Group>,
    pub(crate) instances: Vec<Instance>,
    pub(crate) stations: Vec<Station>,
    pub(crate) visits: Vec<Visit>,
    /// Per station: the group of its threads, where it is a pool.
    pub(crate) pool_groups: Vec<Option<usize>>,
    /// Per group: its visits.
    pub(crate) group_visits: Vec<Vec<usize>>,
    /// Streams and instances, callers before the called.
    pub(crate) order: Vec<Node>,
}

/// Customers that are alike.
pub(crate) struct Group {
    pub(crate) source: Source,
    /// What its requests ask for, with shares that sum to 1. Empty for a pool, whose requests come from its callers.
    pub(crate) requests: Vec<(Target, f64)>,
}

/// Where customers come from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Source {
    /// Users of a closed workload.
    Closed { workload: usize, population: f64, think_time: f64 },
    /// Requests of an open workload.
    Open { workload: usize, rate: f64 },
    /// Threads of a service.
    Pool { service: ServiceId, station: usize },
    /// Messages sent to an operation.
    Stream,
}

/// An operation as part of what a group's customers do.
pub(crate) struct Instance {
    pub(crate) group: usize,
    pub(crate) operation: OperationId,
    pub(crate) steps: Vec<Step>,
}

/// One step of an operation, compiled.
pub(crate) enum Step {
    Activity(Activity),
    Fork(Vec<Vec<Step>>),
}

/// An activity: the delay, then work in slices with the calls in between.
pub(crate) struct Activity {
    pub(crate) delay: Moments,
    pub(crate) work: Option<Work>,
    pub(crate) calls: Vec<Call>,
}

/// Work on a host, in one slice more than there are calls.
#[derive(Clone, Copy)]
pub(crate) struct Work {
    /// One slice at the speed of the host.
    pub(crate) slice: Moments,
    /// Mean number of slices.
    pub(crate) count: f64,
    /// Visit to the host; none where it is a delay or its cores always suffice.
    pub(crate) host: Option<usize>,
    /// Visit to the limit of the container.
    pub(crate) limit: Option<usize>,
}

/// Calls to one operation.
#[derive(Clone, Copy)]
pub(crate) struct Call {
    pub(crate) mean: f64,
    pub(crate) count_variance: f64,
    pub(crate) latency: Moments,
    pub(crate) target: Target,
}

/// What a call leads to.
#[derive(Clone, Copy)]
pub(crate) enum Target {
    /// An operation of a service with unlimited threads, done by the same customer.
    Inline { instance: usize },
    /// An operation of a pool: a visit to its station.
    Pool { visit: usize, instance: usize },
    /// A message: the stream that carries it on.
    Send { stream: usize },
}

/// A group at a station.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Visit {
    pub(crate) group: usize,
    pub(crate) station: usize,
}

/// Equal servers with a queue.
pub(crate) struct Station {
    pub(crate) kind: Kind,
    /// Like this one, each with an equal part of the load.
    pub(crate) copies: f64,
    /// Servers of each; less than 1 for a container limited to a part of a core.
    pub(crate) servers: f64,
    pub(crate) sharing: bool,
    /// Squared coefficient of variation of the gaps between arrivals at one copy; 1 as in a Poisson process.
    pub(crate) arrival_scv: f64,
    /// Who comes here.
    pub(crate) visits: Vec<usize>,
}

/// What a station stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Host(HostId),
    Limit(ServiceId),
    Pool(ServiceId),
}

/// A step of the walk from callers to the called.
#[derive(Clone, Copy)]
pub(crate) enum Node {
    Stream(usize),
    Instance(usize),
}

impl Group {
    /// Is it a closed workload?
    pub(crate) fn is_closed(&self) -> bool {
        matches!(self.source, Source::Closed { .. })
    }

    /// Are its customers threads?
    pub(crate) fn is_pool(&self) -> bool {
        matches!(self.source, Source::Pool { .. })
    }

    /// Does it come whatever the response times are?
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.source, Source::Open { .. } | Source::Stream)
    }
}

impl Network<'_> {
    /// The group of a pool's threads.
    pub(crate) fn pool_of(&self, station: usize) -> Option<usize> {
        self.pool_groups[station]
    }

    /// The stations that a group visits.
    pub(crate) fn visits_of(&self, group: usize) -> impl Iterator<Item = usize> + '_ {
        self.group_visits[group].iter().copied()
    }

    /// Threads of all copies of a pool's station.
    pub(crate) fn threads(&self, station: usize) -> f64 {
        self.stations[station].servers * self.stations[station].copies
    }
}
