//! When requests arrived.

use std::collections::BTreeMap;

use super::super::operations::Key;
use super::super::visit::Visit;
use crate::interval::Interval;
use crate::span::seconds;
use crate::{Name, Nanos};

/// The requests recorded. Merges.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Arrivals {
    pub(super) requests: Vec<Arrived>,
    /// Requests that the recorded ones stand for.
    represented: f64,
}

/// A request.
#[derive(Clone, Debug)]
pub(super) struct Arrived {
    /// What it asked for.
    operation: Key,
    /// Until the reply.
    pub(super) at: Interval,
    /// Who asked, where the trace tells.
    pub(super) session: Option<Name>,
}

impl Arrivals {
    pub(in super::super) fn add(&mut self, visit: &Visit) {
        self.requests.push(Arrived {
            operation: visit.operation.plain(),
            at: Interval::new(visit.time.start, visit.replied),
            session: visit.session.clone(),
        });
        self.represented += 1.0 / visit.sampling;
    }

    pub(in super::super) fn merge(&mut self, mut other: Self) {
        self.requests.append(&mut other.requests);
        self.represented += other.represented;
    }

    pub(in super::super) fn count(&self) -> u64 {
        self.requests.len() as u64
    }

    /// Part of the requests that was recorded, as the traces themselves tell; 1 where they do not.
    pub(in super::super) fn sampled(&self) -> f64 {
        if self.represented > 0.0 { self.count() as f64 / self.represented } else { 1.0 }
    }

    /// When each began, in order.
    pub(super) fn times(&self) -> Vec<Nanos> {
        let mut times: Vec<Nanos> = self.requests.iter().map(|request| request.at.start).collect();
        times.sort_unstable();
        times
    }

    /// Seconds from the first request of all to each one, in order, by what they asked for.
    pub(super) fn offsets(&self) -> BTreeMap<Key, Vec<f64>> {
        let first = self.requests.iter().map(|request| request.at.start).min().unwrap_or(0);
        let mut offsets: BTreeMap<Key, Vec<f64>> = BTreeMap::new();
        for request in &self.requests {
            offsets.entry(request.operation).or_default().push(seconds(request.at.start - first));
        }
        offsets.values_mut().for_each(|own| own.sort_unstable_by(f64::total_cmp));
        offsets
    }
}

/// Recorded requests per second: gaps between the first and the last, over the time between them. Times are in order.
pub(super) fn rate(times: &[Nanos]) -> Option<f64> {
    let time = seconds(times.last()? - times.first()?);
    (times.len() > 1 && time > 0.0).then(|| (times.len() - 1) as f64 / time)
}
