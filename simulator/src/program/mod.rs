//! A system compiled into flat lists that a run can play without looking anything up.

mod admission;
mod elastic;
mod faults;
mod guards;
mod operations;
mod outliers;
mod places;
mod placing;
mod queues;
mod sources;

use std::collections::HashMap;
use std::ops::Range;

use tracecast_model::placement::Cluster;
use tracecast_model::{
    CallKind, CircuitBreaker, ConcurrencyLimit, Hedging, LoadBalancing, Lock, LockAction, Memory,
    OperationId, PollingVisit, PredictError, RateLimit, RateProfile, Retry, RetryBudget, SerialClient,
    Shedding, System, feature,
};

use crate::line::Order;
use crate::run::is_of_responses;
use crate::sampler::Sampler;
pub(crate) use admission::AdmissionPlan;
pub(crate) use elastic::{ElasticPlan, SignalPlan};
pub(crate) use faults::{EffectPlan, FaultPlan, Latency};
pub(crate) use outliers::OutlierPlan;
pub(crate) use placing::PlacingPlan;
pub(crate) use queues::{FetchPlan, QueuePlan, ScanPlan};

/// Most replicas, users or requests of one burst: more would not fit into memory.
const MOST: u64 = 10_000_000;

/// The compiled system. All numbers in it are places in its lists.
#[derive(Clone, Debug, Default)]
pub(crate) struct Program {
    /// The steps of all operations, one after the other.
    pub(crate) code: Vec<Instruction>,
    /// By operation: its service and its first instruction.
    pub(crate) operations: Vec<OperationPlan>,
    pub(crate) calls: Vec<CallPlan>,
    /// For each fork: how many branches its join waits for, then their first instructions.
    pub(crate) forks: Vec<u32>,
    /// What can be chosen, list by list.
    pub(crate) alternatives: Vec<Alternative>,
    /// Every random quantity.
    pub(crate) variates: Vec<VariatePlan>,
    pub(crate) services: Vec<ServicePlan>,
    pub(crate) machines: Vec<MachinePlan>,
    /// By replica, over all services: its container, or where it has several that of the start.
    pub(crate) containers: Vec<u32>,
    /// By host that places replicas which come and go: its machines at the start.
    pub(crate) clusters: Vec<Cluster>,
    /// By such a replica and machine: its container.
    pub(crate) spots: Vec<u32>,
    pub(crate) host_count: usize,
    pub(crate) sources: Vec<SourcePlan>,
    /// Is there anything by which requests can fail?
    pub(crate) can_fail: bool,
    pub(crate) faults: Vec<FaultPlan>,
    /// Services whose replicas come and go.
    pub(crate) elastic: Vec<ElasticPlan>,
    /// Services that leave replicas out.
    pub(crate) outliers: Vec<OutlierPlan>,
    /// The variate that draws keys of requests, where there are any.
    pub(crate) keys: Option<u32>,
    /// Services with limits to the requests in progress.
    pub(crate) admissions: Vec<AdmissionPlan>,
    /// Is there anything that looks at how visits end?
    pub(crate) looks_at_ends: bool,
    /// Work queues that look after messages that were fetched.
    pub(crate) queues: Vec<QueuePlan>,
    /// Numbers of the services that have their processor time by periods.
    pub(crate) throttled: Vec<u32>,
    /// What callers do that do not wait for ever.
    /// Times on the network of calls to services whose network may fail.
    pub(crate) latencies: Vec<Latency>,
    pub(crate) guards: Vec<GuardPlan>,
    /// Memories of all guards.
    pub(crate) memories: u32,
    /// The first memory of each pair of services whose policy is that of the called one.
    pub(crate) shared_memories: HashMap<(u32, u32), u32>,
}

/// The instruction at which a strand goes on whose call has failed for good.
pub(crate) const FAIL: u32 = 0;

/// No call: the reply goes out here. Or nobody who looks after a call.
pub(crate) const NOBODY: u32 = u32::MAX;

/// One of several things to do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Alternative {
    /// Upper end of its part of the unit interval; infinite for the last.
    pub(crate) end: f64,
    /// An instruction or a call.
    pub(crate) target: u32,
}

/// One thing that a strand (a sequential flow inside an operation) does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Instruction {
    /// Works on the host for so long.
    Work(u32),
    /// The same, as one piece with the work before it.
    WorkOn(u32),
    /// Waits for so long.
    Delay(u32),
    /// The same for the time on the network of the call that follows.
    Travel(u32),
    /// Draws how often to repeat what follows; for 0, jumps over it.
    Repeat { count: u32, end: u32 },
    /// Goes back if there are repetitions left.
    Again { start: u32 },
    /// Fails where nobody waits any more for what this is done for.
    Check,
    /// Calls; waits for the reply if the call is synchronous.
    Call(u32),
    /// Starts `count` branches as [`Program::forks`] says from there on, and waits for as many as it says.
    Fork { plan: u32, count: u32 },
    /// Goes on at one of the alternatives from there on in [`Program::alternatives`].
    Choose { draw: u32, first: u32 },
    /// Goes on there.
    Jump(u32),
    /// Puts the repetitions left aside, since an inner loop counts now.
    Save,
    /// Takes them up again.
    Restore,
    /// Replies to the caller.
    Reply,
    /// Passes the request on with the call of one of the alternatives, or replies where that is [`NOBODY`].
    Forward { draw: u32, first: u32 },
    /// The end of a branch, or of the operation.
    End,
    /// The same before its time, with an error.
    Fail,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct OperationPlan {
    pub(crate) service: u32,
    pub(crate) start: u32,
    pub(crate) priority: i32,
    /// Does one of its steps reply? Otherwise its end does.
    pub(crate) replies: bool,
    /// Draws whether a reply is an error, where one ever is.
    pub(crate) error: Option<u32>,
    /// Share of the replies that are errors.
    pub(crate) error_rate: f64,
    pub(crate) action: Option<LockAction>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct CallPlan {
    pub(crate) to: u32,
    pub(crate) kind: CallKind,
    /// Of an asynchronous or guarded call: how long the message travels.
    pub(crate) latency: Option<u32>,
    /// Of the request among those that wait for threads.
    pub(crate) priority: i32,
    pub(crate) target: Target,
    /// What the caller does that does not wait for ever; else [`NOBODY`].
    pub(crate) guard: u32,
}

/// Which replica a call goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// That which the load balancer chooses.
    Any,
    /// The same, and the strand keeps in mind which.
    First,
    /// So many after the one kept in mind.
    After(u32),
    /// Replica i calls replica i·width + number, counted in rounds.
    Connected { width: u32, number: u32 },
}

/// A random quantity: what it is called and how to draw it.
#[derive(Clone, Debug)]
pub(crate) struct VariatePlan {
    pub(crate) label: String,
    pub(crate) sampler: Sampler,
}

#[derive(Clone, Debug)]
pub(crate) struct ServicePlan {
    pub(crate) name: String,
    /// Its first replica among those of all services.
    pub(crate) first_replica: u32,
    /// Those that there can be.
    pub(crate) replicas: u32,
    /// Its place in [`Program::elastic`], where they come and go.
    pub(crate) elastic: Option<u32>,
    /// Those that there are at the start.
    pub(crate) initial: u32,
    /// Threads of each replica; none where they are unlimited.
    pub(crate) threads: Option<u32>,
    pub(crate) assignment: Assignment,
    /// In which order requests get threads. A random order has one variate for each line, from there on.
    pub(crate) order: Order,
    /// Its first operation, and how many it has.
    pub(crate) operations: (u32, u32),
    /// Requests that may wait in each line.
    pub(crate) capacity: Option<u32>,
    /// Requests that it takes per second.
    pub(crate) rate: Option<RateLimit>,
    pub(crate) shedding: Option<Shedding>,
    /// Its place in [`Program::admissions`], where there is a limit to the requests in progress.
    pub(crate) admission: Option<u32>,
    /// Its place in [`Program::outliers`], where it leaves replicas out.
    pub(crate) outliers: Option<u32>,
    pub(crate) memory: Option<Memory>,
    pub(crate) lock: Option<Lock>,
    /// How its replicas fetch, where they do.
    pub(crate) fetching: FetchPlan,
    /// Its place in [`Program::queues`], where its work queue looks after messages that were fetched.
    pub(crate) queue: Option<u32>,
}

/// How requests get to replicas.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Assignment {
    /// A load balancer chooses on arrival; for a random choice, with the variate of that number, and by keys that this draws.
    Balanced(LoadBalancing, u32),
    /// Idle replicas fetch from one queue.
    Fetched,
    /// Its only thread goes round its operations; going on takes time that the variate of that number draws.
    Polled(PollingVisit, Option<u32>),
}

#[derive(Clone, Debug)]
pub(crate) struct MachinePlan {
    pub(crate) host: u32,
    pub(crate) discipline: Discipline,
    /// Factors of the speed by the number of pieces, for cores that are shared.
    pub(crate) speeds: Vec<f64>,
    /// At least one.
    pub(crate) groups: Vec<GroupPlan>,
    /// Number of its first container among those of all machines.
    pub(crate) first_container: u32,
    pub(crate) containers: Vec<ContainerPlan>,
}

/// Replicas that a machine does not tell apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ContainerPlan {
    /// Cores that it may have.
    pub(crate) limit: Option<f64>,
    pub(crate) priority: i32,
    /// How fast each of its pieces goes relative to those of others, where they share cores.
    pub(crate) weight: f64,
    /// Which of the machine's groups it belongs to.
    pub(crate) group: usize,
    /// Its processor time by periods, where that limits it.
    pub(crate) quota: Option<QuotaPlan>,
}

/// Processor time by periods.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct QuotaPlan {
    /// Core-seconds of a period.
    pub(crate) quota: f64,
    /// Seconds.
    pub(crate) period: f64,
    /// Core-seconds that may be kept from earlier periods.
    pub(crate) burst: f64,
    /// The variate that tells where the first period stands at time 0, as a part of it.
    pub(crate) phase: u32,
    /// Core-seconds that are given at once; infinite: all.
    pub(crate) slice: f64,
    /// Containers that share it, of which this is the first: one for each core where it is given in slices, else one.
    pub(crate) places: u32,
}

/// Containers that together have a share of a machine.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct GroupPlan {
    /// Relative to the others.
    pub(crate) share: f64,
    pub(crate) capped: bool,
}

/// How a machine shares its cores.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Discipline {
    /// Without limit.
    Delay,
    /// A core for each piece of work, held to its end.
    Cores { cores: u32, order: Order },
    /// A core for each piece of work, until a higher priority takes it, or in the reverse order whoever comes.
    Preemptive { cores: u32, reverse: bool },
    /// All at once.
    Sharing { cores: f64 },
}

#[derive(Clone, Debug)]
pub(crate) struct SourcePlan {
    pub(crate) name: String,
    /// Upper ends of the shares of the kinds of requests, with their operations.
    pub(crate) mix: Vec<(f64, u32)>,
    /// Draws the kind.
    pub(crate) choice: u32,
    pub(crate) load: LoadPlan,
    /// Does a request count as done only when all its work is?
    pub(crate) all_work: bool,
    /// What whoever sends the requests does that does not wait for ever; else [`NOBODY`].
    pub(crate) guard: u32,
}

/// What a caller does about late replies and errors, in one place.
#[derive(Clone, Debug)]
pub(crate) struct GuardPlan {
    /// Who calls whom.
    pub(crate) name: String,
    /// Seconds for an attempt.
    pub(crate) timeout: Option<f64>,
    pub(crate) retry: Option<Retry>,
    pub(crate) hedging: Option<Hedging>,
    /// That of one of the two.
    pub(crate) budget: Option<RetryBudget>,
    pub(crate) breaker: Option<CircuitBreaker>,
    pub(crate) rate: Option<RateLimit>,
    pub(crate) limit: Option<ConcurrencyLimit>,
    /// Spreads the time between attempts.
    pub(crate) jitter: u32,
    pub(crate) landing: Landing,
    /// The first of its memories, one for each replica of the caller, whose first has that number.
    pub(crate) first_memory: u32,
    pub(crate) first_replica: u32,
    /// How many they are.
    pub(crate) memories: u32,
}

impl GuardPlan {
    /// Is there something that can keep the caller from making an attempt?
    pub(crate) fn can_reject(&self) -> bool {
        self.breaker.is_some() || self.rate.is_some() || self.limit.is_some()
    }

    /// Its memories, among those of all guards.
    pub(crate) fn memories(&self) -> Range<usize> {
        self.first_memory as usize..(self.first_memory + self.memories) as usize
    }
}

/// Where a caller goes on whose call has failed for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Landing {
    /// As if there had been a reply.
    GoOn,
    /// At that instruction.
    At(u32),
}

#[derive(Clone, Debug)]
pub(crate) enum LoadPlan {
    Closed {
        population: u32,
        think: u32,
        first_think: u32,
    },
    /// Independent gaps; the first of them may be another.
    Renewal {
        first: u32,
        gap: u32,
    },
    Markov(MarkovPlan),
    /// Times and sizes, in order of time.
    Listed {
        arrivals: Vec<(f64, u32)>,
    },
    /// Gaps between arrivals in units of what the profile expects.
    Profile {
        profile: RateProfile,
        gap: u32,
    },
    Serial(SerialClient),
}

impl LoadPlan {
    /// Does it end by itself?
    pub(crate) fn is_finite(&self) -> bool {
        !matches!(self, Self::Closed { .. }) && !self.is_open()
    }

    /// Does it send without an end and without waiting for answers?
    pub(crate) fn is_open(&self) -> bool {
        matches!(self, Self::Renewal { .. } | Self::Markov(_))
    }
}

/// Arrivals by transitions of a Markov chain.
#[derive(Clone, Debug)]
pub(crate) struct MarkovPlan {
    /// By state: the mean time until a transition (s), and the alternatives of transitions out of it.
    pub(crate) states: Vec<(f64, u32)>,
    /// The alternatives of first states.
    pub(crate) first: u32,
    /// Draws times of mean 1, and chooses.
    pub(crate) time: u32,
    pub(crate) choice: u32,
}

/// The target of an alternative that is a transition.
pub(crate) fn transition(to: usize, arrives: bool) -> u32 {
    2 * to as u32 + u32::from(arrives)
}

/// The state that a transition leads to, and whether it is an arrival.
pub(crate) fn transition_of(target: u32) -> (usize, bool) {
    ((target / 2) as usize, !target.is_multiple_of(2))
}

impl Program {
    /// Compiles a valid system.
    ///
    /// # Errors
    /// What this engine does not cover.
    pub(crate) fn compile(system: &System) -> Result<Self, PredictError> {
        let index = system.index().map_err(|error| unsupported("an unknown name", error.to_string()))?;
        let mut program =
            Self { host_count: system.hosts.len(), code: vec![Instruction::Fail], ..Self::default() };
        program.can_fail = feature::features(system).iter().any(|(feature, _)| feature.can_fail());
        program.add_places(system)?;
        for (number, (name, _)) in system.operations().enumerate() {
            operations::compile(&mut program, system, &index, OperationId(number), &name.to_string())?;
        }
        program.add_sources(system, &index)?;
        program.connect_autoscalers(system)?;
        let warms_up = program.elastic.iter().any(|elastic| elastic.warm_up.is_some());
        program.looks_at_ends = warms_up
            || !program.queues.is_empty()
            || !program.outliers.is_empty()
            || !program.admissions.is_empty()
            || program.looks_at_responses();
        program.add_faults(system)?;
        Ok(program)
    }

    /// Does an autoscaler look at single responses?
    pub(crate) fn looks_at_responses(&self) -> bool {
        let mut signals = self.elastic.iter().flat_map(|plan| &plan.signals);
        signals.any(|signal| is_of_responses(signal.quantity))
    }

    /// Adds a list of alternatives with these probabilities and without targets; the number of its first.
    fn add_alternatives(&mut self, shares: impl Iterator<Item = f64>) -> usize {
        let first = self.alternatives.len();
        let mut end = 0.0;
        self.alternatives.extend(shares.map(|share| {
            end += share;
            Alternative { end, target: NOBODY }
        }));
        // Rounding must not leave a gap at the upper end.
        if let Some(last) = self.alternatives[first..].last_mut() {
            last.end = f64::INFINITY;
        }
        first
    }

    /// The target of the alternative that a number in [0, 1) falls to, in the list from `first` on.
    pub(crate) fn choose(&self, first: u32, drawn: f64) -> u32 {
        let mut alternatives = self.alternatives[first as usize..].iter();
        alternatives.find(|alternative| drawn < alternative.end).map_or(NOBODY, |found| found.target)
    }

    /// Adds a random quantity.
    fn variate(&mut self, label: String, sampler: Sampler) -> u32 {
        self.variates.push(VariatePlan { label, sampler });
        (self.variates.len() - 1) as u32
    }
}

fn unsupported(what: impl Into<String>, element: impl Into<String>) -> PredictError {
    PredictError::Unsupported { engine: crate::engine::NAME, what: what.into(), element: element.into() }
}

/// Refuses counts that would not fit into memory.
fn bounded(count: u64, what: &str, element: &str) -> Result<(), PredictError> {
    if count <= MOST {
        return Ok(());
    }
    Err(unsupported(format!("more than {MOST} {what}"), element))
}
