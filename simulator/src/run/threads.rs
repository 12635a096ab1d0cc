//! Threads of a service: who gets one, and who waits.

use std::collections::VecDeque;

use tracecast_model::LoadBalancing;

use super::Variate;
use crate::program::{Assignment, ServicePlan};

/// The threads of all replicas of a service, with the visits that wait for them.
#[derive(Clone, Debug)]
pub(crate) struct Threads {
    first_replica: u32,
    limited: bool,
    replicas: Vec<Replica>,
    assignment: State,
}

#[derive(Clone, Debug)]
struct Replica {
    free: u32,
    /// Visits waiting and in progress.
    present: u32,
    waiting: VecDeque<u32>,
}

#[derive(Clone, Debug)]
enum State {
    /// Whose turn it is.
    RoundRobin(u32),
    /// The variate that chooses.
    Random(u32),
    LeastRequests,
    Fetched {
        waiting: VecDeque<u32>,
        /// Replicas with an idle thread, in the order of their turns.
        idle: VecDeque<u32>,
    },
}

impl Threads {
    /// All idle.
    pub(crate) fn new(plan: &ServicePlan) -> Self {
        let replica = Replica { free: plan.threads.unwrap_or(1), present: 0, waiting: VecDeque::new() };
        let assignment = match plan.assignment {
            Assignment::Balanced(LoadBalancing::RoundRobin, _) => State::RoundRobin(0),
            Assignment::Balanced(LoadBalancing::Random, choice) => State::Random(choice),
            Assignment::Balanced(LoadBalancing::LeastRequests, _) => State::LeastRequests,
            Assignment::Fetched => {
                State::Fetched { waiting: VecDeque::new(), idle: (0..plan.replicas).collect() }
            }
        };
        Self {
            first_replica: plan.first_replica,
            limited: plan.threads.is_some(),
            replicas: vec![replica; plan.replicas as usize],
            assignment,
        }
    }

    /// A visit arrives. The replica, among those of all services, on which it gets a thread at once; else it waits.
    pub(crate) fn arrive(&mut self, visit: u32, variates: &mut [Variate]) -> Option<u32> {
        let replica = match &mut self.assignment {
            State::RoundRobin(next) => {
                let replica = *next;
                *next = if replica + 1 == self.replicas.len() as u32 { 0 } else { replica + 1 };
                replica
            }
            State::Random(choice) => {
                let drawn = variates[*choice as usize].draw() as u32;
                drawn.min(self.replicas.len() as u32 - 1)
            }
            State::LeastRequests => self.least_requests(),
            State::Fetched { waiting, idle } => {
                let Some(replica) = idle.pop_front() else {
                    waiting.push_back(visit);
                    return None;
                };
                self.fetch(replica);
                return Some(self.first_replica + replica);
            }
        };
        let state = &mut self.replicas[replica as usize];
        state.present += 1;
        if !self.limited {
            return Some(self.first_replica + replica);
        }
        if state.free == 0 {
            state.waiting.push_back(visit);
            return None;
        }
        state.free -= 1;
        Some(self.first_replica + replica)
    }

    /// A visit gives its thread on that replica back. The next visit, which gets it.
    pub(crate) fn leave(&mut self, replica: u32) -> Option<u32> {
        let replica = replica - self.first_replica;
        let state = &mut self.replicas[replica as usize];
        if let State::Fetched { waiting, idle } = &mut self.assignment {
            if !self.limited {
                return None;
            }
            let next = waiting.pop_front();
            if next.is_none() {
                state.free += 1;
                if state.free == 1 {
                    idle.push_back(replica);
                }
            }
            return next;
        }
        state.present -= 1;
        if !self.limited {
            return None;
        }
        let next = state.waiting.pop_front();
        state.free += u32::from(next.is_none());
        next
    }

    /// Takes a thread of a replica, which has just been taken from the front of the line.
    fn fetch(&mut self, replica: u32) {
        let state = &mut self.replicas[replica as usize];
        state.free -= u32::from(self.limited);
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
        Threads::new(&ServicePlan { first_replica: 10, replicas, threads, assignment })
    }

    #[test]
    fn idle_replicas_fetch_in_turn() {
        let mut service = threads(Some(2), 2, Assignment::Fetched);
        let granted: Vec<_> = (0..5).map(|visit| service.arrive(visit, &mut [])).collect();
        assert_eq!(granted, [Some(10), Some(11), Some(10), Some(11), None]);
        assert_eq!(service.leave(11), Some(4));
        assert_eq!((service.leave(11), service.leave(10)), (None, None));
        assert_eq!(service.arrive(5, &mut []), Some(11));
        assert_eq!(service.arrive(6, &mut []), Some(10));
    }

    #[test]
    fn round_robin_does_not_look_at_queues() {
        let balanced = Assignment::Balanced(LoadBalancing::RoundRobin, 0);
        let mut service = threads(Some(1), 2, balanced);
        let granted: Vec<_> = (0..3).map(|visit| service.arrive(visit, &mut [])).collect();
        assert_eq!(granted, [Some(10), Some(11), None]);
        assert_eq!(service.leave(11), None);
        assert_eq!(service.leave(10), Some(2));
    }

    #[test]
    fn least_requests_prefers_the_emptiest() {
        let mut service = threads(None, 3, Assignment::Balanced(LoadBalancing::LeastRequests, 0));
        let granted: Vec<_> = (0..4).map(|visit| service.arrive(visit, &mut [])).collect();
        assert_eq!(granted, [Some(10), Some(11), Some(12), Some(10)]);
        service.leave(11);
        assert_eq!(service.arrive(4, &mut []), Some(11));
    }
}
