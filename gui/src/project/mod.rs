//! What the user makes of a model: scenarios, objectives and how to predict. It is what a project file keeps, and what
//! undo and redo go through.

mod change;
mod content;
mod history;
mod options;

use serde::{Deserialize, Serialize};

pub use change::Change;
pub use content::{Content, Value};
pub(crate) use history::History;
pub(crate) use options::ROUGH_REPLICATIONS;
pub use options::RunOptions;

/// Scenarios on a model, and what they are judged by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Project {
    /// At least one. The first is the model as it is, until somebody changes it.
    pub scenarios: Vec<Scenario>,
    /// Objectives for all scenarios, as on the command line.
    #[serde(default)]
    pub objectives: Vec<String>,
    /// How to predict.
    #[serde(default)]
    pub options: RunOptions,
    /// The scenario that is shown.
    #[serde(default)]
    pub selected: usize,
    /// The scenario that others are compared with.
    #[serde(default)]
    pub baseline: usize,
}

/// A what-if with a name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Unique.
    pub name: String,
    /// What is changed.
    #[serde(default)]
    pub content: Content,
}

impl Default for Project {
    fn default() -> Self {
        Self {
            scenarios: vec![Scenario { name: AS_IT_IS.into(), content: Content::default() }],
            objectives: Vec::new(),
            options: RunOptions::default(),
            selected: 0,
            baseline: 0,
        }
    }
}

/// Name of the scenario that changes nothing.
const AS_IT_IS: &str = "As it is";

impl Project {
    /// The scenario that is shown.
    pub fn selected(&self) -> &Scenario {
        &self.scenarios[self.selected.min(self.scenarios.len() - 1)]
    }

    /// The scenario that others are compared with.
    pub fn baseline(&self) -> &Scenario {
        &self.scenarios[self.baseline.min(self.scenarios.len() - 1)]
    }

    /// Is another scenario shown than the one that it is compared with?
    pub fn has_comparison(&self) -> bool {
        self.selected != self.baseline
    }

    /// A name like this that no scenario has.
    pub(crate) fn free_name(&self, like: &str) -> String {
        let taken = |name: &str| self.scenarios.iter().any(|scenario| scenario.name == name);
        let stem = like.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end();
        let mut numbers = 1..;
        numbers.by_ref().map(|n| format!("{stem} {n}")).find(|name| !taken(name)).unwrap_or_default()
    }

    /// Makes what a file says usable: indices in range.
    pub(crate) fn mended(mut self) -> Self {
        if self.scenarios.is_empty() {
            self.scenarios = Self::default().scenarios;
        }
        let last = self.scenarios.len() - 1;
        self.selected = self.selected.min(last);
        self.baseline = self.baseline.min(last);
        self
    }
}
