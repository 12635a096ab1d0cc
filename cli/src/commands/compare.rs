//! `tracecast compare`: what differs between two models, or two sets of traces.

use std::path::Path;

use serde::Serialize;
use tracecast_experiment::call_tree::{CallTree, call_trees};
use tracecast_experiment::compare::{
    Judged, ModelComparison, Pair, TraceComparison, changes, compare_models, compare_traces, judge, measured,
};
use tracecast_experiment::{EngineChoice, LoadSpec, predict};
use tracecast_importers::{Intake, assemble};
use tracecast_model::{EngineOptions, Prediction, Status, System};

use super::predict::{refused, with_progress};
use super::{Session, print, require_valid};
use crate::args::Compare;
use crate::exit::{Exit, Failure};
use crate::input::{self, ModelOrSpans};
use crate::render;

pub(super) fn run(args: &Compare, session: &Session) -> Result<Exit, Failure> {
    let read =
        |path: &std::path::PathBuf| input::model_or_spans(std::slice::from_ref(path), args.format.as_deref());
    match (read(&args.base)?, read(&args.candidate)?) {
        (ModelOrSpans::Spans(base), ModelOrSpans::Spans(candidate)) => {
            let for_models =
                [("--load", !args.loads.is_empty()), ("--engine", args.engine != EngineChoice::Auto)];
            if let Some((option, _)) = for_models.iter().find(|(_, asked)| *asked) {
                return Err(Failure::new(format_args!("{option} is for models, and these are traces")));
            }
            let places = Pair { base: &args.base, candidate: &args.candidate };
            let trees =
                Pair { base: trees(*base, places.base)?, candidate: trees(*candidate, places.candidate)? };
            traces(&trees, args, session)
        }
        (ModelOrSpans::Model(base), ModelOrSpans::Model(candidate)) => {
            models(&Pair { base, candidate }, args, session)
        }
        (base, _) => {
            let (model, traces) = match base {
                ModelOrSpans::Model(_) => (&args.base, &args.candidate),
                ModelOrSpans::Spans(_) => (&args.candidate, &args.base),
            };
            let (model, traces) = (model.display(), traces.display());
            let failure = Failure::new(format_args!("{model} is a model, {traces} are traces"));
            Err(failure.hint(format_args!(
                "make a model of the traces first: tracecast import {traces} -o system.json"
            )))
        }
    }
}

fn trees(intake: Intake, place: &std::path::Path) -> Result<Vec<CallTree>, Failure> {
    let mut report = intake.report;
    let trees = call_trees(&assemble(intake.spans, &mut report));
    if trees.is_empty() {
        return Err(Failure::at(place.display(), "there are no traces in the input"));
    }
    Ok(trees)
}

/// What `--json` says of traces.
#[derive(Serialize)]
struct Traces<'a> {
    comparison: &'a TraceComparison,
    objectives: &'a [Judged],
    /// Names of the types that have become slower than allowed.
    regressions: &'a [String],
}

fn traces(trees: &Pair<Vec<CallTree>>, args: &Compare, session: &Session) -> Result<Exit, Failure> {
    let trees = trees.as_ref().map(Vec::as_slice);
    let comparison = compare_traces(trees);
    let figures = measured(trees);
    let objectives = judge(&args.slos, figures.as_ref()).map_err(|error| Failure::at("--slo", error))?;
    let regressions: Vec<String> = args.max_regression.map_or_else(Vec::new, |most| {
        comparison.regressions(most).map(|requests| requests.name.clone()).collect()
    });
    let verdict = render::judged(&objectives, &regressions, args.max_regression);
    if args.json {
        let all = Traces { comparison: &comparison, objectives: &objectives, regressions: &regressions };
        print(&render::json(&all))?;
        session.remark(&verdict);
    } else {
        print(&render::compared_traces(&comparison))?;
        print(&verdict)?;
    }
    Ok(exit(&objectives, &regressions))
}

/// What `--json` says of models.
#[derive(Serialize)]
struct Models<'a> {
    comparison: &'a ModelComparison,
    objectives: &'a [Judged],
    /// Names of the workloads that have become slower than allowed.
    regressions: &'a [String],
    predictions: &'a Pair<Prediction>,
}

/// Both are predicted under the base's load, or the one asked for.
fn models(systems: &Pair<System>, args: &Compare, session: &Session) -> Result<Exit, Failure> {
    let mut loads = args.loads.clone();
    input::loads(&mut loads, Path::new(""))?;
    let mut loaded = systems.base.clone();
    LoadSpec::apply_all(&loads, &mut loaded).map_err(|error| Failure::at(args.base.display(), error))?;
    // A share of the capacity is that of the base's, for both.
    let workloads = loaded.workloads;
    let solved = |system: &System, place: &Path| -> Result<(System, Prediction), Failure> {
        let place = place.display().to_string();
        let system = System { workloads: workloads.clone(), ..system.clone() };
        require_valid(&place, &system)?;
        let prediction = with_progress(session, None, |control| {
            predict(&system, args.engine, &EngineOptions::default(), control)
        });
        Ok((system, prediction.map_err(|error| refused(&place, &error))?))
    };
    let (base, base_figures) = solved(&systems.base, &args.base)?;
    let (candidate, candidate_figures) = solved(&systems.candidate, &args.candidate)?;
    let predictions = Pair { base: base_figures, candidate: candidate_figures };
    let mut comparison = compare_models(Pair { base: &base, candidate: &candidate }, predictions.as_ref());
    // With the loads that the files have.
    comparison.changes = changes(systems.as_ref());
    let saturated = predictions.as_ref().map(|prediction| prediction.status == Status::Saturated);
    // A side that is saturated has no response times, and meets nothing.
    let objectives = if saturated.base || saturated.candidate {
        Vec::new()
    } else {
        judge(&args.slos, predictions.as_ref()).map_err(|error| Failure::at("--slo", error))?
    };
    let regressions = args.max_regression.map_or_else(Vec::new, |most| comparison.regressions(most));
    let mut verdict = render::judged(&objectives, &regressions, args.max_regression);
    for (side, _) in
        [("base", saturated.base), ("candidate", saturated.candidate)].iter().filter(|side| side.1)
    {
        verdict.push_str(&format!("SATURATED: the load exceeds the capacity of the {side}\n"));
    }
    if args.json {
        let all = Models {
            comparison: &comparison,
            objectives: &objectives,
            regressions: &regressions,
            predictions: &predictions,
        };
        print(&render::json(&all))?;
        session.remark(&verdict);
    } else {
        print(&render::compared_models(&comparison))?;
        print(&verdict)?;
    }
    let asked = !args.slos.is_empty() || args.max_regression.is_some();
    let lost = asked && saturated.candidate && !saturated.base;
    Ok(if lost { Exit::CheckFailed } else { exit(&objectives, &regressions) })
}

fn exit(objectives: &[Judged], regressions: &[String]) -> Exit {
    let lost = objectives.iter().any(Judged::is_lost);
    if lost || !regressions.is_empty() { Exit::CheckFailed } else { Exit::Done }
}
