//! `tracecast compare`: what differs between two models, or two sets of traces.

use serde::Serialize;
use tracecast_experiment::call_tree::{CallTree, call_trees};
use tracecast_experiment::compare::{Judged, Pair, TraceComparison, compare_traces, judge, measured};
use tracecast_importers::{Intake, assemble};

use super::{Session, print};
use crate::args::Compare;
use crate::exit::{Exit, Failure};
use crate::input::{self, ModelOrSpans};
use crate::render;

pub(super) fn run(args: &Compare, session: &Session) -> Result<Exit, Failure> {
    let read =
        |path: &std::path::PathBuf| input::model_or_spans(std::slice::from_ref(path), args.format.as_deref());
    match (read(&args.base)?, read(&args.candidate)?) {
        (ModelOrSpans::Spans(base), ModelOrSpans::Spans(candidate)) => {
            let places = Pair { base: &args.base, candidate: &args.candidate };
            let trees =
                Pair { base: trees(*base, places.base)?, candidate: trees(*candidate, places.candidate)? };
            traces(&trees, args, session)
        }
        (ModelOrSpans::Model(_), ModelOrSpans::Model(_)) => {
            Err(Failure::new("models are not compared, only traces"))
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

fn exit(objectives: &[Judged], regressions: &[String]) -> Exit {
    let lost = objectives.iter().any(Judged::is_lost);
    if lost || !regressions.is_empty() { Exit::CheckFailed } else { Exit::Done }
}
