//! Replicas whose requests take more memory than there is.

use super::Run;
use super::probe::Probe;
use super::timers::Timer;
use super::visits::NONE;

impl<P: Probe> Run<'_, P> {
    /// The replica that a visit is to go to, of a service with limited memory; none where it waits for one.
    pub(super) fn place_in_memory(&mut self, visit: u32, service: u32) -> Option<u32> {
        self.program.services[service as usize].memory?;
        let flow = &self.flows[visit].visit;
        let target = self.operations[flow.operation as usize].arrival(visit, flow).target;
        let replica = if target == NONE { self.threads.choose(service, &mut self.variates) } else { target };
        if replica == NONE {
            return None;
        }
        self.flows[visit].visit.replica = replica;
        Some(replica)
    }

    /// There are more requests at a replica now, by its number in the service: it may have no memory left.
    pub(super) fn fill_memory(&mut self, service: u32, replica: u32) {
        let plan = &self.program.services[service as usize];
        let (Some(memory), Some(elastic)) = (plan.memory, plan.elastic) else { return };
        if f64::from(self.threads.present(plan.first_replica + replica)) > memory.most_requests() {
            let birth = self.birth(elastic, replica);
            // After all that happens now.
            self.set_timer(self.now, Timer::OutOfMemory { elastic, replica, birth });
        }
    }
}
