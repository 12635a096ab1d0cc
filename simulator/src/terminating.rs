//! Loads that end by themselves: every replication runs from an empty system until all their work is done.
//!
//! Each replication is one independent sample of every figure; rates are over the time until all is done. The number
//! of replications is `EngineOptions::replications`, 10 where absent, and `precision` is not looked at.

use std::sync::atomic::{AtomicU32, Ordering};

use rayon::prelude::*;
use tracecast_model::{EngineOptions, RunControl, Status};

use crate::program::Program;
use crate::report::{self, Outcome};
use crate::run::probe::Probe;
use crate::run::{Limits, Run, Stop, Watch};
use crate::statistics::Sketch;
use crate::statistics::series::SeriesRecorder;
use crate::statistics::totals::Totals;

const REPLICATIONS: u32 = 10;

/// What one replication gives.
struct Replication {
    totals: Totals,
    makespans: Vec<Option<f64>>,
    sketches: Vec<Sketch>,
    series: Option<SeriesRecorder>,
    events: u64,
    stop: Stop,
}

/// Simulates a system with at least one load that ends by itself, with a probe that looks on in each replication.
pub(crate) fn simulate<P: Probe>(
    program: &Program,
    options: &EngineOptions,
    control: &RunControl<'_>,
    probe: impl Fn() -> P + Sync,
) -> Outcome {
    let count = options.replications.unwrap_or(REPLICATIONS);
    let done = AtomicU32::new(0);
    let replications: Vec<Replication> = (0..count)
        .into_par_iter()
        .map(|number| {
            let replication = replicate(program, options, control, number, count, probe());
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            control.report(f64::from(done) / f64::from(count));
            replication
        })
        .collect();
    let stopped = |stop| replications.iter().any(|replication| replication.stop == stop);
    let status = if stopped(Stop::Cancelled) {
        Status::Cancelled
    } else if stopped(Stop::Events) || stopped(Stop::Stuck) {
        Status::EventLimit
    } else {
        Status::Converged
    };
    let cut = stopped(Stop::Time);
    let mut outcome = Outcome::new(status, count);
    outcome.is_cut = cut;
    if stopped(Stop::Stuck) {
        outcome.warnings.push(report::deadlock());
    }
    for replication in replications {
        outcome.events += replication.events;
        outcome.samples.push(replication.totals);
        outcome.makespans.push(replication.makespans);
        outcome.series.extend(replication.series);
        outcome.sketches.push(replication.sketches);
    }
    outcome
}

fn replicate<P: Probe>(
    program: &Program,
    options: &EngineOptions,
    control: &RunControl<'_>,
    number: u32,
    count: u32,
    probe: P,
) -> Replication {
    let watch = Watch::new(*control, 0);
    let has_background = program.sources.iter().any(|source| !source.load.is_finite());
    let origin = options.warm_up.filter(|_| has_background).unwrap_or(0.0);
    let mut run = Run::with_probe(program, options.seed, number, origin, probe);
    let mut limits = Limits {
        until: origin,
        events: (options.max_events / u64::from(count)).max(1),
        visits: usize::MAX,
        watch: &watch,
    };
    let mut stop = run.advance(&limits);
    let before = run.totals();
    run.take_sketches();
    if let Some(bin) = options.series_bin {
        run.start_series(bin);
    }
    if stop == Stop::Time {
        limits.until = options.until.map_or(f64::INFINITY, |until| origin + until);
        stop = run.advance(&limits);
    }
    Replication {
        totals: run.totals().since(&before),
        makespans: (0..program.sources.len()).map(|workload| run.makespan(workload)).collect(),
        sketches: run.take_sketches(),
        series: run.take_series(true),
        events: run.events(),
        stop,
    }
}
