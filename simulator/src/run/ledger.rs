//! What tests count beside the figures of a run.

/// Visits by operation.
#[derive(Clone, Debug)]
pub(super) struct Ledger {
    /// Asked for by a call, a message or a request from outside.
    pub(super) sent: Vec<u64>,
    /// That found a full queue.
    pub(super) lost: Vec<u64>,
    /// By guard: calls and attempts that began.
    pub(super) guarded: Vec<(u64, u64)>,
}

impl Ledger {
    /// Nothing counted.
    pub(super) fn new(operations: usize, guards: usize) -> Self {
        Self { sent: vec![0; operations], lost: vec![0; operations], guarded: vec![(0, 0); guards] }
    }
}
