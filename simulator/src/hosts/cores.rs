//! Cores that a strand holds until it does something else than work.

use super::gates::Gates;
use super::{Context, Work};
use crate::calendar::Event;
use crate::line::{Line, Order};
use crate::program::ContainerPlan;
use crate::run::Variate;

/// Cores with one line before them.
#[derive(Clone, Debug)]
pub(super) struct Cores {
    idle: u32,
    line: Line<Work>,
    gates: Gates,
}

impl Cores {
    /// Idle cores, and the containers on them, numbered from `first`.
    pub(super) fn new(
        cores: u32,
        order: Order,
        first: u32,
        containers: &[ContainerPlan],
        variates: &[Variate],
    ) -> Self {
        Self { idle: cores, line: Line::new(order, variates), gates: Gates::new(first, containers) }
    }

    #[inline]
    pub(super) fn start(&mut self, work: Work, mut context: Context<'_>) {
        if !self.gates.are_open() && !self.gates.enter(work) {
            return;
        }
        if self.idle > 0 {
            self.idle -= 1;
            self.run(work, &mut context);
        } else {
            self.line.push(work, self.gates.priority(work.container));
        }
    }

    /// A strand goes on working on its core.
    #[inline]
    pub(super) fn keep(&self, work: Work, context: &mut Context<'_>) {
        let duration = if self.gates.are_open() { work.amount } else { self.gates.duration(&work) };
        context.calendar.schedule(context.now + duration, Event::CoreDone(work.strand));
    }

    /// A strand of that container gives its core up: it goes to the next in the line.
    #[inline]
    pub(super) fn release(&mut self, container: u32, mut context: Context<'_>) {
        if !self.gates.are_open() {
            return self.release_at_gate(container, &mut context);
        }
        match self.line.pop() {
            Some(next) => self.keep(next, &mut context),
            None => {
                self.idle += 1;
                context.busy.add(context.now, -1.0);
            }
        }
    }

    /// Work that has no core.
    #[cfg(test)]
    pub(super) fn work_waiting(&self) -> f64 {
        let mut line = self.line.clone();
        std::iter::from_fn(|| line.pop()).map(|work| work.amount).sum::<f64>() + self.gates.work_waiting()
    }

    /// At which the work of a container runs.
    #[cfg(test)]
    pub(super) fn rate(&self, container: u32) -> f64 {
        self.gates.rate(container)
    }

    fn release_at_gate(&mut self, container: u32, context: &mut Context<'_>) {
        context.busy.add(context.now, -self.gates.rate(container));
        if let Some(released) = self.gates.leave(container) {
            self.line.push(released, self.gates.priority(container));
        }
        match self.line.pop() {
            Some(next) => self.run(next, context),
            None => self.idle += 1,
        }
    }

    /// Gives work a core, which is not idle any more.
    #[inline]
    fn run(&self, work: Work, context: &mut Context<'_>) {
        let rate = if self.gates.are_open() { 1.0 } else { self.gates.rate(work.container) };
        context.busy.add(context.now, rate);
        self.keep(work, context);
    }
}
