//! Cores shared by all work present: processor sharing with caps for containers, and shares for groups of them.

mod bandwidth;
mod container;
mod groups;
mod quota;

use container::Container;
use groups::{Group, UNITS, divide};
use quota::Pool;

use super::{Context, Work};
use crate::program::MachinePlan;
use crate::run::Variate;

/// Shared cores: every piece of work runs at once, at a rate of at most one core, all those of a container together
/// at most at its limit, all together at most at the number of cores. Rates are max-min fair: water-filling raises
/// all equally until each meets its cap (Bertsekas and Gallager 1992, *Data Networks*, 2nd ed., §6.5.2). Groups get
/// cores by their shares first, and each divides its cores among its containers. A container of weight w counts as w pieces
/// for each of its own: with one core that is discriminatory processor sharing. Where the speed depends on the number of
/// pieces, all rates are multiplied by its factor.
///
/// Each container has a virtual clock that runs at the rate of its pieces, and a piece ends at a fixed time of that
/// clock (Zhang 1990's virtual clocks, applied to processor sharing): a change of rate touches no piece. Containers that
/// do not get all that they could use run at the level of the water in their group, and follow one clock of the group, so
/// that a change of the level touches no container either. The level is not searched from the bottom each time: only
/// containers whose need the level passes change sides.
///
/// # Complexity
/// O(log n) for n pieces of a container as long as the cores suffice for all or all work is in one container, which is
/// the usual case and has a short way of its own; else also O(c) for c containers, a few instructions for each.
#[derive(Clone, Debug)]
pub(super) struct Sharing {
    cores: f64,
    /// Cores that work can use, if there is only one container and the speed does not depend on its pieces.
    most_alone: Option<f64>,
    containers: Vec<Container>,
    /// Processor time of those that are given it by periods.
    pools: Vec<Pool>,
    /// Number of the first container.
    first: u32,
    /// Factors of the speed by the number of pieces; empty: always 1.
    speeds: Vec<f64>,
    /// That of now.
    speed: f64,
    groups: Vec<Group>,
    /// A scratch list.
    group_order: Vec<usize>,
    /// Busy cores.
    busy: f64,
}

impl Sharing {
    /// Idle cores, the groups that share them, and the containers on them, numbered from `first`; `variates` are those of the
    /// run.
    pub(super) fn new(cores: f64, first: u32, machine: &MachinePlan, variates: &[Variate]) -> Self {
        let (containers, pools) = bandwidth::containers(first, &machine.containers, variates);
        let groups: Vec<Group> = machine.groups.iter().map(|plan| Group::new(plan, cores)).collect();
        let most_alone = match containers.as_slice() {
            [only] if machine.speeds.is_empty() && only.quota.is_none() => {
                Some(groups[only.group].cores.min(only.limit()))
            }
            _ => None,
        };
        Self {
            cores,
            most_alone,
            containers,
            pools,
            first,
            speeds: machine.speeds.clone(),
            speed: 1.0,
            groups,
            group_order: Vec::new(),
            busy: 0.0,
        }
    }

    #[inline(always)]
    pub(super) fn start(&mut self, work: Work, mut context: Context<'_>) {
        let mut place = (work.container - self.first) as usize;
        if let Some(most) = self.most_alone {
            let container = &mut self.containers[place];
            container.read_own_clock(context.now);
            container.add(work);
            return Self::share_alone(most, container, &mut self.busy, &mut context);
        }
        if let Some(quota) = &self.containers[place].quota {
            place = self.place_of_least_work(quota.pool);
        }
        let container = &mut self.containers[place];
        let group = &mut self.groups[container.group];
        group.read_clock(context.now);
        container.read_clock(context.now, group.clock);
        container.add(work);
        let limited = container.quota.is_some();
        self.share(place, &mut context);
        if limited {
            self.work_began(place, &mut context);
        }
    }

    /// The first piece of that container has come to its end; its strand.
    #[inline(always)]
    pub(super) fn done(&mut self, container: u32, mut context: Context<'_>) -> Option<u32> {
        let place = (container - self.first) as usize;
        let container = &mut self.containers[place];
        if let Some(most) = self.most_alone {
            let strand = container.take_first(context.now)?;
            Self::share_alone(most, container, &mut self.busy, &mut context);
            return Some(strand);
        }
        let group = &mut self.groups[container.group];
        let time = if container.follows {
            group.set_clock(context.now, container.end);
            container.end
        } else {
            group.read_clock(context.now);
            context.now
        };
        let limited = container.quota.is_some();
        let strand = match container.renew_if_used_up(time, place, &mut self.pools) {
            true => None,
            false => Some(container.take_first(time)?),
        };
        self.share(place, &mut context);
        if limited {
            self.work_ended(place, &mut context);
        }
        strand
    }

    /// The work of a container is gone; its strands.
    pub(super) fn abort(&mut self, container: u32, mut context: Context<'_>) -> Vec<u32> {
        let place = (container - self.first) as usize;
        if let Some(quota) = &self.containers[place].quota {
            return self.abort_limited(quota.pool, &mut context);
        }
        self.abort_at(place, &mut context)
    }

    fn abort_at(&mut self, place: usize, context: &mut Context<'_>) -> Vec<u32> {
        self.read_clocks(place, context.now);
        let container = &mut self.containers[place];
        let strands = container.take_all();
        match self.most_alone {
            Some(most) => Self::share_alone(most, container, &mut self.busy, context),
            None => self.share(place, context),
        }
        strands
    }

    /// Reads the clock of a container, and that of its group if it could follow it.
    fn read_clocks(&mut self, place: usize, now: f64) {
        let container = &mut self.containers[place];
        if self.most_alone.is_some() {
            return container.read_own_clock(now);
        }
        let group = &mut self.groups[container.group];
        group.read_clock(now);
        container.read_clock(now, group.clock);
    }

    /// Work of a container that is not done.
    pub(super) fn work_left_in(&self, now: f64, container: u32) -> f64 {
        let left = |container: &Container| {
            let mut group = self.groups[container.group].clone();
            group.read_clock(now);
            container.work_left(now, group.clock)
        };
        let place = (container - self.first) as usize;
        match &self.containers[place].quota {
            Some(quota) => self.containers[self.pools[quota.pool].places.clone()].iter().map(left).sum(),
            None => left(&self.containers[place]),
        }
    }

    /// Work that is not done.
    #[cfg(test)]
    pub(super) fn work_left(&self, now: f64) -> f64 {
        let mut groups = self.groups.clone();
        groups.iter_mut().for_each(|group| group.read_clock(now));
        self.containers.iter().map(|container| container.work_left(now, groups[container.group].clock)).sum()
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
        match container.run_alone(context.now, most) {
            Some(end) => context.calendar.set_share(container.number, end),
            None => context.calendar.clear_share(container.number),
        }
    }

    /// Gives every container its rate after a change in one of them.
    fn share(&mut self, changed: usize, context: &mut Context<'_>) {
        self.measure(changed, context);
        let (mut usable, mut wanted) = (0, 0);
        for group in &self.groups {
            usable += group.usable();
            wanted += group.wanted;
        }
        let usable_cores = usable as f64 / UNITS as f64;
        let busy = usable_cores.min(self.cores);
        context.busy.add(context.now, busy - self.busy);
        self.busy = busy;
        if !self.speeds.is_empty() {
            self.change_speed(context);
        }
        if self.groups.len() > 1 {
            let suffices = usable == wanted && usable_cores <= self.cores;
            if suffices && self.groups.iter().all(|group| group.followers == 0) {
                return;
            }
            divide(self.cores, &mut self.groups, &mut self.group_order);
            (0..self.groups.len()).for_each(|group| self.settle(group, context));
        } else {
            self.settle(0, context);
        }
    }

    /// What a container needs after a change of its pieces, and its next end.
    fn measure(&mut self, place: usize, context: &mut Context<'_>) {
        let container = &mut self.containers[place];
        let group = &mut self.groups[container.group];
        let is_still = container.pieces.len() == 0 || container.stands();
        if is_still && container.follows {
            container.leave(context.now, group.clock);
            group.loses(place);
        }
        group.wanted -= container.wanted;
        container.measure();
        group.wanted += container.wanted;
        if is_still {
            context.calendar.clear_share(container.number);
        } else if !container.follows {
            container.run_freely(self.speed, context);
        }
    }

    /// All rates follow the number of pieces.
    fn change_speed(&mut self, context: &mut Context<'_>) {
        let present: usize = self.containers.iter().map(|container| container.pieces.len()).sum();
        let speed = self.speeds.get(present.saturating_sub(1)).or(self.speeds.last());
        self.speed = speed.copied().unwrap_or(1.0);
        for container in &mut self.containers {
            if container.pieces.len() > 0 && !container.follows && !container.stands() {
                container.read_own_clock(context.now);
                container.run_freely(self.speed, context);
            }
        }
    }

    /// Finds the level of a group's water after a change of its pieces or its cores.
    ///
    /// First those start to follow whose need is beyond the level, then those leave whose need is below. Both raise the
    /// level: so none that has left has to come back.
    fn settle(&mut self, group: usize, context: &mut Context<'_>) {
        if self.groups[group].is_ample() {
            return;
        }
        self.groups[group].read_clock(context.now);
        let mut level = self.level(group);
        let mut sides = self.sides(group, level);
        if sides.beyond {
            for place in 0..self.containers.len() {
                let container = &self.containers[place];
                if !container.follows && container.group == group && container.need > level {
                    self.follow(place, context);
                }
            }
            level = self.level(group);
            sides = self.sides(group, level);
        }
        while sides.below {
            for place in 0..self.containers.len() {
                let container = &self.containers[place];
                if container.follows && container.group == group && container.need < level {
                    self.leave(place, context);
                }
            }
            level = self.level(group);
            sides = self.sides(group, level);
        }
        self.run(group, level * self.speed, sides.next, context);
    }

    /// The rate of a piece of weight one among those that follow, if none changes sides; where nothing follows or others
    /// take more than there is, one that is not above the level in the end.
    fn level(&self, group: usize) -> f64 {
        let (mut taken, mut following, mut own) = (0, 0.0, 0.0);
        for container in self.containers.iter().filter(|container| container.group == group) {
            if container.follows {
                following += container.load;
            } else {
                taken += container.wanted;
                own += container.load;
            }
        }
        let cores = self.groups[group].cores;
        let left = cores - taken as f64 / UNITS as f64;
        match (left >= 0.0, following > 0.0) {
            (true, true) => left / following,
            (true, false) => f64::INFINITY,
            (false, _) => cores / (following + own),
        }
    }

    /// Who would change sides at that level.
    fn sides(&self, group: usize, level: f64) -> Sides {
        let mut sides = Sides { beyond: false, below: false, next: None };
        let mut end = f64::INFINITY;
        for (place, container) in self.containers.iter().enumerate() {
            if container.group != group {
                continue;
            }
            if !container.follows {
                sides.beyond |= container.need > level;
                continue;
            }
            sides.below |= container.need < level;
            if container.end < end {
                (sides.next, end) = (Some(place), container.end);
            }
        }
        sides
    }

    fn follow(&mut self, place: usize, context: &mut Context<'_>) {
        let container = &mut self.containers[place];
        let group = &mut self.groups[container.group];
        container.follow(context.now, group.clock);
        group.followers += 1;
        context.calendar.clear_share(container.number);
    }

    fn leave(&mut self, place: usize, context: &mut Context<'_>) {
        let container = &mut self.containers[place];
        let group = &mut self.groups[container.group];
        container.leave(context.now, group.clock);
        group.loses(place);
        container.run_freely(self.speed, context);
    }

    /// From now on the containers that follow a group run at that rate, for a weight of one; `next` has the first end.
    fn run(&mut self, group: usize, rate: f64, next: Option<usize>, context: &mut Context<'_>) {
        let group = &mut self.groups[group];
        let next = next.filter(|_| rate > 0.0);
        if let Some(before) = group.next.filter(|_| group.next != next) {
            context.calendar.clear_share(self.containers[before].number);
        }
        group.next = next;
        if group.followers == 0 {
            return group.stop(context.now);
        }
        group.run_at(rate);
        if let Some(place) = next {
            let container = &self.containers[place];
            context.calendar.set_share(container.number, group.when(container.end));
        }
    }
}

/// How the containers of a group stand to a level of its water.
struct Sides {
    /// Does one run freely, although its need is beyond?
    beyond: bool,
    /// Does one follow, although its need is below?
    below: bool,
    /// The place of the one among those that follow whose first piece ends first.
    next: Option<usize>,
}
