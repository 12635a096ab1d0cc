//! Workloads at run time: when they send requests, and when they end.

use super::Run;
use crate::calendar::Event;
use crate::program::{LoadPlan, SourcePlan};
use crate::statistics::totals::WorkloadTotals;
use crate::statistics::{Level, Sketch};

/// A workload at run time.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(super) counted: WorkloadTotals,
    pub(super) in_flight: Level,
    pub(super) sketch: Sketch,
    /// Requests whose work is not all done.
    pub(super) open: u64,
    pub(super) first_sent: Option<f64>,
    pub(super) makespan: Option<f64>,
    /// Bursts or posts still to come.
    left: u32,
    /// When the last reply came.
    last_reply: f64,
}

impl Source {
    pub(super) fn new(plan: &SourcePlan) -> Self {
        let left = match &plan.load {
            LoadPlan::Closed { .. } | LoadPlan::Poisson { .. } => 0,
            LoadPlan::Burst { bursts } => bursts.len() as u32,
            LoadPlan::Serial(client) => client.requests,
        };
        Self {
            counted: WorkloadTotals::default(),
            in_flight: Level::default(),
            sketch: Sketch::default(),
            open: 0,
            first_sent: None,
            makespan: None,
            left,
            last_reply: 0.0,
        }
    }
}

impl Run<'_> {
    /// Schedules the first requests of a source; those of a load that ends by itself are shifted by `origin`.
    pub(super) fn start_source(&mut self, number: usize, origin: f64) {
        let program = self.program;
        let event = Event::Arrival(number as u32);
        match &program.sources[number].load {
            LoadPlan::Closed { population, first_think, .. } => {
                for _ in 0..*population {
                    let think = self.variates[*first_think as usize].draw();
                    self.calendar.schedule(think, event);
                }
            }
            LoadPlan::Poisson { gap } => {
                let gap = self.variates[*gap as usize].draw();
                self.calendar.schedule(gap, event);
            }
            LoadPlan::Burst { bursts } => {
                bursts.iter().for_each(|&(at, _)| self.calendar.schedule(origin + at, event));
            }
            LoadPlan::Serial(_) => self.calendar.schedule(origin, event),
        }
    }

    /// A source's next arrival is due.
    pub(super) fn send_next(&mut self, number: usize) {
        let program = self.program;
        match &program.sources[number].load {
            LoadPlan::Closed { .. } => self.send_one(number),
            LoadPlan::Poisson { gap } => {
                let gap = self.variates[*gap as usize].draw();
                self.calendar.schedule(self.now + gap, Event::Arrival(number as u32));
                self.send_one(number);
            }
            LoadPlan::Burst { bursts } => {
                let (_, size) = bursts[bursts.len() - self.sources[number].left as usize];
                self.sources[number].left -= 1;
                for _ in 0..size {
                    self.send_one(number);
                }
            }
            LoadPlan::Serial(_) => {
                self.sources[number].left -= 1;
                self.send_one(number);
            }
        }
    }

    /// A serial client posts again once it has the reply.
    pub(super) fn after_reply(&mut self, number: usize) {
        let source = &mut self.sources[number];
        source.last_reply = self.now;
        if source.left > 0 && matches!(self.program.sources[number].load, LoadPlan::Serial(_)) {
            self.calendar.schedule(self.now, Event::Arrival(number as u32));
        }
    }

    /// A closed user thinks once the request counts as done.
    pub(super) fn after_completion(&mut self, number: usize) {
        if let LoadPlan::Closed { think, .. } = self.program.sources[number].load {
            let think = self.variates[think as usize].draw();
            self.calendar.schedule(self.now + think, Event::Arrival(number as u32));
        }
    }

    /// A load that ends by itself has ended when nothing is left to send or to do.
    pub(super) fn after_all_work(&mut self, number: usize) {
        let source = &mut self.sources[number];
        source.open -= 1;
        if source.open > 0 || source.left > 0 {
            return;
        }
        let makespan = match self.program.sources[number].load {
            LoadPlan::Closed { .. } | LoadPlan::Poisson { .. } => return,
            LoadPlan::Burst { .. } => self.now - source.first_sent.unwrap_or(self.now),
            LoadPlan::Serial(client) => client.reading(self.now - source.last_reply),
        };
        source.makespan = Some(makespan);
        self.unfinished -= 1;
    }
}
