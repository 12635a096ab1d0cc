//! Locks: operations that take them and operations that give them back.

use std::collections::VecDeque;

use tracecast_model::LockAction;

use super::Run;
use super::probe::Probe;
use super::threads::{Admission, Arrival};
use crate::program::ServicePlan;

/// A lock for readers together or one writer, first come, first served: a writer at the head of the line blocks the
/// readers behind it.
#[derive(Clone, Debug)]
pub(crate) struct ReadWriteLock {
    replica: u32,
    /// Who has entered and not left.
    readers: u32,
    writing: bool,
    /// Readers that may be in it together.
    most_readers: u32,
    /// Visits, and whether they want to write.
    line: VecDeque<(u32, bool)>,
    capacity: usize,
}

impl ReadWriteLock {
    /// Nobody is in it.
    pub(crate) fn new(plan: &ServicePlan) -> Self {
        Self {
            replica: plan.first_replica,
            readers: 0,
            writing: false,
            most_readers: plan.threads.unwrap_or(u32::MAX),
            line: VecDeque::new(),
            capacity: plan.capacity.map_or(usize::MAX, |capacity| capacity as usize),
        }
    }

    fn arrive(&mut self, visit: u32, writes: bool) -> Admission {
        if self.line.is_empty() && self.enter(writes) {
            Admission::Begins(self.replica)
        } else if self.line.len() >= self.capacity {
            Admission::Lost
        } else {
            self.line.push_back((visit, writes));
            Admission::Waits
        }
    }

    /// Lets one in, if it may come in now.
    fn enter(&mut self, writes: bool) -> bool {
        let free = !self.writing && if writes { self.readers == 0 } else { self.readers < self.most_readers };
        if free {
            self.writing = writes;
            self.readers += u32::from(!writes);
        }
        free
    }

    fn leave(&mut self, writes: bool) {
        if writes {
            self.writing = false;
        } else {
            self.readers = self.readers.saturating_sub(1);
        }
    }

    /// The first in the line, if it may come in now.
    fn next(&mut self) -> Option<u32> {
        let (visit, writes) = *self.line.front()?;
        self.enter(writes).then(|| {
            self.line.pop_front();
            visit
        })
    }
}

impl<P: Probe> Run<'_, P> {
    /// A visit reaches a lock. Those that give it back need no thread.
    pub(super) fn arrive_at_lock(&mut self, arrival: Arrival, service: u32, action: LockAction) -> Admission {
        let lock = &mut self.locks[service as usize];
        match action {
            LockAction::Wait => self.threads.arrive(service, arrival, &mut self.variates),
            LockAction::ReadLock => lock.arrive(arrival.visit, false),
            LockAction::WriteLock => lock.arrive(arrival.visit, true),
            LockAction::Signal | LockAction::ReadUnlock | LockAction::WriteUnlock => {
                Admission::Begins(lock.replica)
            }
        }
    }

    /// A visit to a lock is at its end. Those that took it have it still.
    pub(super) fn leave_lock(&mut self, service: u32, action: LockAction) {
        let lock = service as usize;
        let replica = self.locks[lock].replica;
        match action {
            LockAction::Wait | LockAction::ReadLock | LockAction::WriteLock => {}
            LockAction::Signal => {
                if let Some(next) = self.threads.give_back(service) {
                    self.begin(next, replica);
                }
            }
            LockAction::ReadUnlock | LockAction::WriteUnlock => {
                self.locks[lock].leave(action == LockAction::WriteUnlock);
                while let Some(next) = self.locks[lock].next() {
                    self.begin(next, replica);
                }
            }
        }
    }
}
