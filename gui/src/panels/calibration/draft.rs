//! A plan as it is typed.

use tracecast_calibration::{ParameterPlan, Plan, Runs};
use tracecast_model::{System, seconds};

use crate::measured::{self, MeasuredRuns};

/// Texts of what the table means, and of what is unknown.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Texts {
    /// Column whose values have parameters of their own; empty: none.
    pub(super) group: String,
    /// What was set in a run, by semicolons.
    pub(super) set: String,
    /// Its load.
    pub(super) load: String,
    /// Metric = column, by commas.
    pub(super) measured: String,
    /// Paths of parameters, and where the search starts.
    pub(super) parameters: Vec<[String; 2]>,
    /// Fit on all runs, whatever the plan says.
    pub(super) fit_all: bool,
}

/// A plan that is being made.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) texts: Texts,
    /// What the texts do not say.
    pub(super) rest: Plan,
    /// What the texts said last, and what came of that.
    checked: Option<(Texts, Result<Plan, String>)>,
}

impl Draft {
    pub(super) fn of(plan: &Plan) -> Self {
        let measured = plan.measured.iter().map(|(metric, column)| {
            if metric == column { metric.clone() } else { format!("{metric} = {column}") }
        });
        let texts = Texts {
            group: plan.group.clone().unwrap_or_default(),
            set: plan.set.join("; "),
            load: plan.load.clone().unwrap_or_default(),
            measured: measured.collect::<Vec<_>>().join(", "),
            parameters: plan.parameters.iter().map(|of| [of.path.clone(), of.start.to_string()]).collect(),
            fit_all: false,
        };
        Self { texts, rest: plan.clone(), checked: None }
    }

    /// The plan, or what is wrong with it. It is looked at again only where something was typed.
    pub(super) fn checked(&mut self, runs: &MeasuredRuns, model: &System) -> Result<&Plan, &String> {
        if self.checked.as_ref().is_none_or(|(texts, _)| *texts != self.texts) {
            let plan = plan(&self.texts, &self.rest, &runs.table).and_then(|plan| {
                measured::check(&plan, &runs.table, model)?;
                Ok(plan)
            });
            self.checked = Some((self.texts.clone(), plan));
        }
        let (_, plan) = self.checked.as_ref().expect("it was just put there");
        plan.as_ref()
    }
}

fn plan(texts: &Texts, rest: &Plan, runs: &Runs) -> Result<Plan, String> {
    let words = |text: &str, by: char| -> Vec<String> {
        text.split(by).map(|word| word.trim().to_string()).filter(|word| !word.is_empty()).collect()
    };
    let mut plan = rest.clone();
    plan.group = Some(texts.group.clone()).filter(|group| !group.is_empty());
    plan.set = words(&texts.set, ';');
    plan.load = Some(texts.load.trim().to_string()).filter(|load| !load.is_empty());
    plan.measured = words(&texts.measured, ',')
        .into_iter()
        .map(|word| match word.split_once('=') {
            Some((metric, column)) => (metric.trim().to_string(), column.trim().to_string()),
            None => (word.clone(), word),
        })
        .collect();
    plan.parameters.clear();
    for [path, start] in &texts.parameters {
        let start = seconds::parse(start).map_err(|error| format!("{path}: {error}"))?;
        plan.parameters.push(ParameterPlan { path: path.trim().into(), start });
    }
    if texts.fit_all {
        plan.fit.clear();
    }
    if plan.measured.is_empty() {
        return Err(format!(
            "say what was measured, as \"makespan = COLUMN\"; the columns are {}",
            runs.columns.join(", ")
        ));
    }
    if plan.parameters.is_empty() {
        return Err("choose what is unknown: at least one parameter".into());
    }
    if plan.run.is_empty() {
        let is_measured = |column: &String| plan.measured.values().any(|other| other == column);
        plan.run = runs.columns.iter().filter(|column| !is_measured(column)).cloned().collect();
    }
    Ok(plan)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_of_a_plan_is_the_plan() {
        let text = "group = \"variant\"\nrun = [\"n\"]\nset = [\"crop.replicas={r}\", \"crop.concurrency=1\"]\nload = \"burst:{n}\"\n\
                    [measured]\nmakespan = \"s\"\n[[parameters]]\npath = \"crop/handle.demand\"\nstart = 0.1\n[fit]\nn = 100\n";
        let table = Runs::read("variant,r,n,s\na,1,100,3.5\n".as_bytes()).unwrap();
        let original = Plan::read(text).unwrap();
        let mut draft = Draft::of(&original);
        assert_eq!(plan(&draft.texts, &draft.rest, &table).as_ref(), Ok(&original));
        draft.texts.fit_all = true;
        draft.texts.parameters[0][1] = "20ms".into();
        let changed = plan(&draft.texts, &draft.rest, &table).unwrap();
        assert!(changed.fit.is_empty());
        assert_eq!(changed.parameters[0].start, 0.02);
    }

    #[test]
    fn what_is_missing_is_asked_for() {
        let table = Runs::read("n,seconds\n100,3.5\n".as_bytes()).unwrap();
        let mut draft = Draft::of(&Plan::of_columns(&table));
        assert!(plan(&draft.texts, &draft.rest, &table).unwrap_err().contains("n, seconds"));
        draft.texts.measured = "makespan = seconds".into();
        assert!(plan(&draft.texts, &draft.rest, &table).unwrap_err().contains("unknown"));
        draft.texts.parameters.push(["crop/handle.demand".into(), "soon".into()]);
        assert!(plan(&draft.texts, &draft.rest, &table).unwrap_err().contains("soon"));
    }
}
