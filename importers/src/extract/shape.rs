//! What the traces show of the structure: which operation makes which calls, in which order, and which at once.

use std::collections::{BTreeMap, BTreeSet};

use super::operations::{Key, Replica, Service};
use super::visit::{Slot, Visit, VisitCall};
use super::workload::Arrivals;
use crate::SpanKind;
use crate::interval::Interval;

/// Two calls count as at the same time where more than this part of the shorter one is; less is how clocks and
/// instrumentation err.
const OVERLAP: f64 = 0.05;

/// Structure of all operations. Merges.
#[derive(Debug, Default)]
pub(super) struct Shape {
    pub(super) operations: BTreeMap<Key, OperationShape>,
    /// Replicas of each service, as far as the traces tell them.
    pub(super) replicas: BTreeMap<Service, BTreeSet<Replica>>,
    pub(super) arrivals: Arrivals,
}

/// Structure of one operation, by the visits that no failed call has ended.
#[derive(Debug, Default)]
pub(super) struct OperationShape {
    /// Visits.
    pub(super) visits: u64,
    /// Requests from outside.
    pub(super) requests: u64,
    /// Visits known only from the side that called.
    pub(super) caller_sides: u64,
    pub(super) slots: BTreeMap<Slot, SlotShape>,
    /// For pairs of slots, in order: how much their calls overlap.
    pub(super) overlaps: BTreeMap<(Slot, Slot), Overlap>,
}

/// How much the calls of two slots overlap.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Overlap {
    /// Visits in which they do.
    pub(super) visits: u64,
    /// Sum over visits of the largest part of a call that is at the same time as a longer one.
    pub(super) part: f64,
}

/// Structure of one slot.
#[derive(Debug, Default)]
pub(super) struct SlotShape {
    /// Visits that make the call at least once.
    pub(super) visits: u64,
    /// Calls.
    pub(super) calls: u64,
    /// Sum over visits of the square of their number of calls.
    pub(super) squares: u64,
    /// Calls that seem asynchronous.
    pub(super) asynchronous: u64,
    /// Sum over visits of the largest number of these calls at once.
    pub(super) width: u64,
    /// Sum over visits of the place of the first of these calls among all, from 0 to 1.
    place: f64,
}

impl Shape {
    /// Adds the visits of one trace.
    pub(super) fn add(&mut self, visits: &[Visit]) {
        for visit in visits {
            self.operations.entry(visit.operation).or_default().add(visit);
            if visit.is_request {
                self.arrivals.add(visit);
            }
            let replicas = self.replicas.entry(visit.operation.service).or_default();
            if visit.replica.is_told {
                replicas.insert(visit.replica);
            }
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        for (key, shape) in other.operations {
            self.operations.entry(key).or_default().merge(shape);
        }
        for (service, replicas) in other.replicas {
            self.replicas.entry(service).or_default().extend(replicas);
        }
        self.arrivals.merge(other.arrivals);
    }
}

impl OperationShape {
    fn add(&mut self, visit: &Visit) {
        self.requests += u64::from(visit.is_request);
        if visit.stopped {
            return;
        }
        self.visits += 1;
        let from_the_caller = matches!(visit.kind, SpanKind::Client | SpanKind::Producer);
        self.caller_sides += u64::from(from_the_caller);
        let last = (visit.calls.len().max(2) - 1) as f64;
        let mut by_slot: Vec<(Slot, usize)> =
            visit.calls.iter().enumerate().map(|(place, call)| (call.slot, place)).collect();
        by_slot.sort_unstable();
        for same in by_slot.chunk_by(|(a, _), (b, _)| a == b) {
            let (slot, first) = same[0];
            let calls = || same.iter().map(|(_, place)| &visit.calls[*place]);
            let shape = self.slots.entry(slot).or_default();
            shape.visits += 1;
            shape.calls += same.len() as u64;
            shape.squares += (same.len() as u64).pow(2);
            shape.asynchronous += calls().filter(|call| call.seems_asynchronous).count() as u64;
            shape.width += largest_number_at_once(calls().map(|call| call.at));
            shape.place += first as f64 / last;
        }
        for (pair, part) in overlapping(&visit.calls) {
            self.overlaps.entry(pair).or_default().add(Overlap { visits: 1, part });
        }
    }

    fn merge(&mut self, other: Self) {
        self.visits += other.visits;
        self.requests += other.requests;
        self.caller_sides += other.caller_sides;
        for (slot, shape) in other.slots {
            let mine = self.slots.entry(slot).or_default();
            mine.visits += shape.visits;
            mine.calls += shape.calls;
            mine.squares += shape.squares;
            mine.asynchronous += shape.asynchronous;
            mine.width += shape.width;
            mine.place += shape.place;
        }
        for (pair, overlap) in other.overlaps {
            self.overlaps.entry(pair).or_default().add(overlap);
        }
    }
}

impl Overlap {
    fn add(&mut self, other: Self) {
        self.visits += other.visits;
        self.part += other.part;
    }
}

impl SlotShape {
    /// Where in the course of the operation it comes, from 0 to 1, in the mean.
    pub(super) fn mean_place(&self) -> f64 {
        self.place / self.visits.max(1) as f64
    }

    /// Mean and variance, over all so many visits, of the number of calls after the first.
    pub(super) fn repetitions(&self, visits: u64) -> (f64, f64) {
        let all = visits.max(1) as f64;
        let mean = (self.calls - self.visits) as f64 / all;
        let square = (self.squares + self.visits - 2 * self.calls) as f64 / all;
        (mean, square - mean * mean)
    }

    /// How many of the calls are made at once: the mean of the largest number, rounded.
    pub(super) fn mean_width(&self) -> u64 {
        (self.width as f64 / self.visits.max(1) as f64).round() as u64
    }
}

/// Do two stretches share more than clocks err?
pub(super) fn overlap(a: Interval, b: Interval) -> bool {
    let shared = a.overlap(b);
    shared > 0.0 && shared > OVERLAP * a.length().min(b.length())
}

/// The pairs of different slots of which two calls overlap, each in order, and the largest part of the shorter call that is
/// at the same time as the longer one. `calls` are sorted by start.
fn overlapping(calls: &[VisitCall]) -> BTreeMap<(Slot, Slot), f64> {
    let mut found: BTreeMap<(Slot, Slot), f64> = BTreeMap::new();
    let mut open: Vec<&VisitCall> = Vec::new();
    for call in calls.iter().filter(|call| !call.seems_asynchronous) {
        open.retain(|other| other.at.end > call.at.start);
        for other in open.iter().filter(|other| other.slot != call.slot && overlap(other.at, call.at)) {
            let (a, b) = (other.slot, call.slot);
            let part = other.at.overlap(call.at) / other.at.length().min(call.at.length());
            let largest = found.entry((a.min(b), a.max(b))).or_default();
            *largest = largest.max(part.min(1.0));
        }
        open.push(call);
    }
    found
}

fn largest_number_at_once(times: impl Iterator<Item = Interval>) -> u64 {
    let mut open: Vec<Interval> = Vec::new();
    let mut largest = 0;
    for time in times {
        open.retain(|&other| overlap(other, time) && other.end > time.start);
        open.push(time);
        largest = largest.max(open.len() as u64);
    }
    largest
}
