//! How much of a visit's own time is work: self time, corrected for sharing the processor.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use tracecast_model::CallKind;

use super::operations::{Key, Operations, Service};
use super::plan::Plan;
use super::role::Roles;
use super::shape::Shape;
use super::timeline::Timeline;
use super::visit::{Visit, VisitCall};
use crate::interval::{Interval, remainder};

/// With fewer recorded requests, how busy a processor was does not show.
const ENOUGH_FOR_LOAD: u64 = 30;

/// A stretch in which a visit neither waits for a reply nor is known to wait for anything else.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment {
    pub(super) time: Interval,
    /// Processor seconds in it.
    pub(super) demand: f64,
}

/// The segments of all visits of a trace.
pub(super) struct Segments {
    /// Those of one visit after those of another, by start.
    pub(super) all: Vec<Segment>,
    /// Where those of each visit end.
    ends: Vec<usize>,
}

impl Segments {
    /// Places of a visit's segments among all.
    pub(super) fn places(&self, visit: usize) -> Range<usize> {
        let start = visit.checked_sub(1).map_or(0, |before| self.ends[before]);
        start..self.ends[visit]
    }

    /// Those of a visit.
    pub(super) fn of(&self, visit: usize) -> &[Segment] {
        &self.all[self.places(visit)]
    }
}

/// The visits of a trace with their segments.
pub(super) type Worked<'a> = (&'a [Visit], Segments);

/// The self time of every visit: its time without the synchronous calls and the known waits, cut where messages are
/// sent.
pub(super) fn self_times(visits: &[Visit], plans: &BTreeMap<Key, Plan>) -> Segments {
    let mut segments = Segments { all: Vec::new(), ends: Vec::with_capacity(visits.len()) };
    let mut taken: Vec<Interval> = Vec::new();
    for visit in visits {
        let plan = plans.get(&visit.operation);
        let time = |call: &VisitCall| match plan.map(|plan| plan.kind(&call.slot)) {
            Some(CallKind::Asynchronous) => Interval::new(call.sent, call.sent),
            _ => call.at,
        };
        taken.clear();
        taken.extend(visit.calls.iter().map(time).chain(visit.idle.iter().copied()));
        let left = remainder(visit.time, &mut taken);
        segments.all.extend(left.map(|time| Segment { time, demand: time.length() }));
        segments.ends.push(segments.all.len());
    }
    segments
}

/// Takes out of the self times what was waiting for the processor; answers how many cores each service must have had
/// in every replica, where that was more than one.
///
/// Assumes that the n(t) segments that are active at t share the c cores of their instance equally, at most a core
/// each, and want them all the time. The demand of a segment then is ∫ min(1, c/n) dt: what the "virtual time" of
/// processor sharing advances by (Parekh and Gallager, *A generalized processor sharing approach to flow control*,
/// 1993, eq. 8). With one request at a time the demand is the self time itself. There is one core, unless how long work
/// took while other work was there shows that there were more ([`super::cores`]). Services that are only known from
/// outside have no processor to share.
///
/// Of a sample, the others do not show. Then demands are taken as so much smaller than self times as they are under
/// processor sharing of one core with Poisson arrivals, where N = ρ/(1 - ρ) requests are there in the mean and all
/// take 1/(1 - ρ) times their demand, whatever its distribution (Kleinrock, *Queueing Systems* vol. 2, 1976, eq. 4.17): by
/// the factor 1/(1 + N).
pub(super) fn share_processors(
    traces: &mut [Worked<'_>],
    operations: &Operations,
    roles: &Roles,
    shape: &Shape,
) -> BTreeMap<Service, u32> {
    let sampled = shape.arrivals.sampled();
    if sampled == 1.0 {
        let timeline = Timeline::new(traces, operations.replicas(), roles);
        let cores = timeline.cores();
        timeline.sweep(traces, &cores);
        return cores;
    }
    if shape.arrivals.count() >= ENOUGH_FOR_LOAD {
        let active = active(traces, roles, shape);
        for (visits, segments) in traces {
            for (place, visit) in visits.iter().enumerate() {
                let others = active.get(&visit.operation.service).map_or(0.0, |active| active / sampled);
                let places = segments.places(place);
                segments.all[places].iter_mut().for_each(|segment| segment.demand /= 1.0 + others);
            }
        }
    }
    BTreeMap::new()
}

/// How many of the recorded segments were active in each replica in the mean, by service, from its first to its last.
fn active(traces: &[Worked<'_>], roles: &Roles, shape: &Shape) -> BTreeMap<Service, f64> {
    let mut found: BTreeMap<Service, (f64, Interval)> = BTreeMap::new();
    for (visits, segments) in traces {
        for (place, visit) in visits.iter().enumerate() {
            let service = visit.operation.service;
            if !roles.is_outside(service) {
                let (seconds, time) = found.entry(service).or_insert((0.0, visit.time));
                *seconds += segments.of(place).iter().map(|segment| segment.time.length()).sum::<f64>();
                *time = time.hull(visit.time);
            }
        }
    }
    let mean = |(service, (seconds, time)): (Service, (f64, Interval))| {
        let replicas = shape.replicas.get(&service).map_or(1, BTreeSet::len).max(1);
        let length = time.length();
        let mean = if length > 0.0 { seconds / length / replicas as f64 } else { 0.0 };
        (service, mean)
    };
    found.into_iter().map(mean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::operations::Replica;
    use crate::{SpanId, SpanKind};
    use proptest::prelude::*;

    const MS: i64 = 1_000_000;

    fn visit(start: i64, end: i64) -> Visit {
        Visit {
            operation: Key::numbered(0, 0),
            kind: SpanKind::Server,
            replica: Replica::only(0),
            span_id: SpanId::default(),
            time: Interval::new(start * MS, end * MS),
            replied: end * MS,
            is_request: true,
            caller: None,
            is_message: false,
            calls: Vec::new(),
            idle: Vec::new(),
            message: None,
            session: None,
            sampling: 1.0,
            failed: false,
            stopped: false,
        }
    }

    /// Demands in ms of visits without calls to one instance.
    fn demands(visits: &[Visit], cores: u32) -> Vec<f64> {
        let mut shape = Shape::default();
        shape.add(visits);
        let roles = Roles::new(&shape);
        let mut traces = [(visits, self_times(visits, &BTreeMap::new()))];
        let service = visits[0].operation.service;
        let timeline = Timeline::new(&traces, &[service], &roles);
        timeline.sweep(&mut traces, &BTreeMap::from([(service, cores)]));
        let demand = |visit| traces[0].1.of(visit).iter().map(|segment| segment.demand * 1e3).sum();
        (0..visits.len()).map(demand).collect()
    }

    fn close(found: &[f64], expected: &[f64]) {
        let same = found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-9);
        assert!(same && found.len() == expected.len(), "{found:?} instead of {expected:?}");
    }

    #[test]
    fn overlapping_segments_share_a_core() {
        let two = [visit(0, 10), visit(6, 16)];
        close(&demands(&two, 1), &[8.0, 8.0]);
        close(&demands(&two, 2), &[10.0, 10.0]);
        close(&demands(&[visit(0, 10), visit(10, 12)], 1), &[10.0, 2.0]);
    }

    proptest! {
        /// A core that is always busy while anything is there does exactly as much work as it is busy.
        #[test]
        fn work_is_conserved(times in prop::collection::vec((0i64..100, 1i64..50), 1..20)) {
            let visits: Vec<Visit> = times.iter().map(|&(start, length)| visit(start, start + length)).collect();
            let busy = (0..200).filter(|t| times.iter().any(|(start, length)| start <= t && *t < start + length));
            let done: f64 = demands(&visits, 1).iter().sum();
            prop_assert!((done - busy.count() as f64).abs() < 1e-6);
        }
    }
}
