//! Which calls found nobody else at the other end.
//!
//! Where a callee's span begins only when its turn comes (green threads, brokers that hold messages back), the time between
//! the caller's and the callee's span is not only the network's but a wait, too, which the model has already where the callee
//! shares its cores. What is left when nobody else is there is the network's.

use std::collections::HashMap;

use rayon::prelude::*;

use super::visit::Visit;
use crate::{Name, Nanos};

/// One visit: its instance, when it began and ended, the time from the call to its beginning, and where the call is.
struct Arrival {
    start: Nanos,
    end: Nanos,
    sent: Nanos,
    /// Trace, calling visit, and call.
    call: Option<(usize, usize, usize)>,
}

/// Marks the calls at whose sending another visit was at the callee's instance. Only that instant counts, not the whole
/// latency: else the longer ones would be marked more often.
pub(super) fn mark(traces: &mut [Vec<Visit>]) {
    let mut instances: HashMap<(Name, Option<Name>), Vec<Arrival>> = HashMap::new();
    for (trace, visits) in traces.iter().enumerate() {
        let mut calls: HashMap<usize, (usize, usize)> = HashMap::new();
        for (caller, visit) in visits.iter().enumerate() {
            calls.extend(
                visit.calls.iter().enumerate().filter_map(|(call, at)| Some((at.visit?, (caller, call)))),
            );
        }
        for (place, visit) in visits.iter().enumerate() {
            let call = calls.get(&place).copied();
            let latency = call.map_or(0.0, |(caller, call)| visits[caller].calls[call].latency);
            let key = (visit.operation.service.clone(), visit.instance.clone());
            instances.entry(key).or_default().push(Arrival {
                start: visit.time.start,
                end: visit.time.end,
                sent: visit.time.start - (latency * 1e9) as Nanos,
                call: call.map(|(caller, call)| (trace, caller, call)),
            });
        }
    }
    let contended: Vec<(usize, usize, usize)> =
        instances.into_par_iter().flat_map_iter(|(_, arrivals)| to_busy(arrivals)).collect();
    for (trace, visit, call) in contended {
        traces[trace][visit].calls[call].contended = true;
    }
}

/// The calls to one instance at whose sending another visit was there.
fn to_busy(mut arrivals: Vec<Arrival>) -> impl Iterator<Item = (usize, usize, usize)> {
    arrivals.sort_unstable_by_key(|arrival| (arrival.start, arrival.end, arrival.call));
    let later = |last: &mut Nanos, arrival: &Arrival| {
        *last = arrival.end.max(*last);
        Some(*last)
    };
    let last_ends: Vec<Nanos> = arrivals.iter().scan(Nanos::MIN, later).collect();
    let starts: Vec<Nanos> = arrivals.iter().map(|arrival| arrival.start).collect();
    arrivals.into_iter().filter_map(move |arrival| {
        let before = starts.partition_point(|start| *start < arrival.sent);
        let is_busy = before > 0 && last_ends[before - 1] > arrival.sent;
        arrival.call.filter(|_| is_busy)
    })
}
