//! What a system uses beyond plain services, so that an engine can say by name what it does not cover.

use crate::{
    CallOrder, Element, Load, LoadBalancing, OnFailure, PredictError, Resilience, Scheduling, Step, System,
    WorkQueue, placement,
};

/// An element of the model that not every engine covers.
///
/// To add one: a variant here with its line in [`Feature::ALL`] and in [`Feature::name`], its recognition in
/// [`features`], and its name in the list of every engine that covers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Feature {
    /// A random choice between branches.
    Choice,
    /// Repeated steps.
    Loop,
    /// A reply in one of several parallel branches.
    BranchReply,
    /// Steps after the reply.
    SecondPhase,
    /// A request that is passed on.
    Forwarding,
    /// A join that does not wait for all branches.
    Quorum,
    /// Calls in random order.
    RandomCallOrder,
    /// Waiting requests or work in random order.
    RandomScheduling,
    /// The last to come of those waiting first.
    Lcfs,
    /// The last to come at once, interrupting others.
    PreemptiveLcfs,
    /// Waiting requests or work in the order of priority.
    Priority,
    /// Work that interrupts other work.
    PreemptivePriority,
    /// Queues of limited length.
    QueueCapacity,
    /// A thread that goes round operations.
    Polling,
    /// Groups of services with shares of a host.
    ShareGroups,
    /// Pieces of work that share cores unequally.
    Weight,
    /// A speed that depends on the number of pieces of work.
    SpeedByLoad,
    /// Semaphores and read-write locks.
    Lock,
    /// A number of replicas that changes with the load.
    Autoscaling,
    /// Calls to several replicas, or over fixed connections.
    FanOut,
    /// Several machines of one kind.
    HostReplicas,
    /// Machines that are chosen by what is on them.
    Placement,
    /// Independent gaps between arrivals that are not exponential.
    RenewalArrivals,
    /// Arrivals whose rate depends on a hidden state.
    MarkovArrivals,
    /// Replies that are errors.
    Errors,
    /// Callers that do not wait for ever, or try again.
    Resilience,
    /// Callers that ask again before there is an answer.
    Hedging,
    /// Callers that stop calling for a while.
    CircuitBreaker,
    /// Callers that make so many calls per second.
    RateLimit,
    /// Callers that have so many calls in progress.
    ConcurrencyLimit,
    /// Services that take so many requests per second.
    ServiceRateLimit,
    /// Services that do not work on all requests.
    Shedding,
    /// Replicas that have so many requests in progress.
    AdmissionLimit,
    /// The better of two replicas.
    TwoChoices,
    /// Replicas to which keys of requests belong.
    KeyedBalancing,
    /// Replicas that are left out since their replies were errors.
    OutlierDetection,
    /// Things that go wrong at known times.
    Faults,
    /// CPU limits by periods.
    Throttling,
    /// Messages that belong to a replica for a time only.
    Reservation,
    /// Several queues that one service fetches from.
    Lanes,
    /// Messages fetched ahead.
    Prefetch,
    /// Replicas that are slower at first.
    WarmUp,
    /// Replicas that may lack memory.
    Memory,
    /// Replicas that are kept ready.
    WarmPool,
}

impl Feature {
    /// Is it something by which requests can fail?
    pub fn can_fail(self) -> bool {
        matches!(
            self,
            Self::QueueCapacity
                | Self::Errors
                | Self::Resilience
                | Self::Hedging
                | Self::CircuitBreaker
                | Self::RateLimit
                | Self::ConcurrencyLimit
                | Self::ServiceRateLimit
                | Self::Shedding
                | Self::Memory
                | Self::AdmissionLimit
                | Self::Faults
        )
    }

    /// Every feature, for tests and documentation.
    pub const ALL: [Self; 44] = [
        Self::Choice,
        Self::Loop,
        Self::BranchReply,
        Self::SecondPhase,
        Self::Forwarding,
        Self::Quorum,
        Self::RandomCallOrder,
        Self::RandomScheduling,
        Self::Lcfs,
        Self::PreemptiveLcfs,
        Self::Priority,
        Self::PreemptivePriority,
        Self::QueueCapacity,
        Self::Polling,
        Self::ShareGroups,
        Self::Weight,
        Self::SpeedByLoad,
        Self::Lock,
        Self::Autoscaling,
        Self::FanOut,
        Self::HostReplicas,
        Self::Placement,
        Self::RenewalArrivals,
        Self::MarkovArrivals,
        Self::Errors,
        Self::Resilience,
        Self::Hedging,
        Self::CircuitBreaker,
        Self::RateLimit,
        Self::ConcurrencyLimit,
        Self::ServiceRateLimit,
        Self::Shedding,
        Self::AdmissionLimit,
        Self::TwoChoices,
        Self::KeyedBalancing,
        Self::OutlierDetection,
        Self::Faults,
        Self::Throttling,
        Self::Reservation,
        Self::Lanes,
        Self::Prefetch,
        Self::WarmUp,
        Self::Memory,
        Self::WarmPool,
    ];

    /// For messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Choice => "a choice of branches",
            Self::Loop => "a loop",
            Self::BranchReply => "a reply in a parallel branch",
            Self::SecondPhase => "work after the reply",
            Self::Forwarding => "forwarding",
            Self::Quorum => "a quorum join",
            Self::RandomCallOrder => "calls in random order",
            Self::RandomScheduling => "scheduling \"random\"",
            Self::Lcfs => "scheduling \"lcfs\"",
            Self::PreemptiveLcfs => "scheduling \"preemptive_lcfs\"",
            Self::Priority => "scheduling \"priority\"",
            Self::PreemptivePriority => "scheduling \"preemptive_priority\"",
            Self::QueueCapacity => "a queue capacity",
            Self::Polling => "polling",
            Self::ShareGroups => "share groups",
            Self::Weight => "weights of processor sharing",
            Self::SpeedByLoad => "a speed that depends on the load",
            Self::Lock => "a lock",
            Self::Autoscaling => "an autoscaler",
            Self::FanOut => "fan-out and fan-in",
            Self::HostReplicas => "replicas of a host",
            Self::Placement => "a placement that is not by number",
            Self::RenewalArrivals => "renewal arrivals",
            Self::MarkovArrivals => "Markovian arrivals",
            Self::Errors => "replies that are errors",
            Self::Resilience => "timeouts, retries and fallbacks",
            Self::Hedging => "hedged requests",
            Self::CircuitBreaker => "a circuit breaker",
            Self::RateLimit => "a limit to the rate of calls",
            Self::ConcurrencyLimit => "a limit to the calls in progress",
            Self::ServiceRateLimit => "a limit to the rate of requests",
            Self::Shedding => "load shedding",
            Self::AdmissionLimit => "a limit to the requests in progress",
            Self::TwoChoices => "the power of two choices",
            Self::KeyedBalancing => "balancing by keys",
            Self::OutlierDetection => "outlier detection",
            Self::Faults => "faults",
            Self::Throttling => "a CPU limit by periods",
            Self::Reservation => "reservations of messages",
            Self::Lanes => "several queues of one service",
            Self::Prefetch => "a prefetch count",
            Self::WarmUp => "a warm-up",
            Self::Memory => "a memory limit",
            Self::WarmPool => "a warm pool",
        }
    }
}

/// Every feature that a system uses, with the element that does, in the order written; one entry for each pair.
pub fn features(system: &System) -> Vec<(Feature, String)> {
    let mut found = Vec::new();
    let mut add = |feature: Feature, element: &str| {
        if !found.iter().any(|(other, place)| *other == feature && place == element) {
            found.push((feature, element.to_owned()));
        }
    };
    for host in &system.hosts {
        let element = format!("host \"{}\"", host.name);
        scheduling(host.scheduling, &element, &mut add);
        if !host.share_groups.is_empty() {
            add(Feature::ShareGroups, &element);
        }
        if !host.speed_by_load.is_empty() {
            add(Feature::SpeedByLoad, &element);
        }
        if host.replicas > 1 {
            add(Feature::HostReplicas, &element);
        }
        if placement::matters(system, host) {
            add(Feature::Placement, &element);
        }
    }
    for service in &system.services {
        let element = format!("service \"{}\"", service.name);
        scheduling(service.scheduling, &element, &mut add);
        if service.queue_capacity.is_some() {
            add(Feature::QueueCapacity, &element);
        }
        if service.rate_limit.is_some() {
            add(Feature::ServiceRateLimit, &element);
        }
        if service.shedding.is_some() {
            add(Feature::Shedding, &element);
        }
        if service.admission_limit.is_some() {
            add(Feature::AdmissionLimit, &element);
        }
        if service.load_balancing == LoadBalancing::PowerOfTwoChoices && service.most_replicas() > 1 {
            add(Feature::TwoChoices, &element);
        }
        if service.load_balancing.is_by_key() && service.most_replicas() > 1 {
            add(Feature::KeyedBalancing, &element);
        }
        if service.outlier_detection.is_some() {
            add(Feature::OutlierDetection, &element);
        }
        if service.polling.is_some() {
            add(Feature::Polling, &element);
        }
        if service.weight != 1.0 {
            add(Feature::Weight, &element);
        }
        if service.lock.is_some() {
            add(Feature::Lock, &element);
        }
        if service.breakdowns.is_some() {
            add(Feature::Faults, &element);
        }
        if service.cfs.is_some() {
            add(Feature::Throttling, &element);
        }
        if service.memory.is_some() {
            add(Feature::Memory, &element);
        }
        if service.warm_pool.is_some() {
            add(Feature::WarmPool, &element);
        }
        if service.warm_up.is_some() {
            add(Feature::WarmUp, &element);
        }
        if service.autoscaler.is_some() {
            add(Feature::Autoscaling, &element);
        }
        resilience(service.resilience.as_ref(), &element, &mut add);
        if let Some(queue) = &service.work_queue {
            work_queue(queue, &element, &mut add);
        }
    }
    for (name, operation) in system.operations() {
        let element = format!("operation \"{name}\"");
        steps(&operation.steps, &element, &mut add);
        if operation.error_rate > 0.0 {
            add(Feature::Errors, &element);
        }
        operation.walk(&mut |part, _| {
            let Element::Activity(activity) = part else { return };
            if activity.call_order == CallOrder::Random && activity.calls.len() > 1 {
                add(Feature::RandomCallOrder, &element);
            }
            if activity.calls.iter().any(|call| call.fan_out > 1 || call.fan_in.is_some()) {
                add(Feature::FanOut, &element);
            }
            for call in &activity.calls {
                resilience(call.resilience.as_deref(), &element, &mut add);
            }
        });
    }
    for number in 1..=system.faults.len() {
        add(Feature::Faults, &format!("fault {number}"));
    }
    for workload in &system.workloads {
        let element = format!("workload \"{}\"", workload.name);
        resilience(workload.resilience.as_ref(), &element, &mut add);
        match workload.load {
            Load::Renewal { .. } => add(Feature::RenewalArrivals, &element),
            Load::Markov(_) => add(Feature::MarkovArrivals, &element),
            Load::Closed { .. }
            | Load::Poisson { .. }
            | Load::Burst { .. }
            | Load::Profile(_)
            | Load::Replay { .. }
            | Load::SerialClient(_) => {}
        }
    }
    found
}

/// Refuses the first feature that is not among those that an engine covers.
///
/// # Errors
/// [`PredictError::Unsupported`] with the name of the feature and of the element.
pub fn require(system: &System, covered: &[Feature], engine: &'static str) -> Result<(), PredictError> {
    match features(system).into_iter().find(|(feature, _)| !covered.contains(feature)) {
        Some((feature, element)) => {
            Err(PredictError::Unsupported { engine, what: feature.name().to_owned(), element })
        }
        None => Ok(()),
    }
}

fn resilience(policy: Option<&Resilience>, element: &str, add: &mut impl FnMut(Feature, &str)) {
    let Some(policy) = policy else { return };
    let own = [
        (policy.hedging.is_some(), Feature::Hedging),
        (policy.circuit_breaker.is_some(), Feature::CircuitBreaker),
        (policy.rate_limit.is_some(), Feature::RateLimit),
        (policy.concurrency_limit.is_some(), Feature::ConcurrencyLimit),
    ];
    own.iter().filter(|(is_there, _)| *is_there).for_each(|(_, feature)| add(*feature, element));
    let is_plain = own.iter().all(|(is_there, _)| !is_there);
    if is_plain || policy.timeout.is_some() || policy.retry.is_some() || policy.on_failure != OnFailure::Fail
    {
        add(Feature::Resilience, element);
    }
}

fn work_queue(queue: &WorkQueue, element: &str, add: &mut impl FnMut(Feature, &str)) {
    let own = [
        (queue.redelivery.is_some(), Feature::Resilience),
        (queue.reservation.is_some(), Feature::Reservation),
        (!queue.lanes.is_empty(), Feature::Lanes),
        (queue.prefetch.is_some(), Feature::Prefetch),
    ];
    own.iter().filter(|(is_there, _)| *is_there).for_each(|(_, feature)| add(*feature, element));
}

fn scheduling(scheduling: Scheduling, element: &str, add: &mut impl FnMut(Feature, &str)) {
    match scheduling {
        Scheduling::Fcfs | Scheduling::Ps => {}
        Scheduling::Random => add(Feature::RandomScheduling, element),
        Scheduling::Lcfs => add(Feature::Lcfs, element),
        Scheduling::PreemptiveLcfs => add(Feature::PreemptiveLcfs, element),
        Scheduling::Priority => add(Feature::Priority, element),
        Scheduling::PreemptivePriority => add(Feature::PreemptivePriority, element),
    }
}

fn steps(list: &[Step], element: &str, add: &mut impl FnMut(Feature, &str)) {
    for (place, step) in list.iter().enumerate() {
        match step {
            Step::Activity(_) => {}
            Step::Fork(fork) => {
                if !fork.waits_for_all() {
                    add(Feature::Quorum, element);
                }
                if step.any(&|inner| matches!(inner, Step::Reply(_))) {
                    add(Feature::BranchReply, element);
                }
            }
            Step::Choice(_) => add(Feature::Choice, element),
            Step::Loop(_) => add(Feature::Loop, element),
            Step::Reply(reply) => {
                if !reply.forward.is_empty() {
                    add(Feature::Forwarding, element);
                }
                if place + 1 < list.len() {
                    add(Feature::SecondPhase, element);
                }
            }
        }
        // A reply at the end of a branch of a choice may have steps behind the choice.
        let replies = step.any(&|inner| matches!(inner, Step::Reply(_)));
        if matches!(step, Step::Choice(_)) && replies && place + 1 < list.len() {
            add(Feature::SecondPhase, element);
        }
        for (inner, _) in step.inner() {
            steps(inner, element, add);
        }
    }
}
