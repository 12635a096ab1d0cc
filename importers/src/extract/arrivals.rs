//! When requests arrived.

use super::visit::Visit;
use crate::Nanos;
use crate::span::seconds;

/// The requests recorded. Merges.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Arrivals {
    pub(super) count: u64,
    /// First and last.
    span: Option<(Nanos, Nanos)>,
    /// Requests that the recorded ones stand for.
    represented: f64,
}

impl Arrivals {
    pub(super) fn add(&mut self, visit: &Visit) {
        let start = visit.time.start;
        self.merge(Self { count: 1, span: Some((start, start)), represented: 1.0 / visit.sampling });
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.count += other.count;
        self.represented += other.represented;
        self.span = match (self.span, other.span) {
            (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
            (one, other) => one.or(other),
        };
    }

    /// Part of the requests that was recorded, as the traces themselves tell; 1 where they do not.
    pub(super) fn sampled(&self) -> f64 {
        if self.represented > 0.0 { self.count as f64 / self.represented } else { 1.0 }
    }

    /// Recorded requests per second: gaps between the first and the last, over the time between them.
    pub(super) fn rate(&self) -> Option<f64> {
        let (first, last) = self.span?;
        let time = seconds(last - first);
        (self.count > 1 && time > 0.0).then(|| (self.count - 1) as f64 / time)
    }
}
