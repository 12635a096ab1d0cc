//! One replication: the program played event by event.

mod admission;
mod admission_limits;
mod faults;
mod flows;
mod guards;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod ledger;
mod locks;
mod memory;
mod operations;
mod outliers;
mod polling;
pub(crate) mod probe;
mod ready;
mod redelivery;
mod requests;
mod reservations;
mod responses;
mod scaling;
mod series;
mod source;
mod strands;
#[cfg(test)]
mod tests;
#[cfg(test)]
#[path = "../../tests/integration/theory/markov.rs"]
#[expect(dead_code, reason = "the tests from outside use more of it")]
mod theory;
mod threads;
mod timers;
mod visits;

use std::sync::atomic::{AtomicU64, Ordering};

use tracecast_model::{RunControl, TokenBucket};

use crate::calendar::{Calendar, Event};
use crate::hosts::{Done, Home, Hosts};
use crate::program::Program;
use crate::sampler::{self, Sampler};
use crate::slab::Slab;
use crate::statistics::Sketch;
use crate::statistics::series::SeriesRecorder;
use crate::statistics::totals::{ThrottleTotals, Totals, WorkloadTotals};
use crate::streams::{self, Stream};
use admission_limits::AdmissionLimits;
use faults::Faults;
use flows::Flow;
use guards::Guards;
use locks::ReadWriteLock;
use operations::OperationState;
use outliers::Outliers;
use probe::{Probe, Silent};
use ready::Ready;
use redelivery::Redelivery;
use requests::Request;
use reservations::Reservations;
use responses::Responses;
pub(crate) use responses::is_of_responses;
use scaling::Scaling;
use source::Source;
use strands::{Join, Saved};
use threads::Threads;
use timers::Timer;

/// Events between two looks at the caller's wish to cancel.
const CHECK_INTERVAL: u64 = 8192;

/// Why a run stopped for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The time asked for is reached.
    Time,
    /// All loads that end by themselves are done.
    Finished,
    /// Nothing is left that could happen, and not all is done: requests wait for each other.
    Stuck,
    /// The events ran out.
    Events,
    /// More requests are in progress than may be.
    Crowded,
    /// The caller's time is over.
    Expired,
    /// The caller wants no more.
    Cancelled,
}

/// How far a run may go.
#[derive(Clone, Copy)]
pub(crate) struct Limits<'a> {
    /// Simulated time; what is due just then is left for later.
    pub(crate) until: f64,
    /// Events since the start of the run.
    pub(crate) events: u64,
    /// Visits in progress, with the branches of their forks.
    pub(crate) visits: usize,
    pub(crate) watch: &'a Watch<'a>,
}

/// The caller's eye on runs that go on in parallel.
pub(crate) struct Watch<'a> {
    control: RunControl<'a>,
    /// Events so far, and those planned; 0 where nothing is known about how many there will be.
    events: AtomicU64,
    planned: u64,
}

impl<'a> Watch<'a> {
    /// Watches runs that will take about so many events together; 0 where that is not known.
    pub(crate) fn new(control: RunControl<'a>, planned: u64) -> Self {
        Self { control, events: AtomicU64::new(0), planned }
    }

    /// So many more events; why to stop, if the caller wants no more.
    fn tick(&self, events: u64) -> Option<Stop> {
        let done = self.events.fetch_add(events, Ordering::Relaxed);
        if self.planned > 0 {
            self.control.report(done as f64 / self.planned as f64);
        }
        if self.control.is_cancelled() {
            return Some(Stop::Cancelled);
        }
        self.control.is_time_over().then_some(Stop::Expired)
    }
}

/// A random quantity at run time, which fills a cache line.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub(crate) struct Variate {
    sampler: Sampler,
    stream: Stream,
}

impl Variate {
    #[inline]
    pub(crate) fn draw(&mut self) -> f64 {
        self.sampler.draw(&mut self.stream)
    }

    /// Draws from another distribution from now on.
    fn follow(&mut self, sampler: Sampler) {
        self.sampler = sampler;
    }

    /// A whole number below `count`, whatever it is a variate of.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        sampler::below(count, &mut self.stream)
    }
}

/// The state of one replication, with something that looks on. Neighbors run on different cores and must not write to the
/// same cache lines.
#[repr(align(128))]
pub(crate) struct Run<'p, P = Silent> {
    program: &'p Program,
    now: f64,
    events: u64,
    calendar: Calendar,
    variates: Vec<Variate>,
    hosts: Hosts,
    /// By replica, over all services.
    homes: Vec<Home>,
    threads: Threads,
    /// By service; used where it is a read-write lock.
    locks: Vec<ReadWriteLock>,
    sources: Vec<Source>,
    /// Loads that end by themselves and have not yet; one more where there is none, so that the run does not end.
    unfinished: usize,
    /// Visits, each with its first strand, and further strands.
    flows: Slab<Flow>,
    joins: Slab<Join>,
    saved: Slab<Saved>,
    requests: Slab<Request>,
    /// Strands that go on at this instant.
    ready: Ready,
    operations: Vec<OperationState>,
    /// By operation: replies that were errors.
    errors: Vec<f64>,
    guards: Guards,
    /// By service; used where it takes only so many requests per second.
    buckets: Vec<TokenBucket>,
    timers: Slab<Timer>,
    outliers: Vec<Outliers>,
    admissions: AdmissionLimits,
    responses: Responses,
    scaling: Scaling,
    faults: Faults,
    /// Is work to be looked at before it begins?
    adapts_work: bool,
    /// Messages that went back to their queue.
    redelivered: f64,
    redelivery: Redelivery,
    reservations: Reservations,
    series: Option<SeriesRecorder>,
    probe: P,
    #[cfg(test)]
    ledger: ledger::Ledger,
}

#[cfg(test)]
impl<'p> Run<'p> {
    /// The start of a replication. Loads that end by themselves begin at `origin` seconds, the others at once.
    pub(crate) fn new(program: &'p Program, seed: u64, replication: u32, origin: f64) -> Self {
        Self::with_probe(program, seed, replication, origin, Silent)
    }
}

impl<'p, P: Probe> Run<'p, P> {
    /// The same, with something that looks on.
    pub(crate) fn with_probe(
        program: &'p Program,
        seed: u64,
        replication: u32,
        origin: f64,
        probe: P,
    ) -> Self {
        let variates: Vec<Variate> = program
            .variates
            .iter()
            .map(|plan| Variate {
                sampler: plan.sampler.clone(),
                stream: streams::stream(seed, replication, &plan.label),
            })
            .collect();
        let hosts = Hosts::new(program, &variates);
        let unfinished = program.sources.iter().filter(|source| source.load.is_finite()).count();
        let mut run = Self {
            program,
            now: 0.0,
            events: 0,
            calendar: Calendar::new(hosts.container_count()),
            homes: program.containers.iter().map(|&container| hosts.home(container)).collect(),
            hosts,
            threads: Threads::new(&program.services, &variates),
            locks: program.services.iter().map(ReadWriteLock::new).collect(),
            variates,
            sources: program.sources.iter().map(Source::new).collect(),
            unfinished: if unfinished == 0 { 1 } else { unfinished },
            flows: Slab::new(),
            joins: Slab::new(),
            saved: Slab::new(),
            requests: Slab::new(),
            ready: Ready::new(),
            operations: (0..)
                .zip(&program.operations)
                .map(|(number, plan)| {
                    let service = &program.services[plan.service as usize];
                    let reserves = |queue: u32| program.queues[queue as usize].reservation.is_some();
                    OperationState::new(number, plan, service, service.queue.is_some_and(reserves))
                })
                .collect(),
            errors: vec![0.0; program.operations.len()],
            guards: Guards::new(program),
            buckets: vec![TokenBucket::default(); program.services.len()],
            timers: Slab::new(),
            adapts_work: false,
            redelivered: 0.0,
            redelivery: Redelivery::new(program.queues.len()),
            reservations: Reservations::new(program.queues.len()),
            outliers: Outliers::all(program),
            responses: Responses::new(program),
            admissions: AdmissionLimits::new(program),
            scaling: Scaling::new(program),
            faults: Faults::new(program),
            series: None,
            probe,
            #[cfg(test)]
            ledger: ledger::Ledger::new(program.operations.len(), program.guards.len()),
        };
        run.start_scans();
        for service in 0..program.services.len() {
            run.switch_over(service as u32);
        }
        for source in 0..program.sources.len() {
            run.start_source(source, origin);
        }
        run.adapts_work = !run.faults.pace.is_empty() || run.scaling.looks_at_work();
        run.start_autoscalers();
        run.start_faults();
        run.start_sweeps();
        run.start_breakdowns();
        run
    }

    /// Plays events until one of the limits.
    pub(crate) fn advance(&mut self, limits: &Limits<'_>) -> Stop {
        loop {
            if self.events >= limits.events {
                return Stop::Events;
            }
            if self.events.is_multiple_of(CHECK_INTERVAL) {
                if self.flows.len() > limits.visits {
                    return Stop::Crowded;
                }
                if let Some(stop) = limits.watch.tick(CHECK_INTERVAL) {
                    return stop;
                }
            }
            // These limits are looked at now and then only, at the same numbers of events in every run.
            let next_check = (self.events / CHECK_INTERVAL + 1) * CHECK_INTERVAL;
            if let Some(stop) = self.play_events(limits.until, next_check.min(limits.events)) {
                return stop;
            }
        }
    }

    /// Plays events until that time or that number of events; none where it came to the latter.
    fn play_events(&mut self, until: f64, events: u64) -> Option<Stop> {
        let mut pause = self.next_pause(until);
        while self.events < events {
            let Some((due, event)) = self.calendar.first() else { return Some(Stop::Stuck) };
            if due >= pause {
                self.record_series_until(due.min(until));
                if due >= until {
                    self.now = until;
                    return Some(Stop::Time);
                }
                pause = self.next_pause(until);
            }
            debug_assert!(due >= self.now, "{event:?} of the past: {due} s at {} s", self.now);
            self.calendar.take(event);
            self.now = due;
            self.events += 1;
            let mut turn = self.handle(event);
            while let Some((strand, has_core)) = turn.or_else(|| self.next_ready()) {
                self.go_on(strand, has_core);
                turn = None;
            }
            if self.unfinished == 0 {
                return Some(Stop::Finished);
            }
        }
        None
    }

    /// The strand that an event concerns, and whether it holds a core.
    #[inline]
    fn handle(&mut self, event: Event) -> Option<(u32, bool)> {
        match event {
            Event::CoreDone(strand) => return Some((strand, true)),
            Event::ShareDone(container) => {
                return match self.hosts.share_done(self.now, container, &mut self.calendar)? {
                    Done::Holding(strand) => Some((strand, true)),
                    Done::Gone(strand) => Some((strand, false)),
                };
            }
            Event::Wake(strand) => return Some((strand, false)),
            Event::Arrival(source) => self.send_next(source as usize),
            Event::Delivery(visit) => self.arrive(visit),
            Event::Poll(service) => self.poll(service),
            Event::Timer(timer) => self.ring(timer),
            Event::Refill(container) => self.hosts.refill(self.now, container, &mut self.calendar),
        }
        None
    }

    #[inline]
    fn next_ready(&mut self) -> Option<(u32, bool)> {
        self.ready.pop().map(|strand| (strand, false))
    }

    /// What looks on.
    pub(crate) fn probe(&self) -> &P {
        &self.probe
    }

    /// The same, to be changed.
    pub(crate) fn probe_mut(&mut self) -> &mut P {
        &mut self.probe
    }

    /// The same, after the run.
    pub(crate) fn into_probe(self) -> P {
        self.probe
    }

    pub(crate) fn now(&self) -> f64 {
        self.now
    }

    pub(crate) fn events(&self) -> u64 {
        self.events
    }

    /// Sums of everything counted, until now.
    pub(crate) fn totals(&self) -> Totals {
        let now = self.now;
        let workloads = self
            .sources
            .iter()
            .map(|source| WorkloadTotals { in_flight: source.in_flight.area(now), ..source.counted });
        let mut totals = Totals {
            time: now,
            workloads: workloads.collect(),
            operations: self.operations.iter().map(|operation| operation.totals(now)).collect(),
            hosts: self.hosts.busy_areas(now),
            errors: self.errors.clone(),
            guards: self.guards.totals(self.program, now),
            replicas: self.scaling.totals(now),
            throttled: self.throttled(now),
            outliers: self.outliers.iter().map(|outliers| outliers.totals(now)).collect(),
            queues: self.redelivery.counted.clone(),
            ..Totals::default()
        };
        self.probe.add_to(&mut totals);
        totals
    }

    /// By service with processor time by periods, in order.
    pub(super) fn throttled(&self, now: f64) -> Vec<ThrottleTotals> {
        let services = self.program.throttled.iter();
        services
            .map(|&service| {
                let mut all = ThrottleTotals::default();
                for &container in self.program.containers_of(service) {
                    all.add(&self.hosts.throttled(now, self.hosts.home(container)));
                }
                all
            })
            .collect()
    }

    /// Has every workload had so many requests done?
    pub(crate) fn has_completed(&self, goals: &[f64]) -> bool {
        self.sources.iter().zip(goals).all(|(source, goal)| source.counted.completed >= *goal)
    }

    /// Requests that are not done and that nobody who could send more waits for: those of open loads, and of closed loads
    /// those whose reply is back, but not all messages that they sent have been worked on.
    pub(crate) fn unawaited_requests(&self) -> f64 {
        let sources = self.sources.iter().zip(&self.program.sources);
        let unawaited = sources.map(|(source, plan)| {
            let awaited = if plan.load.is_open() { 0 } else { source.in_flight.value() };
            source.open as f64 - awaited as f64
        });
        unawaited.sum()
    }

    /// Requests in flight now, by workload.
    pub(crate) fn in_flight(&self) -> Vec<f64> {
        self.sources.iter().map(|source| source.in_flight.value() as f64).collect()
    }

    /// Seconds that a workload's own clock shows at its end, if it has ended.
    pub(crate) fn makespan(&self, workload: usize) -> Option<f64> {
        self.sources[workload].makespan
    }

    /// Takes out the response times recorded so far, by workload.
    pub(crate) fn take_sketches(&mut self) -> Vec<Sketch> {
        if let Some(series) = &mut self.series {
            series.save(self.sources.iter().map(|source| &source.sketch));
        }
        self.sources.iter_mut().map(|source| std::mem::take(&mut source.sketch)).collect()
    }
}
