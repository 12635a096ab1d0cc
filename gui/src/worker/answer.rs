//! Predictions of one scenario.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tracecast_experiment::picture::{layout_with, round_step};
use tracecast_experiment::recovery::{self, recoveries};
use tracecast_experiment::{EngineChoice, predict};
use tracecast_model::{EngineOptions, Prediction, RunControl, Status, System, validate};

use super::{Task, Update};
use crate::answers::{Figures, Key, Made};
use crate::project::{Content, ROUGH_REPLICATIONS, RunOptions};
use crate::state::AppState;

/// Bins of the figures over time, about.
const BINS: f64 = 120.0;
/// Bins of histograms between a time and its double.
const HISTOGRAM_BINS: u32 = 8;
/// Precision of the first, quick simulation.
const COARSE_PRECISION: f64 = 0.1;
/// Time after which there is an answer, however coarse: two seconds less what it takes to begin and to show it.
const FIRST_ANSWER: Duration = Duration::from_millis(1500);

/// Makes the system of a scenario, and predicts it with the analytic engine.
pub(crate) fn analytic(key: Key, base: Arc<System>, content: Content, options: RunOptions) -> Task {
    Box::new(move |handle| {
        let made = match content.system(&base) {
            Ok(system) => {
                let diagnostics = validate(&system);
                Arc::new(Made { system, diagnostics })
            }
            Err(misfit) => {
                let misfit = misfit.to_string();
                return Box::new(move |state: &mut AppState| {
                    state.answers.entry(&key).misfit = Some(misfit);
                });
            }
        };
        let figures = if let Some(obstacle) = made.obstacle() {
            Figures::Refused(obstacle.into())
        } else if options.engine == EngineChoice::Simulation {
            Figures::Refused("only the simulation is asked for".into())
        } else {
            figures(&made.system, EngineChoice::Analytic, &options.engine_options(), &handle.control)
        };
        let picture = Arc::new(layout_with(&made.system, figures.prediction().map(|answer| &**answer)));
        Box::new(move |state: &mut AppState| {
            let answer = state.answers.entry(&key);
            answer.made = Some(made);
            answer.analytic = figures;
            if answer.simulation.prediction().is_none() {
                answer.picture = Some(picture);
            }
        })
    })
}

/// Simulates a scenario: quickly first, then as precisely as asked for. A large system has its first answer from what was
/// simulated in the time that people wait; a coarse one that is no longer in a hurry comes between.
pub(crate) fn simulation(key: Key, made: Arc<Made>, options: &RunOptions) -> Task {
    let with_histogram = |options| EngineOptions { histogram_bins: Some(HISTOGRAM_BINS), ..options };
    let quick = with_histogram(options.rough(&made.system, COARSE_PRECISION));
    // Of few replications each comes further in its time, beyond the start more often than not.
    let hurried = EngineOptions { replications: Some(ROUGH_REPLICATIONS), ..quick.clone() };
    let asked = with_histogram(options.engine_options());
    Box::new(move |handle| {
        let system = &made.system;
        let simulate = |options: &EngineOptions, control: &RunControl<'_>| {
            figures(system, EngineChoice::Simulation, options, control)
        };
        let start = Instant::now();
        let is_cut = AtomicBool::new(false);
        let time_over = || {
            let over = start.elapsed() >= FIRST_ANSWER;
            is_cut.fetch_or(over, Ordering::Relaxed);
            over
        };
        let mut first = simulate(&hurried, &handle.control.with_time_limit(&time_over));
        if is_cut.load(Ordering::Relaxed) && !handle.control.is_cancelled() {
            if let Some(cut) = first.prediction().filter(|cut| says_something(system, cut)) {
                handle.tell(update(key.clone(), Figures::Coarse(Arc::clone(cut)), &made));
            }
            first = simulate(&quick, &handle.control);
        }
        let Some(coarse) = first.prediction().cloned() else { return update(key, first, &made) };
        if handle.control.is_cancelled() {
            return update(key, first, &made);
        }
        let series_bin = bin(system, &coarse, asked.until);
        handle.tell(update(key.clone(), Figures::Coarse(coarse), &made));
        let last = simulate(&EngineOptions { series_bin, ..asked }, &handle.control);
        update(key, last, &made)
    })
}

/// Has what was simulated come far enough for the figures that are looked at first? Of loads that end, their end is one.
fn says_something(system: &System, cut: &Prediction) -> bool {
    system.workloads.iter().all(|workload| {
        let result = cut.workloads.get(&workload.name);
        result.is_some_and(|result| {
            result.response_time.is_some() && (result.makespan.is_some() || !workload.load.is_finite())
        })
    })
}

fn update(key: Key, figures: Figures, made: &Made) -> Update {
    let picture = figures.prediction().map(|answer| Arc::new(layout_with(&made.system, Some(answer))));
    let recoveries = figures.prediction().map(|answer| recoveries(&made.system, answer)).unwrap_or_default();
    Box::new(move |state: &mut AppState| {
        let answer = state.answers.entry(&key);
        answer.simulation = figures;
        answer.recoveries = recoveries;
        answer.picture = picture.or(answer.picture.take());
    })
}

fn figures(
    system: &System,
    engine: EngineChoice,
    options: &EngineOptions,
    control: &RunControl<'_>,
) -> Figures {
    match predict(system, engine, options, control) {
        Ok(prediction) => Figures::Done(Arc::new(prediction)),
        Err(error) => Figures::Refused(error.to_string()),
    }
}

fn ends(system: &System) -> bool {
    system.workloads.iter().any(|workload| workload.load.is_finite())
}

/// Width of the bins of figures over time, a round number; none where what is simulated has no end to be seen.
fn bin(system: &System, coarse: &Prediction, until: Option<f64>) -> Option<f64> {
    if coarse.status == Status::Cancelled {
        return None;
    }
    let makespans = coarse.workloads.values().filter_map(|result| Some(result.makespan?.mean));
    let arrivals = system.workloads.iter().filter_map(|workload| workload.load.last_arrival());
    let replications = f64::from(coarse.replications.unwrap_or(1));
    let simulated = coarse.simulated_time.filter(|_| ends(system)).map(|time| time / replications);
    let end = until.or_else(|| makespans.chain(arrivals).chain(simulated).max_by(f64::total_cmp))?;
    let usual = (end > 0.0).then(|| round_step(end / BINS));
    // What becomes of faults is told of bins that are fine enough for that.
    usual.into_iter().chain(recovery::bin(system)).min_by(f64::total_cmp)
}

#[cfg(test)]
mod tests {
    use tracecast_model::{Metric, ResponseTime, WorkloadResult, fixtures};

    use super::*;

    /// Of loads that end, what was cut before an end says nothing of it.
    #[test]
    fn what_was_cut_too_early_is_not_told() {
        let time = ResponseTime { mean: 0.1, ..ResponseTime::default() };
        let cut = |system: &System, makespan| {
            let mut prediction = Prediction::new("simulation", "test");
            let result = WorkloadResult { response_time: Some(time), makespan, ..WorkloadResult::default() };
            prediction.workloads.insert(system.workloads[0].name.clone(), result);
            says_something(system, &prediction)
        };
        let burst = fixtures::burst_queue(10, 1, tracecast_model::Distribution::exponential(1.0));
        let open = fixtures::three_tiers(20.0);
        assert!(!cut(&burst, None) && cut(&burst, Some(Metric::exact(9.0))) && cut(&open, None));
        assert!(!says_something(&open, &Prediction::new("simulation", "test")));
    }
}
