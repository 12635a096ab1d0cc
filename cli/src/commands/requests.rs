//! Single requests of a simulation: as traces, and as a table.

use tracecast_experiment::{EngineChoice, TraceOptions, record, traces};
use tracecast_importers::writers;
use tracecast_model::{EngineOptions, System, seconds};

use super::Session;
use super::predict::{refused, with_progress};
use crate::args::Predict;
use crate::exit::Failure;
use crate::output;

/// The engine: single requests are there in a simulation only.
pub(super) fn engine(args: &Predict) -> Result<EngineChoice, Failure> {
    let flags = [
        (args.traces.is_some(), "--traces"),
        (args.records.is_some(), "--records"),
        (args.breakdown, "--breakdown"),
    ];
    let Some((_, flag)) = flags.into_iter().find(|(is_given, _)| *is_given) else { return Ok(args.engine) };
    match args.engine {
        EngineChoice::Auto | EngineChoice::Simulation => Ok(EngineChoice::Simulation),
        EngineChoice::Analytic => {
            let cause = "the analytic engine knows no single requests";
            Err(Failure::at(flag, cause).hint("use --engine simulation"))
        }
    }
}

/// Records single requests and writes what is asked for of them.
pub(super) fn write(
    args: &Predict,
    system: &System,
    options: &EngineOptions,
    session: &Session,
) -> Result<(), Failure> {
    let what = TraceOptions { requests: args.requests as usize };
    let recording =
        with_progress(session, args.simulation.time_limit, |control| record(system, options, &what, control))
            .map_err(|error| refused(&args.model.display().to_string(), &error))?;
    if let Some(path) = &args.traces {
        let mut bytes = Vec::new();
        writers::otlp_json::write(&traces::spans(system, &recording, options.seed), &mut bytes)
            .map_err(|error| Failure::at(path.display(), error))?;
        output::write_packed(path, &bytes)?;
    }
    if let Some(path) = &args.records {
        let table = traces::request_table(system, &recording, options.seed)
            .map_err(|error| Failure::at(path.display(), error))?;
        output::write_packed(path, &table)?;
    }
    for warning in &recording.warnings {
        session.remark(&format!("warning[{}] {}: {}", warning.code, warning.element, warning.message));
    }
    session.remark(&format!(
        "recorded the {} requests that began between {} and {} of simulated time, with {} spans",
        recording.requests.len(),
        seconds::display(recording.from),
        seconds::display(recording.until),
        recording.spans.len()
    ));
    Ok(())
}
