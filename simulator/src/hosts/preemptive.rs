//! Cores whose work is interrupted by work of a higher priority, and resumed later.

use super::gates::Gates;
use super::{Context, Work};
use crate::line::Classes;
use crate::program::ContainerPlan;

/// Cores on which the work of the highest priorities runs. What is interrupted goes on where it stopped, before all
/// others of its priority (preemptive resume).
///
/// The first end of all running work is one event that moves.
///
/// # Complexity
/// O(c) for c busy cores.
#[derive(Clone, Debug)]
pub(super) struct Preemptive {
    cores: usize,
    running: Vec<Running>,
    waiting: Classes<Work>,
    gates: Gates,
    /// The container whose event stands for all.
    event: u32,
    /// Pieces of work begun or resumed so far.
    sequence: u64,
}

#[derive(Clone, Copy, Debug)]
struct Running {
    work: Work,
    priority: i32,
    rate: f64,
    end: f64,
    sequence: u64,
}

impl Preemptive {
    /// Idle cores, and the containers on them, numbered from `first`.
    pub(super) fn new(cores: u32, first: u32, containers: &[ContainerPlan]) -> Self {
        Self {
            cores: cores as usize,
            running: Vec::new(),
            waiting: Classes::new(),
            gates: Gates::new(first, containers),
            event: first,
            sequence: 0,
        }
    }

    pub(super) fn start(&mut self, work: Work, mut context: Context<'_>) {
        if self.gates.enter(work) {
            self.admit(work, &mut context);
            self.move_event(&mut context);
        }
    }

    /// The strand whose work has come to its end; it still has its core.
    pub(super) fn first_strand_to_end(&self) -> Option<u32> {
        self.first_to_end().map(|place| self.running[place].work.strand)
    }

    /// A strand goes on working on its core.
    pub(super) fn keep(&mut self, work: Work, context: &mut Context<'_>) {
        if let Some(running) = self.running.iter_mut().find(|running| running.work.strand == work.strand) {
            running.end = context.now + work.amount / running.rate;
        }
        self.move_event(context);
    }

    /// A strand gives its core up: it goes to the next in the line.
    pub(super) fn release(&mut self, strand: u32, mut context: Context<'_>) {
        let place = self.running.iter().position(|running| running.work.strand == strand);
        let Some(done) = place.map(|place| self.take(place, &mut context)) else { return };
        if let Some(next) = self.waiting.pop() {
            self.run(next, &mut context);
        }
        if let Some(released) = self.gates.leave(done.work.container) {
            self.admit(released, &mut context);
        }
        self.move_event(&mut context);
    }

    /// Gives work a core, if need be that of work of a lower priority, or lets it wait.
    fn admit(&mut self, work: Work, context: &mut Context<'_>) {
        let priority = self.gates.priority(work.container);
        if self.running.len() < self.cores {
            return self.run(work, context);
        }
        match self.weakest() {
            Some(place) if self.running[place].priority < priority => {
                let stopped = self.take(place, context);
                let left = ((stopped.end - context.now) * stopped.rate).max(0.0);
                let rest = Work { amount: left, ..stopped.work };
                self.waiting.of(stopped.priority).push_front(rest);
                self.run(work, context);
            }
            _ => self.waiting.of(priority).push_back(work),
        }
    }

    fn run(&mut self, work: Work, context: &mut Context<'_>) {
        let rate = self.gates.rate(work.container);
        self.sequence += 1;
        self.running.push(Running {
            work,
            priority: self.gates.priority(work.container),
            rate,
            end: context.now + work.amount / rate,
            sequence: self.sequence,
        });
        context.busy.add(context.now, rate);
    }

    /// Takes work off its core.
    fn take(&mut self, place: usize, context: &mut Context<'_>) -> Running {
        let running = self.running.swap_remove(place);
        context.busy.add(context.now, -running.rate);
        running
    }

    /// The work of the lowest priority, of several the one that has begun last.
    fn weakest(&self) -> Option<usize> {
        let running = self.running.iter().enumerate();
        let weakest = running.min_by_key(|(_, work)| (work.priority, std::cmp::Reverse(work.sequence)));
        weakest.map(|(place, _)| place)
    }

    fn first_to_end(&self) -> Option<usize> {
        let running = self.running.iter().enumerate();
        let first =
            running.min_by(|(_, a), (_, b)| a.end.total_cmp(&b.end).then(a.sequence.cmp(&b.sequence)));
        first.map(|(place, _)| place)
    }

    fn move_event(&self, context: &mut Context<'_>) {
        match self.first_to_end() {
            Some(place) => context.calendar.set_share(self.event, self.running[place].end),
            None => context.calendar.clear_share(self.event),
        }
    }
}
