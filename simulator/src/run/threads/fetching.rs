//! Replicas that fetch messages from queues.

use std::collections::VecDeque;

use super::{Admission, Arrival, Replica};
use crate::line::Line;
use crate::program::{FetchPlan, ServicePlan};
use crate::run::Variate;

/// The queues of a service, and who may fetch from them.
#[derive(Clone, Debug)]
pub(super) struct Fetching {
    /// One, or those of its lanes.
    lines: Vec<Line<u32>>,
    /// Is there one line, and nobody to be told who has fetched what?
    is_plain: bool,
    /// By operation: its line; empty where there is one for all.
    lane_of: Vec<u32>,
    /// The weights of the lines, and what chooses among them; none: the first comes first.
    weights: Option<(Vec<f64>, Box<Variate>)>,
    /// Visits that may wait in each line.
    capacity: usize,
    drops_head: bool,
    /// A visit whose place a newer one has, and that nobody has been told of.
    pub(super) replaced: Option<u32>,
    /// Visits that a replica may hold.
    slots: u32,
    /// Replicas that may hold another, in the order of their turns.
    pub(super) idle: VecDeque<u32>,
    /// Visits fetched that nobody has been told of, where that is asked for.
    fetched: Option<VecDeque<u32>>,
}

impl Fetching {
    /// Nothing waits; `line` is one for all messages.
    pub(super) fn new(plan: &ServicePlan, line: Line<u32>, variates: &[Variate]) -> Self {
        let FetchPlan { prefetch, reserves, drops_head, lane_of, weights } = &plan.fetching;
        let lanes = lane_of.iter().max().map_or(1, |last| last + 1);
        let threads = plan.threads.unwrap_or(super::UNLIMITED);
        Self {
            lines: vec![line; lanes as usize],
            is_plain: lanes == 1 && !*reserves,
            lane_of: lane_of.clone(),
            weights: weights
                .as_ref()
                .map(|(weights, choice)| (weights.clone(), Box::new(variates[*choice as usize].clone()))),
            capacity: plan.capacity.map_or(usize::MAX, |capacity| capacity as usize),
            drops_head: *drops_head,
            replaced: None,
            slots: prefetch.map_or(threads, |prefetch| prefetch.finite().unwrap_or(super::UNLIMITED)),
            idle: (0..plan.initial).collect(),
            fetched: reserves.then(VecDeque::new),
        }
    }

    /// A message comes; `first` is the number of the first of the replicas among those of all services, `all`.
    pub(super) fn arrive(&mut self, arrival: Arrival, first: u32, all: &mut [Replica]) -> Admission {
        if let Some(number) = self.idle.pop_front() {
            let replica = &mut all[(first + number) as usize];
            replica.present += 1;
            if replica.present < self.slots {
                self.idle.push_back(number);
            }
            if let Some(fetched) = &mut self.fetched {
                fetched.push_back(arrival.visit);
            }
            let begins = replica.hold(arrival.visit);
            return if begins { Admission::Begins(first + number) } else { Admission::Waits };
        }
        let lane =
            if self.lane_of.is_empty() { 0 } else { self.lane_of[arrival.operation as usize] as usize };
        let line = &mut self.lines[lane];
        if line.len() < self.capacity {
            line.push(arrival.visit, arrival.priority);
            return Admission::Waits;
        }
        if self.drops_head {
            self.replaced = line.pop();
        }
        if self.replaced.is_none() {
            return Admission::Lost;
        }
        line.push(arrival.visit, arrival.priority);
        Admission::Waits
    }

    /// A visit at a replica is at its end. The one that gets its thread: the replica fetches another for it.
    pub(super) fn leave(&mut self, number: u32, replica: &mut Replica) -> Option<u32> {
        replica.present -= 1;
        let mut next = replica.next_held();
        let fetched = if replica.stops { None } else { self.fetch() };
        if let Some(visit) = fetched {
            replica.present += 1;
            if next.is_none() {
                next = Some(visit);
            } else {
                replica.wait(visit);
            }
        } else if replica.present + 1 == self.slots && !replica.stops {
            self.idle.push_back(number);
        }
        if next.is_none() {
            replica.free += 1;
        }
        next
    }

    /// A replica fetches as many as it may hold. Those that begin.
    pub(super) fn fill(&mut self, number: u32, replica: &mut Replica) -> Vec<u32> {
        let mut begin = Vec::new();
        while replica.present < self.slots
            && let Some(visit) = self.fetch()
        {
            replica.present += 1;
            if replica.hold(visit) {
                begin.push(visit);
            }
        }
        if replica.present < self.slots {
            self.idle.push_back(number);
        }
        begin
    }

    /// Takes the next message out of its line.
    #[inline]
    fn fetch(&mut self) -> Option<u32> {
        if self.is_plain { self.lines[0].pop() } else { self.fetch_from_any() }
    }

    #[inline(never)]
    fn fetch_from_any(&mut self) -> Option<u32> {
        let visit = match &self.weights {
            None => self.lines.iter_mut().find_map(Line::pop),
            Some(_) => self.draw_line().and_then(|line| self.lines[line].pop()),
        };
        if let Some(fetched) = &mut self.fetched {
            fetched.extend(visit);
        }
        visit
    }

    /// One of the lines that are not empty, at random by their weights.
    fn draw_line(&mut self) -> Option<usize> {
        let (weights, choice) = self.weights.as_mut()?;
        let lines = self.lines.iter().zip(weights).enumerate();
        let waiting: Vec<(usize, f64)> = lines
            .filter(|(_, (line, _))| line.len() > 0)
            .map(|(place, (_, weight))| (place, *weight))
            .collect();
        // Rounding may leave a little more than all weights together.
        let last = waiting.last()?.0;
        let mut left = choice.draw() * waiting.iter().map(|(_, weight)| weight).sum::<f64>();
        let mut reaches = |weight: f64| {
            left -= weight;
            left < 0.0
        };
        Some(waiting.iter().find(|(_, weight)| reaches(*weight)).map_or(last, |(place, _)| *place))
    }

    /// A visit that was fetched from its line and that nobody has been told of.
    pub(super) fn next_fetched(&mut self) -> Option<u32> {
        self.fetched.as_mut()?.pop_front()
    }
}

impl Replica {
    /// A visit that was fetched gets a thread, or waits for one here. Does it get one?
    fn hold(&mut self, visit: u32) -> bool {
        if self.free == 0 {
            self.wait(visit);
            return false;
        }
        self.free -= 1;
        true
    }

    fn wait(&mut self, visit: u32) {
        self.waiting += 1;
        self.line.push(visit, 0);
    }

    /// The next of those that were fetched ahead.
    fn next_held(&mut self) -> Option<u32> {
        if self.waiting == 0 {
            return None;
        }
        self.waiting -= 1;
        self.line.pop()
    }
}
