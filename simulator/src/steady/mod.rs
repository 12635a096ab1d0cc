//! Loads without an end: how long to warm up, how long to simulate, when to give up.
//!
//! # Scheme
//! Independent replications (20 unless told otherwise) run in step. Fewer than 10 are cut into batches, so that there
//! are always at least 10 samples for an interval (an antithetic pair of replications is one sample); batches of one replication depend on each other a little, so
//! replications are better.
//! 1. *Warm-up.* A first window lasts until every workload has some requests done in every replication; each next one
//!    lasts as long as all before it together. Warm-up is over when two successive windows agree in all mean response
//!    times and numbers in flight, and the last is at least an eighth of what the asked precision needs.
//! 2. *Length.* That need is foretold from the variance between the samples of the last window, of the mean response
//!    times or of the figures that `EngineOptions::precise` names.
//! 3. *Measurement.* A window of that length, over which all figures are taken. None of the data that decided on the
//!    length is in it, so the interval keeps its level (the idea of Stein 1945's two stages; a rule that watches the
//!    interval itself stops when it happens to be short, and covers too rarely: Law 2015, §9.5). Only where it still
//!    misses the precision, as much again is appended.
//!
//! The intervals of this scheme cover the truth in 95.0 % of 400 runs of each of 98 figures with closed forms, at a precision
//! of 10 % (example `coverage`); the figures scatter around that as binomial numbers do, from 92.8 to 97.5 %. Runs cut short
//! by a given end of time have means whose skewness is greater than the samples show, and less of a warm-up: their intervals
//! are wider (`Estimate::half_width_of_short_run`), and cover too rarely still where the time is a few relaxation times: over
//! 2000 services of M/M/1 at a load of 0.5 they cover in 95.0 % of 400 runs, at 0.8 in 93.8 %, and at 0.9 in 89.5 %.
//!
//! With `EngineOptions::until`, warm-up ends between an eighth and a quarter of that time, at the first window that
//! agrees with the one before it, and the rest is measured, whatever its precision.
//!
//! A load is beyond capacity when in two successive windows (one, with `until`) the number of requests that are not done and
//! that nobody waits for grows by more than five standard errors while some host or pool of threads is busy all the time:
//! those of open loads, and those of closed loads whose reply is back, but whose messages flood a service.

mod ends;
mod watched;
mod window;

use rayon::prelude::*;
use tracecast_model::{EngineOptions, OptionsError, Phase, PredictError, RunControl, Status, System};

use crate::antithetic::Cast;
use crate::bottleneck;
use crate::precision::{self, SAFETY};
use crate::program::LoadPlan;
use crate::report::{self, Outcome};
use crate::run::probe::Probe;
use crate::run::{Limits, Run, Stop, Watch};
use crate::statistics::Sketch;
use crate::statistics::totals::Totals;
use window::{Part, Window};

/// Replications, or pairs of them.
const REPLICATIONS: u32 = 20;
/// Samples that an interval rests on, at least.
const SAMPLES: u32 = 10;
/// Requests done in the first window, by each workload in each replication.
const FIRST_REQUESTS: f64 = 200.0;
/// Events spent per look during the first window.
const FIRST_STEP: u64 = 1024;
/// Part of the events that the first window may use.
const FIRST_SHARE: u64 = 20;
/// The measured window is at most this many times the last window of the warm-up.
const MOST_GROWTH: f64 = 8.0;
/// At least so many times as long as the whole warm-up.
const LEAST_LENGTH: f64 = 3.0;
/// Warm-up with a given end of time: parts of that time.
const FIRST_PART: f64 = 1.0 / 64.0;
const LEAST_PART: f64 = 1.0 / 8.0;
const MOST_PART: f64 = 1.0 / 4.0;
/// Visits in progress that all replications together may have: about 200 MB.
const MOST_VISITS: usize = 2_000_000;

/// Simulates a system of which no load ends by itself, with a probe that looks on in each replication.
///
/// # Errors
/// A warm-up that leaves nothing of the time given.
pub(crate) fn simulate<P: Probe + Send>(
    cast: &Cast,
    system: &System,
    options: &EngineOptions,
    control: &RunControl<'_>,
    probe: impl Fn() -> P + Sync,
) -> Result<Outcome, PredictError> {
    check_warm_up(options)?;
    Ok(Steady::new(cast, system, options, control, probe).simulate())
}

/// Checks that the warm-up leaves something of the time given.
///
/// # Errors
/// If it does not.
pub(crate) fn check_warm_up(options: &EngineOptions) -> Result<(), OptionsError> {
    match (options.until, options.warm_up) {
        (Some(until), Some(value)) if value >= until => {
            Err(OptionsError { name: "warm_up", value, expected: "less than until" })
        }
        _ => Ok(()),
    }
}

struct Steady<'a, P> {
    cast: &'a Cast,
    system: &'a System,
    options: &'a EngineOptions,
    control: &'a RunControl<'a>,
    runs: Vec<Run<'a, P>>,
    /// By replication and workload: response times that are measured and no longer in the runs.
    sketches: Vec<Vec<Sketch>>,
    phase: Phase,
    /// By replication: what it had counted when the phase began, where someone looks.
    phase_start: Vec<Totals>,
    /// Parts of a window in each replication.
    batches: u32,
    /// Per replication.
    most_events: u64,
    most_visits: usize,
}

impl<'a, P: Probe + Send> Steady<'a, P> {
    fn new(
        cast: &'a Cast,
        system: &'a System,
        options: &'a EngineOptions,
        control: &'a RunControl<'a>,
        probe: impl Fn() -> P + Sync,
    ) -> Self {
        let program = cast.program();
        let in_sample = if cast.has_pairs() { 2 } else { 1 };
        let count = options.replications.unwrap_or(in_sample * REPLICATIONS);
        let users: usize = program
            .sources
            .iter()
            .map(|source| match source.load {
                LoadPlan::Closed { population, .. } => population as usize,
                _ => 0,
            })
            .sum();
        Self {
            cast,
            system,
            options,
            control,
            runs: (0..count).into_par_iter().map(|number| cast.run(number, 0.0, probe())).collect(),
            sketches: Vec::new(),
            phase: Phase::WarmUp,
            phase_start: Vec::new(),
            batches: SAMPLES.div_ceil(count / in_sample),
            most_events: (options.max_events / u64::from(count)).max(1),
            most_visits: match options.max_in_progress {
                Some(most) => usize::try_from(most).unwrap_or(usize::MAX),
                None => (MOST_VISITS / count as usize).max(100_000) + 4 * users,
            },
        }
    }

    fn simulate(mut self) -> Outcome {
        match self.options.until {
            Some(until) => self.simulate_until(until),
            None => self.simulate_to_precision(),
        }
    }

    /// Warm-up within the time given, then the rest of it.
    fn simulate_until(&mut self, until: f64) -> Outcome {
        let stop = match self.options.warm_up {
            Some(warm_up) => self.window(warm_up, 0).stop,
            None => self.warm_up_within(until),
        };
        if stop != Stop::Time {
            return self.stopped(stop, Vec::new());
        }
        let length = until - self.now();
        let planned = self.expected_events(length);
        self.start_measuring();
        let window = self.window(length, planned);
        let grows = self.grows(&window);
        match window.stop {
            Stop::Time if grows => self.saturated(window.samples),
            Stop::Time => self.outcome(Status::Converged, window.samples),
            stop => self.stopped(stop, window.samples),
        }
    }

    fn warm_up_within(&mut self, until: f64) -> Stop {
        let mut previous = self.window(until * FIRST_PART, 0);
        loop {
            let window = self.window(self.now(), 0);
            let share = self.now() / until;
            let over = share >= MOST_PART
                || (share >= LEAST_PART && window.agrees_with(&previous, self.options.precision));
            if over || window.stop != Stop::Time {
                return window.stop;
            }
            previous = window;
        }
    }

    fn simulate_to_precision(&mut self) -> Outcome {
        let warmed = match self.options.warm_up {
            Some(warm_up) if warm_up > 0.0 => self.window(warm_up, 0).stop,
            _ => Stop::Time,
        };
        if warmed != Stop::Time {
            return self.stopped(warmed, Vec::new());
        }
        let mut previous = self.first_window();
        if self.now() == 0.0 && previous.stop == Stop::Time {
            return self.timeless();
        }
        loop {
            if previous.stop != Stop::Time {
                return self.stopped_in(previous);
            }
            let window = self.window(self.now(), 0);
            if window.stop == Stop::Time && self.grows(&previous) && self.grows(&window) {
                return self.saturated(window.samples);
            }
            let need = self.length_needed(&window).max(LEAST_LENGTH * self.now());
            let most = self.length_left(&window);
            let ready =
                need <= MOST_GROWTH * window.length && window.agrees_with(&previous, self.options.precision);
            // Another window would take as much as all so far, and double what has to come after.
            let last = most < (1.0 + 2.0 * LEAST_LENGTH) * self.now();
            if window.stop == Stop::Time && most < window.length {
                return self.stopped_in(Window { stop: Stop::Events, ..window });
            }
            if window.stop == Stop::Time && (ready || last) {
                return self.measure(need.min(most));
            }
            previous = window;
        }
    }

    /// The measured window, and more of the same until the precision or the end of the events.
    fn measure(&mut self, length: f64) -> Outcome {
        self.start_measuring();
        let mut samples = Vec::new();
        let (mut windows, mut done) = (1, 0);
        loop {
            done += windows;
            for _ in 0..windows {
                let planned = self.expected_events(length * f64::from(windows));
                let window = self.window(length, planned);
                samples.extend(window.samples);
                Sketch::merge_all(&mut self.sketches, window.sketches);
                if window.stop != Stop::Time {
                    return self.stopped(window.stop, samples);
                }
            }
            if self.precision(&samples, &self.sketches) <= self.options.precision {
                return self.outcome(Status::Converged, samples);
            }
            let used = self.runs.iter().map(Run::events).max().unwrap_or(0);
            let room = self.most_events.saturating_sub(used) as f64;
            let per_window = used as f64 * length / self.now();
            if room < per_window {
                return self.outcome(Status::EventLimit, samples);
            }
            windows = done.min((room / per_window) as u32);
        }
    }

    fn now(&self) -> f64 {
        self.runs.iter().map(Run::now).fold(0.0, f64::max)
    }

    /// Until every workload has had some requests done in every replication.
    fn first_window(&mut self) -> Window {
        let start = self.now();
        let goals: Vec<f64> =
            self.cast.program().sources.iter().map(|source| first_goal(&source.load)).collect();
        let before: Vec<_> = self.runs.iter().map(|run| (run.totals(), run.unawaited_requests())).collect();
        let watch = Watch::new(*self.control, 0);
        let most = self.most_events / FIRST_SHARE;
        let visits = self.most_visits;
        self.runs.par_iter_mut().for_each(|run| {
            while run.events() < most && !run.has_completed(&goals) {
                let events = run.events() + FIRST_STEP;
                let stop = run.advance(&Limits { until: f64::INFINITY, events, visits, watch: &watch });
                if stop != Stop::Events {
                    break;
                }
            }
        });
        let end = self.now();
        let mut window = self.window_until(end, 1, 0);
        window.length = end - start;
        let parts = self.runs.iter().zip(&before);
        let parts = parts.map(|(run, (totals, open))| Part::since(run, totals, *open)).collect();
        let whole = Window::of(window.length, self.in_samples(parts));
        (window.samples, window.growth) = (whole.samples, whole.growth);
        window
    }

    /// Antithetic pairs of replications are one.
    fn in_samples(&self, parts: Vec<Part>) -> Vec<Part> {
        if self.cast.has_pairs() {
            report::in_pairs(parts, |first, second| first.joined_with(&second))
        } else {
            parts
        }
    }

    /// Lets all replications run on for that long.
    fn window(&mut self, length: f64, planned: u64) -> Window {
        let end = self.now() + length;
        self.window_until(end, self.batches, planned)
    }

    fn window_until(&mut self, end: f64, batches: u32, planned: u64) -> Window {
        let watch = Watch::new(*self.control, planned);
        let limits = Limits { until: end, events: self.most_events, visits: self.most_visits, watch: &watch };
        let length = end - self.now();
        let parts: Vec<_> = if self.control.is_watched() {
            self.play_in_slices(&limits, batches)
        } else {
            self.runs.par_iter_mut().map(|run| Part::play(run, &limits, batches)).collect()
        };
        let mut window = Window::of(length, self.in_samples(parts));
        if self.has_choice() {
            window.sketches = self.runs.iter_mut().map(Run::take_sketches).collect();
        }
        window
    }

    /// Are there figures of choice that decide on the length?
    fn has_choice(&self) -> bool {
        self.options.until.is_none() && !self.options.precise.is_empty()
    }

    /// The greatest relative half width of what decides on the length.
    fn precision(&self, samples: &[Totals], sketches: &[Vec<Sketch>]) -> f64 {
        if !self.has_choice() {
            return window::precision(samples);
        }
        let mut outcome = Outcome::new(Status::Converged, self.runs.len() as u32);
        outcome.samples = samples.to_vec();
        outcome.sketches = sketches.to_vec();
        if self.cast.has_pairs() {
            outcome.average_distributions();
        }
        precision::of_chosen(self.system, self.cast.program(), self.options, &outcome)
    }

    fn start_measuring(&mut self) {
        self.begin_measured_phase();
        for run in &mut self.runs {
            run.take_sketches();
            if let Some(bin) = self.options.series_bin {
                run.start_series(bin);
            }
        }
    }

    /// Length of a window that would give the precision asked for: the variance of a mean falls with time.
    fn length_needed(&self, window: &Window) -> f64 {
        let ratio = self.precision(&window.samples, &window.sketches) / self.options.precision;
        window.length * ratio * ratio * SAFETY
    }

    /// Length for which the events suffice.
    fn length_left(&self, window: &Window) -> f64 {
        let spent = window.events.max(1) as f64;
        let used = self.runs.iter().map(Run::events).max().unwrap_or(0);
        let left = self.most_events.saturating_sub(used) as f64;
        // Replications differ in their numbers of events; a little less keeps all within.
        0.95 * left / spent * window.length
    }

    /// Events of all replications in that much time, if it goes on as before.
    fn expected_events(&self, length: f64) -> u64 {
        let events: u64 = self.runs.iter().map(Run::events).sum();
        (events as f64 * length / self.now()).max(1.0) as u64
    }

    /// Does the number of requests that nobody waits for grow, while something is busy all the time?
    fn grows(&self, window: &Window) -> bool {
        window.grows() && !bottleneck::find(self.system, &window.samples).is_empty()
    }
}

/// Requests that a workload has to have done in the first window.
fn first_goal(load: &LoadPlan) -> f64 {
    match load {
        LoadPlan::Closed { population, .. } => FIRST_REQUESTS.max(f64::from(*population)),
        _ => FIRST_REQUESTS,
    }
}
