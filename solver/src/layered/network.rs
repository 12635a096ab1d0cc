//! The system as groups of customers that visit stations.

use tracecast_model::{HostId, Index, OperationId, Scheduling, ServiceId, System};

use super::replicas::Links;
use crate::moments::Moments;

/// Everything that stays the same during the iteration.
pub(crate) struct Network<'a> {
    pub(crate) system: &'a System,
    pub(crate) index: Index,
    pub(crate) groups: Vec<Group>,
    pub(crate) instances: Vec<Instance>,
    pub(crate) stations: Vec<Station>,
    pub(crate) visits: Vec<Visit>,
    /// Where requests to pools are passed on to, by caller and operation.
    pub(crate) onwards: Vec<Vec<Onward>>,
    /// Per station: the group of its threads, where it is a pool.
    pub(crate) pool_groups: Vec<Option<usize>>,
    /// Per group: its visits.
    pub(crate) group_visits: Vec<Vec<usize>>,
    /// Groups, pools before those that call them.
    pub(crate) group_order: Vec<usize>,
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
    /// Does it reply before its end, or pass the request on?
    pub(crate) replies: bool,
}

/// One step of an operation, compiled.
pub(crate) enum Step {
    Activity(Activity),
    Fork(Fork),
    /// Branches with their probabilities.
    Choice(Vec<(f64, Vec<Step>)>),
    Loop(Loop),
    /// The caller goes on, perhaps after the replies of others.
    Reply(Vec<Onward>),
}

/// Parallel branches.
pub(crate) struct Fork {
    pub(crate) branches: Vec<Vec<Step>>,
    /// The next step waits for so many of them.
    pub(crate) quorum: usize,
}

/// Repeated steps.
pub(crate) struct Loop {
    pub(crate) mean: f64,
    pub(crate) variance: f64,
    pub(crate) steps: Vec<Step>,
}

/// Where a request is passed on to, with what probability.
#[derive(Clone, Copy)]
pub(crate) struct Onward {
    pub(crate) probability: f64,
    pub(crate) latency: Moments,
    pub(crate) target: Target,
}

/// An activity: the delay, then work in slices with the calls in between.
pub(crate) struct Activity {
    pub(crate) delay: Moments,
    pub(crate) work: Option<Work>,
    pub(crate) calls: Vec<Call>,
    /// Are the calls made in random order?
    pub(crate) random: bool,
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
    /// Replicas that each of them goes to, one after the other.
    pub(crate) fan_out: u32,
    /// Probability that a call is followed by another to the same target in the same execution.
    pub(crate) again: f64,
    pub(crate) latency: Moments,
    pub(crate) target: Target,
    /// The first visit of the called to a host, where the caller comes from the same one.
    pub(crate) same_host: Option<usize>,
}

/// What a call leads to.
#[derive(Clone, Copy)]
pub(crate) enum Target {
    /// An operation of a service with unlimited threads, done by the same customer.
    Inline { instance: usize },
    /// An operation of a pool: a visit to its station. Where it passes requests on, the caller waits for those in
    /// [`Network::onwards`] too.
    Pool { visit: usize, instance: usize, onwards: Option<usize> },
    /// A message: the stream that carries it on.
    Send { stream: usize },
}

impl Target {
    /// The visit to a pool.
    pub(crate) fn visit(self) -> Option<usize> {
        match self {
            Self::Pool { visit, .. } => Some(visit),
            Self::Inline { .. } | Self::Send { .. } => None,
        }
    }
}

impl Call {
    /// Requests in one execution, to all replicas together.
    pub(crate) fn requests(&self) -> f64 {
        self.mean * f64::from(self.fan_out)
    }
}

/// A group at a station.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Visit {
    pub(crate) group: usize,
    pub(crate) station: usize,
    /// A higher number comes first, where the station looks at it; else 0.
    pub(crate) priority: i32,
    /// The highest priority of callers that come from the same host.
    pub(crate) callers: i32,
    pub(crate) links: Links,
}

/// Who is served next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// Whoever came first; or any other order that does not look at service times, which has the same means.
    Arrival,
    /// All at once.
    Sharing,
    /// The highest priority.
    Priority,
    /// The same, interrupting lower ones.
    Preemptive,
}

/// Equal servers with a queue.
pub(crate) struct Station {
    pub(crate) kind: Kind,
    /// Like this one, each with an equal part of the load.
    pub(crate) copies: f64,
    /// Servers of each; less than 1 for a container limited to a part of a core.
    pub(crate) servers: f64,
    pub(crate) order: Order,
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
}

impl Station {
    /// Is the delay relative to the service time?
    pub(crate) fn is_sharing(&self) -> bool {
        self.order == Order::Sharing
    }
}

impl Order {
    pub(crate) fn of(scheduling: Scheduling) -> Self {
        match scheduling {
            Scheduling::Fcfs | Scheduling::Random | Scheduling::Lcfs => Self::Arrival,
            Scheduling::Ps | Scheduling::PreemptiveLcfs => Self::Sharing,
            Scheduling::Priority => Self::Priority,
            Scheduling::PreemptivePriority => Self::Preemptive,
        }
    }

    fn has_priorities(self) -> bool {
        matches!(self, Self::Priority | Self::Preemptive)
    }

    /// The priority of a visit at a station of this order.
    pub(crate) fn priority(self, priority: i32) -> i32 {
        if self.has_priorities() { priority } else { 0 }
    }
}

impl Network<'_> {
    /// Where a request to a pool is passed on to.
    pub(crate) fn onwards(&self, number: Option<usize>) -> &[Onward] {
        number.map_or(&[], |number| &self.onwards[number])
    }

    /// The group of a pool's threads.
    pub(crate) fn pool_of(&self, station: usize) -> Option<usize> {
        self.pool_groups[station]
    }

    /// The stations that a group visits.
    pub(crate) fn visits_of(&self, group: usize) -> impl Iterator<Item = usize> + '_ {
        self.group_visits[group].iter().copied()
    }

    /// How many circles the customers of a group go around in: those of each queue of a pool in one of their own.
    pub(crate) fn circles(&self, group: usize) -> f64 {
        match self.groups[group].source {
            Source::Pool { station, .. } => self.stations[station].copies,
            _ => 1.0,
        }
    }

    /// Threads of all copies of a pool's station.
    pub(crate) fn threads(&self, station: usize) -> f64 {
        self.stations[station].servers * self.stations[station].copies
    }
}
