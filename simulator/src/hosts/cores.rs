//! Cores that one piece of work holds to its end.

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

    pub(super) fn start(&mut self, work: Work, mut context: Context<'_>) {
        if !self.gates.enter(work) {
            return;
        }
        if self.idle > 0 {
            self.run(work, &mut context);
        } else {
            self.line.push(work, self.gates.priority(work.container));
        }
    }

    /// A piece of work of that container is done: its core goes to the next in the line.
    pub(super) fn done(&mut self, container: u32, mut context: Context<'_>) {
        context.busy.add(context.now, -self.gates.rate(container));
        self.idle += 1;
        if let Some(released) = self.gates.leave(container) {
            self.line.push(released, self.gates.priority(container));
        }
        if let Some(next) = self.line.pop() {
            self.run(next, &mut context);
        }
    }

    fn run(&mut self, work: Work, context: &mut Context<'_>) {
        self.idle -= 1;
        let rate = self.gates.rate(work.container);
        context.busy.add(context.now, rate);
        context.calendar.schedule(context.now + work.amount / rate, Event::CoreDone(work.strand));
    }
}
