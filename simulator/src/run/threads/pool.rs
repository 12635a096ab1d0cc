//! Replicas that come and go: who chooses among them, and what they take over and leave behind.

use super::{Admission, Arrival, State, Threads};
use crate::run::Variate;
use crate::run::visits::NONE;

/// A visit that gets a thread, with its replica among those of all services.
pub(in crate::run) type Start = (u32, u32);

impl Threads {
    /// The load balancer's choice among those that take requests; [`NONE`] where there is none.
    pub(super) fn choose_ready(&mut self, service: u32, variates: &mut [Variate]) -> u32 {
        let service = &mut self.services[service as usize];
        let first = service.first_replica;
        let Some(pool) = &service.pool else { return NONE };
        let ready = pool.ready.as_slice();
        if ready.is_empty() {
            return NONE;
        }
        let chosen = match &mut service.assignment {
            State::RoundRobin(next) => {
                // The first after the one that was chosen last, whichever have come or gone since.
                let place = ready.partition_point(|&replica| replica < *next);
                let replica = ready[if place == ready.len() { 0 } else { place }];
                *next = replica + 1;
                replica
            }
            State::Random(choice) => {
                let part = variates[*choice as usize].draw() / f64::from(service.replica_count);
                ready[((part * ready.len() as f64) as usize).min(ready.len() - 1)]
            }
            State::LeastRequests => {
                let present = |&&replica: &&u32| self.replicas[(first + replica) as usize].present;
                ready.iter().min_by_key(present).copied().unwrap_or(NONE)
            }
            State::TwoChoices(choice) => {
                let mut take = || {
                    let part = variates[*choice as usize].draw() / f64::from(service.replica_count);
                    ready[((part * ready.len() as f64) as usize).min(ready.len() - 1)]
                };
                let (one, other) = (take(), take());
                let present = |replica: u32| self.replicas[(first + replica) as usize].present;
                if present(other) < present(one) { other } else { one }
            }
            // Of keys, where a visit has waited for any replica and this is the only one.
            State::Keyed(_) | State::Fetched(_) | State::Polled { .. } => ready[0],
        };
        first + chosen
    }

    /// A replica of a service takes requests from now on. The visits that it, or those that wait for any, begin with.
    pub(in crate::run) fn open(
        &mut self,
        service: u32,
        number: u32,
        variates: &mut [Variate],
        arrival: impl Fn(u32) -> Arrival,
    ) -> Vec<Start> {
        let plan = &mut self.services[service as usize];
        let replica = plan.first_replica + number;
        self.replicas[replica as usize].stops = false;
        let Some(pool) = &mut plan.pool else { return Vec::new() };
        if let State::Keyed(keyed) = &mut plan.assignment {
            keyed.forget();
        }
        if let Err(place) = pool.ready.binary_search(&number) {
            pool.ready.insert(place, number);
        }
        if let State::Fetched(fetching) = &mut plan.assignment {
            let begin = fetching.fill(number, &mut self.replicas[replica as usize]);
            return begin.into_iter().map(|visit| (visit, replica)).collect();
        }
        let mut starts = Vec::new();
        while let Some(visit) = self.services[service as usize].pool.as_mut().and_then(|pool| pool.held.pop())
        {
            let target = self.choose(service, variates);
            // Those who were let in before are not turned away now.
            match self.arrive_at(target, arrival(visit)) {
                Admission::Begins(replica) => starts.push((visit, replica)),
                Admission::Waits => {}
                Admission::Lost => self.replicas[target as usize].admit(visit),
            }
        }
        starts
    }

    /// A replica gets no requests for a while.
    pub(in crate::run) fn leave_out(&mut self, service: u32, number: u32) {
        let plan = &mut self.services[service as usize];
        if let Some(pool) = &mut plan.pool {
            pool.ready.retain(|&other| other != number);
        }
        if let State::Keyed(keyed) = &mut plan.assignment {
            keyed.forget();
        }
    }

    /// A replica takes no more requests; what waits at it, and what it works on, it finishes. Has it nothing left?
    pub(in crate::run) fn close(&mut self, service: u32, number: u32) -> bool {
        let plan = &mut self.services[service as usize];
        let replica = plan.first_replica + number;
        if let Some(pool) = &mut plan.pool {
            pool.ready.retain(|&other| other != number);
        }
        match &mut plan.assignment {
            State::Fetched(fetching) => fetching.idle.retain(|&other| other != number),
            State::Keyed(keyed) => keyed.forget(),
            _ => {}
        }
        self.replicas[replica as usize].stops = true;
        self.is_empty(service, replica)
    }

    /// Has a replica nothing to work on and nobody who waits?
    pub(in crate::run) fn is_empty(&self, service: u32, replica: u32) -> bool {
        let state = &self.replicas[replica as usize];
        let threads = self.services[service as usize].threads.unwrap_or(super::UNLIMITED);
        state.free == threads && state.waiting == 0
    }

    /// A replica takes no more requests, and its threads are idle. The visits that waited at it.
    pub(in crate::run) fn abandon(&mut self, service: u32, replica: u32) -> Vec<u32> {
        let plan = &self.services[service as usize];
        let (number, threads) = (replica - plan.first_replica, plan.threads.unwrap_or(super::UNLIMITED));
        self.close(service, number);
        let state = &mut self.replicas[replica as usize];
        (state.free, state.waiting, state.present) = (threads, 0, 0);
        std::iter::from_fn(|| state.line.pop()).collect()
    }

    /// A visit that a replica of a service has fetched and whose message is not reserved yet.
    pub(in crate::run) fn next_fetched(&mut self, service: u32) -> Option<u32> {
        let State::Fetched(fetching) = &mut self.services[service as usize].assignment else { return None };
        fetching.next_fetched()
    }

    /// A visit that is lost since a newer one waits in its place.
    pub(in crate::run) fn take_replaced(&mut self, service: u32) -> Option<u32> {
        let State::Fetched(fetching) = &mut self.services[service as usize].assignment else { return None };
        fetching.replaced.take()
    }

    /// Do replicas of a service fetch from a queue?
    pub(in crate::run) fn has_queue(&self, service: u32) -> bool {
        matches!(self.services[service as usize].assignment, State::Fetched(_))
    }

    /// Visits that wait at a replica, and those that it works on.
    pub(in crate::run) fn at_replica(&self, service: u32, replica: u32) -> (u32, u32) {
        let state = &self.replicas[replica as usize];
        let threads = self.services[service as usize].threads.unwrap_or(super::UNLIMITED);
        (state.waiting, threads - state.free)
    }
}

impl super::Replica {
    /// Lets a visit wait, although there is no place.
    fn admit(&mut self, visit: u32) {
        self.waiting += 1;
        self.present += 1;
        self.line.push(visit, 0);
    }
}
