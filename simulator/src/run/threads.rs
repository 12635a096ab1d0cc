//! Threads of a service: who gets one, and who waits.

use std::collections::VecDeque;

use tracecast_model::{LoadBalancing, Lock};

use super::Variate;
use super::polling::Polled;
use super::visits::NONE;
use crate::line::{Line, Order};
use crate::program::{Assignment, ServicePlan};

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

/// The threads of all replicas of a service, with the visits that wait for them.
#[derive(Clone, Debug)]
pub(crate) struct Threads {
    first_replica: u32,
    /// Threads of each replica; none where they are unlimited.
    threads: Option<u32>,
    /// Visits that may wait in each line.
    capacity: usize,
    replicas: Vec<Replica>,
    assignment: State,
}

#[derive(Clone, Debug)]
struct Replica {
    free: u32,
    /// Visits waiting and in progress.
    present: u32,
    waiting: Line<u32>,
}

#[derive(Clone, Debug)]
enum State {
    /// Whose turn it is.
    RoundRobin(u32),
    /// The variate that chooses.
    Random(u32),
    LeastRequests,
    Fetched {
        waiting: Line<u32>,
        /// Replicas with an idle thread, in the order of their turns.
        idle: VecDeque<u32>,
    },
    Polled(Polled),
}

impl Threads {
    /// All idle, but for what is taken of a semaphore; `variates` are those of the run.
    pub(crate) fn new(plan: &ServicePlan, variates: &[Variate]) -> Self {
        let taken = match plan.lock {
            Some(Lock::Semaphore { taken }) => taken,
            Some(Lock::ReadWrite) | None => 0,
        };
        let free = plan.threads.unwrap_or(1).saturating_sub(taken);
        let line = |number: u32| match plan.order {
            Order::Random(first) => Line::new(Order::Random(first + number), variates),
            order => Line::new(order, variates),
        };
        let assignment = match plan.assignment {
            Assignment::Balanced(LoadBalancing::RoundRobin, _) => State::RoundRobin(0),
            Assignment::Balanced(LoadBalancing::Random, choice) => State::Random(choice),
            Assignment::Balanced(LoadBalancing::LeastRequests, _) => State::LeastRequests,
            Assignment::Fetched => State::Fetched { waiting: line(0), idle: (0..plan.replicas).collect() },
            Assignment::Polled(visit, switch_over) => {
                State::Polled(Polled::new(plan, visit, switch_over, variates))
            }
        };
        // The lines of a work queue and of polled operations are outside of the replicas.
        let own = |number| if matches!(plan.assignment, Assignment::Balanced(..)) { number } else { 0 };
        let replicas = (0..plan.replicas).map(|n| Replica { free, present: 0, waiting: line(own(n)) });
        Self {
            first_replica: plan.first_replica,
            threads: plan.threads,
            capacity: plan.capacity.map_or(usize::MAX, |capacity| capacity as usize),
            replicas: replicas.collect(),
            assignment,
        }
    }

    /// A visit arrives.
    pub(crate) fn arrive(&mut self, arrival: Arrival, variates: &mut [Variate]) -> Admission {
        if let State::Fetched { waiting, idle } = &mut self.assignment {
            if let Some(replica) = idle.pop_front() {
                self.fetch(replica);
                return Admission::Begins(self.first_replica + replica);
            }
            if waiting.len() >= self.capacity {
                return Admission::Lost;
            }
            waiting.push(arrival.visit, arrival.priority);
            return Admission::Waits;
        }
        if let State::Polled(polled) = &mut self.assignment {
            if polled.is_busy() && polled.waiting() >= self.capacity {
                return Admission::Lost;
            }
            let begins = polled.arrive(arrival.operation as usize, arrival.visit, arrival.priority);
            return if begins { Admission::Begins(self.first_replica) } else { Admission::Waits };
        }
        let replica = match arrival.target {
            NONE => self.choose(variates),
            target => target - self.first_replica,
        };
        let state = &mut self.replicas[replica as usize];
        if self.threads.is_some() {
            if state.free == 0 {
                if self.capacity < usize::MAX && state.waiting.len() >= self.capacity {
                    return Admission::Lost;
                }
                state.present += 1;
                state.waiting.push(arrival.visit, arrival.priority);
                return Admission::Waits;
            }
            state.free -= 1;
        }
        state.present += 1;
        Admission::Begins(self.first_replica + replica)
    }

    /// The load balancer's choice for the next visit, among the replicas of this service.
    #[inline]
    pub(crate) fn choose(&mut self, variates: &mut [Variate]) -> u32 {
        let count = self.replicas.len() as u32;
        match &mut self.assignment {
            State::RoundRobin(next) => {
                let replica = *next;
                *next = if replica + 1 == count { 0 } else { replica + 1 };
                replica
            }
            State::Random(choice) => (variates[*choice as usize].draw() as u32).min(count - 1),
            State::LeastRequests => self.least_requests(),
            State::Fetched { .. } | State::Polled(_) => 0,
        }
    }

    /// The thread that goes round, if there is one.
    pub(super) fn polled(&self) -> Option<&Polled> {
        if let State::Polled(polled) = &self.assignment { Some(polled) } else { None }
    }

    /// The same.
    pub(super) fn polled_mut(&mut self) -> Option<&mut Polled> {
        if let State::Polled(polled) = &mut self.assignment { Some(polled) } else { None }
    }

    /// A visit gives its thread on that replica back. The next visit, which gets it.
    pub(crate) fn leave(&mut self, replica: u32) -> Option<u32> {
        let limited = self.threads.is_some();
        let replica = replica - self.first_replica;
        let state = &mut self.replicas[replica as usize];
        if let State::Fetched { waiting, idle } = &mut self.assignment {
            if !limited {
                return None;
            }
            let next = waiting.pop();
            if next.is_none() {
                state.free += 1;
                if state.free == 1 {
                    idle.push_back(replica);
                }
            }
            return next;
        }
        if let State::Polled(polled) = &mut self.assignment {
            return polled.next();
        }
        state.present -= 1;
        if !limited {
            return None;
        }
        let next = state.waiting.pop();
        state.free += u32::from(next.is_none());
        next
    }

    /// Someone gives a token of a semaphore back; more than all of them there are not. The next visit, which gets it.
    pub(crate) fn give_back(&mut self) -> Option<u32> {
        let tokens = self.threads?;
        let semaphore = self.replicas.first_mut()?;
        let next = semaphore.waiting.pop();
        if next.is_none() {
            semaphore.free = (semaphore.free + 1).min(tokens);
        }
        next
    }

    /// Takes a thread of a replica, which has just been taken from the front of the line.
    fn fetch(&mut self, replica: u32) {
        let state = &mut self.replicas[replica as usize];
        state.free -= u32::from(self.threads.is_some());
        if state.free > 0
            && let State::Fetched { idle, .. } = &mut self.assignment
        {
            idle.push_back(replica);
        }
    }

    fn least_requests(&self) -> u32 {
        let replicas = self.replicas.iter().enumerate();
        replicas.min_by_key(|(_, state)| state.present).map_or(0, |(number, _)| number as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn threads(threads: Option<u32>, replicas: u32, assignment: Assignment) -> Threads {
        let order = Order::Arrival;
        let plan = ServicePlan {
            first_replica: 10,
            replicas,
            threads,
            assignment,
            order,
            operations: (0, 1),
            capacity: None,
            lock: None,
        };
        Threads::new(&plan, &[])
    }

    fn arrive(service: &mut Threads, visit: u32) -> Option<u32> {
        match service.arrive(Arrival { visit, operation: 0, priority: 0, target: NONE }, &mut []) {
            Admission::Begins(replica) => Some(replica),
            Admission::Waits => None,
            Admission::Lost => panic!("no queue is full"),
        }
    }

    #[test]
    fn idle_replicas_fetch_in_turn() {
        let mut service = threads(Some(2), 2, Assignment::Fetched);
        let granted: Vec<_> = (0..5).map(|visit| arrive(&mut service, visit)).collect();
        assert_eq!(granted, [Some(10), Some(11), Some(10), Some(11), None]);
        assert_eq!(service.leave(11), Some(4));
        assert_eq!((service.leave(11), service.leave(10)), (None, None));
        assert_eq!(arrive(&mut service, 5), Some(11));
        assert_eq!(arrive(&mut service, 6), Some(10));
    }

    #[test]
    fn round_robin_does_not_look_at_queues() {
        let balanced = Assignment::Balanced(LoadBalancing::RoundRobin, 0);
        let mut service = threads(Some(1), 2, balanced);
        let granted: Vec<_> = (0..3).map(|visit| arrive(&mut service, visit)).collect();
        assert_eq!(granted, [Some(10), Some(11), None]);
        assert_eq!(service.leave(11), None);
        assert_eq!(service.leave(10), Some(2));
    }

    #[test]
    fn least_requests_prefers_the_emptiest() {
        let mut service = threads(None, 3, Assignment::Balanced(LoadBalancing::LeastRequests, 0));
        let granted: Vec<_> = (0..4).map(|visit| arrive(&mut service, visit)).collect();
        assert_eq!(granted, [Some(10), Some(11), Some(12), Some(10)]);
        service.leave(11);
        assert_eq!(arrive(&mut service, 4), Some(11));
    }
}
