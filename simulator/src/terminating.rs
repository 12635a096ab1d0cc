//! Loads that end by themselves: every replication runs from an empty system until all their work is done.
//!
//! Each replication is one independent sample of every figure; rates are over the time until all is done. The number
//! of replications is `EngineOptions::replications`, 10 where absent.
//!
//! Where `EngineOptions::precise` names figures, that many replications are a pilot: the widths of its intervals foretell
//! how many more are needed for the precision, since a width falls with the root of the number. As many, at least as the
//! pilot has, are then played afresh, and all figures are taken from these. The pilot is thrown away, as the warm-up of a
//! steady state is: none of the data that decided on the number is in the result, so that the intervals keep their level
//! (the two stages of Stein 1945, "A two-sample test for a linear hypothesis whose power is independent of the variance",
//! Ann. Math. Stat. 16; Stein keeps the mean of the pilot, but its variance for the interval, which serves only the one
//! figure that decided). Only where they still miss the precision, as many again are added.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rayon::prelude::*;
use tracecast_model::{EngineOptions, Phase, RunControl, ScalingEvent, Status, System};

use crate::antithetic::Cast;
use crate::precision::{self, SAFETY};
use crate::report::{self, Outcome};
use crate::run::probe::Probe;
use crate::run::{Limits, Run, Stop, Watch};
use crate::snapshot::View;
use crate::statistics::Sketch;
use crate::statistics::series::SeriesRecorder;
use crate::statistics::totals::Totals;

/// Samples of which an interval is made: replications, or pairs of them.
const SAMPLES: u32 = 10;
/// Events of a replication between two looks at it.
const SLICE: u64 = 200_000;
/// Events of a pilot at most, of all.
const PILOT_SHARE: u64 = 2;
/// The events left have to suffice for more replications than are asked for, as some take more than others.
const RESERVE: f64 = 1.5;

/// What one replication gives.
struct Replication {
    totals: Totals,
    makespans: Vec<Option<f64>>,
    sketches: Vec<Sketch>,
    series: Option<SeriesRecorder>,
    scaling: Vec<ScalingEvent>,
    events: u64,
    stop: Stop,
}

/// Simulates a system with at least one load that ends by itself, with a probe that looks on in each replication.
pub(crate) fn simulate<P: Probe>(
    cast: &Cast,
    system: &System,
    options: &EngineOptions,
    control: &RunControl<'_>,
    probe: impl Fn() -> P + Sync,
) -> Outcome {
    let ending = Ending { cast, system, options, control, probe };
    let count = options.replications.unwrap_or(if cast.has_pairs() { 2 * SAMPLES } else { SAMPLES });
    if options.precise.is_empty() {
        return ending.play(0..count, options.max_events, count);
    }
    ending.play_to_precision(count)
}

struct Ending<'a, F> {
    cast: &'a Cast,
    system: &'a System,
    options: &'a EngineOptions,
    control: &'a RunControl<'a>,
    probe: F,
}

impl<P: Probe, F: Fn() -> P + Sync> Ending<'_, F> {
    /// A pilot of so many replications, then as many as the precision asks for.
    fn play_to_precision(&self, count: u32) -> Outcome {
        let most_events = self.options.max_events;
        let mut pilot = self.play(0..count, most_events / PILOT_SHARE, 2 * count);
        if pilot.status != Status::Converged {
            return pilot;
        }
        let per_replication = RESERVE * (pilot.events as f64 / f64::from(count)).max(1.0);
        let room = |used: u64| (most_events.saturating_sub(used) as f64 / per_replication) as u32;
        let ratio = self.precision(&pilot) / self.options.precision;
        let most = self.whole_pairs(room(pilot.events));
        if most < count {
            pilot.status = Status::EventLimit;
            return pilot;
        }
        let wanted = (f64::from(count) * ratio * ratio * SAFETY).ceil();
        let mut more = self.whole_pairs((wanted as u32).saturating_add(1)).clamp(count, most);
        let (mut next, mut used) = (count, pilot.events);
        let mut measured = Outcome::new(Status::Converged, 0);
        while measured.status == Status::Converged {
            let batch = self.play(next..next + more, most_events - used, next + more);
            used += batch.events;
            next += more;
            if batch.samples.is_empty() && measured.samples.is_empty() {
                // The time is over, and the pilot is all there is.
                pilot.status = batch.status;
                pilot.warnings = batch.warnings;
                return pilot;
            }
            measured.append(batch);
            if measured.status != Status::Converged {
                break;
            }
            if self.precision(&measured) <= self.options.precision {
                break;
            }
            more = self.whole_pairs(room(used)).min(measured.replications);
            if more == 0 {
                measured.status = Status::EventLimit;
                break;
            }
        }
        measured.events = used;
        measured
    }

    /// So many replications at most.
    fn whole_pairs(&self, count: u32) -> u32 {
        if self.cast.has_pairs() { count / 2 * 2 } else { count }
    }

    fn precision(&self, outcome: &Outcome) -> f64 {
        precision::of_chosen(self.system, self.cast.program(), self.options, outcome)
    }

    /// Replications with these numbers, which share the events; `planned` is how many there will be with those before.
    fn play(&self, numbers: Range<u32>, events: u64, planned: u32) -> Outcome {
        let count = numbers.end - numbers.start;
        let done = AtomicU32::new(numbers.start);
        let board = Board::default();
        let replications: Vec<Replication> = numbers
            .into_par_iter()
            .map(|number| {
                let replication = self.replicate(number, (events / u64::from(count)).max(1), &board);
                let done = done.fetch_add(1, Ordering::Relaxed) + 1;
                self.control.report(f64::from(done) / f64::from(planned));
                replication
            })
            .collect();
        self.outcome(replications)
    }

    fn replicate(&self, number: u32, events: u64, board: &Board) -> Replication {
        let (program, options) = (self.cast.program(), self.options);
        let watch = Watch::new(*self.control, 0);
        let has_background = program.sources.iter().any(|source| !source.load.is_finite());
        let origin = options.warm_up.filter(|_| has_background).unwrap_or(0.0);
        let mut run = self.cast.run(number, origin, (self.probe)());
        let visits = options.max_in_progress.map_or(usize::MAX, |most| most as usize);
        let mut limits = Limits { until: origin, events, visits, watch: &watch };
        let mut stop = run.advance(&limits);
        let before = run.totals();
        run.take_sketches();
        if let Some(bin) = options.series_bin {
            run.start_series(bin);
        }
        if stop == Stop::Time {
            limits.until = options.until.map_or(f64::INFINITY, |until| origin + until);
            stop = self.advance(&mut run, &limits, number, &before, board);
        }
        Replication {
            totals: run.totals().since(&before),
            makespans: (0..program.sources.len()).map(|workload| run.makespan(workload)).collect(),
            sketches: run.take_sketches(),
            series: run.take_series(true),
            scaling: if number == 0 { run.take_scaling_events() } else { Vec::new() },
            events: run.events(),
            stop,
        }
    }

    /// Plays a replication to its limits, with looks on the way where someone wants to.
    fn advance(
        &self,
        run: &mut Run<'_, P>,
        limits: &Limits<'_>,
        number: u32,
        before: &Totals,
        board: &Board,
    ) -> Stop {
        if !self.control.is_watched() {
            return run.advance(limits);
        }
        loop {
            let events = limits.events.min(run.events() + SLICE);
            let stop = run.advance(&Limits { events, ..*limits });
            let goes_on = stop == Stop::Events && run.events() < limits.events;
            let state = State {
                totals: run.totals().since(before),
                in_flight: run.in_flight(),
                is_done: matches!(stop, Stop::Finished | Stop::Time),
                is_played: goes_on,
            };
            board.note(number, state);
            self.control.show(|| board.view(self.cast.has_pairs()).snapshot(self.system, Phase::Measuring));
            if !goes_on {
                return stop;
            }
        }
    }

    fn outcome(&self, mut replications: Vec<Replication>) -> Outcome {
        let has_pairs = self.cast.has_pairs();
        let all = replications.len();
        let events = replications.iter().map(|replication| replication.events).sum();
        let expired = replications.iter().any(|replication| replication.stop == Stop::Expired);
        if expired {
            replications = complete(replications, has_pairs);
        }
        let stopped = |stop| replications.iter().any(|replication| replication.stop == stop);
        let stopped_early = stopped(Stop::Expired);
        let limits = [Stop::Events, Stop::Stuck, Stop::Crowded];
        let status = if stopped(Stop::Cancelled) {
            Status::Cancelled
        } else if expired || limits.into_iter().any(stopped) {
            Status::EventLimit
        } else {
            Status::Converged
        };
        let mut outcome = Outcome::new(status, replications.len() as u32);
        outcome.events = events;
        outcome.is_cut = stopped(Stop::Time);
        if stopped(Stop::Stuck) {
            outcome.warnings.push(report::deadlock());
        }
        if stopped(Stop::Crowded) {
            outcome.warnings.push(report::crowded(self.options));
        }
        if expired {
            let message = if stopped_early {
                "the time given was over before any replication was; the figures are those of the time until then".to_owned()
            } else {
                format!(
                    "the time given was over before all replications were; the figures are those of {} of {all}, \
                     among which short ones are a little too many",
                    replications.len()
                )
            };
            outcome.warnings.push(report::time_over(&message));
        }
        for replication in replications {
            outcome.samples.push(replication.totals);
            outcome.makespans.push(replication.makespans);
            outcome.series.extend(replication.series);
            outcome.scaling.extend(replication.scaling);
            outcome.sketches.push(replication.sketches);
        }
        // Of replications that are not whole there need not be pairs.
        outcome.has_pairs = has_pairs && !stopped_early;
        if outcome.has_pairs {
            outcome.average_distributions();
        }
        outcome
    }
}

/// The replications, or pairs of them, that were over before the time was; where there is none, all that were begun.
fn complete(replications: Vec<Replication>, has_pairs: bool) -> Vec<Replication> {
    let in_sample = if has_pairs { 2 } else { 1 };
    let whole: Vec<bool> = replications
        .chunks(in_sample)
        .flat_map(|sample| {
            let is_whole = sample.iter().all(|replication| replication.stop != Stop::Expired);
            sample.iter().map(move |_| is_whole)
        })
        .collect();
    let any = whole.contains(&true);
    let all = replications.into_iter().zip(whole);
    all.filter(|(replication, whole)| if any { *whole } else { replication.totals.time > 0.0 })
        .map(|(replication, _)| replication)
        .collect()
}

/// A replication that is or was played.
struct State {
    totals: Totals,
    in_flight: Vec<f64>,
    is_done: bool,
    is_played: bool,
}

/// Where the replications of a batch are, for an observer.
#[derive(Default)]
struct Board(Mutex<BTreeMap<u32, State>>);

impl Board {
    fn states(&self) -> MutexGuard<'_, BTreeMap<u32, State>> {
        // Whoever panicked has left whole states.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, number: u32, state: State) {
        self.states().insert(number, state);
    }

    fn view(&self, has_pairs: bool) -> View {
        let states = self.states();
        let of = |is_done: bool| {
            let states = states.values().filter(move |state| state.is_done == is_done);
            states.map(|state| state.totals.clone()).collect::<Vec<_>>()
        };
        let played = states.values().filter(|state| state.is_played);
        View {
            samples: of(true),
            others: of(false),
            in_flight: played.map(|state| state.in_flight.clone()).collect(),
            has_pairs,
            simulated_time: states.values().map(|state| state.totals.time).sum(),
        }
    }
}
