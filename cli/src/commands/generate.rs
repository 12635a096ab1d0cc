//! `tracecast generate`: a synthetic system, and traces of it.

use tracecast_experiment::generate::{Recipe, Shape, Size, generate};
use tracecast_experiment::{TraceOptions, record, traces};
use tracecast_importers::writers;
use tracecast_model::{CallKind, Element, EngineOptions, System, native, seconds};

use super::predict::{refused, with_progress};
use super::{Session, print, require_valid};
use crate::args::Generate;
use crate::exit::{Exit, Failure};
use crate::output;

pub(super) fn run(args: &Generate, session: &Session) -> Result<Exit, Failure> {
    let layers = match args.shape {
        Shape::Chain if args.layers.is_some_and(|layers| layers != args.services) => {
            return Err(Failure::at("--layers", "a chain has as many layers as services"));
        }
        Shape::Chain => args.services,
        Shape::Graph | Shape::Tree => args.layers.unwrap_or(args.services.min(4)),
    };
    let recipe = Recipe {
        size: Size { services: args.services, layers, fan_out: args.fan_out, shape: args.shape },
        asynchronous: args.asynchronous,
        parallel: args.parallel,
        rate: args.rate,
        utilization: args.utilization,
        cores: args.cores,
        scv: args.scv,
        latency: args.latency,
        seed: args.seed,
    };
    let system = generate(&recipe).map_err(Failure::new)?;
    require_valid("generated", &system)?;
    let text = native::write(&system);
    if let Some(path) = &args.traces {
        output::write_packed(path, &recorded(args, &system, session)?)?;
    }
    match &args.output {
        Some(path) => {
            output::write(path, text.as_bytes())?;
            print(&summary(&system))?;
        }
        None => print(&text)?,
    }
    Ok(Exit::Done)
}

/// Traces of single requests, simulated.
fn recorded(args: &Generate, system: &System, session: &Session) -> Result<Vec<u8>, Failure> {
    // Only the requests that are recorded count, not how precisely anything is known.
    let options = EngineOptions { seed: args.seed, precision: 0.5, ..EngineOptions::default() };
    let what = TraceOptions { requests: args.requests as usize };
    let recording = with_progress(session, None, |control| record(system, &options, &what, control))
        .map_err(|error| refused("generated", &error))?;
    for warning in &recording.warnings {
        session.remark(&format!("warning[{}] {}: {}", warning.code, warning.element, warning.message));
    }
    session.remark(&format!(
        "recorded {} requests in {} of simulated time, with {} spans",
        recording.requests.len(),
        seconds::display(recording.until - recording.from),
        recording.spans.len()
    ));
    let mut bytes = Vec::new();
    writers::otlp_json::write(&traces::spans(system, &recording, args.seed), &mut bytes)
        .map_err(|error| Failure::at("--traces", error))?;
    Ok(bytes)
}

/// What was made, in a few lines.
fn summary(system: &System) -> String {
    let (mut calls, mut asynchronous, mut parallel) = (0, 0, 0);
    let mut callers = std::collections::BTreeMap::<String, usize>::new();
    for (_, operation) in system.operations() {
        operation.walk(&mut |part, _| {
            let Element::Activity(activity) = part else { return };
            for call in &activity.calls {
                calls += 1;
                asynchronous += usize::from(call.kind == CallKind::Asynchronous);
                *callers.entry(call.to.to_string()).or_default() += 1;
            }
        });
        parallel += usize::from(operation.has_step(|step| matches!(step, tracecast_model::Step::Fork(_))));
    }
    let most = callers.iter().max_by_key(|(_, count)| **count);
    let most = most.map_or(String::new(), |(name, count)| format!(", {name} by most: {count}"));
    format!(
        "{}\n  {} services; {calls} calls between them, {asynchronous} asynchronous\n  {parallel} services make calls in \
         parallel\n  {} are called{most}\n",
        system.name.as_deref().unwrap_or_default(),
        system.services.len(),
        callers.len()
    )
}
