//! `tracecast validate`: fits on some runs, predicts the others.

use tracecast_calibration::{Plan, Runs, validate};
use tracecast_experiment::text::percent;

use super::{Session, calibrate, print};
use crate::args::Validate;
use crate::exit::{Exit, Failure};
use crate::render;

pub(super) fn run(args: &Validate, session: &Session) -> Result<Exit, Failure> {
    let mut plan = calibrate::read_plan(&args.plan)?;
    if let Some(engine) = args.engine {
        plan.engine.name = Some(engine.name().into());
    }
    let place = args.plan.display();
    let model = calibrate::read_model_of(&plan, &args.plan)?;
    let runs = calibrate::read_runs_of(&plan, &args.plan)?;
    hold_out(&mut plan, &runs, &args.holdout)?;
    let validation = validate(&model, &plan, &runs).map_err(|error| Failure::at(place, error))?;
    if args.json {
        print(&render::json(&validation))?;
    } else {
        print(&render::validation(&plan, &validation))?;
    }
    let summary = &validation.summary;
    let limits =
        [("mean", summary.mean_error, args.max_error), ("largest", summary.max_error, args.max_run_error)];
    let mut exit = Exit::Done;
    for (which, error, limit) in limits {
        if let Some(limit) = limit.filter(|&limit| error > limit) {
            session.remark(&format!(
                "the {which} error is {}, more than the {} allowed",
                percent(error),
                percent(limit)
            ));
            exit = Exit::CheckFailed;
        }
    }
    Ok(exit)
}

/// Fits on all runs whose columns do not have the values held out.
fn hold_out(plan: &mut Plan, runs: &Runs, holdout: &[String]) -> Result<(), Failure> {
    use tracecast_calibration::Values;
    if holdout.is_empty() {
        return Ok(());
    }
    plan.fit.clear();
    for text in holdout {
        let Some((column, value)) = text.split_once('=') else {
            return Err(Failure::new(format_args!("--holdout \"{text}\" is not COLUMN=VALUE")));
        };
        runs.column(column).map_err(|error| Failure::at("--holdout", error))?;
        let mut kept: Vec<String> = runs
            .rows
            .iter()
            .map(|run| run.text(column))
            .filter(|other| *other != value)
            .map(Into::into)
            .collect();
        if kept.len() == runs.rows.len() {
            return Err(Failure::new(format_args!("--holdout \"{text}\": no run has this value")));
        }
        kept.sort();
        kept.dedup();
        plan.fit.insert(column.into(), Values::Any(kept.into_iter().map(Values::Text).collect()));
    }
    Ok(())
}
