//! Random layered systems with most of what the engine covers.

mod policies;

use rand::{Rng, SeedableRng};
use tracecast_model::autoscaling::{Schedule, ScheduleEntry};
use tracecast_model::placement::at_start;
use tracecast_model::{
    Activity, Alternative, Autoscaler, Backoff, Breakdowns, Burst, Call, CallCount, CallOrder, Cfs, Choice,
    Distribution, Fault, FaultEffect, FetchOrder, Fork, Forward, Host, Jitter, Lane, Load, LoadBalancing,
    Lock, LockAction, Loop, MarkovArrivals, Memory, Multiplicity, OnFailure, Operation, OperationRef,
    OutlierDetection, Overflow, Placement, Polling, PollingVisit, RatePoint, RateProfile, Reply, Reservation,
    Resilience, Retry, Scheduling, SerialClient, Service, ShareGroup, Shedding, StartUp, StartUpParts, Step,
    System, WarmUp, WarmUpOver, WorkQueue, Workload,
};

use crate::streams::Stream;

/// A source of decisions.
struct Dice(Stream);

/// How deep steps are nested.
const DEPTH: u32 = 2;

/// The system of that number, which is always the same. Services call later ones only.
pub(super) fn system(number: u64) -> System {
    let mut dice = Dice(Stream::seed_from_u64(number));
    let mut system =
        System { hosts: (0..1 + dice.below(3)).map(|host| dice.host(host)).collect(), ..System::default() };
    for service in 0..1 + dice.below(5) {
        let host = dice.below(system.hosts.len());
        system.services.push(dice.service(service, &system.hosts[host]));
    }
    let mut callees: Vec<Callee> = Vec::new();
    for service in system.services.iter_mut().rev() {
        for operation in &mut service.operations {
            operation.steps = dice.operation(&callees);
        }
        callees.extend(service.operations.iter().map(|operation| Callee {
            name: OperationRef::new(&service.name, &operation.name),
            most: if service.work_queue.is_some() { 1 } else { service.replicas },
        }));
    }
    system.workloads = (0..1 + dice.below(2)).map(|load| dice.workload(load, &system)).collect();
    if dice.chance(0.2) {
        for operation in system.services.iter_mut().flat_map(|service| &mut service.operations) {
            operation.error_rate = dice.one_of(&[0.0, 0.05, 0.3]);
        }
    }
    fetch(&mut system, number);
    system
}

/// The same, and in every third system there are callers that do not wait for ever, in every fourth replicas that come and
/// go.
pub(super) fn unsteady(number: u64) -> System {
    let mut system = self::system(number);
    let mut dice = Dice(Stream::seed_from_u64(!number));
    if number.is_multiple_of(4) {
        for service in system.services.iter_mut().filter(|service| service.lock.is_none()) {
            if service.polling.is_none() {
                dice.scale(service);
            }
        }
        let scaled: Vec<String> =
            system.services.iter().filter(|s| s.autoscaler.is_some()).map(|s| s.name.clone()).collect();
        without_fans(&mut system, &scaled);
    }
    if number.is_multiple_of(5) {
        for _ in 0..1 + dice.below(3) {
            let service = &mut system.services[0];
            let place = dice.below(1000);
            service.start_up = dice.duration().into();
            let count = system.services.len();
            let service = &mut system.services[place % count];
            if dice.chance(0.3) && service.lock.is_none() && service.polling.is_none() {
                service.breakdowns = Some(Breakdowns {
                    time_to_failure: Distribution::exponential(0.2),
                    time_to_repair: dice.duration(),
                });
            }
            let has_lines =
                service.lock.is_none() && service.polling.is_none() && service.work_queue.is_none();
            if dice.chance(0.3) && has_lines {
                let (back_off, max_back_off) = (0.02, 0.1);
                service.memory = Some(Memory {
                    back_off,
                    max_back_off,
                    ..Memory::new(f64::from(dice.up_to(6)), 0.0, 1.0)
                });
            }
            let service = &system.services[place % count];
            system.faults.extend(dice.fault(service));
        }
        let struck: Vec<String> = system
            .services
            .iter()
            .filter(|service| system.is_elastic(service))
            .map(|service| service.name.clone())
            .collect();
        without_fans(&mut system, &struck);
    }
    if number.is_multiple_of(3) {
        for service in system.services.iter_mut().filter(|service| service.lock.is_none()) {
            service.resilience = dice.resilience();
            if let Some(queue) = &mut service.work_queue
                && dice.chance(0.5)
            {
                let attempts = 1 + dice.below(3) as u32;
                let backoff = Backoff::Fixed { delay: 0.01 * dice.unit() };
                queue.redelivery = Some(Retry { backoff, jitter: Jitter::Full, ..Retry::new(attempts) });
            }
            service.rate_limit = dice.chance(0.2).then(|| dice.rate_limit());
            service.shedding = dice.chance(0.3).then(|| Shedding {
                max_queue_delay: dice.one_of(&[None, Some(0.0), Some(0.01)]),
                abandoned: dice.chance(0.5),
                cancels: dice.chance(0.3),
            });
            let is_balanced = service.work_queue.is_none() && service.polling.is_none();
            service.admission_limit = (is_balanced && dice.chance(0.3)).then(|| dice.admission_limit());
            if is_balanced && service.most_replicas() > 1 && dice.chance(0.4) {
                service.outlier_detection = Some(OutlierDetection {
                    consecutive_5xx: 1 + dice.below(3) as u32,
                    enforcing_consecutive_5xx: 80,
                    interval: 0.1 + dice.unit(),
                    base_ejection_time: 0.2,
                    max_ejection_percent: 50,
                    success_rate_minimum_hosts: 2,
                    success_rate_request_volume: 5,
                    ..OutlierDetection::default()
                });
            }
        }
        for workload in &mut system.workloads {
            workload.resilience =
                dice.resilience().map(|policy| Resilience { on_failure: OnFailure::Fail, ..policy });
        }
    }
    if number.is_multiple_of(4) {
        place(&mut system, number);
    }
    reserve(&mut system, number);
    system
}

/// Half of the hosts choose machines by what is on them, where the replicas of the start have room.
fn place(system: &mut System, number: u64) {
    let mut dice = Dice(Stream::seed_from_u64(!number.rotate_left(3)));
    for service in &mut system.services {
        service.memory_request = dice.one_of(&[None, Some(1.0), Some(2.0)]);
    }
    for number in 0..system.hosts.len() {
        let host = &mut system.hosts[number];
        let shares = host.scheduling == Scheduling::Ps || host.cores.is_infinite();
        if host.per_replica || !shares || dice.chance(0.3) {
            continue;
        }
        let before = host.clone();
        host.placement = dice.one_of(&Placement::ALL[1..]);
        host.replicas = dice.up_to(3);
        host.memory = Some(f64::from(1 + dice.up_to(5)));
        if !matches!(at_start(system, &system.hosts[number]), Some(Ok(_))) {
            system.hosts[number] = before;
        }
    }
}

/// In every second system, messages of work queues belong to those who fetch them for a time only.
fn reserve(system: &mut System, number: u64) {
    let mut dice = Dice(Stream::seed_from_u64(!number.rotate_left(1)));
    if number.is_multiple_of(2) {
        return;
    }
    for queue in system.services.iter_mut().filter_map(|service| service.work_queue.as_mut()) {
        queue.reservation = dice.chance(0.8).then(|| Reservation {
            timeout: dice.one_of(&[0.005, 0.02, 0.1]),
            scan_interval: dice.one_of(&[0.0, 0.01]),
            notices_crash: dice.chance(0.3),
        });
        if queue.redelivery.is_some() {
            queue.scan_interval = dice.one_of(&[0.0, 0.015]);
        }
    }
}

/// In two of three systems, work queues have several lanes, are fetched from ahead, or drop what has waited longest.
fn fetch(system: &mut System, number: u64) {
    let mut dice = Dice(Stream::seed_from_u64(!number.rotate_left(2)));
    if number.is_multiple_of(3) {
        return;
    }
    for service in &mut system.services {
        let Some(queue) = &mut service.work_queue else { continue };
        service.scheduling = Scheduling::Fcfs;
        let few = Multiplicity::Finite(dice.up_to(6));
        queue.prefetch = dice.one_of(&[None, Some(few), Some(few), Some(Multiplicity::Infinite)]);
        if dice.chance(0.5) {
            service.queue_capacity = Some(dice.below(4) as u32);
            queue.overflow = dice.one_of(&[Overflow::Reject, Overflow::DropHead]);
        }
        if dice.chance(0.5) {
            let lane = |operation: &Operation| Lane {
                name: format!("{} tasks", operation.name),
                operations: vec![operation.name.clone()],
                weight: 0.5 + dice.unit(),
            };
            queue.lanes = service.operations.iter().map(lane).collect();
            queue.fetch_order = dice.one_of(&[FetchOrder::Strict, FetchOrder::Weighted]);
        }
    }
}

/// Calls from and to these services go to one replica.
fn without_fans(system: &mut System, services: &[String]) {
    for service in &mut system.services {
        let is_one = services.contains(&service.name);
        for operation in &mut service.operations {
            operation.for_each_activity_mut(&mut |activity| {
                for call in &mut activity.calls {
                    if is_one || services.iter().any(|name| name == call.to.service()) {
                        call.fan_out = 1;
                    }
                }
            });
        }
    }
}

struct Callee {
    name: OperationRef,
    /// Replicas that one call may go to.
    most: u32,
}

impl Dice {
    fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    fn below(&mut self, count: usize) -> usize {
        (self.unit() * count as f64) as usize
    }

    fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    fn up_to(&mut self, most: u32) -> u32 {
        1 + self.below(most as usize) as u32
    }

    /// A duration with a mean of some milliseconds. Constant ones bring things to the same instant.
    fn duration(&mut self) -> Distribution {
        let mean = 0.001 + 0.02 * self.unit().powi(2);
        match self.below(5) {
            0 => Distribution::deterministic(0.005 * f64::from(self.up_to(4))),
            1 => Distribution::with_scv(mean, 4.0 * self.unit()).unwrap(),
            2 => Distribution::zero(),
            _ => Distribution::exponential(mean),
        }
    }

    fn fault(&mut self, service: &Service) -> Option<Fault> {
        let name = service.name.clone();
        let replica = self.chance(0.3).then_some(0);
        let effect = match self.below(5) {
            0 => FaultEffect::Slow { service: name, replica, factor: self.one_of(&[0.5, 3.0]) },
            1 => FaultEffect::Errors { service: name, replica, rate: 0.5 },
            4 => FaultEffect::Network {
                service: name,
                from: None,
                delay: self.one_of(&[0.0, 0.02]),
                loss: self.one_of(&[0.0, 0.1, 0.5]),
            },
            _ if service.lock.is_some() || service.polling.is_some() => return None,
            2 => FaultEffect::Crash { service: name, replicas: Some(1) },
            _ => FaultEffect::Crash { service: name, replicas: None },
        };
        Some(Fault { at: 0.3 * self.unit(), duration: 0.001 + 0.2 * self.unit(), effect })
    }

    fn start_up(&mut self) -> StartUp {
        if self.chance(0.5) {
            return self.duration().into();
        }
        let image_pull = if self.chance(0.5) { self.duration() } else { Distribution::zero() };
        let (container_start, readiness_delay) = (self.duration(), self.duration());
        StartUp::Parts(StartUpParts {
            image_pull,
            container_start,
            readiness_delay,
            ..StartUpParts::default()
        })
    }

    fn scale(&mut self, service: &mut Service) {
        service.start_up = self.start_up();
        if self.chance(0.3) {
            let over =
                if self.chance(0.5) { WarmUpOver::Requests(self.up_to(20)) } else { WarmUpOver::Time(0.1) };
            service.warm_up = Some(WarmUp { factor: 1.0 + 4.0 * self.unit(), over });
        }
        service.grace_period = self.chance(0.3).then(|| 0.05 * self.unit());
        let most = self.up_to(5).max(service.replicas);
        service.autoscaler = match self.below(3) {
            0 => {
                let entries = (0..self.up_to(5))
                    .map(|entry| ScheduleEntry {
                        at: 0.05 * f64::from(entry),
                        replicas: self.below(most as usize + 1) as u32,
                    })
                    .chain([ScheduleEntry { at: 0.5, replicas: most }]);
                let entries = entries.collect();
                Some(Autoscaler::Schedule(Schedule { entries, period: self.chance(0.5).then_some(1.0) }))
            }
            1 => {
                let trigger = r#"{"metric": "queue_length", "threshold": 2}"#;
                let text = format!(
                    r#"{{"triggers": [{trigger}], "max_replica_count": {most}, "polling_interval": 0.02, "sync_period": 0.03,
                         "cooldown_period": 0.1}}"#
                );
                Some(Autoscaler::Keda(serde_json::from_str(&text).unwrap()))
            }
            _ => None,
        };
    }

    fn host(&mut self, number: usize) -> Host {
        let scheduling = if self.chance(0.4) { Scheduling::Ps } else { self.one_of(&Scheduling::ALL) };
        let cores =
            if self.chance(0.1) { Multiplicity::Infinite } else { Multiplicity::Finite(self.up_to(4)) };
        let mut share_groups = Vec::new();
        if scheduling == Scheduling::Ps && !cores.is_infinite() && self.chance(0.3) {
            for (name, share) in [("first", 0.3), ("second", 0.5)] {
                share_groups.push(ShareGroup { name: name.to_owned(), share, capped: self.chance(0.5) });
            }
        }
        Host {
            share_groups,
            speed: self.one_of(&[0.5, 1.0, 1.0, 2.0]),
            per_replica: self.chance(0.15),
            replicas: self.one_of(&[1, 1, 1, 2]),
            ..Host::new(format!("host{number}")).with_cores(cores).with_scheduling(scheduling)
        }
    }

    fn service(&mut self, number: usize, host: &Host) -> Service {
        let orders = [Scheduling::Fcfs, Scheduling::Lcfs, Scheduling::Random, Scheduling::Priority];
        let mut service = Service {
            replicas: self.up_to(3),
            scheduling: self.one_of(&orders),
            priority: self.below(3) as i32,
            load_balancing: self.load_balancing(),
            ..Service::new(format!("service{number}"), &host.name)
        };
        for operation in 0..self.up_to(2) {
            let priority = self.below(3) as i32;
            service
                .operations
                .push(Operation { priority, ..Operation::new(format!("operation{operation}")) });
        }
        if let (Some(group), true) = (host.share_groups.get(self.below(2)), self.chance(0.7)) {
            service.share_group = Some(group.name.clone());
        }
        if self.chance(0.7) {
            service.concurrency = Multiplicity::Finite(self.up_to(5));
        }
        if self.chance(0.15) {
            service.queue_capacity = Some(self.below(6) as u32);
        }
        if self.chance(0.1) {
            self.make_lock(&mut service);
        } else if self.chance(0.15) {
            service.work_queue = Some(WorkQueue::new(format!("queue{number}")));
            service.load_balancing = LoadBalancing::default();
        } else if self.chance(0.1) {
            let visits = [PollingVisit::Exhaustive, PollingVisit::Gated, PollingVisit::Limited(2)];
            service.polling = Some(Polling { visit: self.one_of(&visits), switch_over: self.duration() });
            service.concurrency = Multiplicity::Finite(1);
            service.replicas = 1;
        }
        let shares = host.scheduling == Scheduling::Ps || host.cores.is_infinite();
        let by_arrival = matches!(
            host.scheduling,
            Scheduling::Fcfs | Scheduling::Priority | Scheduling::PreemptivePriority
        );
        if self.chance(0.3) && (shares || by_arrival) {
            let limits: &[f64] = if shares { &[0.3, 0.75, 1.0, 1.5] } else { &[0.3, 0.75, 1.0, 2.0] };
            service.cpu_limit = Some(self.one_of(limits));
            if shares && host.speed_by_load.is_empty() && self.chance(0.5) {
                let slice = if host.cores.is_infinite() { None } else { self.one_of(&[None, Some(0.005)]) };
                service.cfs = Some(Cfs { period: self.one_of(&[0.01, 0.1, 1.0]), burst: 0.0, slice });
            }
        }
        if shares && self.chance(0.2) {
            service.weight = self.one_of(&[0.5, 2.0, 3.0]);
        }
        service
    }

    /// Those who take it and those who give it back know nothing of each other, so that it may be taken for ever.
    fn make_lock(&mut self, service: &mut Service) {
        use LockAction::{ReadLock, ReadUnlock, Signal, Wait, WriteLock, WriteUnlock};
        service.replicas = 1;
        let actions: &[LockAction] = if self.chance(0.5) {
            service.lock = Some(Lock::Semaphore { taken: self.below(2) as u32 });
            &[Wait, Signal]
        } else {
            service.scheduling = Scheduling::Fcfs;
            service.lock = Some(Lock::ReadWrite);
            &[ReadLock, ReadUnlock, WriteLock, WriteUnlock]
        };
        service.operations = (0..)
            .zip(actions)
            .map(|(operation, &action)| Operation {
                lock: Some(action),
                ..Operation::new(format!("operation{operation}"))
            })
            .collect();
    }

    /// Steps, of which the last may come after the reply or be the passing on of the request.
    fn operation(&mut self, callees: &[Callee]) -> Vec<Step> {
        let mut steps = self.steps(callees, 0);
        if self.chance(0.3) {
            let mut reply = Reply::default();
            if self.chance(0.4) && !callees.is_empty() {
                let to = callees[self.below(callees.len())].name.clone();
                let latency = if self.chance(0.3) { self.duration() } else { Distribution::zero() };
                reply.forward.push(Forward { to, probability: self.one_of(&[0.4, 1.0]), latency });
            }
            let reply = vec![Step::Reply(reply)];
            if self.chance(0.3) {
                let branches = vec![self.steps(callees, 1), reply];
                let quorum = self.chance(0.4).then_some(1);
                steps.push(Step::Fork(Fork { branches, quorum }));
            } else {
                steps.extend(reply);
            }
            if self.chance(0.6) {
                steps.extend(self.steps(callees, 1));
            }
        }
        steps
    }

    fn steps(&mut self, callees: &[Callee], depth: u32) -> Vec<Step> {
        (0..1 + self.below(2)).map(|_| self.step(callees, depth)).collect()
    }

    fn step(&mut self, callees: &[Callee], depth: u32) -> Step {
        let kind = if depth < DEPTH { self.below(10) } else { 9 };
        match kind {
            0 => {
                let branches: Vec<_> =
                    (0..1 + self.up_to(2)).map(|_| self.steps(callees, depth + 1)).collect();
                let quorum = self.chance(0.4).then(|| self.up_to(branches.len() as u32));
                Step::Fork(Fork { branches, quorum })
            }
            1 => {
                let branches = [0.25, 0.75].map(|probability| {
                    let steps = if self.chance(0.3) { Vec::new() } else { self.steps(callees, depth + 1) };
                    Alternative { probability, steps }
                });
                Step::Choice(Choice { branches: branches.to_vec() })
            }
            2 => {
                let (mean, count) = self.count();
                Step::Loop(Loop { mean, count, steps: self.steps(callees, depth + 1) })
            }
            _ => Step::Activity(self.activity(callees)),
        }
    }

    fn activity(&mut self, callees: &[Callee]) -> Activity {
        let mut activity = Activity::working(self.duration());
        if self.chance(0.15) {
            activity.delay = self.duration();
        }
        if callees.is_empty() {
            return activity;
        }
        activity.calls = (0..self.below(3)).map(|_| self.call(callees)).collect();
        if self.chance(0.15) {
            activity.call_order = CallOrder::Random;
            activity.calls.iter_mut().for_each(|call| call.count = CallCount::Geometric);
        }
        activity
    }

    fn call(&mut self, callees: &[Callee]) -> Call {
        let callee = &callees[self.below(callees.len())];
        let (mean, count) = self.count();
        let call = Call { mean, count, ..Call::new(callee.name.clone()) };
        let call = if self.chance(0.25) { call.asynchronous() } else { call };
        let latency = if self.chance(0.2) { self.duration() } else { Distribution::zero() };
        let fan_out = if self.chance(0.15) { self.up_to(callee.most) } else { 1 };
        Call { latency, fan_out, ..call }
    }

    /// How often something is repeated: mostly a fixed number.
    fn count(&mut self) -> (f64, CallCount) {
        match self.below(10) {
            0 => (1.5, CallCount::Fixed),
            1 => (0.7, CallCount::Geometric),
            2 => (0.0, CallCount::Fixed),
            3 | 4 => (2.0, CallCount::Fixed),
            _ => (1.0, CallCount::Fixed),
        }
    }

    fn workload(&mut self, number: usize, system: &System) -> Workload {
        let load = match self.below(9) {
            0 => Load::Closed { population: self.up_to(12), think_time: self.duration().scaled(5.0) },
            1 => Load::Closed { population: self.up_to(12), think_time: Distribution::exponential(0.05) },
            2 => Load::Poisson { rate: 1.0 + 100.0 * self.unit() },
            3 => Load::Renewal { gap: Distribution::with_scv(0.02, 2.0 * self.unit()).unwrap() },
            4 => {
                let bursts = (0..self.up_to(3)).map(|_| self.burst()).collect();
                Load::Burst { bursts }
            }
            5 => {
                let at: Vec<f64> = (0..self.up_to(30)).map(|arrival| 0.01 * f64::from(arrival / 2)).collect();
                Load::Replay { at }
            }
            6 => {
                let points = [(0.0, 0.0), (0.3, 100.0 * self.unit() + 1.0), (1.0, 20.0)];
                Load::Profile(RateProfile::new(points.map(|(at, rate)| RatePoint { at, rate }).to_vec()))
            }
            7 => {
                let rates = [100.0 * self.unit() + 1.0, 5.0];
                Load::Markov(MarkovArrivals::modulated(&rates, &[vec![0.0, 5.0], vec![2.0, 0.0]]))
            }
            _ => Load::SerialClient(SerialClient { requests: self.up_to(30), ..SerialClient::default() }),
        };
        let first = &system.services[0];
        let entry = |operation: &Operation| OperationRef::new(&first.name, &operation.name);
        let mut workload = Workload::new(format!("load{number}"), entry(&first.operations[0]), load);
        if let (Some(other), true) = (first.operations.get(1), self.chance(0.4)) {
            workload.requests.push(tracecast_model::Request { operation: entry(other), weight: 0.5 });
        }
        if self.chance(0.3) { workload.until_all_work_is_done() } else { workload }
    }

    fn burst(&mut self) -> Burst {
        Burst { size: self.up_to(20), at: 0.1 * self.unit() }
    }
}
