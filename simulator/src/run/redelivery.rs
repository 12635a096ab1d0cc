//! Messages whose handlers fail: delivered again after a while, or dead letters.

use super::Run;
use super::probe::Probe;
use super::timers::Timer;
use crate::statistics::totals::QueueTotals;

/// What is known of messages that were delivered before.
#[derive(Clone, Debug)]
pub(super) struct Redelivery {
    /// By visit: deliveries that have failed. Shorter than the list of visits: none has.
    failed: Vec<u32>,
    /// By queue that delivers again.
    pub(super) counted: Vec<QueueTotals>,
}

impl Redelivery {
    pub(super) fn new(queues: usize) -> Self {
        Self { failed: Vec::new(), counted: vec![QueueTotals::default(); queues] }
    }

    /// Deliveries of a visit's message that have failed. The visit is over: another may have its number.
    fn take(&mut self, visit: u32) -> u32 {
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

impl<P: Probe> Run<'_, P> {
    /// The message of a visit that is over goes back to its queue, unless it has succeeded or has been delivered often enough.
    #[inline(never)]
    pub(super) fn returns_to_queue(
        &mut self,
        visit: u32,
        operation: u32,
        caller: u32,
        request: u32,
        failed: bool,
    ) -> bool {
        let service = self.operations[operation as usize].service;
        let Some(queue) = self.program.services[service as usize].redelivery else { return false };
        let plan = &self.program.redeliveries[queue as usize];
        let failures = self.redelivery.take(visit) + 1;
        if !failed {
            return false;
        }
        if failures >= plan.policy.attempts {
            self.redelivery.counted[queue as usize].dead += 1.0;
            return false;
        }
        self.redelivery.counted[queue as usize].again += 1.0;
        self.redelivered += 1.0;
        let priority = self.flows[visit].visit.priority();
        let again = self.new_visit(operation, priority, caller, request);
        self.redelivery.set(again, failures);
        let delay = plan.policy.delay(failures, self.variates[plan.jitter as usize].draw());
        self.set_timer(self.now + delay, Timer::Redelivery(again));
        true
    }

    /// A message that was with a replica that is gone is another visit's now.
    pub(super) fn passes_on(&mut self, from: u32, to: u32) {
        let failed = self.redelivery.take(from);
        if failed > 0 {
            self.redelivery.set(to, failed);
        }
    }
}
