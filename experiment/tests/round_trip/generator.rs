//! Random layered systems of which traces show, in principle, all that their response times depend on.
//!
//! What is left out, and why no traces of spans can show it:
//! * Services that share a host, or replicas that do: nothing in a span names a machine with its cores.
//! * Schedulings of hosts other than processor sharing: a span does not tell waiting from working, so the order of the
//!   waiting does not show.
//! * Few threads (but for work queues, of which consumers show when messages wait): a handler's span begins once it has its
//!   thread, and the wait before it looks like the network.
//! * Sleeping, and work inside of branches: a span does not tell sleeping from working, nor which of two things done at
//!   once its own work belongs to.
//! * Work after the reply, forwarding, locks, polling: no span covers them.
//! * A message's time on the way to a work queue: it looks like waiting in the queue.
//! * How a load balancer chooses: all do as extracted models do.

use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use tracecast_model::{
    Activity, Alternative, Call, CallCount, Choice, Distribution, Element, Host, Load, Multiplicity,
    Operation, OperationRef, Scheduling, Service, Step, System, WorkQueue, Workload, visits,
};

/// Most visits that a request may cause in the mean.
const MOST_VISITS: f64 = 25.0;
/// Mean think time of closed users (s).
const THINK_TIME: f64 = 0.5;

struct Dice(Xoshiro256PlusPlus);

/// One thing that an operation does beside working.
enum Doing {
    Call(Call),
    Fork(Vec<Call>),
    Choice(Vec<(f64, Option<Call>)>),
}

/// The system of that number, always the same, with at most about two thirds of any host busy, and the visits that a request
/// causes in the mean.
pub(crate) fn system(number: u64) -> (System, f64) {
    let mut dice = Dice(Xoshiro256PlusPlus::seed_from_u64(number));
    loop {
        let mut system = dice.architecture();
        let visits = dice.add_load(&mut system);
        if visits <= MOST_VISITS {
            return (system, visits);
        }
    }
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

    fn between(&mut self, low: f64, high: f64) -> f64 {
        low * (high / low).powf(self.unit())
    }

    fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    fn duration(&mut self, low: f64, high: f64) -> Distribution {
        let mean = self.between(low, high);
        match self.below(4) {
            0 => Distribution::deterministic(mean),
            1 => Distribution::with_scv(mean, 0.25).unwrap(),
            2 => Distribution::exponential(mean),
            _ => Distribution::with_scv(mean, 3.0).unwrap(),
        }
    }

    fn architecture(&mut self) -> System {
        let count = 2 + self.below(11);
        let mut system = System::default();
        for number in 0..count {
            let name = format!("s{number}");
            let is_queue = number > 0 && self.chance(0.2);
            let mut host = Host::new(&name).with_scheduling(Scheduling::Ps);
            host.per_replica = true;
            host.cores = Multiplicity::Finite(self.one_of(&[1, 1, 2, 4]));
            let mut service = Service::new(&name, &name).with_replicas(1 + self.below(3) as u32);
            if is_queue {
                service.work_queue = Some(WorkQueue::new(format!("q{number}")));
                service.concurrency = Multiplicity::Finite(1 + self.below(2) as u32);
                host.cores = Multiplicity::Finite(1);
            }
            for operation in 0..1 + self.below(3) {
                service.operations.push(Operation::new(format!("o{operation}")));
            }
            system.hosts.push(host);
            system.services.push(service);
        }
        let mut doings: Vec<Vec<Vec<Doing>>> = system
            .services
            .iter()
            .map(|service| service.operations.iter().map(|_| Vec::new()).collect())
            .collect();
        // Every service is called by an earlier one, and some more than once. Consumers of queues only work.
        let mut called: Vec<usize> = (1..count).collect();
        called.extend((0..self.below(count)).map(|_| 1 + self.below(count - 1)).collect::<Vec<_>>());
        for callee in called {
            let callers: Vec<usize> =
                (0..callee).filter(|&caller| system.services[caller].work_queue.is_none()).collect();
            let caller = self.one_of(&callers);
            let operation = self.below(doings[caller].len());
            let doing = self.doing(&system, caller, callee);
            doings[caller][operation].push(doing);
        }
        for (service, doings) in system.services.iter_mut().zip(doings) {
            for (operation, doings) in service.operations.iter_mut().zip(doings) {
                operation.steps = self.steps(doings);
            }
        }
        system
    }

    /// A call of a service, perhaps beside others or in place of others.
    fn doing(&mut self, system: &System, caller: usize, callee: usize) -> Doing {
        let call = self.call(system, callee);
        let others: Vec<usize> =
            (caller + 1..system.services.len()).filter(|&other| other != callee).collect();
        let waits = |service: usize| system.services[service].work_queue.is_none();
        match self.below(4) {
            0 if waits(callee) && others.iter().any(|&other| waits(other)) => {
                let others: Vec<usize> = others.into_iter().filter(|&other| waits(other)).collect();
                let other = self.one_of(&others);
                let beside = self.call(system, other);
                let once = |call: Call| Call { kind: Default::default(), ..call.with_mean(1.0) };
                Doing::Fork(vec![once(call), once(beside)])
            }
            1 => {
                let share = 0.2 + 0.6 * self.unit();
                let other = match others.is_empty() || self.chance(0.5) {
                    true => None,
                    false => {
                        let other = self.one_of(&others);
                        Some(self.call(system, other))
                    }
                };
                Doing::Choice(vec![(share, Some(call)), (1.0 - share, other)])
            }
            _ => Doing::Call(call),
        }
    }

    fn call(&mut self, system: &System, callee: usize) -> Call {
        let service = &system.services[callee];
        let operation = &service.operations[self.below(service.operations.len())].name;
        let mut call = Call::new(OperationRef::new(&service.name, operation));
        call.mean = self.one_of(&[1.0, 1.0, 1.0, 0.3, 0.5, 1.5, 2.0]);
        call.count = self.one_of(&[CallCount::Fixed, CallCount::Geometric]);
        let is_queue = service.work_queue.is_some();
        if is_queue || self.chance(0.1) {
            call = call.asynchronous();
        }
        if !is_queue && self.chance(0.5) {
            call.latency = self.duration(0.0005, 0.005);
        }
        call
    }

    fn steps(&mut self, doings: Vec<Doing>) -> Vec<Step> {
        let mut steps = vec![self.work()];
        for doing in doings {
            let calling = |call: Call| vec![Step::Activity(Activity::calling(call))];
            match doing {
                Doing::Call(call) => {
                    let mut activity = Activity::calling(call);
                    if self.chance(0.5) {
                        activity.demand = self.duration(0.001, 0.02);
                    }
                    steps.push(Step::Activity(activity));
                }
                Doing::Fork(calls) => {
                    let branches = calls.into_iter().map(calling).collect();
                    steps.push(Step::Fork(tracecast_model::Fork::new(branches)));
                }
                Doing::Choice(branches) => {
                    let branches = branches.into_iter().map(|(probability, call)| Alternative {
                        probability,
                        steps: call.map_or(Vec::new(), calling),
                    });
                    steps.push(Step::Choice(Choice { branches: branches.collect() }));
                }
            }
            if self.chance(0.5) {
                steps.push(self.work());
            }
        }
        steps
    }

    fn work(&mut self) -> Step {
        Step::Activity(Activity::working(self.duration(0.001, 0.02)))
    }

    /// Adds one workload or two, with a load that keeps the busiest host busy for a chosen part of the time; the visits of a
    /// request.
    fn add_load(&mut self, system: &mut System) -> f64 {
        let index = system.index().unwrap();
        let edges = visits::edges(system, &index).unwrap();
        let entries: Vec<String> = system.services[0].operations.iter().map(|o| o.name.clone()).collect();
        let mut entries: Vec<OperationRef> =
            entries.into_iter().map(|operation| OperationRef::new("s0", operation)).collect();
        entries.truncate(2);
        let share = 1.0 / entries.len() as f64;
        let sources: Vec<_> = entries.iter().map(|entry| (index.operation(entry).unwrap(), share)).collect();
        let visits = visits::visits(&edges, index.operation_count(), &sources).unwrap();
        let mut busiest: f64 = 0.0;
        let mut work = 0.0;
        let mut place = 0;
        for (service, host) in system.services.iter().zip(&system.hosts) {
            let mut busy = 0.0;
            for operation in &service.operations {
                operation.walk(&mut |element, times| {
                    if let Element::Activity(activity) = element {
                        busy += visits[place] * times * activity.demand.mean();
                    }
                });
                place += 1;
            }
            let servers = host.cores.as_f64().min(service.concurrency.as_f64());
            busiest = busiest.max(busy / servers / f64::from(service.replicas));
            work += busy;
        }
        let rate = (0.3 + 0.35 * self.unit()) / busiest;
        for (number, entry) in entries.into_iter().enumerate() {
            let load = if self.chance(0.6) {
                Load::Poisson { rate: rate * share }
            } else {
                let users = rate * share * (THINK_TIME + 1.5 * work);
                let think_time = Distribution::exponential(THINK_TIME);
                Load::Closed { population: (users.round() as u32).max(2), think_time }
            };
            let mut workload = Workload::new(format!("w{number}"), entry, load);
            if self.chance(0.15) {
                workload = workload.until_all_work_is_done();
            }
            system.workloads.push(workload);
        }
        visits.iter().sum()
    }
}
