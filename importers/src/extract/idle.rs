//! Which calls found nobody else at the other end.
//!
//! Where a callee's span begins only when its turn comes (green threads, brokers that hold messages back), the time between
//! the caller's and the callee's span is not only the network's but a wait, too, which the model has already where the callee
//! shares its cores. What is left when nobody else is there is the network's.

use rayon::prelude::*;

use super::operations::Operations;
use super::visit::Visit;
use crate::Nanos;

/// The visits of one replica, by start: when each began, and the last end of those up to it.
struct Presence {
    starts: Vec<Nanos>,
    last_ends: Vec<Nanos>,
}

/// Marks the calls at whose sending another visit was at the callee's instance. Only that instant counts, not the whole
/// latency: else the longer ones would be marked more often.
pub(super) fn mark(traces: &mut [Vec<Visit>], operations: &Operations) {
    let presence = presence(traces, operations.replicas().len());
    traces.par_iter_mut().for_each(|visits| {
        for caller in 0..visits.len() {
            for call in 0..visits[caller].calls.len() {
                let made = &visits[caller].calls[call];
                let Some(callee) = made.visit.map(|callee| &visits[callee]) else { continue };
                let sent = callee.time.start - (made.latency * 1e9) as Nanos;
                let is_busy = presence[callee.replica.number()].is_busy(sent);
                visits[caller].calls[call].contended = is_busy;
            }
        }
    });
}

/// Of every replica.
fn presence(traces: &[Vec<Visit>], replicas: usize) -> Vec<Presence> {
    let mut times: Vec<Vec<(Nanos, Nanos)>> = vec![Vec::new(); replicas];
    for visit in traces.iter().flatten() {
        times[visit.replica.number()].push((visit.time.start, visit.time.end));
    }
    let sorted = |mut times: Vec<(Nanos, Nanos)>| {
        times.par_sort_unstable();
        Presence::new(&times)
    };
    times.into_par_iter().map(sorted).collect()
}

impl Presence {
    /// Of visits by start.
    fn new(times: &[(Nanos, Nanos)]) -> Self {
        let later = |last: &mut Nanos, (_, end): &(Nanos, Nanos)| {
            *last = *end.max(last);
            Some(*last)
        };
        let starts = times.iter().map(|(start, _)| *start).collect();
        Self { starts, last_ends: times.iter().scan(Nanos::MIN, later).collect() }
    }

    /// Was a visit there at that time?
    fn is_busy(&self, at: Nanos) -> bool {
        let before = self.starts.partition_point(|start| *start < at);
        before > 0 && self.last_ends[before - 1] > at
    }
}
