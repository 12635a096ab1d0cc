//! Cores shared by all work present: processor sharing with caps for containers, and shares for groups of them.

use super::groups::{Group, UNITS, divide, units};
use super::{Context, Work};
use crate::heap::Heap;
use crate::key::Key;
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
/// O(log n) for n pieces of a container as long as the cores suffice for all or all work is in one container, which is
/// the usual case and has a short way of its own; else also O(c log c) for c busy containers.
#[derive(Clone, Debug)]
pub(super) struct Sharing {
    cores: f64,
    /// Cores that work can use, if there is only one container and the speed does not depend on its pieces.
    most_alone: Option<f64>,
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
    /// By the virtual time of their ends: their strands.
    pieces: Heap,
    /// Of the next piece.
    sequence: u32,
}

impl Sharing {
    /// Idle cores, the groups that share them, and the containers on them, numbered from `first`.
    pub(super) fn new(cores: f64, first: u32, machine: &MachinePlan) -> Self {
        let containers: Vec<Container> = (first..)
            .zip(&machine.containers)
            .map(|(number, plan)| Container {
                number,
                group: plan.group,
                weight: plan.weight,
                limit: plan.limit.unwrap_or(f64::INFINITY),
                most: plan.limit.map_or(u64::MAX, units),
                clock: 0.0,
                read: 0.0,
                rate: 1.0,
                pieces: Heap::new(),
                sequence: 0,
            })
            .collect();
        let groups: Vec<Group> = machine.groups.iter().map(|plan| Group::new(plan, cores)).collect();
        let most_alone = match containers.as_slice() {
            [only] if machine.speeds.is_empty() => Some(cores.min(groups[only.group].cap).min(only.limit)),
            _ => None,
        };
        Self {
            cores,
            most_alone,
            containers,
            first,
            order: Vec::new(),
            speeds: machine.speeds.clone(),
            groups,
            group_order: Vec::new(),
            busy: 0.0,
            ample: true,
        }
    }

    #[inline]
    pub(super) fn start(&mut self, work: Work, mut context: Context<'_>) {
        let place = (work.container - self.first) as usize;
        let container = &mut self.containers[place];
        container.read_clock(context.now);
        if let Some(most) = self.most_alone {
            container.add(work);
            return Self::share_alone(most, container, &mut self.busy, &mut context);
        }
        let group = &mut self.groups[container.group];
        group.wanted -= container.wanted();
        container.add(work);
        group.wanted += container.wanted();
        self.share(place, &mut context);
    }

    /// The first piece of that container has come to its end; its strand.
    #[inline]
    pub(super) fn done(&mut self, container: u32, mut context: Context<'_>) -> Option<u32> {
        let place = (container - self.first) as usize;
        let container = &mut self.containers[place];
        let wanted = container.wanted();
        let strand = container.take_first(context.now)?;
        if let Some(most) = self.most_alone {
            Self::share_alone(most, container, &mut self.busy, &mut context);
            return Some(strand);
        }
        let group = &mut self.groups[container.group];
        group.wanted = group.wanted - wanted + container.wanted();
        self.share(place, &mut context);
        Some(strand)
    }

    /// Work that is not done.
    #[cfg(test)]
    pub(super) fn work_left(&self, now: f64) -> f64 {
        let left = |container: &Container| {
            let clock = container.clock + (now - container.read) * container.rate;
            container.pieces.clone().drain().iter().map(|piece| piece.time() - clock).sum::<f64>()
        };
        self.containers.iter().map(left).sum()
    }

    /// The same as [`Self::share`] where there is only one container: all its work has the same rate.
    #[inline]
    fn share_alone(most: f64, container: &mut Container, was_busy: &mut f64, context: &mut Context<'_>) {
        let count = container.pieces.len() as f64;
        let busy = count.min(most);
        if busy != *was_busy {
            context.busy.add(context.now, busy - *was_busy);
            *was_busy = busy;
        }
        let first = container.pieces.first();
        if first == Key::NEVER {
            return context.calendar.clear_share(container.number);
        }
        let left = (first.time() - container.clock).max(0.0);
        if count <= most {
            container.rate = 1.0;
            context.calendar.set_share(container.number, context.now + left);
        } else {
            container.rate = most / count;
            context.calendar.set_share(container.number, context.now + left * (count / most));
        }
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
        let busy = self.containers.iter().enumerate().filter(|(_, container)| container.pieces.len() > 0);
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
        if self.containers[changed].pieces.len() == 0 {
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

    #[inline]
    fn read_clock(&mut self, now: f64) {
        self.clock += (now - self.read) * self.rate;
        self.read = now;
    }

    /// Adds a piece, at a time at which the clock has been read.
    #[inline]
    fn add(&mut self, work: Work) {
        if self.sequence == u32::MAX {
            self.renumber();
        }
        self.pieces.push(Key::new(self.clock + work.amount, self.sequence, work.strand));
        self.sequence += 1;
    }

    /// Takes out the piece that has come to its end now; its strand.
    #[inline]
    fn take_first(&mut self, now: f64) -> Option<u32> {
        let first = self.pieces.first();
        if first == Key::NEVER {
            return None;
        }
        self.pieces.take_first();
        self.read = now;
        self.clock = first.time();
        if self.pieces.len() == 0 {
            // The clock and the numbers start anew, so that the one stays exact and the others suffice.
            (self.clock, self.sequence) = (0.0, 0);
        }
        Some(first.value())
    }

    /// Numbers all pieces from 0 on, in their order, so that there are numbers left for those to come.
    #[cold]
    fn renumber(&mut self) {
        self.sequence = 0;
        for piece in self.pieces.drain() {
            self.pieces.push(Key::new(piece.time(), self.sequence, piece.value()));
            self.sequence += 1;
        }
    }

    /// Sets the rate of its pieces to at most `fair`, at that speed of the cores, and its next end where that or its pieces
    /// `changed`.
    fn set_rate(&mut self, fair: f64, speed: f64, changed: bool, context: &mut Context<'_>) {
        let first = self.pieces.first();
        if first == Key::NEVER {
            return context.calendar.clear_share(self.number);
        }
        let rate = self.cap().min(fair) * speed;
        if rate == self.rate && !changed {
            return;
        }
        self.read_clock(context.now);
        self.rate = rate;
        if rate == 0.0 {
            return context.calendar.clear_share(self.number);
        }
        let left = ((first.time() - self.clock) / rate).max(0.0);
        context.calendar.set_share(self.number, context.now + left);
    }
}
