//! Cores that one piece of work holds to its end, in the order of arrival.

use std::collections::VecDeque;

use super::{Context, Work};
use crate::calendar::Event;

/// Cores with one queue, and before it a gate for each container with a CPU limit.
///
/// A container limited to less than a core has one piece of work at a time, which runs at the limit; one limited to k
/// cores has k at a time. What is over the limit waits at the gate, so that it does not block other containers.
#[derive(Clone, Debug)]
pub(super) struct Fcfs {
    idle: u32,
    queue: VecDeque<Work>,
    /// By container, counted from the machine's first; none where nothing is limited.
    gates: Vec<Option<Gate>>,
    first: u32,
}

#[derive(Clone, Debug)]
struct Gate {
    /// At which its work runs, in cores.
    rate: f64,
    /// Pieces of work that it still lets through.
    free: u32,
    waiting: VecDeque<Work>,
}

impl Fcfs {
    /// Idle cores, and the limits of the containers on them, numbered from `first`.
    pub(super) fn new(cores: u32, first: u32, limits: &[Option<f64>]) -> Self {
        let gate =
            |limit: f64| Gate { rate: limit.min(1.0), free: limit.max(1.0) as u32, waiting: VecDeque::new() };
        let gates = limits.iter().map(|limit| limit.map(gate)).collect();
        Self { idle: cores, queue: VecDeque::new(), gates, first }
    }

    pub(super) fn start(&mut self, work: Work, context: Context<'_>) {
        if let Some(gate) = self.gate(work.container) {
            if gate.free == 0 {
                gate.waiting.push_back(work);
                return;
            }
            gate.free -= 1;
        }
        self.admit(work, context);
    }

    /// A piece of work of that container is done: its core goes to the next in the queue.
    pub(super) fn done(&mut self, container: u32, mut context: Context<'_>) {
        let rate = self.rate(container);
        context.busy.add(context.now, -rate);
        self.idle += 1;
        let released = self.gate(container).and_then(|gate| {
            let next = gate.waiting.pop_front();
            gate.free += u32::from(next.is_none());
            next
        });
        self.queue.extend(released);
        if let Some(next) = self.queue.pop_front() {
            self.run(next, &mut context);
        }
    }

    fn admit(&mut self, work: Work, mut context: Context<'_>) {
        if self.idle > 0 {
            self.run(work, &mut context);
        } else {
            self.queue.push_back(work);
        }
    }

    fn run(&mut self, work: Work, context: &mut Context<'_>) {
        self.idle -= 1;
        let rate = self.rate(work.container);
        context.busy.add(context.now, rate);
        context.calendar.schedule(context.now + work.amount / rate, Event::CoreDone(work.strand));
    }

    fn rate(&mut self, container: u32) -> f64 {
        self.gate(container).map_or(1.0, |gate| gate.rate)
    }

    fn gate(&mut self, container: u32) -> Option<&mut Gate> {
        self.gates[(container - self.first) as usize].as_mut()
    }
}
