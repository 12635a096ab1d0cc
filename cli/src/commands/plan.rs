//! `tracecast plan`: the cheapest settings that meet objectives.

use std::path::Path;
use std::time::Instant;

use tracecast_experiment::Scenario;
use tracecast_experiment::plan::{Cost, Effort, Ending, PlanError, Request, plan};
use tracecast_model::RunControl;

use super::predict::{options, refused};
use super::{Session, print, require_valid};
use crate::args::Plan;
use crate::exit::{Exit, Failure};
use crate::{input, output, progress, render};

pub(super) fn run(mut args: Plan, session: &Session) -> Result<Exit, Failure> {
    let place = args.model.display().to_string();
    let folder = Path::new("");
    input::loads(&mut args.loads, folder)?;
    input::edits(&mut args.edits, folder)?;
    args.varied.iter_mut().try_for_each(|vary| input::edits(&mut vary.choices, folder))?;
    let scenario = Scenario { edits: args.edits, loads: args.loads };
    let base = scenario.apply(&input::model(&args.model)?).map_err(|error| Failure::at(&place, error))?;
    require_valid(&place, &base)?;
    let cost = args.costs.into_iter().reduce(Cost::plus);
    let cost = cost.map_or_else(|| Cost::of_cores(&base, &args.varied), Ok);
    let cost = cost.map_err(|error| Failure::at(&place, error))?;
    let request = Request {
        base: &base,
        slos: &args.slos,
        varied: &args.varied,
        cost: &cost,
        engine: args.engine,
        options: &options(&args.simulation),
        effort: Effort { settings: args.settings, simulations: args.simulations, margin: args.margin },
    };
    let combinations = args.varied.iter().map(|vary| vary.choices.len() as u64).product::<u64>();
    let bar = progress::bar(combinations.min(args.settings as u64), "combinations", session.quiet);
    let listen = |n: usize| bar.inc(n as u64);
    let start = Instant::now();
    let time_over = || args.simulation.time_limit.is_some_and(|limit| start.elapsed().as_secs_f64() >= limit);
    let found = plan(&request, &RunControl::none().with_time_limit(&time_over), &listen);
    bar.finish_and_clear();
    let found = found.map_err(|error| match &error {
        PlanError::Predict { error: cause, settings } => refused(&format!("{place}, {settings}"), cause),
        _ => Failure::at(&place, error),
    })?;
    let json = render::json(&found);
    if let Some(path) = &args.output {
        output::write(path, json.as_bytes())?;
    }
    print(&if args.json { json } else { render::plan(&found) })?;
    Ok(if found.ending == Ending::Found { Exit::Done } else { Exit::CheckFailed })
}
