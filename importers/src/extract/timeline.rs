//! What was active when, in every replica of a service.

use std::collections::{BTreeMap, HashMap};

use rayon::prelude::*;

use super::cores::{self, Demands};
use super::operations::{Key, Service};
use super::role::Roles;
use super::work::Worked;
use crate::span::seconds;

/// Segments of a visit beyond so many are taken as alike.
const MOST_GROUPS: usize = 8;

/// The beginnings and ends of all segments, by replica.
pub(super) struct Timeline {
    /// In the order of the replicas.
    lanes: Vec<Lane>,
}

/// What was active in one replica.
struct Lane {
    service: Service,
    /// By time.
    events: Vec<Event>,
    segments: Vec<Place>,
}

/// A segment begins or ends. Sorted by time, ends first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Event {
    at: i64,
    begins: bool,
    /// Position of the segment in its lane.
    segment: usize,
}

/// Which segment it is.
#[derive(Clone, Copy)]
struct Place {
    trace: usize,
    /// Among all of the trace.
    segment: usize,
    /// Segments of one group are the same part of the same operation.
    group: usize,
}

/// Which visit it is, and the number of its operation.
type Worker = (usize, usize, usize);

impl Timeline {
    /// `replicas` tells the service of each.
    pub(super) fn new(traces: &[Worked<'_>], replicas: &[Service], roles: &Roles) -> Self {
        let mut numbers: HashMap<Key, usize, foldhash::fast::RandomState> = HashMap::default();
        let mut workers: Vec<Vec<Worker>> = vec![Vec::new(); replicas.len()];
        for (trace, (visits, _)) in traces.iter().enumerate() {
            for (place, visit) in visits.iter().enumerate() {
                let next = numbers.len();
                let number = *numbers.entry(visit.operation).or_insert(next);
                workers[visit.replica.number()].push((trace, place, number));
            }
        }
        let lanes: Vec<(Service, Vec<Worker>)> = replicas.iter().copied().zip(workers).collect();
        let inside = lanes.into_par_iter().filter(|(service, _)| !roles.is_outside(*service));
        Self { lanes: inside.map(|(service, workers)| Lane::new(service, &workers, traces)).collect() }
    }

    /// The cores that each service most likely has in every replica, where these are more than one.
    pub(super) fn cores(&self) -> BTreeMap<Service, u32> {
        let mut services: BTreeMap<Service, Vec<&Lane>> = BTreeMap::new();
        self.lanes.iter().for_each(|lane| services.entry(lane.service).or_default().push(lane));
        let found = services.into_par_iter().map(|(service, lanes)| {
            let most = lanes.iter().map(|lane| most_active(&lane.events)).max().unwrap_or(0);
            let likelihood = |cores| {
                let mut demands = Demands::default();
                lanes.iter().for_each(|lane| lane.add_demands(cores, &mut demands));
                demands.likelihood()
            };
            (service, cores::most_likely(most, likelihood))
        });
        found.filter(|(_, cores)| *cores > 1).collect()
    }

    /// Puts the demands of all segments in their places.
    pub(super) fn sweep(&self, traces: &mut [Worked<'_>], cores: &BTreeMap<Service, u32>) {
        let demands = |lane: &Lane| {
            let mut demands = vec![0.0; lane.segments.len()];
            let cores = cores.get(&lane.service).copied().unwrap_or(1);
            lane.sweep(cores, |segment, demand, _| demands[segment] = demand);
            demands
        };
        let demands: Vec<Vec<f64>> = self.lanes.par_iter().map(demands).collect();
        for (lane, demands) in self.lanes.iter().zip(demands) {
            for (place, demand) in lane.segments.iter().zip(demands) {
                traces[place.trace].1.all[place.segment].demand = demand.max(0.0);
            }
        }
    }
}

impl Lane {
    fn new(service: Service, workers: &[Worker], traces: &[Worked<'_>]) -> Self {
        let mut segments = Vec::new();
        let mut events = Vec::new();
        for &(trace, visit, operation) in workers {
            let of = &traces[trace].1;
            for (part, segment) in of.places(visit).enumerate() {
                let time = of.all[segment].time;
                for (at, begins) in [(time.start, true), (time.end, false)] {
                    events.push(Event { at, begins, segment: segments.len() });
                }
                let group = operation * (MOST_GROUPS + 1) + part.min(MOST_GROUPS);
                segments.push(Place { trace, segment, group });
            }
        }
        events.par_sort_unstable();
        Self { service, events, segments }
    }

    /// Adds the demands of the segments, if the replica had so many cores.
    fn add_demands(&self, cores: u32, demands: &mut Demands) {
        self.sweep(cores, |segment, demand, share| demands.add(self.segments[segment].group, demand, share));
    }

    /// Tells for each segment, when it ends, its demand if the replica had so many cores, and the part of a core that it had.
    fn sweep(&self, cores: u32, mut tell: impl FnMut(usize, f64, f64)) {
        let mut clock = VirtualTime::default();
        let mut begun = vec![0.0; self.segments.len()];
        for event in &self.events {
            if clock.active == 0 {
                clock.restart(event, cores);
            }
            let share = clock.share();
            let now = clock.advance(event);
            if event.begins {
                begun[event.segment] = now;
            } else {
                tell(event.segment, now - begun[event.segment], share);
            }
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

/// Processor seconds that every active segment of a replica has got since the replica was last idle.
#[derive(Default)]
struct VirtualTime {
    cores: f64,
    at: i64,
    active: u32,
    got: f64,
}

impl VirtualTime {
    /// Nothing carries over an idle period, and starting from 0 keeps the digits.
    fn restart(&mut self, event: &Event, cores: u32) {
        *self = Self { cores: f64::from(cores), at: event.at, ..Self::default() };
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
