//! Measured runs of the system, to fit parameters of its model to.

use std::fs::File;
use std::path::{Path, PathBuf};

use tracecast_calibration::{Assessment, Cell, Plan, Runs};
use tracecast_experiment::Edit;
use tracecast_model::System;

/// A table of measured runs, and how they map to the model as far as that is known.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasuredRuns {
    /// The file that was opened: the table, or a plan that names it.
    pub path: PathBuf,
    /// What the file says of them, or the names of the columns. It may be incomplete.
    pub plan: Plan,
    /// The runs.
    pub table: Runs,
}

/// A fit to measured runs.
#[derive(Clone, Debug)]
pub struct Calibrated {
    /// What was asked for.
    pub plan: Plan,
    /// What came out.
    pub assessment: Assessment,
}

impl MeasuredRuns {
    /// Is it a file of runs by its name: a table, or a plan?
    pub(crate) fn may_be(path: &Path) -> bool {
        ["csv", "toml"]
            .iter()
            .any(|extension| path.extension().is_some_and(|of| of.eq_ignore_ascii_case(extension)))
    }

    /// Reads a plan (TOML) with the table that it names, or a table (CSV).
    ///
    /// # Errors
    /// The file, and what is wrong with it.
    pub(crate) fn read(path: &Path) -> Result<Self, String> {
        let is_plan = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml"));
        let (plan, table) = if is_plan {
            let place = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
            let text = std::fs::read_to_string(path).map_err(|error| place(&error))?;
            let plan = Plan::read(&text)
                .map_err(|error| format!("{} is no plan of a calibration: {error}", path.display()))?;
            if plan.runs.is_empty() {
                return Err(place(&"it does not name its runs"));
            }
            let table = read_table(&path.parent().unwrap_or(Path::new("")).join(&plan.runs))?;
            (plan, table)
        } else {
            let table = read_table(path)?;
            (Plan::of_columns(&table), table)
        };
        Ok(Self { path: path.to_path_buf(), plan, table })
    }
}

fn read_table(path: &Path) -> Result<Runs, String> {
    let place = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let file = File::open(path).map_err(|error| place(&error))?;
    Runs::read(file).map_err(|error| place(&error))
}

/// Checks that a plan fits the runs and the model, without predicting anything.
///
/// # Errors
/// The first thing that does not.
pub(crate) fn check(plan: &Plan, runs: &Runs, model: &System) -> Result<(), String> {
    plan.check().map_err(|error| error.to_string())?;
    for parameter in &plan.parameters {
        Edit::new(parameter.path.as_str(), parameter.start.to_string())
            .apply(&mut model.clone())
            .map_err(|error| error.to_string())?;
    }
    let cells = Cell::all(plan, runs).map_err(|error| error.to_string())?;
    let fitted = cells.iter().filter(|cell| cell.fitted).count();
    if fitted == 0 {
        return Err("no run is like those to fit on".into());
    }
    for cell in &cells {
        cell.scenario.apply(model).map_err(|error| format!("{}: {error}", cell.label()))?;
    }
    Ok(())
}
