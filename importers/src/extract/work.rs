//! How much of a visit's own time is work: self time, corrected for sharing the processor.

use std::collections::{BTreeMap, HashMap};

use tracecast_model::CallKind;

use super::plan::Plan;
use super::role::Roles;
use super::visit::{Key, Visit};
use crate::Name;
use crate::interval::{Interval, remainder};
use crate::span::seconds;

/// A stretch in which a visit neither waits for a reply nor is known to wait for anything else.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment {
    pub(super) time: Interval,
    /// Processor seconds in it.
    pub(super) demand: f64,
}

/// For every visit its segments by start.
pub(super) type Segments = Vec<Vec<Segment>>;

/// The self time of every visit: its time without the synchronous calls and the known waits, cut where messages are
/// sent.
pub(super) fn self_times(visits: &[Visit], plans: &BTreeMap<Key, Plan>) -> Segments {
    let segments = |visit: &Visit| {
        let plan = plans.get(&visit.operation);
        let taken = |call: &super::visit::VisitCall| match plan.map(|plan| plan.kind(&call.slot.to)) {
            Some(CallKind::Asynchronous) => Interval::new(call.sent, call.sent),
            _ => call.at,
        };
        let mut taken: Vec<Interval> =
            visit.calls.iter().map(taken).chain(visit.idle.iter().copied()).collect();
        let left = remainder(visit.time, &mut taken);
        left.into_iter().map(|time| Segment { time, demand: time.length() }).collect()
    };
    visits.iter().map(segments).collect()
}

/// Takes out of the self times what was waiting for the processor.
///
/// Assumes that every instance has one core, shared equally by the n(t) segments that are active at t, that they all
/// want it all the time, and that all of them were recorded. The demand of a segment then is ∫ dt / n(t): what the
/// "virtual time" of processor sharing advances by (Parekh and Gallager, *A generalized processor sharing approach to
/// flow control*, 1993, eq. 8). With one request at a time it is the self time itself. Where handlers sleep, or the
/// traces are a sample, it is too low or too high; the report says that this was assumed.
///
/// Services that are only known from outside have no processor to share.
pub(super) fn share_processors(traces: &mut [(&[Visit], Segments)], roles: &Roles) {
    let mut instances: HashMap<(Name, Option<Name>), usize> = HashMap::new();
    let mut events: Vec<Event> = Vec::new();
    for (trace, (visits, segments)) in traces.iter().enumerate() {
        for (visit, segments) in segments.iter().enumerate() {
            let operation = &visits[visit].operation;
            if roles.is_outside(&operation.service) {
                continue;
            }
            let next = instances.len();
            let name = (operation.service.clone(), visits[visit].instance.clone());
            let instance = *instances.entry(name).or_insert(next);
            for (segment, Segment { time, .. }) in segments.iter().enumerate() {
                let place = (trace, visit, segment);
                events.push(Event { instance, at: time.start, begins: true, place });
                events.push(Event { instance, at: time.end, begins: false, place });
            }
        }
    }
    events.sort_unstable();
    let mut clock = VirtualTime::default();
    for event in events {
        let now = clock.advance(&event);
        let (trace, visit, segment) = event.place;
        let demand = &mut traces[trace].1[visit][segment].demand;
        *demand = if event.begins { now } else { (now - *demand).max(0.0) };
    }
}

/// A segment begins or ends. Sorted by instance and time, ends first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Event {
    instance: usize,
    at: i64,
    begins: bool,
    place: (usize, usize, usize),
}

/// Seconds of processor that every active segment of an instance has got since the instance's first event.
#[derive(Default)]
struct VirtualTime {
    instance: usize,
    at: i64,
    active: u32,
    got: f64,
}

impl VirtualTime {
    fn advance(&mut self, event: &Event) -> f64 {
        if event.instance != self.instance || self.active == 0 {
            // Nothing carries over an idle period, and starting from 0 keeps the digits.
            *self = Self { instance: event.instance, at: event.at, active: 0, got: 0.0 };
        }
        self.got += seconds(event.at - self.at) / f64::from(self.active.max(1));
        self.at = event.at;
        self.active = if event.begins { self.active + 1 } else { self.active.saturating_sub(1) };
        self.got
    }
}
