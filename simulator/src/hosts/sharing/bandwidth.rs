//! Containers that are given their processor time by periods, as a whole or in slices for each core.

use super::container::Container;
use super::quota::Pool;
use super::{Context, Sharing};
use crate::calendar::Event;
use crate::hosts::Work;
use crate::program::ContainerPlan;
use crate::run::Variate;
use crate::statistics::totals::ThrottleTotals;

/// The containers of a machine, numbered from `first`, and what those have in common that are parts of one.
pub(super) fn containers(
    first: u32,
    plans: &[ContainerPlan],
    variates: &[Variate],
) -> (Vec<Container>, Vec<Pool>) {
    let mut pools: Vec<Pool> = Vec::new();
    let mut containers = Vec::with_capacity(plans.len());
    for (place, plan) in plans.iter().enumerate() {
        if let Some(quota) = plan.quota {
            let phase = variates[quota.phase as usize].clone().draw();
            pools.push(Pool::new(quota, phase, place));
        }
        let pool = pools.len().checked_sub(1).filter(|&last| pools[last].places.contains(&place));
        containers.push(Container::new(first + place as u32, plan, pool));
    }
    (containers, pools)
}

/// With slices, the work of a container on each core is a container of its own, whose limit is that core. Work begins on the core with
/// the least of it, and a core that has none takes a piece from one that has two or more and does not stand still.
impl Sharing {
    /// Where the next piece of a container's work begins.
    pub(super) fn place_of_least_work(&self, pool: usize) -> usize {
        let places = self.pools[pool].places.clone();
        let first = places.start;
        places.min_by_key(|&place| self.containers[place].pieces.len()).unwrap_or(first)
    }

    /// There is a piece more at that place.
    pub(super) fn work_began(&mut self, place: usize, context: &mut Context<'_>) {
        let Some(quota) = &self.containers[place].quota else { return };
        let pool = quota.pool;
        let held = self.held(pool, context.now);
        if let Some(at) = self.pools[pool].start(context.now, held) {
            self.schedule(pool, at, context);
        }
        self.note_standing(pool, context.now);
    }

    /// Processor time that the places of a pool have left.
    fn held(&mut self, pool: usize, now: f64) -> f64 {
        let mut held = 0.0;
        for place in self.pools[pool].places.clone() {
            self.read_clocks(place, now);
            held += self.containers[place].held();
        }
        held
    }

    /// A piece of that place is done, or its processor time was used up.
    pub(super) fn work_ended(&mut self, place: usize, context: &mut Context<'_>) {
        let Some(quota) = &self.containers[place].quota else { return };
        let pool = quota.pool;
        if self.containers[place].pieces.len() == 0 && !self.take_from_busiest(pool, place, context) {
            self.give_back(place, context);
        }
        self.note_standing(pool, context.now);
    }

    fn schedule(&self, pool: usize, at: f64, context: &mut Context<'_>) {
        let container = self.containers[self.pools[pool].places.start].number;
        context.calendar.schedule(at, Event::Refill(container));
    }

    fn give_back(&mut self, place: usize, context: &mut Context<'_>) {
        let Some(quota) = &mut self.containers[place].quota else { return };
        let pool = quota.pool;
        if let Some(at) = self.pools[pool].give_back(context.now, quota) {
            self.schedule(pool, at, context);
        }
    }

    /// Moves a piece to a place without work, if another has more than one and runs.
    fn take_from_busiest(&mut self, pool: usize, place: usize, context: &mut Context<'_>) -> bool {
        let running = self.pools[pool].places.clone().filter(|&other| !self.containers[other].stands());
        let Some(busiest) = running.max_by_key(|&other| self.containers[other].pieces.len()) else {
            return false;
        };
        if self.containers[busiest].pieces.len() < 2 {
            return false;
        }
        self.read_clocks(busiest, context.now);
        let (strand, amount) = self.containers[busiest].give_away();
        self.share(busiest, context);
        self.read_clocks(place, context.now);
        let container = &mut self.containers[place];
        container.add(Work { strand, container: container.number, amount });
        self.share(place, context);
        true
    }

    /// The next period of a container begins, or what some cores have given back goes to others ([`Event::Refill`]).
    pub(in crate::hosts) fn refill(&mut self, container: u32, mut context: Context<'_>) {
        let place = (container - self.first) as usize;
        let Some(quota) = &self.containers[place].quota else { return };
        let pool = quota.pool;
        if !self.pools[pool].takes_slack(context.now) {
            let held = self.held(pool, context.now);
            let is_busy =
                self.pools[pool].places.clone().any(|place| self.containers[place].pieces.len() > 0);
            if let Some(at) = self.pools[pool].refill(context.now, is_busy, held) {
                self.schedule(pool, at, &mut context);
            }
        }
        self.hand_out(pool, &mut context);
        self.note_standing(pool, context.now);
    }

    /// Gives those that stand still what there is.
    fn hand_out(&mut self, pool: usize, context: &mut Context<'_>) {
        while let Some(place) = self.pools[pool].next_waiting() {
            self.read_clocks(place, context.now);
            if let Some(quota) = &mut self.containers[place].quota {
                self.pools[pool].renew(place, quota);
            }
            self.share(place, context);
        }
    }

    /// The work of a container with processor time by periods is gone; its strands.
    pub(super) fn abort_limited(&mut self, pool: usize, context: &mut Context<'_>) -> Vec<u32> {
        let mut strands = Vec::new();
        for place in self.pools[pool].places.clone() {
            strands.extend(self.abort_at(place, context));
            if let Some(quota) = &mut self.containers[place].quota {
                self.pools[pool].forget(place, quota);
            }
            self.give_back(place, context);
        }
        self.note_standing(pool, context.now);
        strands
    }

    /// Notes which part of the work of a container stands still.
    fn note_standing(&mut self, pool: usize, now: f64) {
        let (mut all, mut standing) = (0, 0);
        for container in &self.containers[self.pools[pool].places.clone()] {
            let pieces = container.pieces.len();
            all += pieces;
            standing += if container.stands() { pieces } else { 0 };
        }
        let part = if all > 0 { standing as f64 / all as f64 } else { 0.0 };
        self.pools[pool].note(now, part);
    }

    /// How long a container stood still, and in how many periods.
    pub(in crate::hosts) fn throttled(&self, now: f64, container: u32) -> ThrottleTotals {
        let container = &self.containers[(container - self.first) as usize];
        container
            .quota
            .as_ref()
            .map_or_else(ThrottleTotals::default, |quota| self.pools[quota.pool].totals(now))
    }
}
