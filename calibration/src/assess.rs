//! A fit with its prediction of every run, and the run to measure next.

use std::collections::BTreeSet;

use indexmap::IndexSet;
use tracecast_model::{RunControl, System};

use crate::calibrate::{Predictor, groups};
use crate::validation::{fit_and_predict, parameter_variances};
use crate::{CalibrationError, Cell, CellReport, Fitted, Plan, Run, Runs};

/// A fit with its prediction of every run, fitted or not.
#[derive(Clone, Debug)]
pub struct Assessment {
    /// What was fitted, by group.
    pub fitted: Vec<Fitted>,
    /// Every measured figure with its prediction, by group.
    pub cells: Vec<CellReport>,
    /// The run that would tell most about the parameters, by group; absent where their uncertainty is not known.
    pub next: Vec<NextRun>,
}

/// A run to measure next.
#[derive(Clone, Debug, PartialEq)]
pub struct NextRun {
    /// Whose parameters it would tell most about.
    pub group: String,
    /// Columns that a run is made by, with their values.
    pub columns: Vec<(String, String)>,
    /// Which metric.
    pub metric: String,
    /// Half of the 95 % interval of its prediction as far as it comes from the parameters, as a part of the prediction.
    pub half_width: f64,
    /// Was it measured?
    pub is_measured: bool,
    /// Was it fitted, too, so that it would be repeated?
    pub is_fitted: bool,
}

/// Combinations that are looked at besides the measured runs, at most.
const COMBINATIONS: usize = 200;

/// Fits the plan's parameters, predicts all runs, and finds the run to measure next.
///
/// That is the one whose prediction the parameters leave most uncertain: gᵀ C g with g the derivatives of the prediction's
/// logarithm by those of the parameters and C their covariance. Where all measurements have the same relative error σ, it is
/// also the run that shrinks the volume of the parameters' confidence region most, since
/// det(C⁻¹ + g gᵀ/σ²) = det C⁻¹ · (1 + gᵀ C g/σ²): the sequential rule of Wynn (1970, Annals of Mathematical Statistics 41)
/// for designs that are D-optimal, and G-optimal with them (Kiefer and Wolfowitz 1960, Canadian Journal of Mathematics 12).
/// Looked at are the measured runs, and the combinations of the values that occur in them.
///
/// # Errors
/// Runs or parameters that do not fit the model, too few or uninformative runs, or cancelled by `control`. Its listener hears
/// how many of the most predictions that can be needed are made.
pub fn assess(
    model: &System,
    plan: &Plan,
    runs: &Runs,
    control: &RunControl<'_>,
) -> Result<Assessment, CalibrationError> {
    let measured = Cell::all(plan, runs)?;
    let predictor = Predictor::new(model, plan, control)?;
    let (fitted, cells) = fit_and_predict(&predictor, plan, &measured)?;
    let mut next = Vec::new();
    for (group, fitted) in groups(&measured).into_iter().zip(&fitted) {
        next.extend(next_run(&predictor, plan, runs, group, fitted)?);
    }
    Ok(Assessment { fitted, cells, next })
}

/// A run that could be measured.
struct Candidate {
    run: Run,
    cell: Cell,
    is_measured: bool,
}

fn next_run(
    predictor: &Predictor<'_>,
    plan: &Plan,
    runs: &Runs,
    group: &str,
    fitted: &Fitted,
) -> Result<Option<NextRun>, CalibrationError> {
    if fitted.fit.log_covariance.is_none() {
        return Ok(None);
    }
    let columns = made_by(plan, group, runs);
    let candidates = candidates(plan, runs, group, &columns)?;
    let cells: Vec<&Cell> = candidates.iter().map(|candidate| &candidate.cell).collect();
    let variances =
        parameter_variances(predictor, fitted, &cells).map_err(|error| predictor.reason(error))?;
    let known = candidates.iter().zip(variances).filter_map(|(candidate, of)| Some((candidate, of?)));
    // Of several that are equal, the first.
    let widest = known.fold(None, |best: Option<(&Candidate, f64)>, next| match best {
        Some(best) if best.1 >= next.1 => Some(best),
        _ => Some(next),
    });
    Ok(widest.map(|(candidate, variance)| NextRun {
        group: group.into(),
        columns: columns.iter().map(|name| (name.clone(), candidate.run.text(name).to_string())).collect(),
        metric: candidate.cell.metric.to_string(),
        half_width: fitted.fit.quantile * variance.sqrt(),
        is_measured: candidate.is_measured,
        is_fitted: candidate.is_measured && candidate.cell.fitted,
    }))
}

/// Columns from which comes what is set in a run, and its load.
fn made_by(plan: &Plan, group: &str, runs: &Runs) -> Vec<String> {
    let of_group = plan.groups.get(group).cloned().unwrap_or_default();
    let load = of_group.load.as_ref().or(plan.load.as_ref());
    let texts: Vec<&String> = plan.set.iter().chain(&of_group.set).chain(load).collect();
    let is_used = |column: &&String| texts.iter().any(|text| text.contains(&format!("{{{column}}}")));
    runs.columns.iter().filter(is_used).cloned().collect()
}

/// The measured runs of a group, and combinations of their values that were not measured.
fn candidates(
    plan: &Plan,
    runs: &Runs,
    group: &str,
    columns: &[String],
) -> Result<Vec<Candidate>, CalibrationError> {
    let is_of_group = |run: &&Run| plan.group.as_ref().is_none_or(|column| run.text(column) == group);
    let measured: Vec<&Run> = runs.rows.iter().filter(is_of_group).collect();
    let values = |run: &Run| columns.iter().map(|column| run.text(column).to_string()).collect::<Vec<_>>();
    let known: BTreeSet<Vec<String>> = measured.iter().map(|run| values(run)).collect();
    let mut combinations: Vec<Vec<String>> = vec![Vec::new()];
    for column in columns {
        let choices: IndexSet<&str> = measured.iter().map(|run| run.text(column)).collect();
        let longer = |start: &Vec<String>| -> Vec<Vec<String>> {
            choices.iter().map(|&choice| [start.as_slice(), &[choice.to_string()]].concat()).collect()
        };
        combinations = combinations.iter().flat_map(longer).take(COMBINATIONS).collect();
    }
    let unknown = combinations.into_iter().filter(|combination| !known.contains(combination));
    let made = unknown.zip(measured.iter().cycle()).map(|(combination, &like)| {
        let mut run = like.clone();
        run.values.extend(columns.iter().cloned().zip(combination));
        (run, false)
    });
    let all = measured.iter().map(|&run| (run.clone(), true)).chain(made);
    let mut candidates = Vec::new();
    for (run, is_measured) in all {
        for (metric, column) in &plan.measured {
            let cell = Cell::new(plan, &run, metric, column)?;
            candidates.push(Candidate { run: run.clone(), cell, is_measured });
        }
    }
    Ok(candidates)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of two replicas and two loads, three were measured: the fourth is looked at, too.
    #[test]
    fn what_was_not_measured_is_looked_at() {
        let table = "crop.replicas,load,makespan\n1,burst:10,1\n2,burst:10,1\n1,burst:50,5\n";
        let runs = Runs::read(table.as_bytes()).unwrap();
        let plan = Plan::of_columns(&runs);
        let columns = made_by(&plan, "", &runs);
        assert_eq!(columns, ["crop.replicas", "load"]);
        let all = candidates(&plan, &runs, "", &columns).unwrap();
        assert_eq!(all.len(), 4);
        let new: Vec<&Candidate> = all.iter().filter(|candidate| !candidate.is_measured).collect();
        assert_eq!(new.len(), 1);
        assert_eq!([new[0].run.text("crop.replicas"), new[0].run.text("load")], ["2", "burst:50"]);
    }
}
