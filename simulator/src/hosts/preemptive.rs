//! Cores whose work is interrupted by work of a higher priority or that comes later, and resumed.

use super::gates::Gates;
use super::{Context, Work};
use crate::line::Classes;
use crate::program::ContainerPlan;

/// Cores on which the work of the highest priorities runs, or in the reverse order that which came last. What is
/// interrupted goes on where it stopped, before all others of its priority (preemptive resume).
///
/// The first end of all running work is one event that moves.
///
/// # Complexity
/// O(c) for c busy cores.
#[derive(Clone, Debug)]
pub(super) struct Preemptive {
    cores: usize,
    /// Does work that comes interrupts others of its priority?
    reverse: bool,
    running: Vec<Running>,
    waiting: Classes<Work>,
    gates: Gates,
    /// The container whose event stands for all.
    event: u32,
    /// The greatest and the least number of work so far, in the order in which it came or was taken up.
    latest: i64,
    earliest: i64,
}

#[derive(Clone, Copy, Debug)]
struct Running {
    work: Work,
    priority: i32,
    rate: f64,
    end: f64,
    sequence: i64,
}

impl Preemptive {
    /// Idle cores, and the containers on them, numbered from `first`.
    pub(super) fn new(cores: u32, reverse: bool, first: u32, containers: &[ContainerPlan]) -> Self {
        Self {
            cores: cores as usize,
            reverse,
            running: Vec::new(),
            waiting: Classes::new(),
            gates: Gates::new(first, containers),
            event: first,
            latest: 0,
            earliest: 0,
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
            let number = self.number(self.reverse);
            self.run(next, number, &mut context);
        }
        if let Some(released) = self.gates.leave(done.work.container) {
            self.admit(released, &mut context);
        }
        self.move_event(&mut context);
    }

    /// Work that is not done.
    #[cfg(test)]
    pub(super) fn work_left(&self, now: f64) -> f64 {
        let mut line = self.waiting.clone();
        let waiting: f64 = std::iter::from_fn(|| line.pop()).map(|work| work.amount).sum();
        let running: f64 = self.running.iter().map(|running| (running.end - now) * running.rate).sum();
        running + waiting + self.gates.work_waiting()
    }

    /// Gives work a core, if need be that of work of a lower priority, or lets it wait.
    fn admit(&mut self, work: Work, context: &mut Context<'_>) {
        let priority = self.gates.priority(work.container);
        if self.running.len() < self.cores {
            let number = self.number(false);
            return self.run(work, number, context);
        }
        match self.weakest() {
            Some(place)
                if self.running[place].priority < priority
                    || (self.reverse && self.running[place].priority == priority) =>
            {
                let stopped = self.take(place, context);
                let left = ((stopped.end - context.now) * stopped.rate).max(0.0);
                let rest = Work { amount: left, ..stopped.work };
                self.waiting.of(stopped.priority).push_front(rest);
                let number = self.number(false);
                self.run(work, number, context);
            }
            _ => self.waiting.of(priority).push_back(work),
        }
    }

    /// A number after or before all others: in the reverse order, what is taken up again came before all that runs.
    fn number(&mut self, before: bool) -> i64 {
        if before {
            self.earliest -= 1;
            return self.earliest;
        }
        self.latest += 1;
        self.latest
    }

    fn run(&mut self, work: Work, sequence: i64, context: &mut Context<'_>) {
        let rate = self.gates.rate(work.container);
        self.running.push(Running {
            work,
            priority: self.gates.priority(work.container),
            rate,
            end: context.now + work.amount / rate,
            sequence,
        });
        context.busy.add(context.now, rate);
    }

    /// Takes work off its core.
    fn take(&mut self, place: usize, context: &mut Context<'_>) -> Running {
        let running = self.running.swap_remove(place);
        context.busy.add(context.now, -running.rate);
        running
    }

    /// The work of the lowest priority, of several the one that has begun last, or in the reverse order first.
    fn weakest(&self) -> Option<usize> {
        let running = self.running.iter().enumerate();
        let age = |sequence: i64| if self.reverse { sequence } else { -sequence };
        let weakest = running.min_by_key(|(_, work)| (work.priority, age(work.sequence)));
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
