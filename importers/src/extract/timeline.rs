//! What was active when, in every instance of a service.

use std::collections::{BTreeMap, HashMap};

use rayon::prelude::*;

use super::cores::{self, Demands};
use super::role::Roles;
use super::visit::Key;
use super::work::{Segment, Worked};
use crate::Name;
use crate::span::seconds;

/// Segments of a visit beyond so many are taken as alike.
const MOST_GROUPS: usize = 8;

/// The beginnings and ends of all segments, by instance and time.
pub(super) struct Timeline {
    /// Of each instance.
    services: Vec<Name>,
    events: Vec<Event>,
    segments: Vec<Place>,
}

/// A segment begins or ends. Sorted by instance and time, ends first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Event {
    instance: usize,
    at: i64,
    begins: bool,
    /// Position of the segment in the timeline.
    segment: usize,
}

/// Which segment it is.
#[derive(Clone, Copy)]
struct Place {
    trace: usize,
    visit: usize,
    segment: usize,
    /// Segments of one group are the same part of the same operation.
    group: usize,
}

impl Timeline {
    pub(super) fn new(traces: &[Worked<'_>], roles: &Roles) -> Self {
        let mut instances: HashMap<(Name, Option<Name>), usize> = HashMap::new();
        let mut groups: HashMap<(Key, usize), usize> = HashMap::new();
        let mut timeline = Self { services: Vec::new(), events: Vec::new(), segments: Vec::new() };
        for (trace, (visits, segments)) in traces.iter().enumerate() {
            for (visit, (of, segments)) in visits.iter().zip(segments).enumerate() {
                let service = &of.operation.service;
                if roles.is_outside(service) {
                    continue;
                }
                let instance =
                    *instances.entry((service.clone(), of.instance.clone())).or_insert_with(|| {
                        timeline.services.push(service.clone());
                        timeline.services.len() - 1
                    });
                for (segment, Segment { time, .. }) in segments.iter().enumerate() {
                    let next = groups.len();
                    let part = (of.operation.clone(), segment.min(MOST_GROUPS));
                    let group = *groups.entry(part).or_insert(next);
                    let position = timeline.segments.len();
                    timeline.segments.push(Place { trace, visit, segment, group });
                    for (at, begins) in [(time.start, true), (time.end, false)] {
                        timeline.events.push(Event { instance, at, begins, segment: position });
                    }
                }
            }
        }
        timeline.events.sort_unstable();
        timeline
    }

    /// The cores that each service most likely has in every replica, where these are more than one.
    pub(super) fn cores(&self) -> BTreeMap<Name, u32> {
        let mut services: BTreeMap<&Name, Vec<&[Event]>> = BTreeMap::new();
        for events in self.events.chunk_by(|a, b| a.instance == b.instance) {
            services.entry(&self.services[events[0].instance]).or_default().push(events);
        }
        let services: Vec<(&Name, Vec<&[Event]>)> = services.into_iter().collect();
        let found = services.into_par_iter().map(|(service, instances)| {
            let most = instances.iter().map(|events| most_active(events)).max().unwrap_or(0);
            let likelihood = |cores| {
                let mut demands = Demands::default();
                instances.iter().for_each(|events| self.demands(events, cores, &mut demands));
                demands.likelihood()
            };
            (service.clone(), cores::most_likely(most, likelihood))
        });
        found.filter(|(_, cores)| *cores > 1).collect()
    }

    /// The demands of the segments of one instance, if it had so many cores.
    fn demands(&self, events: &[Event], cores: u32, demands: &mut Demands) {
        let mut clock = VirtualTime::default();
        let mut begun: HashMap<usize, f64> = HashMap::new();
        for event in events {
            if clock.active == 0 {
                clock.restart(event, cores);
            }
            let share = clock.share();
            let now = clock.advance(event);
            if event.begins {
                begun.insert(event.segment, now);
            } else if let Some(before) = begun.remove(&event.segment) {
                demands.add(self.segments[event.segment].group, now - before, share);
            }
        }
    }

    /// Puts the demands of all segments in their places.
    pub(super) fn sweep(&self, traces: &mut [Worked<'_>], cores: &BTreeMap<Name, u32>) {
        let mut clock = VirtualTime::default();
        for event in &self.events {
            if event.instance != clock.instance || clock.active == 0 {
                let service = self.services.get(event.instance);
                let cores = service.and_then(|service| cores.get(service)).copied().unwrap_or(1);
                clock.restart(event, cores);
            }
            let now = clock.advance(event);
            let Place { trace, visit, segment, .. } = self.segments[event.segment];
            let demand = &mut traces[trace].1[visit][segment].demand;
            *demand = if event.begins { now } else { (now - *demand).max(0.0) };
        }
    }
}

fn most_active(events: &[Event]) -> u32 {
    let (mut active, mut most) = (0u32, 0);
    for event in events {
        active = if event.begins { active + 1 } else { active.saturating_sub(1) };
        most = most.max(active);
    }
    most
}

/// Processor seconds that every active segment of an instance has got since the instance was last idle.
#[derive(Default)]
struct VirtualTime {
    instance: usize,
    cores: f64,
    at: i64,
    active: u32,
    got: f64,
}

impl VirtualTime {
    /// Nothing carries over an idle period, and starting from 0 keeps the digits.
    fn restart(&mut self, event: &Event, cores: u32) {
        *self = Self { instance: event.instance, cores: f64::from(cores), at: event.at, ..Self::default() };
    }

    /// The part of a core that each active segment has.
    fn share(&self) -> f64 {
        (self.cores / f64::from(self.active.max(1))).min(1.0)
    }

    fn advance(&mut self, event: &Event) -> f64 {
        self.got += seconds(event.at - self.at) * self.share();
        self.at = event.at;
        self.active = if event.begins { self.active + 1 } else { self.active.saturating_sub(1) };
        self.got
    }
}
