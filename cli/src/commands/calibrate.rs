//! `tracecast calibrate`: fits parameters of a model to measured runs.

use std::fs::File;
use std::path::Path;

use serde::Serialize;
use tracecast_calibration::{Fitted, Parameter, ParameterPlan, Plan, Runs, calibrate};
use tracecast_model::System;

use super::{Session, print, require_valid};
use crate::args::Calibrate;
use crate::exit::{Exit, Failure};
use crate::{input, output, render};

pub(super) fn run(args: &Calibrate, session: &Session) -> Result<Exit, Failure> {
    let place = args.runs.display();
    let model = input::model(&args.model)?;
    let (plan, mut runs) = if args.runs.extension().is_some_and(|extension| extension == "toml") {
        let plan = read_plan(&args.runs)?;
        let runs = read_runs_of(&plan, &args.runs)?;
        (plan, runs)
    } else {
        let runs = read_runs(&args.runs)?;
        (plan_of_columns(&runs, args)?, runs)
    };
    if let Some(group) = &args.group {
        only_group(&plan, &mut runs, group)?;
    }
    let fitted = calibrate(&model, &plan, &runs).map_err(|error| Failure::at(place, error))?;
    if let Some(path) = &args.output {
        write_model(path, &model, &fitted)?;
        session.remark(&format!("wrote {}", path.display()));
    }
    let parameters: Vec<&Parameter> = fitted.iter().flat_map(|group| &group.parameters).collect();
    if args.json {
        print(&render::json(&Report { parameters }))?;
    } else {
        print(&render::parameters(&plan, &parameters))?;
    }
    Ok(Exit::Done)
}

#[derive(Serialize)]
struct Report<'a> {
    parameters: Vec<&'a Parameter>,
}

fn write_model(path: &Path, model: &System, fitted: &[Fitted]) -> Result<(), Failure> {
    let [one] = fitted else {
        let names: Vec<&str> = fitted.iter().map(|group| group.group.as_str()).collect();
        return Err(Failure::new("each group has parameters of its own, so there is no one fitted model")
            .hint(format_args!("choose one with --group: {}", names.join(", "))));
    };
    let system = one.apply(model).map_err(|error| Failure::at(path.display(), error))?;
    output::write(path, tracecast_model::native::write(&system).as_bytes())
}

fn only_group(plan: &Plan, runs: &mut Runs, group: &str) -> Result<(), Failure> {
    let Some(column) = &plan.group else {
        return Err(Failure::new("--group: the runs have no groups"));
    };
    let mut names: Vec<String> = runs.rows.iter().map(|run| run.text(column).to_string()).collect();
    names.dedup();
    runs.rows.retain(|run| run.text(column) == group);
    if runs.rows.is_empty() {
        return Err(Failure::new(format_args!(
            "--group: there is no group \"{group}\"; there are {}",
            names.join(", ")
        )));
    }
    Ok(())
}

/// A table whose columns are called like what they set or measure needs no plan.
fn plan_of_columns(runs: &Runs, args: &Calibrate) -> Result<Plan, Failure> {
    let mut plan = Plan::of_columns(runs);
    for edit in &args.fit {
        let start = tracecast_model::seconds::parse(edit.value());
        let start = start.map_err(|error| Failure::at(format_args!("--fit {edit}"), error))?;
        plan.parameters.push(ParameterPlan { path: edit.path().into(), start });
    }
    plan.check().map_err(|error| {
        Failure::at(args.runs.display(), error)
            .hint("columns are called like what they set or measure: crop.replicas, load, makespan, p95 …")
    })?;
    Ok(plan)
}

pub(super) fn read_plan(path: &Path) -> Result<Plan, Failure> {
    Plan::read(&input::text(path)?).map_err(|error| Failure::at(path.display(), error))
}

/// The model that a plan names, which is relative to the plan.
pub(super) fn read_model_of(plan: &Plan, plan_path: &Path) -> Result<System, Failure> {
    let path = beside(plan_path, &plan.model, "model")?;
    let model = input::model(&path)?;
    require_valid(&path.display().to_string(), &model)?;
    Ok(model)
}

/// The measured runs that a plan names, relative to the plan.
pub(super) fn read_runs_of(plan: &Plan, plan_path: &Path) -> Result<Runs, Failure> {
    read_runs(&beside(plan_path, &plan.runs, "runs")?)
}

fn read_runs(path: &Path) -> Result<Runs, Failure> {
    let file = File::open(path).map_err(|error| Failure::at(path.display(), error))?;
    Runs::read(file).map_err(|error| Failure::at(path.display(), error))
}

fn beside(plan: &Path, name: &str, key: &str) -> Result<std::path::PathBuf, Failure> {
    if name.is_empty() {
        return Err(Failure::at(plan.display(), format_args!("it does not name its {key}")));
    }
    Ok(plan.parent().unwrap_or(Path::new("")).join(name))
}
