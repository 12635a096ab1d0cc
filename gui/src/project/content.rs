//! What a scenario changes.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use tracecast_experiment::{Edit, LoadSpec, Scenario, ScenarioError};
use tracecast_model::System;

/// Settings and loads that differ from the model's.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Content {
    /// By path, as on the command line: `crop.replicas`.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub settings: IndexMap<String, Value>,
    /// In place of the model's loads; empty: those of the model.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub loads: Vec<Value>,
}

/// What a setting becomes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Value {
    /// As on the command line; of settings that stand in files, the name of the file.
    pub text: String,
    /// What that file says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
}

impl Value {
    /// One that stands for itself.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), content: None }
    }

    /// Of one that stands in a file, the name of the file: what is behind the kind of a load.
    pub fn file_name(&self) -> &str {
        let file = self.text.rsplit_once('=').map_or(&*self.text, |(_, file)| file);
        file.rsplit_once(':').map_or(file, |(_, file)| file)
    }
}

impl Content {
    /// The same with these settings; the path `load` is the load.
    pub(crate) fn with(&self, settings: impl IntoIterator<Item = (String, Value)>) -> Self {
        let mut content = self.clone();
        for (path, value) in settings {
            if path == "load" {
                content.loads = vec![value];
            } else {
                content.settings.insert(path, value);
            }
        }
        content
    }

    /// The same for the engines.
    ///
    /// # Errors
    /// A load that is none.
    pub fn scenario(&self) -> Result<Scenario, ScenarioError> {
        let edits = self.settings.iter().map(|(path, value)| edit(path, value)).collect();
        let loads = self.loads.iter().map(load).collect::<Result<_, _>>()?;
        Ok(Scenario { edits, loads })
    }

    /// The changed system.
    ///
    /// # Errors
    /// The first change that does not fit.
    pub fn system(&self, base: &System) -> Result<System, ScenarioError> {
        self.scenario()?.apply(base)
    }

    /// Arguments of the command line that say the same.
    pub fn arguments(&self) -> Vec<String> {
        let settings = self
            .settings
            .iter()
            .flat_map(|(path, value)| ["--set".to_owned(), format!("{path}={}", value.text)]);
        let loads = self.loads.iter().flat_map(|load| ["--load".to_owned(), load.text.clone()]);
        settings.chain(loads).collect()
    }
}

/// One changed setting.
pub(super) fn edit(path: &str, value: &Value) -> Edit {
    let mut edit = Edit::new(path, &*value.text);
    if let Some(content) = &value.content {
        edit.read(content.clone());
    }
    edit
}

fn load(value: &Value) -> Result<LoadSpec, ScenarioError> {
    let mut load: LoadSpec = value.text.parse()?;
    if let Some(content) = &value.content {
        load.read(content)?;
    }
    Ok(load)
}
