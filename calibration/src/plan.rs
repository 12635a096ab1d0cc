//! How measured runs map to a model: the file that `validate` and `calibrate` read.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use tracecast_experiment::{MetricPath, Setting};
use tracecast_model::EngineOptions;

use crate::Runs;

/// How measured runs map to a model, and what is to be fitted on which of them.
///
/// Texts may contain `{column}`, which stands for the run's value in that column.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Plan {
    /// File of the model, relative to the plan.
    pub model: String,
    /// File of the measured runs, relative to the plan.
    pub runs: String,
    /// Column whose values have parameters of their own; none: all runs share them.
    pub group: Option<String>,
    /// Columns that tell the runs of a group apart, for people.
    pub run: Vec<String>,
    /// What was set in a run, as behind `--set`.
    pub set: Vec<String>,
    /// The load of a run, as behind `--load`; none: the model's.
    pub load: Option<String>,
    /// Metric (as in objectives: makespan, mean, p95, throughput …) → column of the measured value, in seconds or
    /// per second.
    pub measured: IndexMap<String, String>,
    /// How much the machine's speed differs from run to run: relative standard deviation of repeated runs (0.02: two
    /// percent). Predictions are averaged over it, and it makes the uncertainty of the measured values. Absent: not
    /// known; uncertainty is then judged by the residuals, where there are more runs than parameters.
    pub run_to_run: Option<f64>,
    /// How many runs a measured value is the mean of. Absent: one.
    pub repetitions: Option<u32>,
    /// What is unknown.
    pub parameters: Vec<ParameterPlan>,
    /// Which runs to fit on: column → values. Empty: all.
    pub fit: IndexMap<String, Values>,
    /// What differs in a group.
    pub groups: IndexMap<String, GroupPlan>,
    /// Simpler models to compare with.
    pub baselines: Vec<Baseline>,
    /// Who predicts.
    pub engine: EnginePlan,
}

/// An unknown of the model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParameterPlan {
    /// Its path, as behind `--set`.
    pub path: String,
    /// Where the search starts; the unit of the setting. It must be positive.
    pub start: f64,
}

/// One value or several.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Values {
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
    /// Any of these.
    Any(Vec<Values>),
}

/// What differs in a group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GroupPlan {
    /// Its load, in place of the plan's.
    pub load: Option<String>,
    /// What is set besides.
    pub set: Vec<String>,
}

/// A simpler model to compare with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// For people.
    pub name: String,
    /// Its load, in place of the plan's and the groups'.
    pub load: Option<String>,
    /// What is set besides.
    #[serde(default)]
    pub set: Vec<String>,
    /// Paths of those of the plan's parameters that it has; the others keep the model's values.
    pub parameters: Vec<String>,
}

/// Who predicts, and how.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EnginePlan {
    /// auto, analytic or simulation. Absent: auto.
    pub name: Option<String>,
    /// Its options.
    pub options: EngineOptions,
}

/// Why a text is not a plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// Not TOML, or not of this shape.
    #[error("{0}")]
    Toml(String),
    /// Something is missing or out of range.
    #[error("{0}")]
    Content(String),
}

impl Plan {
    /// Reads a plan and checks what can be checked without its files.
    ///
    /// # Errors
    /// Text that is no plan, with line and column; a plan that lacks something.
    pub fn read(text: &str) -> Result<Self, PlanError> {
        let plan: Self =
            toml::from_str(text).map_err(|error| PlanError::Toml(error.to_string().trim_end().into()))?;
        plan.check()?;
        Ok(plan)
    }

    /// The plan of a table whose columns are called like what they set (`crop.replicas`, `load`), measure (`makespan`, `p95`),
    /// or tell apart (`group`). What is unknown is not in it, and it may measure nothing: it is to be checked.
    pub fn of_columns(runs: &Runs) -> Self {
        let mut plan = Self::default();
        for column in &runs.columns {
            match column.as_str() {
                "group" => plan.group = Some(column.clone()),
                "load" => plan.load = Some("{load}".into()),
                name if is_setting(name) => plan.set.push(format!("{name}={{{name}}}")),
                name if name.parse::<MetricPath>().is_ok() => {
                    plan.measured.insert(name.into(), name.into());
                }
                _ => {}
            }
        }
        plan.run =
            runs.columns.iter().filter(|column| !plan.measured.contains_key(*column)).cloned().collect();
        plan
    }

    /// Checks what can be checked without files.
    ///
    /// # Errors
    /// What is missing or out of range.
    pub fn check(&self) -> Result<(), PlanError> {
        let refuse = |message: String| Err(PlanError::Content(message));
        if self.measured.is_empty() {
            return refuse("[measured] is empty: which column holds which metric?".into());
        }
        if self.parameters.is_empty() {
            return refuse("there is no [[parameters]]: what is to be fitted?".into());
        }
        for ParameterPlan { path, start } in &self.parameters {
            if !(*start > 0.0 && start.is_finite()) {
                return refuse(format!("parameter \"{path}\": start is {start} but must be positive"));
            }
        }
        if let Some(deviation) = self.run_to_run
            && !(deviation > 0.0 && deviation < 0.3)
        {
            return refuse(format!("run_to_run is {deviation} but must be between 0 and 0.3"));
        }
        if self.repetitions == Some(0) {
            return refuse("repetitions is 0 but must be at least 1".into());
        }
        for baseline in &self.baselines {
            let known = |path: &String| self.parameters.iter().any(|parameter| &parameter.path == path);
            if let Some(path) = baseline.parameters.iter().find(|path| !known(path)) {
                return refuse(format!(
                    "baseline \"{}\" fits \"{path}\", which is not among the [[parameters]]",
                    baseline.name
                ));
            }
            if baseline.parameters.is_empty() {
                return refuse(format!("baseline \"{}\" fits no parameter", baseline.name));
            }
        }
        Ok(())
    }

    /// Relative standard uncertainty of a measured value, where it is known.
    pub fn measurement_error(&self) -> Option<f64> {
        let repetitions = f64::from(self.repetitions.unwrap_or(1));
        self.run_to_run.map(|deviation| deviation / repetitions.sqrt())
    }

    /// The same plan as a baseline sees it.
    pub(crate) fn for_baseline(&self, baseline: &Baseline) -> Self {
        let mut plan = self.clone();
        if baseline.load.is_some() {
            plan.load.clone_from(&baseline.load);
            for group in plan.groups.values_mut() {
                group.load = None;
            }
        }
        plan.set.extend(baseline.set.iter().cloned());
        plan.parameters.retain(|parameter| baseline.parameters.contains(&parameter.path));
        plan.baselines.clear();
        plan
    }
}

/// Does the word behind the last dot name a setting?
fn is_setting(column: &str) -> bool {
    column.rsplit_once('.').is_some_and(|(_, name)| Setting::all().any(|setting| setting.name == name))
}

impl Values {
    /// Is the text one of them? Numbers are compared as numbers.
    pub fn contains(&self, text: &str) -> bool {
        match self {
            Self::Number(number) => text.parse::<f64>() == Ok(*number),
            Self::Text(other) => other == text,
            Self::Any(values) => values.iter().any(|value| value.contains(text)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_name_the_place() {
        for (text, words) in [
            ("model = ", "line 1"),
            ("modle = \"m.json\"", "modle"),
            ("model = \"m.json\"", "measured"),
            ("[measured]\nmakespan = \"s\"", "parameters"),
            ("[measured]\nmakespan = \"s\"\n[[parameters]]\npath = \"a\"\nstart = 0.0", "positive"),
        ] {
            let message = Plan::read(text).unwrap_err().to_string();
            assert!(message.contains(words), "{text}: {message}");
        }
    }

    #[test]
    fn columns_say_what_they_are() {
        let runs = Runs::read("crop.replicas,load,day,makespan\n2,burst:10,monday,1.5\n".as_bytes()).unwrap();
        let plan = Plan::of_columns(&runs);
        assert_eq!(plan.set, ["crop.replicas={crop.replicas}"]);
        assert_eq!(plan.load.as_deref(), Some("{load}"));
        assert_eq!(plan.measured.keys().collect::<Vec<_>>(), ["makespan"]);
        assert_eq!(plan.run, ["crop.replicas", "load", "day"]);
    }

    #[test]
    fn numbers_are_compared_as_numbers() {
        let values = Values::Any(vec![Values::Number(100.0), Values::Text("all".into())]);
        assert!(values.contains("100") && values.contains("1e2") && values.contains("all"));
        assert!(!values.contains("10"));
    }
}
