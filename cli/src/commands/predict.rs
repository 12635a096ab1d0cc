//! `tracecast predict`: one prediction.

use std::path::Path;
use std::time::Instant;

use serde::Serialize;
use tracecast_experiment::recovery::{self, Recovery};
use tracecast_experiment::sensitivity::{Sensitivities, sensitivities};
use tracecast_experiment::{Scenario, Verdict, predict};
use tracecast_model::{EngineOptions, PredictError, Prediction, RunControl, Warning, lqn};

use super::{Session, lqn_text, print, requests, tables};
use crate::args::{Predict, Simulation};
use crate::exit::{Exit, Failure};
use crate::input::{self, Source};
use crate::{output, progress, render};

pub(super) fn run(mut args: Predict, session: &Session) -> Result<Exit, Failure> {
    let place = args.model.display().to_string();
    let Source { system: base, reading } = input::source(&args.model)?;
    let remarks = reading.map(|reading| reading.warnings).unwrap_or_default();
    remarks.iter().for_each(|remark| session.remark(&format!("{place}: warning: {remark}")));
    input::loads(&mut args.loads, Path::new(""))?;
    input::edits(&mut args.edits, Path::new(""))?;
    let scenario =
        Scenario { edits: std::mem::take(&mut args.edits), loads: std::mem::take(&mut args.loads) };
    let system = scenario.apply(&base).map_err(|error| Failure::at(&place, error))?;
    let mut options = options(&args.simulation);
    options.breakdown = args.breakdown;
    // For how long an objective is missed can be told of what has an end only.
    let has_end = system.workloads.iter().any(|workload| workload.load.is_finite());
    let watches = args.series.is_some() || (!args.slos.is_empty() && has_end);
    options.series_bin = watches.then_some(args.bin).or_else(|| recovery::bin(&system));
    options.histogram_bins = args.histogram.as_ref().map(|_| args.histogram_bins);
    let engine = requests::engine(&args)?;
    let start = Instant::now();
    let mut prediction = with_progress(session, args.simulation.time_limit, |control| {
        predict(&system, engine, &options, control)
    })
    .map_err(|error| refused(&place, &error))?;
    let sensitivity = args
        .sensitivity
        .then(|| sensitivities(&system, &options, &RunControl::none()))
        .transpose()
        .map_err(|error| Failure::at(&place, error))?;
    let recoveries = recovery::recoveries(&system, &prediction);
    let verdicts: Vec<Verdict> = args
        .slos
        .iter()
        .map(|slo| slo.judge(&prediction))
        .collect::<Result<_, _>>()
        .map_err(|error| Failure::at("--slo", error))?;
    if args.series.is_none() {
        prediction.series = None;
    }
    let told = prediction.warnings.len();
    prediction.warnings.extend(remarks.iter().map(of_file));
    let elapsed = start.elapsed().as_secs_f64();
    // A seeded run gives the same bytes each time, so its JSON leaves out what differs.
    if prediction.seed.is_none() {
        prediction.elapsed = Some(elapsed);
    }
    if let Some(path) = &args.series {
        tables::write_series(path, &system, &prediction)?;
    }
    if let Some(path) = &args.histogram {
        tables::write_histogram(path, &prediction)?;
    }
    if args.traces.is_some() || args.records.is_some() {
        requests::write(&args, &system, &options, session)?;
    }
    let answer = |prediction| {
        render::json(&Answer {
            prediction,
            sensitivity: sensitivity.as_ref(),
            recovery: &recoveries,
            objectives: &verdicts,
        })
    };
    if let Some(path) = &args.output {
        let text = match path.extension().and_then(|extension| extension.to_str()) {
            Some("lqxo" | "lqnx") => {
                lqn_text(lqn::write_results(&system, &prediction), &args.model, session)?
            }
            _ => answer(&prediction),
        };
        output::write(path, text.as_bytes())?;
    }
    if args.json {
        print(&answer(&prediction))?;
        session.remark(&render::verdicts(&verdicts));
    } else {
        // Those of the file stand on standard error.
        prediction.warnings.truncate(told);
        print(&render::prediction(&system, &prediction, elapsed))?;
        print(&render::residences(&prediction))?;
        print(&render::recoveries(&recoveries))?;
        if let Some(sensitivity) = &sensitivity {
            print(&render::sensitivities(sensitivity))?;
        }
        print(&render::verdicts(&verdicts))?;
    }
    Ok(if verdicts.iter().all(|verdict| verdict.met) { Exit::Done } else { Exit::CheckFailed })
}

/// The prediction, with what was asked for beside it.
#[derive(Serialize)]
struct Answer<'a> {
    #[serde(flatten)]
    prediction: &'a Prediction,
    #[serde(skip_serializing_if = "Option::is_none")]
    sensitivity: Option<&'a Sensitivities>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    recovery: &'a [Recovery],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    objectives: &'a [Verdict],
}

/// What was odd in the model's file, among the warnings of its prediction.
fn of_file(remark: &lqn::Problem) -> Warning {
    let message = format!("line {}: {}", remark.line, remark.message);
    Warning::new(remark.rule.name(), remark.element.clone(), message)
}

pub(super) fn refused(place: &str, error: &PredictError) -> Failure {
    let failure = Failure::at(place, error);
    match error {
        PredictError::NoWorkload => failure.hint("for example --load poisson:20/s"),
        PredictError::Unsupported { engine: "analytic", .. } => failure.hint("try --engine simulation"),
        _ => failure,
    }
}

pub(super) fn options(args: &Simulation) -> EngineOptions {
    let defaults = EngineOptions::default();
    EngineOptions {
        seed: args.seed.unwrap_or(defaults.seed),
        precision: args.precision.unwrap_or(defaults.precision),
        precise: args.precise.clone(),
        antithetic: args.antithetic,
        replications: args.replications,
        until: args.until,
        max_events: args.max_events.unwrap_or(defaults.max_events),
        max_in_progress: args.max_in_progress,
        ..defaults
    }
}

/// Does the work with a line of progress, and not for longer than so many seconds.
pub(super) fn with_progress<T>(
    session: &Session,
    time_limit: Option<f64>,
    work: impl FnOnce(&RunControl<'_>) -> T,
) -> T {
    let line = progress::Line::new(session.quiet);
    let listen = |progress: tracecast_model::Progress| line.advance(progress.fraction);
    let start = Instant::now();
    let time_over = || time_limit.is_some_and(|limit| start.elapsed().as_secs_f64() >= limit);
    let mut control = RunControl::none().with_progress(&listen);
    if time_limit.is_some() {
        control = control.with_time_limit(&time_over);
    }
    if line.is_seen() {
        control = control.with_observer(&line);
    }
    let answer = work(&control);
    line.clear();
    answer
}
