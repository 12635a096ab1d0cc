//! Services that do not work on every request: limits to their rate and their number, and load shedding.

use super::Run;
use super::probe::Probe;
use super::threads::Admission;
use super::timers::Timer;
use super::visits::NONE;
use crate::statistics::totals::Trouble;

impl<P: Probe> Run<'_, P> {
    /// A visit is at a service that takes only so many per second.
    #[cold]
    pub(super) fn ask_for_token(&mut self, number: u32) {
        let operation = self.flows[number].visit.operation;
        let service = self.operations[operation as usize].service as usize;
        let rate = self.program.services[service].rate;
        match rate.map_or(Some(0.0), |rate| rate.take(&mut self.buckets[service], self.now)) {
            None => self.lose(number, Trouble::Shed),
            Some(0.0) => self.ask_and_reserve(number),
            Some(wait) => self.set_timer(self.now + wait, Timer::Token(number)),
        }
    }

    /// A visit takes a thread, waits for one, or finds no place to wait. If a replica has it, its message is reserved, and if it waits
    /// in the place of another, that is lost.
    #[cold]
    pub(super) fn ask_and_reserve(&mut self, number: u32) {
        let service = self.operations[self.flows[number].visit.operation as usize].service;
        self.follow_key(number, service);
        if !self.is_within_limit(number, service) {
            return self.lose(number, Trouble::Shed);
        }
        self.choose_judged(number, service);
        let filled = self.place_in_memory(number, service);
        let admission = self.admission(number);
        self.reserve_fetched(service);
        if let Some(oldest) = self.threads.take_replaced(service) {
            #[cfg(test)]
            {
                self.ledger.replaced += 1;
            }
            self.lose(oldest, Trouble::NoPlace);
        }
        match admission {
            Admission::Begins(replica) => self.begin(number, replica),
            Admission::Waits => {}
            Admission::Lost => self.lose(number, Trouble::NoPlace),
        }
        if let Some(replica) = filled {
            let first = self.program.services[service as usize].first_replica;
            self.fill_memory(service, replica - first);
        }
    }

    /// A thread of a service is free for this visit: which one gets it, since some may be shed. Messages fetched are reserved.
    #[cold]
    pub(super) fn let_out(&mut self, service: u32, mut next: Option<u32>, replica: u32) -> Option<u32> {
        self.reserve_fetched(service);
        while let Some(number) = next
            && self.is_shed(number)
        {
            self.lose(number, Trouble::Shed);
            next = self.threads.leave(replica);
            self.reserve_fetched(service);
        }
        next
    }

    /// A visit goes to the replica to which the key of its request belongs, if it goes by that.
    fn follow_key(&mut self, number: u32, service: u32) {
        let visit = &self.flows[number].visit;
        if visit.replica == NONE && self.program.services[service as usize].is_by_key() {
            self.flows[number].visit.replica = self.owner_of_key(service, visit.request);
        }
    }

    /// A visit goes to the replica that load balancing chooses now, where it counts who turns it away.
    fn choose_judged(&mut self, number: u32, service: u32) {
        let plan = &self.program.services[service as usize];
        // A limit has chosen already.
        if plan.admission.is_some() || !plan.judges_rejections() {
            return;
        }
        let visit = &self.flows[number].visit;
        let target = self.operations[visit.operation as usize].arrival(number, visit).target;
        let replica = if target == NONE { self.threads.choose(service, &mut self.variates) } else { target };
        self.flows[number].visit.replica = replica;
    }

    /// The replica to which the key of a request belongs; [`NONE`] where none takes requests.
    pub(super) fn owner_of_key(&mut self, service: u32, request: u32) -> u32 {
        let key = &mut self.requests[request].key;
        if let Some(variate) = self.program.keys
            && *key == NONE
        {
            *key = (self.variates[variate as usize].draw() * f64::from(NONE)) as u32;
        }
        self.threads.owner(service, f64::from(*key) / f64::from(NONE))
    }

    fn is_shed(&self, number: u32) -> bool {
        let visit = &self.flows[number].visit;
        let service = self.operations[visit.operation as usize].service as usize;
        let Some(shedding) = self.program.services[service].shedding else { return false };
        let is_abandoned = shedding.abandoned && self.is_abandoned(visit.caller);
        shedding.drops(self.now - visit.arrived, is_abandoned)
    }
}
