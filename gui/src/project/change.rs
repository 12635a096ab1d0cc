//! What can be done to a project, each as one step of undo.

use tracecast_experiment::Slo;
use tracecast_model::System;

use super::{Content, Project, RunOptions, Scenario, Value, content};

/// A change of a project.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Sets the setting at a path in the shown scenario.
    Set(String, Value),
    /// Gives settings their values in the model again.
    Reset(Vec<String>),
    /// Gives the shown scenario these loads; none: those of the model.
    Loads(Vec<Value>),
    /// Judges by these objectives.
    Objectives(Vec<String>),
    /// Predicts in this way.
    Options(RunOptions),
    /// Makes a copy of a scenario, and shows it.
    Duplicate(usize),
    /// Removes a scenario.
    Remove(usize),
    /// Gives a scenario another name.
    Rename(usize, String),
    /// Makes a scenario of what was found (a plan, a point of a sweep), under this name or one like it, and shows it; where
    /// there is one like it, shows that.
    Adopt(String, Box<Content>),
}

impl Change {
    /// Changes of the same thing in quick succession are one step of undo; empty: never.
    pub(crate) fn subject(&self) -> String {
        match self {
            Self::Set(path, _) => path.clone(),
            Self::Loads(_) => "loads".into(),
            Self::Options(_) => "options".into(),
            _ => String::new(),
        }
    }

    /// Does it, or says why not; then nothing is changed. The scenario that all are compared with stays as it is: what
    /// would change it makes a new one.
    pub(crate) fn apply(self, project: &mut Project, base: &System) -> Result<(), String> {
        let mut next = project.clone();
        match self {
            Self::Set(path, value) => {
                let content = next.what_if();
                if value.text == value_of(base, &path, &value) && value.content.is_none() {
                    content.settings.shift_remove(&path);
                } else {
                    content.settings.insert(path.clone(), value);
                }
                content.system(base).map_err(|error| error.to_string())?;
            }
            Self::Reset(paths) => {
                let content = next.what_if();
                content.settings.retain(|path, _| !paths.contains(path));
            }
            Self::Loads(loads) => {
                let content = next.what_if();
                content.loads = loads;
                content.system(base).map_err(|error| error.to_string())?;
            }
            Self::Objectives(objectives) => {
                for objective in &objectives {
                    objective.parse::<Slo>().map_err(|error| error.to_string())?;
                }
                next.objectives = objectives;
            }
            Self::Options(options) => {
                options.engine_options().validate().map_err(|error| error.to_string())?;
                next.options = options;
            }
            Self::Duplicate(number) => {
                let Some(original) = next.scenarios.get(number) else { return Ok(()) };
                let like = if number == 0 { WHAT_IF } else { &original.name };
                next.add(next.free_name(like), original.content.clone());
            }
            Self::Remove(number) => {
                if next.scenarios.len() < 2 || number >= next.scenarios.len() {
                    return Err("one scenario has to stay".into());
                }
                next.scenarios.remove(number);
                let after = |i: usize| if i > number { i - 1 } else { i };
                next.selected = after(next.selected);
                next.baseline = if next.baseline == number { 0 } else { after(next.baseline) };
                next = next.mended();
            }
            Self::Rename(number, name) => {
                let name = name.trim().to_owned();
                let taken = |(i, other): (usize, &Scenario)| i != number && other.name == name;
                if name.is_empty() {
                    return Err("a scenario needs a name".into());
                }
                if next.scenarios.iter().enumerate().any(taken) {
                    return Err(format!("there is a scenario \"{name}\" already"));
                }
                if let Some(scenario) = next.scenarios.get_mut(number) {
                    scenario.name = name;
                }
            }
            Self::Adopt(name, content) => {
                content.system(base).map_err(|error| error.to_string())?;
                let same = next.scenarios.iter().position(|scenario| scenario.content == *content);
                if let Some(same) = same {
                    next.selected = same;
                } else {
                    let taken = next.scenarios.iter().any(|scenario| scenario.name == name);
                    let name = if taken { next.free_name(&name) } else { name };
                    next.add(name, *content);
                }
            }
        }
        *project = next;
        Ok(())
    }
}

/// Stem of the names of new scenarios.
const WHAT_IF: &str = "What-if";

impl Project {
    fn add(&mut self, name: String, content: Content) {
        self.scenarios.push(Scenario { name, content });
        self.selected = self.scenarios.len() - 1;
    }

    /// The content to change: that of the shown scenario, or of a new one like it where that is the model as it is.
    fn what_if(&mut self) -> &mut Content {
        if self.selected == 0 {
            let content = self.scenarios[0].content.clone();
            self.add(self.free_name(WHAT_IF), content);
        }
        &mut self.scenarios[self.selected].content
    }
}

/// What a value is in the model, where it is the one that it is set to.
fn value_of(base: &System, path: &str, value: &Value) -> String {
    let mut same = base.clone();
    let unchanged = content::edit(path, value).apply(&mut same).is_ok() && same == *base;
    if unchanged { value.text.clone() } else { String::new() }
}
