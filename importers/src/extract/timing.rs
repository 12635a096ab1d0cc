//! How long things take: demands, delays, latencies.

use std::collections::BTreeMap;

use tracecast_model::CallKind;

use super::plan::Plan;
use super::sketch::Sketch;
use super::visit::{Key, Slot, Visit};
use super::work::{Segment, Segments};
use crate::interval::Interval;
use crate::{Nanos, TraceId};

/// Times of all operations. Merges.
#[derive(Debug, Default)]
pub(super) struct Timing {
    pub(super) operations: BTreeMap<Key, OperationTiming>,
    /// Response times of operations that only their callers recorded.
    pub(super) outside: BTreeMap<Key, Sketch>,
    pub(super) work: Work,
}

/// Times of one operation.
#[derive(Debug, Default)]
pub(super) struct OperationTiming {
    /// What it does before each block of its plan, and after the last.
    pub(super) gaps: Vec<Gap>,
    pub(super) latency: BTreeMap<Slot, Sketch>,
    /// Whole visits.
    pub(super) response: Sketch,
    /// Self time as recorded, and what of it is work.
    pub(super) self_time: Sketch,
    pub(super) demand: Sketch,
}

/// Own time between two blocks.
#[derive(Debug, Default)]
pub(super) struct Gap {
    pub(super) demand: Sketch,
    /// Known waiting.
    pub(super) delay: Sketch,
}

/// Seconds of work that requests wait for, and that go on without them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Work {
    pub(super) synchronous: f64,
    pub(super) asynchronous: f64,
}

impl Timing {
    /// Adds the visits of one trace with their segments.
    pub(super) fn add(
        &mut self,
        trace: TraceId,
        visits: &[Visit],
        segments: &Segments,
        plans: &BTreeMap<Key, Plan>,
    ) {
        let mut detached: Vec<bool> = Vec::with_capacity(visits.len());
        for (visit, segments) in visits.iter().zip(segments) {
            let is_detached = visit.caller.is_some_and(|caller| {
                let plan = plans.get(&visits[caller].operation);
                let kind = plan
                    .map(|plan| plan.kind_of(&visit.operation.plain(), visit.is_message))
                    .unwrap_or_default();
                detached[caller] || kind == CallKind::Asynchronous
            });
            detached.push(is_detached);
            if let Some(plan) = plans.get(&visit.operation) {
                self.add_visit(label(trace, visit), visit, segments, plan, is_detached);
            }
        }
    }

    fn add_visit(&mut self, label: u64, visit: &Visit, segments: &[Segment], plan: &Plan, detached: bool) {
        let mut seconds: f64 = segments.iter().map(|segment| segment.demand).sum();
        for (place, call) in visit.calls.iter().enumerate().filter(|(_, call)| call.visit.is_none()) {
            if !self.outside.contains_key(&call.slot.to) {
                self.outside.insert(call.slot.to.clone(), Sketch::default());
            }
            if let Some(sketch) = self.outside.get_mut(&call.slot.to) {
                sketch.add(label.wrapping_add(place as u64), call.at.length());
            }
            seconds += call.at.length();
        }
        self.work.add(seconds, detached);
        if !self.operations.contains_key(&visit.operation) {
            self.operations.insert(visit.operation.clone(), OperationTiming::default());
        }
        if let Some(timing) = self.operations.get_mut(&visit.operation) {
            timing.add(label, visit, segments, plan);
        }
    }

    /// Response times of an operation in all its courses.
    pub(super) fn response(&self, operation: &Key) -> Sketch {
        let courses = self.operations.range(operation.plain()..);
        let mut response = Sketch::default();
        for (_, timing) in courses.take_while(|(course, _)| course.is_of(operation)) {
            response.merge(&timing.response);
        }
        response
    }

    pub(super) fn merge(&mut self, other: Self) {
        for (key, timing) in other.operations {
            self.operations.entry(key).or_default().merge(timing);
        }
        for (key, sketch) in other.outside {
            self.outside.entry(key).or_default().merge(&sketch);
        }
        self.work.synchronous += other.work.synchronous;
        self.work.asynchronous += other.work.asynchronous;
    }
}

/// Tells visits apart, the same whatever the order in which they are read.
fn label(trace: TraceId, visit: &Visit) -> u64 {
    let fold = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    trace.0.iter().chain(&visit.span_id.0).fold(0xcbf2_9ce4_8422_2325, fold)
}

impl OperationTiming {
    fn add(&mut self, label: u64, visit: &Visit, segments: &[Segment], plan: &Plan) {
        self.gaps.resize_with(plan.blocks.len() + 1, Gap::default);
        let ahead = Ahead::new(visit, plan);
        let mut demands = vec![0.0; self.gaps.len()];
        let mut delays = vec![0.0; self.gaps.len()];
        for segment in segments {
            demands[ahead.gap(segment.time)] += segment.demand;
        }
        for &idle in &visit.idle {
            let idle = idle.within(visit.time);
            delays[ahead.gap(idle)] += idle.length();
        }
        self.response.add(label, visit.time.length());
        self.demand.add(label, demands.iter().sum());
        self.self_time.add(label, segments.iter().map(|segment| segment.time.length()).sum());
        for (gap, (demand, delay)) in self.gaps.iter_mut().zip(demands.into_iter().zip(delays)) {
            gap.demand.add(label, demand);
            gap.delay.add(label, delay);
        }
        for (place, call) in visit.calls.iter().enumerate() {
            if !self.latency.contains_key(&call.slot) {
                self.latency.insert(call.slot.clone(), Sketch::default());
            }
            if let Some(sketch) = self.latency.get_mut(&call.slot) {
                sketch.add(label.wrapping_add(place as u64), call.latency);
            }
        }
    }

    fn merge(&mut self, other: Self) {
        if self.gaps.len() < other.gaps.len() {
            self.gaps.resize_with(other.gaps.len(), Gap::default);
        }
        for (mine, theirs) in self.gaps.iter_mut().zip(&other.gaps) {
            mine.demand.merge(&theirs.demand);
            mine.delay.merge(&theirs.delay);
        }
        for (slot, sketch) in other.latency {
            self.latency.entry(slot).or_default().merge(&sketch);
        }
        self.response.merge(&other.response);
        self.self_time.merge(&other.self_time);
        self.demand.merge(&other.demand);
    }
}

/// Which blocks are still to come: own time belongs before the first block that has a call yet to be made.
struct Ahead {
    /// Starts of the calls in order, each with the earliest block from there on.
    calls: Vec<(Nanos, usize)>,
    last: usize,
}

impl Ahead {
    fn new(visit: &Visit, plan: &Plan) -> Self {
        let last = plan.blocks.len();
        let start = |call: &super::visit::VisitCall| match plan.kind(&call.slot) {
            CallKind::Asynchronous => call.sent,
            CallKind::Synchronous => call.at.start,
        };
        let position = |slot| plan.position.get(slot).copied().unwrap_or(last);
        let mut calls: Vec<(Nanos, usize)> =
            visit.calls.iter().map(|call| (start(call), position(&call.slot))).collect();
        calls.sort_unstable();
        let mut earliest = last;
        for (_, block) in calls.iter_mut().rev() {
            earliest = earliest.min(*block);
            *block = earliest;
        }
        Self { calls, last }
    }

    fn gap(&self, time: Interval) -> usize {
        let next = self.calls.partition_point(|&(start, _)| start < time.end);
        self.calls.get(next).map_or(self.last, |&(_, block)| block)
    }
}

impl Work {
    fn add(&mut self, seconds: f64, detached: bool) {
        *(if detached { &mut self.asynchronous } else { &mut self.synchronous }) += seconds;
    }
}
