//! Workloads at run time: when they send requests, and when they end.

use tracecast_model::RateProfile;

use super::Run;
use super::probe::Probe;
use super::visits::NONE;
use crate::calendar::Event;
use crate::program::{LoadPlan, MarkovPlan, SourcePlan, transition_of};
use crate::statistics::totals::WorkloadTotals;
use crate::statistics::{Count, Sketch};

/// A workload at run time.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(super) counted: WorkloadTotals,
    pub(super) in_flight: Count,
    pub(super) sketch: Sketch,
    /// Requests whose work is not all done.
    pub(super) open: u64,
    pub(super) first_sent: Option<f64>,
    pub(super) makespan: Option<f64>,
    /// Bursts or posts still to come; of a profile, its end.
    left: u32,
    /// When it began, if it ends by itself.
    origin: f64,
    /// Requests expected until the next one of a profile.
    expected: f64,
    /// When the last reply came.
    last_reply: f64,
    /// Of arrivals whose rate depends on it.
    state: usize,
    /// The operation that all its requests ask for; [`NONE`] where there are several.
    pub(super) only_kind: u32,
    /// Does a request count as done only when all its work is?
    pub(super) all_work: bool,
    /// What whoever sends the requests does that does not wait for ever; else [`NONE`].
    pub(super) guard: u32,
    /// Does it end by itself?
    pub(super) is_finite: bool,
    /// The variate of the time that a closed user thinks; else [`NONE`].
    think: u32,
}

impl Source {
    pub(super) fn new(plan: &SourcePlan) -> Self {
        let left = match &plan.load {
            LoadPlan::Closed { .. } | LoadPlan::Renewal { .. } | LoadPlan::Markov(_) => 0,
            LoadPlan::Listed { arrivals } => arrivals.len() as u32,
            LoadPlan::Profile { .. } => 1,
            LoadPlan::Serial(client) => client.requests,
        };
        Self {
            counted: WorkloadTotals::default(),
            in_flight: Count::default(),
            sketch: Sketch::default(),
            open: 0,
            first_sent: None,
            makespan: None,
            left,
            origin: 0.0,
            expected: 0.0,
            last_reply: 0.0,
            state: 0,
            only_kind: if let [(_, only)] = plan.mix.as_slice() { *only } else { NONE },
            all_work: plan.all_work,
            guard: plan.guard,
            is_finite: plan.load.is_finite(),
            think: if let LoadPlan::Closed { think, .. } = plan.load { think } else { NONE },
        }
    }
}

impl<P: Probe> Run<'_, P> {
    /// Schedules the first requests of a source; those of a load that ends by itself are shifted by `origin`.
    pub(super) fn start_source(&mut self, number: usize, origin: f64) {
        let program = self.program;
        let event = Event::Arrival(number as u32);
        self.sources[number].origin = origin;
        match &program.sources[number].load {
            LoadPlan::Closed { population, first_think, .. } => {
                for _ in 0..*population {
                    let think = self.variates[*first_think as usize].draw();
                    self.calendar.schedule(think, event);
                }
            }
            LoadPlan::Renewal { first, .. } => {
                let gap = self.variates[*first as usize].draw();
                self.calendar.schedule(gap, event);
            }
            LoadPlan::Markov(plan) => {
                let drawn = self.variates[plan.choice as usize].draw();
                self.sources[number].state = program.choose(plan.first, drawn) as usize;
                let gap = self.markov_gap(number, plan);
                self.calendar.schedule(gap, event);
            }
            LoadPlan::Listed { .. } => self.schedule_listed(number),
            LoadPlan::Profile { profile, gap } => self.schedule_by_profile(number, profile, *gap),
            LoadPlan::Serial(_) => self.calendar.schedule(origin, event),
        }
    }

    /// A source's next arrival is due.
    pub(super) fn send_next(&mut self, number: usize) {
        let program = self.program;
        match &program.sources[number].load {
            LoadPlan::Closed { .. } => self.send_one(number),
            LoadPlan::Renewal { gap, .. } => {
                let gap = self.variates[*gap as usize].draw();
                self.calendar.schedule(self.now + gap, Event::Arrival(number as u32));
                self.send_one(number);
            }
            LoadPlan::Markov(plan) => {
                let gap = self.markov_gap(number, plan);
                self.calendar.schedule(self.now + gap, Event::Arrival(number as u32));
                self.send_one(number);
            }
            LoadPlan::Listed { arrivals } => {
                let (_, size) = arrivals[arrivals.len() - self.sources[number].left as usize];
                self.sources[number].left -= 1;
                self.schedule_listed(number);
                // It has not ended before all of them are sent, though those sent may fail at once.
                self.sources[number].open += 1;
                for _ in 0..size {
                    self.send_one(number);
                }
                self.after_all_work(number);
            }
            LoadPlan::Profile { profile, gap } => {
                if self.sources[number].expected > profile.total() {
                    self.sources[number].left = 0;
                    return self.end_if_done(number);
                }
                self.schedule_by_profile(number, profile, *gap);
                self.send_one(number);
            }
            LoadPlan::Serial(_) => {
                self.sources[number].left -= 1;
                self.send_one(number);
            }
        }
    }

    /// Plays the chain of a source until its next arrival: how long that takes.
    pub(super) fn markov_gap(&mut self, number: usize, plan: &MarkovPlan) -> f64 {
        let source = &mut self.sources[number];
        let mut gap = 0.0;
        loop {
            let (mean, first) = plan.states[source.state];
            gap += mean * self.variates[plan.time as usize].draw();
            let drawn = self.variates[plan.choice as usize].draw();
            let (state, arrives) = transition_of(self.program.choose(first, drawn));
            source.state = state;
            if arrives {
                return gap;
            }
        }
    }

    /// Schedules the next of listed arrivals, if there is one.
    fn schedule_listed(&mut self, number: usize) {
        let LoadPlan::Listed { arrivals } = &self.program.sources[number].load else { return };
        let source = &self.sources[number];
        if let Some(&(at, _)) = arrivals.get(arrivals.len() - source.left as usize) {
            self.calendar.schedule(source.origin + at, Event::Arrival(number as u32));
        }
    }

    /// Schedules the next arrival at a rate that varies, or the end of the load.
    ///
    /// The arrivals of a Poisson process of rate 1 taken for numbers of expected requests, put through the inverse of
    /// the cumulative rate, are a Poisson process of that rate (Çinlar 1975, *Introduction to Stochastic Processes*,
    /// §4.7).
    fn schedule_by_profile(&mut self, number: usize, profile: &RateProfile, gap: u32) {
        let source = &mut self.sources[number];
        source.expected += self.variates[gap as usize].draw();
        let at = profile.inverse(source.expected).unwrap_or(profile.end());
        // Rounding must not lead back in time.
        let due = (source.origin + at).max(self.now);
        self.calendar.schedule(due, Event::Arrival(number as u32));
    }

    /// A serial client posts again once it has the reply.
    #[inline]
    pub(super) fn after_reply(&mut self, number: usize) {
        let source = &mut self.sources[number];
        source.last_reply = self.now;
        if source.left > 0 && matches!(self.program.sources[number].load, LoadPlan::Serial(_)) {
            self.calendar.schedule(self.now, Event::Arrival(number as u32));
        }
    }

    /// A closed user thinks once the request counts as done.
    #[inline]
    pub(super) fn after_completion(&mut self, number: usize) {
        let think = self.sources[number].think;
        if think != NONE {
            self.think(number, think);
        }
    }

    fn think(&mut self, number: usize, think: u32) {
        let time = self.variates[think as usize].draw();
        self.calendar.schedule(self.now + time, Event::Arrival(number as u32));
    }

    /// All work of a request is done.
    #[inline]
    pub(super) fn after_all_work(&mut self, number: usize) {
        self.sources[number].open -= 1;
        self.end_if_done(number);
    }

    /// A load that ends by itself has ended when nothing is left to send or to do.
    fn end_if_done(&mut self, number: usize) {
        let source = &mut self.sources[number];
        if source.open > 0 || source.left > 0 {
            return;
        }
        let makespan = match self.program.sources[number].load {
            LoadPlan::Closed { .. } | LoadPlan::Renewal { .. } | LoadPlan::Markov(_) => return,
            LoadPlan::Listed { .. } => self.now - source.first_sent.unwrap_or(self.now),
            LoadPlan::Profile { .. } => self.now - source.origin,
            LoadPlan::Serial(client) => client.reading(self.now - source.last_reply),
        };
        source.makespan = Some(makespan);
        self.unfinished -= 1;
    }
}
