//! What is due at times that nothing else tells.

use super::Run;
use super::probe::Probe;
use super::visits::NONE;
use crate::calendar::Event;

/// Something that is due later, once.
#[derive(Clone, Copy, Debug)]
pub(super) enum Timer {
    /// An attempt has taken too long.
    Timeout(u32),
    /// A call is to be tried again.
    Retry(u32),
    /// An attempt has been open for so long that another is made.
    Hedge(u32),
    /// An attempt has failed that another follows at once.
    NextHedge(u32),
    /// A call has its token.
    Permit(u32),
    /// A visit has its token.
    Token(u32),
    /// An attempt has waited too long for a place.
    WaitIsOver(u32),
    /// There may be a place for an attempt that waits; by the memory of the caller and the guard.
    Room { memory: u32, guard: u32 },
    /// A policy looks at its service.
    Evaluation(u32),
    /// Figures are noted, for a window that ends between two looks.
    Note(u32),
    /// Something begins to go wrong.
    Fault(u32),
    /// It is over.
    Repair(u32),
    /// A replica, by its number in the service, takes requests.
    Opening { elastic: u32, replica: u32 },
    /// A replica in a warm pool has started up.
    Pooled(u32),
    /// The replica that was the so-manieth to start breaks down.
    Breakdown { elastic: u32, replica: u32, birth: u32 },
    /// It has no memory left.
    OutOfMemory { elastic: u32, replica: u32, birth: u32 },
    /// It can start up anew.
    Repaired { elastic: u32, replica: u32 },
    /// All replicas of a service that leaves some out are looked at.
    Sweep(u32),
    /// A message is delivered again: its visit.
    Redelivery(u32),
    /// Reservations of a work queue may be over.
    Expiry(u32),
    /// The time that it had to stop is over.
    GraceOver { elastic: u32, replica: u32, birth: u32 },
}

impl Default for Timer {
    fn default() -> Self {
        Self::Timeout(NONE)
    }
}

impl<P: Probe> Run<'_, P> {
    /// Sets a timer that rings at a time.
    pub(super) fn set_timer(&mut self, at: f64, timer: Timer) {
        let number = self.timers.insert(timer);
        self.calendar.schedule(at, Event::Timer(number));
    }

    /// A timer rings.
    #[inline(never)]
    pub(super) fn ring(&mut self, number: u32) {
        match self.timers.remove(number) {
            Timer::Timeout(attempt) => self.time_is_over(attempt),
            Timer::Retry(call) => self.attempt(call),
            Timer::Hedge(attempt) => self.hedge(attempt),
            Timer::NextHedge(call) => self.goes_on(call, Self::next_hedge),
            Timer::Permit(call) => self.goes_on(call, Self::ask_for_room),
            Timer::Token(visit) => self.ask_and_reserve(visit),
            Timer::WaitIsOver(attempt) => self.wait_is_over(attempt),
            Timer::Room { memory, guard } => self.let_in(memory, guard),
            Timer::Evaluation(elastic) => self.evaluate(elastic),
            Timer::Note(elastic) => self.note(elastic),
            Timer::Fault(fault) => self.strike(fault),
            Timer::Repair(fault) => self.repair(fault),
            Timer::Opening { elastic, replica } => self.replica_opens(elastic, replica),
            Timer::Pooled(elastic) => self.pool_grows(elastic),
            Timer::Breakdown { elastic, replica, birth } => self.break_down(elastic, replica, birth),
            Timer::OutOfMemory { elastic, replica, birth } => {
                self.runs_out_of_memory(elastic, replica, birth);
            }
            Timer::Repaired { elastic, replica } => self.restart(elastic, replica as usize),
            Timer::Sweep(place) => self.sweep(place),
            Timer::Redelivery(visit) => self.arrive(visit),
            Timer::Expiry(queue) => self.reservations_expire(queue),
            Timer::GraceOver { elastic, replica, birth } => self.stop_now(elastic, replica, birth),
        }
    }
}
