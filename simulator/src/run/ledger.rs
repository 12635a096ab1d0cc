//! What tests count beside the figures of a run.

use super::visits::{REPLIED, Visit};

/// Visits by operation.
#[derive(Clone, Debug)]
pub(super) struct Ledger {
    /// Asked for by a call, a message or a request from outside.
    pub(super) sent: Vec<u64>,
    /// That found a full queue, or whose replica was gone.
    pub(super) lost: Vec<u64>,
    /// Of them, those that had a thread.
    pub(super) killed: Vec<u64>,
    /// By guard: calls and attempts that began.
    pub(super) guarded: Vec<(u64, u64)>,
    /// Messages whose handlers failed and whose queue has a rule for that.
    pub(super) failed_deliveries: u64,
    /// Messages reserved by replicas that were gone.
    pub(super) left_reserved: u64,
    /// Visits killed whose messages were not theirs any more.
    pub(super) expired_killed: u64,
    /// Messages lost to newer ones.
    pub(super) replaced: u64,
    /// By operation: seconds that lost visits were there, and with a thread, as far as no figure counts them.
    pub(super) gone: Vec<(f64, f64)>,
}

impl Ledger {
    /// A visit is lost that has no thread.
    pub(super) fn lose(&mut self, now: f64, visit: &Visit) {
        self.lost[visit.operation as usize] += 1;
        self.gone[visit.operation as usize].0 += now - visit.arrived;
    }

    /// A visit is lost with its thread.
    pub(super) fn kill(&mut self, now: f64, visit: &Visit) {
        self.lost[visit.operation as usize] += 1;
        self.killed[visit.operation as usize] += 1;
        let gone = &mut self.gone[visit.operation as usize];
        gone.0 += now - if visit.caller == REPLIED { visit.phase } else { visit.arrived };
        gone.1 += now - visit.phase;
    }

    /// Nothing counted.
    pub(super) fn new(operations: usize, guards: usize) -> Self {
        Self {
            sent: vec![0; operations],
            lost: vec![0; operations],
            killed: vec![0; operations],
            guarded: vec![(0, 0); guards],
            gone: vec![(0.0, 0.0); operations],
            failed_deliveries: 0,
            left_reserved: 0,
            expired_killed: 0,
            replaced: 0,
        }
    }
}
