//! How long things take: demands, delays, latencies.

use std::collections::BTreeMap;

use rayon::prelude::*;
use tracecast_model::{CallKind, Distribution};

use super::moments::Moments;
use super::operations::Key;
use super::plan::Plan;
use super::sketch::Sketch;
use super::visit::{Slot, Visit, VisitCall};
use super::work::{Segment, Segments, Worked};
use crate::Nanos;
use crate::assemble::CHUNK;
use crate::interval::Interval;

/// From so many calls on that found nobody else at the other end, these tell the time on the network.
const ENOUGH_IDLE: u64 = 30;

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
    /// What it does after its reply, if anything.
    pub(super) after: Gap,
    /// What it does between two calls of a block that consists of one slot.
    pub(super) between: BTreeMap<Slot, Gap>,
    pub(super) latency: BTreeMap<Slot, Latency>,
    /// From the beginning of visits to their replies.
    pub(super) response: Sketch,
    /// Self time as recorded, and what of it is work.
    pub(super) self_time: Moments,
    pub(super) demand: Moments,
    /// The part of the demand before the reply.
    pub(super) to_reply: Moments,
}

/// Times on the network.
#[derive(Debug, Default)]
pub(super) struct Latency {
    all: Sketch,
    /// Where the callee's instance had nothing else to do.
    idle: Sketch,
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
    /// Of all traces.
    pub(super) fn new(traces: &[Worked<'_>], plans: &BTreeMap<Key, Plan>) -> Self {
        let part = |traces: &[Worked<'_>]| {
            let mut timing = Self::default();
            traces.iter().for_each(|(visits, segments)| timing.add(visits, segments, plans));
            timing
        };
        Self::merged(traces.par_chunks(CHUNK).map(part).collect())
    }

    /// All of these together, in their order.
    fn merged(parts: Vec<Self>) -> Self {
        let (mut operations, mut outside) = (BTreeMap::new(), BTreeMap::new());
        let mut work = Work::default();
        for part in parts {
            part.operations
                .into_iter()
                .for_each(|(key, timing)| operations.entry(key).or_insert_with(Vec::new).push(timing));
            part.outside
                .into_iter()
                .for_each(|(key, sketch)| outside.entry(key).or_insert_with(Vec::new).push(sketch));
            work.synchronous += part.work.synchronous;
            work.asynchronous += part.work.asynchronous;
        }
        let all = |(key, parts): (Key, Vec<OperationTiming>)| {
            let mut timing = OperationTiming::default();
            parts.into_iter().for_each(|part| timing.merge(part));
            (key, timing)
        };
        let all_outside = |(key, parts): (Key, Vec<Sketch>)| {
            let mut sketch = Sketch::default();
            parts.iter().for_each(|part| sketch.merge(part));
            (key, sketch)
        };
        Self {
            operations: operations.into_par_iter().map(all).collect(),
            outside: outside.into_par_iter().map(all_outside).collect(),
            work,
        }
    }

    /// Adds the visits of one trace with their segments.
    fn add(&mut self, visits: &[Visit], segments: &Segments, plans: &BTreeMap<Key, Plan>) {
        let mut detached: Vec<bool> = Vec::with_capacity(visits.len());
        for (place, visit) in visits.iter().enumerate() {
            let is_detached = visit.caller.is_some_and(|caller| {
                let plan = plans.get(&visits[caller].operation);
                let kind = plan
                    .map(|plan| plan.kind_of(visit.operation.plain(), visit.is_message))
                    .unwrap_or_default();
                detached[caller] || kind == CallKind::Asynchronous
            });
            detached.push(is_detached);
            if let Some(plan) = plans.get(&visit.operation) {
                self.add_visit(visit, segments.of(place), plan, is_detached);
            }
        }
    }

    fn add_visit(&mut self, visit: &Visit, segments: &[Segment], plan: &Plan, detached: bool) {
        let mut seconds: f64 = segments.iter().map(|segment| segment.demand).sum();
        for call in visit.calls.iter().filter(|call| call.visit.is_none()) {
            for attempt in call.each_attempt() {
                self.outside.entry(call.slot.to).or_default().add(attempt.length());
                seconds += attempt.length();
            }
        }
        self.work.add(seconds, detached);
        if visit.stopped {
            return;
        }
        self.operations.entry(visit.operation).or_default().add(visit, segments, plan);
    }

    /// Response times of an operation in all its courses.
    pub(super) fn response(&self, operation: Key) -> Sketch {
        let courses = self.operations.range(operation.plain()..);
        let mut response = Sketch::default();
        for (_, timing) in courses.take_while(|(course, _)| course.is_of(operation)) {
            response.merge(&timing.response);
        }
        response
    }
}

impl OperationTiming {
    fn add(&mut self, visit: &Visit, segments: &[Segment], plan: &Plan) {
        self.gaps.resize_with(plan.blocks.len() + 1, Gap::default);
        let ahead = Ahead::new(visit, plan);
        let mut own = vec![Own::default(); self.gaps.len()];
        let mut between = vec![Own::default(); ahead.calls.len()];
        let mut after = Own::default();
        for segment in segments {
            // Work after the last call is cut at the reply.
            let later =
                if ahead.is_last(segment.time) { later_part(segment.time, visit.replied) } else { 0.0 };
            ahead.own(segment.time, &mut own, &mut between).demand += (1.0 - later) * segment.demand;
            after.demand += later * segment.demand;
        }
        for &idle in &visit.idle {
            let idle = idle.within(visit.time);
            ahead.own(idle, &mut own, &mut between).delay += idle.length();
        }
        self.response.add(Interval::new(visit.time.start, visit.replied).length());
        let demand: f64 = segments.iter().map(|segment| segment.demand).sum();
        self.demand.add(demand);
        self.to_reply.add(demand - after.demand);
        self.after.add(after);
        self.self_time.add(segments.iter().map(|segment| segment.time.length()).sum());
        for (gap, own) in self.gaps.iter_mut().zip(own) {
            gap.add(own);
        }
        for (call, own) in ahead.calls.iter().zip(between) {
            if let Some(slot) = call.repeats {
                self.between.entry(*slot).or_default().add(own);
            }
        }
        for call in &visit.calls {
            self.latency.entry(call.slot).or_default().add(call);
        }
    }

    fn merge(&mut self, other: Self) {
        if self.gaps.len() < other.gaps.len() {
            self.gaps.resize_with(other.gaps.len(), Gap::default);
        }
        for (mine, theirs) in self.gaps.iter_mut().zip(&other.gaps) {
            mine.merge(theirs);
        }
        for (slot, gap) in other.between {
            self.between.entry(slot).or_default().merge(&gap);
        }
        for (slot, latency) in other.latency {
            self.latency.entry(slot).or_default().merge(&latency);
        }
        self.after.merge(&other.after);
        self.to_reply.merge(other.to_reply);
        self.response.merge(&other.response);
        self.self_time.merge(other.self_time);
        self.demand.merge(other.demand);
    }
}

impl Latency {
    fn add(&mut self, call: &VisitCall) {
        self.all.add(call.latency);
        if !call.contended {
            self.idle.add(call.latency);
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.all.merge(&other.all);
        self.idle.merge(&other.idle);
    }

    /// Without waiting for others, where enough calls tell.
    pub(super) fn distribution(&self) -> Distribution {
        self.used().0.distribution()
    }

    /// The times that are used, and which these are.
    pub(super) fn used(&self) -> (&Sketch, &'static str) {
        if self.idle.count() >= ENOUGH_IDLE {
            (&self.idle, "time between both sides, where the callee had nothing else to do")
        } else {
            (&self.all, "time between both sides")
        }
    }
}

impl Gap {
    fn add(&mut self, own: Own) {
        self.demand.add(own.demand);
        self.delay.add(own.delay);
    }

    fn merge(&mut self, other: &Self) {
        self.demand.merge(&other.demand);
        self.delay.merge(&other.delay);
    }
}

/// Own time of one visit at one place of its course (s).
#[derive(Clone, Copy, Debug, Default)]
struct Own {
    demand: f64,
    delay: f64,
}

/// Which calls are still to come: own time belongs before the first block that has a call yet to be made, or between two
/// calls of it.
struct Ahead<'a> {
    calls: Vec<Next<'a>>,
    last: usize,
}

/// A call to come.
struct Next<'a> {
    start: Nanos,
    block: usize,
    /// The slot, if it is all of the block, and calls of it were made before.
    repeats: Option<&'a Slot>,
    /// Place of the next call of the earliest block that has one from here on.
    earliest: usize,
}

impl<'a> Ahead<'a> {
    fn new(visit: &Visit, plan: &'a Plan) -> Self {
        let last = plan.blocks.len();
        let next = |call: &VisitCall| Next {
            start: match plan.kind(&call.slot) {
                CallKind::Asynchronous => call.sent,
                CallKind::Synchronous => call.at.start,
            },
            block: plan.position.get(&call.slot).copied().unwrap_or(last),
            repeats: None,
            earliest: 0,
        };
        let mut calls: Vec<Next<'_>> = visit.calls.iter().map(next).collect();
        calls.sort_unstable_by_key(|call| (call.start, call.block));
        let mut made = vec![false; last];
        for call in &mut calls {
            if let Some(made) = made.get_mut(call.block) {
                call.repeats = plan.blocks[call.block].only_slot().filter(|_| *made);
                *made = true;
            }
        }
        let mut earliest = calls.len().saturating_sub(1);
        for place in (0..calls.len()).rev() {
            if calls[place].block <= calls[earliest].block {
                earliest = place;
            }
            calls[place].earliest = earliest;
        }
        Self { calls, last }
    }

    /// Are all calls made by then?
    fn is_last(&self, time: Interval) -> bool {
        self.calls.last().is_none_or(|call| call.start < time.end)
    }

    /// Where own time at that time is counted: before a block, or before a call that repeats another.
    fn own<'b>(&self, time: Interval, gaps: &'b mut [Own], between: &'b mut [Own]) -> &'b mut Own {
        let next = self.calls.partition_point(|call| call.start < time.end);
        let Some(next) = self.calls.get(next) else { return &mut gaps[self.last] };
        let call = &self.calls[next.earliest];
        if call.repeats.is_some() { &mut between[next.earliest] } else { &mut gaps[call.block] }
    }
}

/// The part of a stretch that is after the reply.
fn later_part(time: Interval, replied: Nanos) -> f64 {
    let later = Interval::new(replied.clamp(time.start, time.end), time.end);
    if time.end > time.start { later.length() / time.length() } else { 0.0 }
}

impl Work {
    fn add(&mut self, seconds: f64, detached: bool) {
        *(if detached { &mut self.asynchronous } else { &mut self.synchronous }) += seconds;
    }
}
