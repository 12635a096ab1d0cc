//! Replicas that have only so many requests in progress.

use tracecast_model::{AdmissionMemory, Served};

use super::Run;
use super::guards::ATTEMPT;
use super::probe::Probe;
use super::visits::NONE;
use crate::program::Program;

/// What is in progress at replicas with limits.
#[derive(Clone, Debug)]
pub(super) struct AdmissionLimits {
    /// By service with a limit, then by replica.
    replicas: Vec<Vec<Limited>>,
    /// By visit. Shorter than the list of visits: none is at a replica with a limit.
    places: Vec<Place>,
}

/// A replica with a limit.
#[derive(Clone, Debug)]
struct Limited {
    memory: AdmissionMemory,
    in_progress: u32,
}

/// Where a visit counts.
#[derive(Clone, Copy, Debug)]
struct Place {
    /// The number of the limit; [`NONE`] where there is none.
    limit: u32,
    /// Among those of the service.
    replica: u32,
    since: f64,
    /// Requests in progress then, itself included.
    among: u32,
}

impl Place {
    const NOWHERE: Self = Self { limit: NONE, replica: 0, since: 0.0, among: 0 };
}

impl AdmissionLimits {
    /// Nothing is in progress.
    pub(super) fn new(program: &Program) -> Self {
        let idle = |plan: &crate::program::AdmissionPlan| {
            let count = program.services[plan.service as usize].replicas as usize;
            vec![Limited { memory: plan.limit.memory(), in_progress: 0 }; count]
        };
        Self { replicas: program.admissions.iter().map(idle).collect(), places: Vec::new() }
    }

    fn enter(&mut self, visit: u32, limit: u32, replica: u32, now: f64) {
        let limited = &mut self.replicas[limit as usize][replica as usize];
        limited.in_progress += 1;
        let place = visit as usize;
        if self.places.len() <= place {
            self.places.resize(place + 1, Place::NOWHERE);
        }
        self.places[place] = Place { limit, replica, since: now, among: limited.in_progress };
    }

    /// A visit counts no longer; the place that it had.
    fn take(&mut self, visit: u32) -> Option<Place> {
        let place = self.places.get_mut(visit as usize).filter(|place| place.limit != NONE)?;
        let place = std::mem::replace(place, Place::NOWHERE);
        self.replicas[place.limit as usize][place.replica as usize].in_progress -= 1;
        Some(place)
    }

    /// A visit counts no longer, and nothing is learnt from it.
    pub(super) fn forget(&mut self, visit: u32) {
        self.take(visit);
    }

    /// Visits that count, each with the number of the limit and of the replica.
    #[cfg(test)]
    pub(super) fn counted(&self) -> impl Iterator<Item = (u32, u32, u32)> {
        let places = (0..).zip(&self.places).filter(|(_, place)| place.limit != NONE);
        places.map(|(visit, place)| (visit, place.limit, place.replica))
    }

    /// Visits in progress at all replicas of a limit, as these know it.
    #[cfg(test)]
    pub(super) fn in_progress(&self, limit: usize) -> u32 {
        self.replicas[limit].iter().map(|limited| limited.in_progress).sum()
    }
}

impl<P: Probe> Run<'_, P> {
    /// Does the replica that a visit is to go to let it in, if it has a limit? If so, the visit counts there.
    pub(super) fn is_within_limit(&mut self, visit: u32, service: u32) -> bool {
        let plan = &self.program.services[service as usize];
        let Some(place) = plan.admission else { return true };
        let flow = &self.flows[visit].visit;
        let target = self.operations[flow.operation as usize].arrival(visit, flow).target;
        let replica = if target == NONE { self.threads.choose(service, &mut self.variates) } else { target };
        if replica == NONE {
            // It waits until there is one.
            return true;
        }
        // Whoever counts its errors asks for it, also where it is turned away.
        self.flows[visit].visit.replica = replica;
        let limit = self.program.admissions[place as usize].limit;
        let number = replica - plan.first_replica;
        let limited = &mut self.admissions.replicas[place as usize][number as usize];
        if !limit.admits(&mut limited.memory, self.now, limited.in_progress) {
            return false;
        }
        self.admissions.enter(visit, place, number, self.now);
        true
    }

    /// Visits that have waited for any replica are let in at one.
    pub(super) fn enter_limit(&mut self, visits: &[u32], service: u32, replica: u32) {
        let plan = &self.program.services[service as usize];
        let Some(place) = plan.admission else { return };
        for &visit in visits {
            self.admissions.enter(visit, place, replica, self.now);
            self.flows[visit].visit.replica = plan.first_replica + replica;
        }
    }

    /// The reply of a visit goes out, an error where it has `failed`.
    #[inline]
    pub(super) fn leave_limit(&mut self, visit: u32, failed: bool) {
        if let Some(place) = self.admissions.take(visit) {
            self.teach_limit(place, failed);
        }
    }

    #[cold]
    fn teach_limit(&mut self, place: Place, failed: bool) {
        let Place { limit, replica, since, among } = place;
        let plan = &self.program.admissions[limit as usize];
        let memory = &mut self.admissions.replicas[limit as usize][replica as usize].memory;
        let variate = &mut self.variates[plan.chance as usize];
        plan.limit.served(memory, self.now, Served { since, among, failed }, &mut || variate.draw());
    }

    /// Nobody waits any more for an attempt that began with a visit.
    pub(super) fn abandon_within_limit(&mut self, visit: u32, attempt: u32) {
        let place = self.admissions.places.get(visit as usize).filter(|place| place.limit != NONE);
        // Forwarded, it is with a visit of another number, and this one may be anybody's.
        let place = place.filter(|_| self.flows[visit].visit.caller == ATTEMPT | attempt);
        if place.is_some_and(|place| self.program.admissions[place.limit as usize].limit.forgets_abandoned())
        {
            self.admissions.forget(visit);
        }
    }

    /// A replica of a service has just started.
    pub(super) fn renew_limit(&mut self, service: u32, replica: u32) {
        let Some(place) = self.program.services[service as usize].admission else { return };
        let memory = self.program.admissions[place as usize].limit.memory();
        self.admissions.replicas[place as usize][replica as usize].memory = memory;
    }
}
