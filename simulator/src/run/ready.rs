//! Strands that go on at the present instant.

use std::collections::VecDeque;

use super::visits::NONE;

/// Strands, first come, first served. Mostly there is one, which needs no queue.
#[derive(Clone, Debug)]
pub(super) struct Ready {
    first: u32,
    rest: VecDeque<u32>,
}

impl Ready {
    /// No strand.
    pub(super) fn new() -> Self {
        Self { first: NONE, rest: VecDeque::new() }
    }

    #[inline]
    pub(super) fn push(&mut self, strand: u32) {
        if self.first == NONE {
            self.first = strand;
        } else {
            self.rest.push_back(strand);
        }
    }

    #[inline]
    pub(super) fn pop(&mut self) -> Option<u32> {
        if self.first == NONE {
            return None;
        }
        let next = if self.rest.is_empty() { NONE } else { self.rest.pop_front().unwrap_or(NONE) };
        Some(std::mem::replace(&mut self.first, next))
    }
}
