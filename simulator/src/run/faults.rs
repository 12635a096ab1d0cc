//! Things that go wrong: their beginnings, their ends, and what a crash leaves behind.

use super::Run;
use super::probe::{Probe, Receiver};
use super::redelivery::Message;
use super::timers::Timer;
use super::visits::{DEAD, NONE, REPLIED};
use crate::program::{EffectPlan, FAIL, Program};
use crate::sampler::Sampler;
use crate::statistics::totals::Trouble;

/// What goes wrong at present.
#[derive(Clone, Debug)]
pub(super) struct Faults {
    /// By operation: share of the replies that are errors.
    pub(super) error_rates: Vec<f64>,
    /// By replica, over all services: the same, instead of that of the operation; none below 0. Empty where there never is one.
    pub(super) replica_errors: Vec<f64>,
    /// By replica, over all services: how many times as long its work takes. Empty where none is ever slow.
    pub(super) pace: Vec<f64>,
    /// By fault: the replicas that it has struck down, by their numbers in their service.
    down: Vec<Vec<usize>>,
}

impl Faults {
    pub(super) fn new(program: &Program) -> Self {
        let slows = |effect: &EffectPlan| matches!(effect, EffectPlan::Slow { .. });
        let errs = |effect: &EffectPlan| matches!(effect, EffectPlan::ReplicaErrors { .. });
        let by_replica = |is_one: &dyn Fn(&EffectPlan) -> bool, value: f64| {
            let any = program.faults.iter().any(|fault| is_one(&fault.effect));
            if any { vec![value; program.containers.len()] } else { Vec::new() }
        };
        Self {
            error_rates: program.operations.iter().map(|operation| operation.error_rate).collect(),
            replica_errors: by_replica(&errs, NO_RATE),
            pace: by_replica(&slows, 1.0),
            down: vec![Vec::new(); program.faults.len()],
        }
    }
}

/// In place of a rate, where that of the operation holds.
const NO_RATE: f64 = -1.0;

impl Faults {
    /// Share of the replies of an operation at a replica that are errors.
    #[inline]
    pub(super) fn error_rate(&self, operation: usize, replica: u32) -> f64 {
        let own = self.replica_errors.get(replica as usize).filter(|&&rate| rate >= 0.0);
        own.copied().unwrap_or(self.error_rates[operation])
    }
}

impl<P: Probe> Run<'_, P> {
    /// Notes when things go wrong.
    pub(super) fn start_faults(&mut self) {
        for (number, fault) in (0..).zip(&self.program.faults) {
            self.set_timer(fault.at, Timer::Fault(number));
            self.set_timer(fault.end, Timer::Repair(number));
        }
    }

    /// Something begins to go wrong.
    pub(super) fn strike(&mut self, number: u32) {
        match &self.program.faults[number as usize].effect {
            EffectPlan::Slow { replicas, factor } => {
                self.faults.pace[replicas.start as usize..replicas.end as usize].fill(*factor);
            }
            EffectPlan::Errors { operations, rate } => {
                self.faults.error_rates[operations.start as usize..operations.end as usize].fill(*rate);
            }
            EffectPlan::ReplicaErrors { replica, rate } => {
                self.faults.replica_errors[*replica as usize] = *rate;
            }
            EffectPlan::Network { latencies, delay, loss } => {
                for &(latency, messages) in latencies {
                    let plain = self.program.variates[latency as usize].sampler.clone();
                    let sampler = Sampler::disturbed(plain, *delay, *loss, messages);
                    self.variates[latency as usize].follow(sampler);
                }
            }
            EffectPlan::Crash { elastic, replicas } => {
                let struck = self.crash(*elastic, *replicas);
                self.faults.down[number as usize] = struck;
            }
        }
    }

    /// It is over. Where two of a kind overlap, the first that is over ends both.
    pub(super) fn repair(&mut self, number: u32) {
        match &self.program.faults[number as usize].effect {
            EffectPlan::Slow { replicas, .. } => {
                self.faults.pace[replicas.start as usize..replicas.end as usize].fill(1.0);
            }
            EffectPlan::Errors { operations, .. } => {
                for operation in operations.clone() {
                    let usual = self.program.operations[operation as usize].error_rate;
                    self.faults.error_rates[operation as usize] = usual;
                }
            }
            EffectPlan::ReplicaErrors { replica, .. } => {
                self.faults.replica_errors[*replica as usize] = NO_RATE;
            }
            EffectPlan::Network { latencies, .. } => {
                for &(latency, _) in latencies {
                    let plain = self.program.variates[latency as usize].sampler.clone();
                    self.variates[latency as usize].follow(plain);
                }
            }
            EffectPlan::Crash { elastic, .. } => {
                for replica in std::mem::take(&mut self.faults.down[number as usize]) {
                    self.restart(*elastic, replica);
                }
            }
        }
    }

    /// A replica is gone at once, with the threads and the work of all its visits. What waits at it fails, and what it works
    /// on; messages that it has fetched go back to their queue.
    pub(super) fn kill(&mut self, service: u32, replica: u32) {
        let is_queue = self.threads.has_queue(service);
        let waiting = self.threads.abandon(service, replica);
        if !is_queue {
            waiting.iter().for_each(|&visit| self.lose(visit, Trouble::Crash));
        }
        let strands: Vec<u32> =
            self.flows.taken().filter(|&n| self.flows[n].visit.replica == replica).collect();
        for &strand in &strands {
            self.flows[strand].strand.lands(FAIL);
        }
        self.guards.give_up(|strand| strands.contains(&strand));
        let is_alive = |&&number: &&u32| {
            let flow = &self.flows[number];
            flow.strand.visit == number && flow.visit.caller != DEAD
        };
        for number in strands.iter().filter(is_alive).copied().collect::<Vec<u32>>() {
            self.kill_visit(number, is_queue);
        }
        if is_queue {
            waiting.iter().for_each(|&visit| self.take_back(visit));
        }
        let home = self.homes[replica as usize];
        for strand in self.hosts.abort(self.now, home, &mut self.calendar) {
            self.ready.push(strand);
        }
    }

    /// The replica that works on a visit is gone.
    fn kill_visit(&mut self, number: u32, is_queue: bool) {
        let visit = &mut self.flows[number].visit;
        let message = visit.message(self.redelivery.take(number));
        #[cfg(test)]
        self.ledger.kill(self.now, visit);
        visit.caller = DEAD;
        let Message { caller, request, operation, .. } = message;
        self.operations[operation as usize].count_kill(self.now);
        self.admissions.forget(number);
        if self.reservations.has_expired(number) || is_queue && caller != REPLIED {
            self.return_message(number, message);
        } else {
            self.reservations.ends(number);
            self.requests[request].trouble = Trouble::Crash;
            self.requests[request].marks.fail_if(matches!(caller, NONE | REPLIED));
            self.deliver_reply(caller, request, true);
        }
    }

    /// The replica is gone that has fetched the message of a visit and has not begun to work on it.
    fn take_back(&mut self, number: u32) {
        self.probe.visit_lost(self.now, number, Receiver::Nobody);
        let visit = self.flows.remove(number).visit;
        #[cfg(test)]
        self.ledger.lose(self.now, &visit);
        self.operations[visit.operation as usize].count_loss(self.now);
        let message = visit.message(self.redelivery.take(number));
        self.return_message(number, message);
        self.visit_done(visit.request);
    }

    /// The queue has the message of a visit whose replica is gone, at once or when its reservation ends.
    fn return_message(&mut self, number: u32, message: Message) {
        if self.reservations.has_expired(number) {
            // It has been delivered again.
            self.reservations.ends(number);
            #[cfg(test)]
            {
                self.ledger.expired_killed += 1;
            }
        } else if !self.stays_reserved(number, message) {
            self.deliver_anew(message);
        }
    }

    /// The last strand of a visit whose replica is gone has come to its end: nothing is left of it.
    #[cold]
    pub(super) fn bury(&mut self, number: u32) {
        self.flows.release(number);
        let request = self.flows[number].visit.request;
        self.visit_done(request);
    }

    /// How long work of a strand takes on its replica, which is noted there.
    #[cold]
    pub(super) fn adapted(&mut self, strand: u32, amount: f64) -> f64 {
        let replica = self.flows[strand].visit.replica;
        let pace = self.faults.pace.get(replica as usize).copied().unwrap_or(1.0);
        let amount = self.scaling.warmth.slowed(replica, self.now, amount * pace);
        if let Some(given) = self.scaling.given.get_mut(replica as usize) {
            *given += amount;
        }
        amount
    }
}
