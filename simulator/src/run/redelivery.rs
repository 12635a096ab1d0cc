//! Messages whose deliveries fail: delivered again after a while, or dead letters.

use super::Run;
use super::probe::Probe;
use super::timers::Timer;
use super::visits::{NONE, REPLIED};
use crate::program::{QueuePlan, ScanPlan};
use crate::statistics::totals::QueueTotals;

/// What is known of messages that were delivered before.
#[derive(Clone, Debug)]
pub(super) struct Redelivery {
    /// By visit: deliveries that have failed. Shorter than the list of visits: none has.
    failed: Vec<u32>,
    /// By queue that looks after messages.
    pub(super) counted: Vec<QueueTotals>,
    /// By queue: when it looks first for messages that are due.
    first_scans: Vec<f64>,
}

/// What a queue knows of a message.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Message {
    pub(super) operation: u32,
    pub(super) priority: i32,
    pub(super) caller: u32,
    pub(super) request: u32,
    /// Deliveries that have failed.
    pub(super) failed: u32,
}

impl Redelivery {
    pub(super) fn new(queues: usize) -> Self {
        Self {
            failed: Vec::new(),
            counted: vec![QueueTotals::default(); queues],
            first_scans: vec![0.0; queues],
        }
    }

    /// Deliveries of a visit's message that have failed. The visit is over: another may have its number.
    pub(super) fn take(&mut self, visit: u32) -> u32 {
        self.failed.get_mut(visit as usize).map_or(0, std::mem::take)
    }

    fn set(&mut self, visit: u32, failed: u32) {
        let place = visit as usize;
        if self.failed.len() <= place {
            self.failed.resize(place + 1, 0);
        }
        self.failed[place] = failed;
    }
}

impl ScanPlan {
    /// The first look at or after a time, where the very first is at `first`.
    pub(super) fn next(self, first: f64, due: f64) -> f64 {
        // Rounding must not bring it before its time.
        (first + ((due - first) / self.interval).ceil() * self.interval).max(due)
    }
}

impl<P: Probe> Run<'_, P> {
    /// Draws when brokers look at their queues.
    pub(super) fn start_scans(&mut self) {
        for (place, QueuePlan { redelivery, reservation }) in self.program.queues.iter().enumerate() {
            if let Some(scan) = redelivery.as_ref().and_then(|plan| plan.scan) {
                self.redelivery.first_scans[place] = self.variates[scan.phase as usize].draw();
            }
            if let Some(scan) = reservation.and_then(|plan| plan.scan) {
                let first = self.variates[scan.phase as usize].draw();
                self.reservations.looks_first(place, first);
            }
        }
    }

    /// The message of a visit that is over goes back to its queue, unless it has succeeded, has been delivered often enough, or is no
    /// longer its own.
    #[inline(never)]
    pub(super) fn returns_to_queue(
        &mut self,
        visit: u32,
        operation: u32,
        caller: u32,
        request: u32,
        failed: bool,
    ) -> bool {
        let queue = self.operations[operation as usize].queue;
        if queue == NONE {
            return false;
        }
        let failures = self.redelivery.take(visit);
        if self.reservations.ends(visit) {
            self.redelivery.counted[queue as usize].repeated += 1.0;
            return false;
        }
        let has_rule = self.program.queues[queue as usize].redelivery.is_some();
        if !failed || caller == REPLIED || !has_rule {
            return false;
        }
        #[cfg(test)]
        {
            self.ledger.failed_deliveries += 1;
        }
        let priority = self.flows[visit].visit.priority();
        self.deliver_again(queue, Message { operation, priority, caller, request, failed: failures })
    }

    /// A delivery of a message has failed. Is there another, or is it a dead letter?
    pub(super) fn deliver_again(&mut self, queue: u32, message: Message) -> bool {
        let plan = self.program.queues[queue as usize].redelivery.as_ref();
        let failures = message.failed + 1;
        let counted = &mut self.redelivery.counted[queue as usize];
        if plan.is_some_and(|plan| failures >= plan.policy.attempts) {
            counted.dead += 1.0;
            return false;
        }
        counted.again += 1.0;
        let again = self.copy_of(message);
        let Some(plan) = plan else {
            self.arrive(again);
            return true;
        };
        self.redelivery.set(again, failures);
        let due = self.now + plan.policy.delay(failures, self.variates[plan.jitter as usize].draw());
        let first = self.redelivery.first_scans[queue as usize];
        let due = plan.scan.map_or(due, |scan| scan.next(first, due));
        self.set_timer(due, Timer::Redelivery(again));
        true
    }

    /// A visit for the next delivery of a message whose last one counts as none.
    pub(super) fn deliver_anew(&mut self, message: Message) {
        let again = self.copy_of(message);
        if message.failed > 0 {
            self.redelivery.set(again, message.failed);
        }
        self.arrive(again);
    }

    fn copy_of(&mut self, message: Message) -> u32 {
        self.redelivered += 1.0;
        self.new_visit(message.operation, message.priority, message.caller, message.request)
    }
}
