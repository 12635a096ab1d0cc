//! Numbers with their times, as long as somebody may ask for them.

use serde::{Deserialize, Serialize};

/// Numbers with their times, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct History(Vec<Entry>);

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Entry {
    /// Seconds since the start of the run.
    time: f64,
    value: u32,
}

impl History {
    /// Adds a number, and forgets those older than `keep` seconds, so that the length is bounded.
    pub fn record(&mut self, time: f64, value: u32, keep: f64) {
        self.0.retain(|entry| entry.time >= time - keep);
        self.0.push(Entry { time, value });
    }

    /// The numbers of the last `window` seconds, without one that is exactly as old.
    pub(super) fn within(&self, time: f64, window: f64) -> impl Iterator<Item = u32> {
        self.0.iter().filter(move |entry| entry.time > time - window).map(|entry| entry.value)
    }

    /// The same with one that is exactly as old.
    pub(super) fn within_inclusive(&self, time: f64, window: f64) -> impl Iterator<Item = u32> {
        self.0.iter().filter(move |entry| entry.time >= time - window).map(|entry| entry.value)
    }

    /// How many numbers there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Is there none?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
