//! Replicas that are left out for a while since their replies were errors.

use std::cell::RefCell;

use tracecast_model::OutlierMemory;

use super::Run;
use super::probe::Probe;
use super::threads::Arrival;
use super::timers::Timer;
use super::visits::NONE;
use crate::program::Program;
use crate::statistics::Count;
use crate::statistics::totals::OutlierTotals;

/// What is known of the replicas of a service.
#[derive(Clone, Debug, Default)]
pub(super) struct Outliers {
    memory: OutlierMemory,
    ejected: Count,
    ejections: f64,
}

impl Outliers {
    /// The replicas of the start, by service with outlier detection.
    pub(super) fn all(program: &Program) -> Vec<Self> {
        let of = |service: u32| {
            let mut outliers = Self::default();
            (0..program.services[service as usize].initial)
                .for_each(|replica| outliers.memory.appears(replica as usize));
            outliers
        };
        program.outliers.iter().map(|plan| of(plan.service)).collect()
    }

    pub(super) fn totals(&self, now: f64) -> OutlierTotals {
        OutlierTotals { ejected: self.ejected.area(now), ejections: self.ejections }
    }

    fn recount(&mut self, now: f64) {
        let ejected = self.memory.ejected() as u64;
        while self.ejected.value() < ejected {
            self.ejected.rise(now);
        }
        while self.ejected.value() > ejected {
            self.ejected.fall(now);
        }
    }
}

impl<P: Probe> Run<'_, P> {
    /// Sets the looks at all replicas going.
    pub(super) fn start_sweeps(&mut self) {
        for (place, plan) in (0..).zip(&self.program.outliers) {
            self.set_timer(plan.detection.interval, Timer::Sweep(place));
        }
    }

    /// A replica has replied to `caller`, who may have given up before.
    pub(super) fn judge_reply(&mut self, operation: u32, replica: u32, caller: u32, failed: bool) {
        if !self.has_given_up(caller) {
            self.judge(operation, replica, failed);
        }
    }

    /// A replica has replied, or somebody has waited for it too long.
    #[cold]
    pub(super) fn judge(&mut self, operation: u32, replica: u32, failed: bool) {
        let service = self.operations[operation as usize].service as usize;
        let plan = &self.program.services[service];
        let Some(place) = plan.outliers.filter(|_| replica != NONE) else { return };
        let number = replica - plan.first_replica;
        let plan = &self.program.outliers[place as usize];
        let outliers = &mut self.outliers[place as usize];
        let variate = &mut self.variates[plan.chance as usize];
        let chance = || variate.draw();
        if plan.detection.record(&mut outliers.memory, number as usize, failed, self.now, chance) {
            self.eject(place, number);
        }
    }

    /// All replicas of a service are looked at.
    pub(super) fn sweep(&mut self, place: u32) {
        let plan = &self.program.outliers[place as usize];
        let outliers = &mut self.outliers[place as usize];
        let variate = &mut self.variates[plan.chance as usize];
        let sweep = plan.detection.sweep(&mut outliers.memory, self.now, || variate.draw());
        outliers.recount(self.now);
        for replica in sweep.returned {
            self.let_in_at(plan.service, replica as u32);
        }
        for replica in sweep.ejected {
            self.eject(place, replica as u32);
        }
        self.set_timer(self.now + plan.detection.interval, Timer::Sweep(place));
    }

    fn eject(&mut self, place: u32, replica: u32) {
        let outliers = &mut self.outliers[place as usize];
        outliers.ejections += 1.0;
        outliers.recount(self.now);
        self.threads.leave_out(self.program.outliers[place as usize].service, replica);
    }

    /// A replica takes requests from now on, those too that wait for any.
    pub(super) fn let_in_at(&mut self, service: u32, replica: u32) {
        let (flows, operations) = (&self.flows, &self.operations);
        let held = RefCell::new(Vec::new());
        let arrival = |visit: u32| {
            held.borrow_mut().push(visit);
            let flow = &flows[visit].visit;
            let operation = operations[flow.operation as usize].place;
            Arrival { visit, operation, priority: flow.priority(), target: NONE }
        };
        let starts = self.threads.open(service, replica, &mut self.variates, arrival);
        // There was no other replica for them.
        self.enter_limit(&held.into_inner(), service, replica);
        self.reserve_fetched(service);
        for (visit, replica) in starts {
            self.begin(visit, replica);
        }
        self.fill_memory(service, replica);
    }

    /// A replica of a service is there from now on, or no longer.
    pub(super) fn note_replica(&mut self, service: u32, replica: u32, is_there: bool) {
        if is_there {
            self.renew_limit(service, replica);
        }
        let Some(place) = self.program.services[service as usize].outliers else { return };
        let outliers = &mut self.outliers[place as usize];
        if is_there {
            outliers.memory.appears(replica as usize);
        } else {
            outliers.memory.disappears(replica as usize);
        }
        outliers.recount(self.now);
    }
}
