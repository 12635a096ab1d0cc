//! Threads of services: who gets one, and who waits.

use tracecast_model::{LoadBalancing, Lock};

use super::Variate;
use super::polling::Polled;
use super::visits::NONE;
use crate::line::{Line, Order};
use crate::program::{Assignment, ServicePlan};
use fetching::Fetching;
use keyed::Keyed;

/// What becomes of a visit that arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// It gets a thread at once, on the replica of that number among those of all services.
    Begins(u32),
    /// It waits for one.
    Waits,
    /// The queue is full.
    Lost,
}

/// A visit that arrives.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival {
    pub(crate) visit: u32,
    /// Among those of its service.
    pub(crate) operation: u32,
    pub(crate) priority: i32,
    /// The replica that it goes to, among those of all services; [`NONE`] where that is still to be chosen.
    pub(crate) target: u32,
}

/// The threads of all services, with the visits that wait for them.
#[derive(Clone, Debug)]
pub(crate) struct Threads {
    services: Vec<Service>,
    /// By replica, over all services.
    replicas: Vec<Replica>,
}

#[derive(Clone, Debug)]
struct Service {
    first_replica: u32,
    replica_count: u32,
    /// Threads of each replica; none where they are unlimited.
    threads: Option<u32>,
    assignment: State,
    /// Where replicas come and go: those that take requests, and who waits for one.
    pool: Option<Pool>,
}

/// Replicas that come and go.
#[derive(Clone, Debug)]
pub(super) struct Pool {
    /// Those that take requests, in order, by their numbers in the service.
    pub(super) ready: Vec<u32>,
    /// Visits that came when there was none.
    held: Line<u32>,
}

#[derive(Clone, Debug)]
enum State {
    /// Whose turn it is.
    RoundRobin(u32),
    /// The variate that chooses.
    Random(u32),
    LeastRequests,
    /// The variate that takes each of the two.
    TwoChoices(u32),
    /// Whoever sends a request looks its replica up ([`Threads::owner`]).
    Keyed(Box<Keyed>),
    Fetched(Box<Fetching>),
    Polled {
        polled: Polled,
        /// Visits that may wait.
        capacity: usize,
    },
}

#[derive(Clone, Debug)]
struct Replica {
    /// Idle threads; where they are unlimited, more than there are ever needed.
    free: u32,
    /// Visits waiting and in progress.
    present: u32,
    /// Visits waiting.
    waiting: u32,
    /// Visits that may wait.
    capacity: u32,
    /// The service where visits wait there and not here; else [`NONE`].
    fetches: u32,
    line: Line<u32>,
    /// Does it take no new requests?
    stops: bool,
}

impl Replica {
    /// A visit finds no idle thread.
    fn add_to_line(&mut self, arrival: Arrival) -> Admission {
        if self.waiting >= self.capacity {
            return Admission::Lost;
        }
        self.waiting += 1;
        self.present += 1;
        self.line.push(arrival.visit, arrival.priority);
        Admission::Waits
    }
}

/// Idle threads of a replica that has no limit.
const UNLIMITED: u32 = u32::MAX / 2;

impl Threads {
    /// All idle, but for what is taken of a semaphore; `variates` are those of the run.
    pub(crate) fn new(plans: &[ServicePlan], variates: &[Variate]) -> Self {
        let mut threads = Self { services: Vec::with_capacity(plans.len()), replicas: Vec::new() };
        for plan in plans {
            threads.add(plan, variates);
        }
        threads
    }

    fn add(&mut self, plan: &ServicePlan, variates: &[Variate]) {
        let taken = match plan.lock {
            Some(Lock::Semaphore { taken }) => taken,
            Some(Lock::ReadWrite) | None => 0,
        };
        let line = |number: u32| match plan.order {
            Order::Random(first) => Line::new(Order::Random(first + number), variates),
            order => Line::new(order, variates),
        };
        let capacity = plan.capacity.map_or(usize::MAX, |capacity| capacity as usize);
        let initial = plan.initial;
        let assignment = match plan.assignment {
            Assignment::Balanced(LoadBalancing::RoundRobin, _) => State::RoundRobin(0),
            Assignment::Balanced(LoadBalancing::Random, choice) => State::Random(choice),
            Assignment::Balanced(LoadBalancing::LeastRequests, _) => State::LeastRequests,
            Assignment::Balanced(LoadBalancing::PowerOfTwoChoices, choice) => State::TwoChoices(choice),
            Assignment::Balanced(keyed @ (LoadBalancing::RingHash(_) | LoadBalancing::Maglev(_)), _) => {
                State::Keyed(Box::new(Keyed::new(keyed)))
            }
            Assignment::Fetched => State::Fetched(Box::new(Fetching::new(plan, line(0), variates))),
            Assignment::Polled(visit, switch_over) => {
                State::Polled { polled: Polled::new(plan, visit, switch_over, variates), capacity }
            }
        };
        let has_pool = plan.elastic.is_some() || plan.outliers.is_some();
        let service = self.services.len() as u32;
        let is_balanced = matches!(plan.assignment, Assignment::Balanced(..));
        let fetches = if is_balanced { NONE } else { service };
        self.services.push(Service {
            first_replica: plan.first_replica,
            replica_count: plan.replicas,
            threads: plan.threads,
            assignment,
            pool: has_pool.then(|| Pool { ready: (0..initial).collect(), held: line(0) }),
        });
        // The lines of a work queue and of polled operations are outside of the replicas, which keep the order in theirs.
        let own = |number| if is_balanced { line(number) } else { Line::new(Order::Arrival, variates) };
        self.replicas.extend((0..plan.replicas).map(|number| Replica {
            free: plan.threads.map_or(UNLIMITED, |threads| threads.saturating_sub(taken)),
            present: 0,
            waiting: 0,
            capacity: plan.capacity.unwrap_or(u32::MAX),
            fetches,
            line: own(number),
            stops: number >= initial,
        }));
    }

    /// A visit arrives at a service.
    #[inline(always)]
    pub(crate) fn arrive(&mut self, service: u32, arrival: Arrival, variates: &mut [Variate]) -> Admission {
        if arrival.target != NONE {
            return self.arrive_at(arrival.target, arrival);
        }
        if let State::Fetched(_) | State::Polled { .. } = self.services[service as usize].assignment {
            return self.arrive_at_queue(service, arrival);
        }
        let replica = self.choose(service, variates);
        if replica == NONE {
            return self.hold(service, arrival);
        }
        self.arrive_at(replica, arrival)
    }

    /// A visit arrives at a service that has no replica for it.
    #[cold]
    fn hold(&mut self, service: u32, arrival: Arrival) -> Admission {
        let Some(pool) = &mut self.services[service as usize].pool else { return Admission::Lost };
        pool.held.push(arrival.visit, arrival.priority);
        Admission::Waits
    }

    /// A visit arrives at a replica.
    #[inline]
    fn arrive_at(&mut self, replica: u32, arrival: Arrival) -> Admission {
        let state = &mut self.replicas[replica as usize];
        if state.free == 0 {
            return state.add_to_line(arrival);
        }
        state.free -= 1;
        state.present += 1;
        Admission::Begins(replica)
    }

    /// A visit arrives at the queue that the replicas of a service fetch from, or at one of those that its thread polls.
    fn arrive_at_queue(&mut self, service: u32, arrival: Arrival) -> Admission {
        let service = &mut self.services[service as usize];
        let first = service.first_replica;
        match &mut service.assignment {
            State::Fetched(fetching) => fetching.arrive(arrival, first, &mut self.replicas),
            State::Polled { polled, capacity } => {
                if polled.is_busy() && polled.waiting() >= *capacity {
                    return Admission::Lost;
                }
                let begins = polled.arrive(arrival.operation as usize, arrival.visit, arrival.priority);
                if begins { Admission::Begins(first) } else { Admission::Waits }
            }
            State::RoundRobin(_)
            | State::Random(_)
            | State::LeastRequests
            | State::TwoChoices(_)
            | State::Keyed(_) => Admission::Lost,
        }
    }

    /// The load balancer's choice for the next visit, among the replicas of all services; [`NONE`] where none takes any.
    pub(crate) fn choose(&mut self, service: u32, variates: &mut [Variate]) -> u32 {
        if self.services[service as usize].pool.is_some() {
            return self.choose_ready(service, variates);
        }
        let service = &mut self.services[service as usize];
        let (first, count) = (service.first_replica, service.replica_count);
        if count == 1 {
            return first;
        }
        match &mut service.assignment {
            State::RoundRobin(next) => {
                let replica = *next;
                *next = if replica + 1 == count { 0 } else { replica + 1 };
                first + replica
            }
            State::Random(choice) => first + (variates[*choice as usize].draw() as u32).min(count - 1),
            State::LeastRequests => {
                let replicas = &self.replicas[first as usize..(first + count) as usize];
                (first..).zip(replicas).min_by_key(|(_, state)| state.present).map_or(first, |found| found.0)
            }
            State::TwoChoices(choice) => {
                let mut take = || first + (variates[*choice as usize].draw() as u32).min(count - 1);
                let (one, other) = (take(), take());
                let present = |replica: u32| self.replicas[replica as usize].present;
                if present(other) < present(one) { other } else { one }
            }
            State::Keyed(_) | State::Fetched(_) | State::Polled { .. } => first,
        }
    }

    /// Visits at a replica, waiting and in progress.
    pub(crate) fn present(&self, replica: u32) -> u32 {
        self.replicas[replica as usize].present
    }

    /// A visit gives its thread on that replica back. The next visit, which gets it.
    #[inline(always)]
    pub(crate) fn leave(&mut self, replica: u32) -> Option<u32> {
        let state = &mut self.replicas[replica as usize];
        if state.fetches != NONE {
            return self.leave_to_queue(replica);
        }
        state.present -= 1;
        if state.waiting == 0 {
            state.free += 1;
            return None;
        }
        state.waiting -= 1;
        state.line.pop()
    }

    /// The same where the next visit comes from the queue of the service.
    fn leave_to_queue(&mut self, replica: u32) -> Option<u32> {
        let state = &mut self.replicas[replica as usize];
        let service = &mut self.services[state.fetches as usize];
        match &mut service.assignment {
            State::Fetched(fetching) => fetching.leave(replica - service.first_replica, state),
            State::Polled { polled, .. } => polled.next(),
            State::RoundRobin(_)
            | State::Random(_)
            | State::LeastRequests
            | State::TwoChoices(_)
            | State::Keyed(_) => None,
        }
    }

    /// The thread of a service that goes round, if there is one.
    pub(super) fn polled(&self, service: u32) -> Option<&Polled> {
        let State::Polled { polled, .. } = &self.services[service as usize].assignment else { return None };
        Some(polled)
    }

    /// The same.
    pub(super) fn polled_mut(&mut self, service: u32) -> Option<&mut Polled> {
        let State::Polled { polled, .. } = &mut self.services[service as usize].assignment else {
            return None;
        };
        Some(polled)
    }

    /// Someone gives a token of a semaphore back; more than all of them there are not. The next visit, which gets it.
    pub(crate) fn give_back(&mut self, service: u32) -> Option<u32> {
        let service = &self.services[service as usize];
        let semaphore = &mut self.replicas[service.first_replica as usize];
        let next = semaphore.line.pop();
        if next.is_none() {
            semaphore.free = (semaphore.free + 1).min(service.threads.unwrap_or(UNLIMITED));
        } else {
            semaphore.waiting -= 1;
        }
        next
    }
}

mod fetching;
mod keyed;
mod pool;
#[cfg(test)]
mod tests;
