//! The system as requests that move from stage to stage.

use tracecast_model::{Index, Load, OperationId, System};

use super::shape::Shape;

/// Everything that stays the same while time passes.
pub(crate) struct Network<'a> {
    pub(crate) system: &'a System,
    pub(crate) index: Index,
    pub(crate) classes: Vec<Class>,
    pub(crate) populations: Vec<Population>,
    pub(crate) stages: Vec<Stage>,
    pub(crate) stations: Vec<Station>,
    pub(crate) paths: Vec<Path>,
    pub(crate) generations: Generations,
    /// Numbers that are followed: of requests in populations and stages.
    pub(crate) variables: usize,
    /// Phases after the first, over all stages.
    pub(crate) aged: usize,
    /// Services whose replicas come and go.
    pub(crate) elastic: Vec<usize>,
}

/// The requests of a workload.
pub(crate) struct Class {
    /// Position in the system.
    pub(crate) workload: usize,
    /// Where its clients wait for replies.
    pub(crate) waits: Vec<usize>,
    /// Where its users think; none for open and finite loads.
    pub(crate) thinking: Option<usize>,
}

/// Who comes first where requests are served in the order of their arrival: requests of different workloads are told
/// apart by the bursts before or after which they arrive. Within a generation the order is random.
#[derive(Clone, Debug, Default)]
pub(crate) struct Generations {
    /// Times of bursts (s); none where there is only one workload.
    times: Vec<f64>,
}

/// Requests of a class to one operation, from their arrival at the service to the end of all steps.
pub(crate) struct Population {
    pub(crate) class: usize,
    pub(crate) generation: usize,
    pub(crate) operation: OperationId,
    /// Their number.
    pub(crate) variable: usize,
    /// The threads that they wait for; none where these are unlimited.
    pub(crate) pool: Option<usize>,
    /// Where a thread begins. How many are there follows from all others, so that taking a thread takes no time.
    pub(crate) first: Option<usize>,
    /// All its stages.
    pub(crate) stages: Vec<usize>,
    /// Those after the reply.
    pub(crate) late: Vec<usize>,
    /// Where callers wait for the reply.
    pub(crate) callers: Vec<usize>,
    /// Do messages come, too, for which nobody waits?
    pub(crate) messages: bool,
}

/// Something that takes a request time.
pub(crate) struct Stage {
    pub(crate) population: Option<usize>,
    pub(crate) count: Count,
    /// None where it waits for a reply.
    pub(crate) shape: Option<Shape>,
    /// The second of its phases among all aged ones.
    pub(crate) aged: usize,
    /// The cores that it needs; none for delays and where cores always suffice.
    pub(crate) host: Option<usize>,
    /// The limit of its container.
    pub(crate) limit: Option<usize>,
    /// The host that it keeps busy.
    pub(crate) works_on: Option<usize>,
}

/// How many are in a stage.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Count {
    /// A variable.
    Variable(usize),
    /// Those of its population that have a thread and are in no other stage.
    First,
    /// All of the population that it waits for, since nobody else calls it.
    Population(usize),
}

/// Equal servers.
pub(crate) struct Station {
    /// Like this one, each with an equal part of the load.
    pub(crate) copies: f64,
    /// Servers of each.
    pub(crate) servers: f64,
    /// Instead of these two, where replicas come and go.
    pub(crate) of_replicas: Option<OfReplicas>,
    /// Do all present share them?
    pub(crate) sharing: bool,
    /// Is it a service's threads?
    pub(crate) pool: bool,
    /// Stages served here; none for a pool.
    pub(crate) stages: Vec<usize>,
    /// Populations that wait here, for a pool.
    pub(crate) populations: Vec<usize>,
}

/// Servers that come and go with replicas.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OfReplicas {
    /// Place among the services whose replicas come and go.
    pub(crate) elastic: usize,
    /// Servers of one replica.
    pub(crate) servers: f64,
    /// Do all replicas serve one queue?
    pub(crate) one_queue: bool,
}

/// What happens at once when a stage ends or a request arrives, one of several possibilities.
#[derive(Clone, Debug)]
pub(crate) struct Path {
    pub(crate) cause: Cause,
    pub(crate) probability: f64,
    /// The only generation that takes it, where it begins with a new request.
    pub(crate) generation: Option<usize>,
    /// Who goes on, among those that wait for replies.
    pub(crate) shares: Vec<Share>,
    /// Variables and by how much they change.
    pub(crate) changes: Vec<(usize, f64)>,
    /// Classes whose requests get their reply.
    pub(crate) replies: Vec<usize>,
    /// Populations that requests leave.
    pub(crate) ended: Vec<usize>,
}

/// What sets a path off.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Cause {
    /// The end of a stage.
    Stage(usize),
    /// An arrival.
    Arrival { class: usize },
}

/// A part of those for whom an operation may reply.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Share {
    /// The callers in a stage.
    Caller { stage: usize, population: usize },
    /// Nobody: it was a message.
    Nobody { population: usize },
}

impl Generations {
    pub(crate) fn of(system: &System) -> Self {
        let mut times = Vec::new();
        if system.workloads.len() > 1 {
            for workload in &system.workloads {
                if let Load::Burst { bursts } = &workload.load {
                    times.extend(bursts.iter().map(|burst| burst.at));
                }
            }
        }
        times.sort_by(f64::total_cmp);
        times.dedup();
        Self { times }
    }

    /// Of requests that arrive one by one at a time (s).
    pub(crate) fn at(&self, time: f64) -> usize {
        2 * self.times.partition_point(|&burst| burst <= time)
    }

    /// Of a burst at a time (s): after all that are there already, and before all that come later.
    pub(crate) fn of_burst(&self, time: f64) -> usize {
        match self.times.iter().position(|&burst| burst == time) {
            Some(number) => 2 * number + 1,
            None => 0,
        }
    }

    /// Of all requests of a load.
    pub(crate) fn of_load(&self, load: &Load) -> Vec<usize> {
        let mut all: Vec<usize> = match load {
            Load::Burst { bursts } => bursts.iter().map(|burst| self.of_burst(burst.at)).collect(),
            _ => (0..=self.times.len()).map(|number| 2 * number).collect(),
        };
        all.sort_unstable();
        all.dedup();
        all
    }
}

impl Network<'_> {
    /// Requests of a class on their own: those that clients wait for, and messages. When there are none, all is done.
    pub(crate) fn roots(&self, class: usize) -> Vec<usize> {
        let mut found = Vec::new();
        let from_client = |population: &Population| {
            population.callers.iter().any(|caller| self.stages[*caller].population.is_none())
        };
        for population in self.populations.iter().filter(|population| population.class == class) {
            if population.messages || from_client(population) {
                found.push(population.variable);
            }
        }
        found
    }
}

impl Station {
    /// Copies, and the servers of each, with these numbers of replicas of the services whose replicas come and go.
    pub(crate) fn size(&self, replicas: &[f64]) -> (f64, f64) {
        match self.of_replicas {
            None => (self.copies, self.servers),
            Some(of) if of.one_queue => (1.0, of.servers * replicas[of.elastic]),
            Some(of) => (replicas[of.elastic], of.servers),
        }
    }

    /// The numbers in all populations up to a generation.
    pub(crate) fn variables(&self, network: &Network<'_>, generation: usize) -> Vec<usize> {
        let populations = self.populations.iter().map(|&population| &network.populations[population]);
        let earlier = populations.filter(|population| population.generation <= generation);
        earlier.map(|population| population.variable).collect()
    }

    /// Generations of those who come here, the earliest first.
    pub(crate) fn generations(&self, network: &Network<'_>) -> Vec<usize> {
        let of = |&population: &usize| network.populations[population].generation;
        let mut all: Vec<usize> = self.populations.iter().map(of).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Does nobody come later?
    pub(crate) fn is_last(&self, network: &Network<'_>, generation: usize) -> bool {
        self.populations.iter().all(|&population| network.populations[population].generation <= generation)
    }
}
