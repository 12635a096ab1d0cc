//! Cores shared by all work present: processor sharing with caps for containers, and shares for groups of them.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::groups::{Group, UNITS, divide, units};
use super::{Context, Work};
use crate::program::MachinePlan;

/// Shared cores: every piece of work runs at once, at a rate of at most one core, all those of a container together
/// at most at its limit, all together at most at the number of cores. Rates are max-min fair: water-filling raises
/// all equally until each meets its cap (Bertsekas and Gallager 1992, *Data Networks*, 2nd ed., §6.5.2). Groups get
/// cores by their shares first, and each divides its cores among its containers. A container of weight w counts as w pieces
/// for each of its own: with one core that is discriminatory processor sharing. Where the speed depends on the number of
/// pieces, all rates are multiplied by its factor.
///
/// Each container has a virtual clock that runs at the rate of its pieces, and a piece ends at a fixed time of that
/// clock (Zhang 1990's virtual clocks, applied to processor sharing): a change of rate touches no piece.
///
/// # Complexity
/// O(log n) for n pieces of a container as long as the cores suffice for all or all work is in one container;
/// else also O(c log c) for c busy containers.
#[derive(Clone, Debug)]
pub(super) struct Sharing {
    cores: f64,
    containers: Vec<Container>,
    /// Number of the first container.
    first: u32,
    /// Busy containers by the rate that their limit allows for the weight, each with the weight of all pieces of its group
    /// from there on: a scratch list of the water-filling.
    order: Vec<(f64, usize, f64)>,
    /// Factors of the speed by the number of pieces; empty: always 1.
    speeds: Vec<f64>,
    groups: Vec<Group>,
    /// The same for groups.
    group_order: Vec<usize>,
    /// Busy cores.
    busy: f64,
    /// Did the cores suffice for all at the last change?
    ample: bool,
}

#[derive(Clone, Debug)]
struct Container {
    number: u32,
    group: usize,
    weight: f64,
    limit: f64,
    /// The same in units.
    most: u64,
    /// The virtual clock, when it was read last, and how fast it runs.
    clock: f64,
    read: f64,
    rate: f64,
    pieces: BinaryHeap<Piece>,
    sequence: u64,
}

/// A piece of work by the virtual time of its end.
#[derive(Clone, Copy, Debug)]
struct Piece {
    end: f64,
    sequence: u64,
    strand: u32,
}

impl Sharing {
    /// Idle cores, the groups that share them, and the containers on them, numbered from `first`.
    pub(super) fn new(cores: f64, first: u32, machine: &MachinePlan) -> Self {
        let containers = (first..).zip(&machine.containers).map(|(number, plan)| Container {
            number,
            group: plan.group,
            weight: plan.weight,
            limit: plan.limit.unwrap_or(f64::INFINITY),
            most: plan.limit.map_or(u64::MAX, units),
            clock: 0.0,
            read: 0.0,
            rate: 1.0,
            pieces: BinaryHeap::new(),
            sequence: 0,
        });
        Self {
            cores,
            containers: containers.collect(),
            first,
            order: Vec::new(),
            speeds: machine.speeds.clone(),
            groups: machine.groups.iter().map(|plan| Group::new(plan, cores)).collect(),
            group_order: Vec::new(),
            busy: 0.0,
            ample: true,
        }
    }

    pub(super) fn start(&mut self, work: Work, mut context: Context<'_>) {
        let place = (work.container - self.first) as usize;
        let container = &mut self.containers[place];
        container.read_clock(context.now);
        let group = &mut self.groups[container.group];
        group.wanted -= container.wanted();
        container.sequence += 1;
        let end = container.clock + work.amount;
        container.pieces.push(Piece { end, sequence: container.sequence, strand: work.strand });
        group.wanted += container.wanted();
        self.share(place, &mut context);
    }

    /// The first piece of that container has come to its end; its strand.
    pub(super) fn done(&mut self, container: u32, mut context: Context<'_>) -> Option<u32> {
        let place = (container - self.first) as usize;
        let container = &mut self.containers[place];
        let group = &mut self.groups[container.group];
        group.wanted -= container.wanted();
        let piece = container.pieces.pop()?;
        container.read = context.now;
        // Where the container is empty, the clock starts anew, so that it stays exact.
        container.clock = if container.pieces.is_empty() { 0.0 } else { piece.end };
        group.wanted += container.wanted();
        self.share(place, &mut context);
        Some(piece.strand)
    }

    /// Gives every container its rate after a change in one of them.
    fn share(&mut self, changed: usize, context: &mut Context<'_>) {
        let was_ample = self.ample;
        let (mut usable, mut wanted) = (0, 0);
        for group in &self.groups {
            usable += group.usable();
            wanted += group.wanted;
        }
        let usable_cores = usable as f64 / UNITS as f64;
        self.ample = usable_cores <= self.cores && usable == wanted;
        let busy = usable_cores.min(self.cores);
        context.busy.add(context.now, busy - self.busy);
        self.busy = busy;
        let is_alone = self.containers.len() == 1;
        let speed = self.speed();
        if is_alone || (self.ample && was_ample && self.speeds.is_empty()) {
            let container = &mut self.containers[changed];
            let most = self.cores.min(self.groups[container.group].cap);
            let fair = if is_alone { most / container.pieces.len() as f64 } else { 1.0 };
            return container.set_rate(fair, speed, true, context);
        }
        self.fill(changed, speed, context);
    }

    /// The factor of the speed with the pieces that there are now.
    fn speed(&self) -> f64 {
        let Some(&last) = self.speeds.last() else { return 1.0 };
        let present: usize = self.containers.iter().map(|container| container.pieces.len()).sum();
        self.speeds.get(present.saturating_sub(1)).copied().unwrap_or(last)
    }

    /// Water-filling: containers that need the least for the weight of each of their pieces first; what they leave goes
    /// to the rest by weight.
    fn fill(&mut self, changed: usize, speed: f64, context: &mut Context<'_>) {
        divide(self.cores, &mut self.groups, &mut self.group_order);
        let mut order = std::mem::take(&mut self.order);
        order.clear();
        let busy = self.containers.iter().enumerate().filter(|(_, container)| !container.pieces.is_empty());
        order.extend(busy.map(|(place, container)| (container.cap() / container.weight, place, 0.0)));
        order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        // From the last to the first, since a difference of weights could lose the smallest to rounding.
        for (_, place, rest) in order.iter_mut().rev() {
            let container = &self.containers[*place];
            let group = &mut self.groups[container.group];
            group.weight += container.pieces.len() as f64 * container.weight;
            *rest = group.weight;
        }
        for &(cap, place, rest) in &order {
            let container = &mut self.containers[place];
            let group = &mut self.groups[container.group];
            let fair = (group.cores / rest).max(0.0);
            group.cores -= cap.min(fair) * container.pieces.len() as f64 * container.weight;
            container.set_rate(fair * container.weight, speed, place == changed, context);
        }
        if self.containers[changed].pieces.is_empty() {
            self.containers[changed].set_rate(1.0, speed, true, context);
        }
        self.order = order;
    }
}

impl Container {
    /// Cores that it could use, in the units of groups.
    fn wanted(&self) -> u64 {
        (self.pieces.len() as u64 * UNITS).min(self.most)
    }

    /// Rate of each piece when the machine does not limit it.
    fn cap(&self) -> f64 {
        (self.limit / self.pieces.len() as f64).min(1.0)
    }

    fn read_clock(&mut self, now: f64) {
        self.clock += (now - self.read) * self.rate;
        self.read = now;
    }

    /// Sets the rate of its pieces to at most `fair`, at that speed of the cores, and its next end where that or its pieces
    /// `changed`.
    fn set_rate(&mut self, fair: f64, speed: f64, changed: bool, context: &mut Context<'_>) {
        let Some(first) = self.pieces.peek().copied() else {
            return context.calendar.clear_share(self.number);
        };
        let rate = self.cap().min(fair) * speed;
        if rate == self.rate && !changed {
            return;
        }
        self.read_clock(context.now);
        self.rate = rate;
        if rate == 0.0 {
            return context.calendar.clear_share(self.number);
        }
        let left = ((first.end - self.clock) / rate).max(0.0);
        context.calendar.set_share(self.number, context.now + left);
    }
}

impl Ord for Piece {
    /// The first to end is the greatest, since the heap yields the greatest; equal ends in order of arrival.
    fn cmp(&self, other: &Self) -> Ordering {
        other.end.total_cmp(&self.end).then(other.sequence.cmp(&self.sequence))
    }
}

impl PartialOrd for Piece {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Piece {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Piece {}
