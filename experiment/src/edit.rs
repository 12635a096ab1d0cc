//! A change of one setting by its path, as in `--set crop.replicas=2`.

use std::fmt;
use std::str::FromStr;

use tracecast_model::System;

use crate::settings::{Scope, Setting, Target, Value};

/// A change of one setting: `service.replicas=2`, `service/operation.demand*=1.2`, `host.cores=4`, `link.bandwidth=125e6`,
/// `caller/operation -> service/operation.timeout=1s`.
///
/// `PATH*=FACTOR`, also written `PATH=*FACTOR`, multiplies.
/// The last dot of the path divides the element from its setting, so names may contain dots. The value of some settings is
/// the name of a file that has it: `crop.autoscaler=keda.json`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    path: String,
    value: String,
    /// What the file says, once it was read.
    content: Option<String>,
}

/// Why an edit cannot be applied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// Not of the form PATH=VALUE.
    #[error("\"{0}\" is not of the form PATH=VALUE, such as crop.replicas=2")]
    Form(String),
    /// No such element.
    #[error("{path}: there is no {kind} \"{name}\"{}", listed(.name, .known))]
    UnknownElement {
        /// The path.
        path: String,
        /// What kind of element.
        kind: &'static str,
        /// Its name.
        name: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// No such setting.
    #[error("{path}: there is no setting \"{name}\" here{}", listed(.name, .known))]
    UnknownSetting {
        /// The path.
        path: String,
        /// The word after the last dot.
        name: String,
        /// The settings of that kind of element.
        known: Vec<String>,
    },
    /// A file whose text the setting does not take.
    #[error("{path}: {file}: {message}")]
    File {
        /// The path.
        path: String,
        /// The file.
        file: String,
        /// What is wrong, and where.
        message: String,
    },
    /// A value that the setting does not take.
    #[error("{path}: expected {expected}, found \"{value}\"")]
    Value {
        /// The path.
        path: String,
        /// The value.
        value: String,
        /// What it takes.
        expected: String,
    },
}

/// The names there are; of many those that are most like the one that is not there.
fn listed(name: &str, names: &[String]) -> String {
    const SHOWN: usize = 12;
    let more = names.len().saturating_sub(SHOWN);
    let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
    if more > 0 {
        names.sort_by(|a, b| strsim::jaro_winkler(name, b).total_cmp(&strsim::jaro_winkler(name, a)));
        names.truncate(SHOWN);
    }
    match (names.join(", "), more) {
        (names, _) if names.is_empty() => names,
        (names, 0) => format!("; there are {names}"),
        (names, more) => format!("; there are {names} and {more} more"),
    }
}

impl EditError {
    pub(crate) fn unknown(
        path: &str,
        kind: &'static str,
        name: &str,
        known: impl IntoIterator<Item = String>,
    ) -> Self {
        Self::UnknownElement {
            path: path.into(),
            kind,
            name: name.into(),
            known: known.into_iter().collect(),
        }
    }
}

impl Edit {
    /// Sets the element at `path` to `value`, both as on the command line.
    pub fn new(path: impl Into<String>, value: impl Into<String>) -> Self {
        Self { path: path.into(), value: value.into(), content: None }
    }

    /// The file that has to be [`read`](Self::read) before the edit can be applied.
    pub fn file(&self) -> Option<&str> {
        let (_, name) = self.path.rsplit_once('.')?;
        let is_named = self.content.is_none() && self.value != "none" && Setting::stands_in_file(name);
        is_named.then_some(&*self.value)
    }

    /// Takes the value from the text of its file.
    pub fn read(&mut self, text: String) {
        self.content = Some(text);
    }

    /// Which setting.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What it becomes.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Changes the system.
    ///
    /// # Errors
    /// An unknown element or setting, or a value that it does not take; the system is unchanged then.
    pub fn apply(&self, system: &mut System) -> Result<(), EditError> {
        let Some((element, name)) = self.path.rsplit_once('.') else {
            return Err(EditError::Form(self.to_string()));
        };
        let Some(scope) = Scope::of(system, element, name) else {
            let names = system.services.iter().map(|service| service.name.clone());
            return Err(EditError::unknown(&self.path, "service, host or link", element, names));
        };
        let Some(setting) = Setting::of(scope).find(|setting| setting.name == name) else {
            return Err(EditError::UnknownSetting {
                path: self.path.clone(),
                name: name.into(),
                known: Setting::of(scope).map(|setting| setting.name.into()).collect(),
            });
        };
        let target = Target { path: &self.path, element };
        let content = self.content.as_deref();
        (setting.apply)(system, &target, &Value { path: &self.path, text: &self.value, content })
    }
}

impl fmt::Display for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.path, self.value)
    }
}

impl FromStr for Edit {
    type Err = EditError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (path, value) = text.rsplit_once('=').ok_or_else(|| EditError::Form(text.into()))?;
        let (path, value) = (path.trim(), value.trim());
        if !path.contains('.') || value.is_empty() {
            return Err(EditError::Form(text.into()));
        }
        Ok(match path.strip_suffix('*') {
            Some(path) => Self::new(path.trim_end(), format!("*{value}")),
            None => Self::new(path, value),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracecast_model::{Multiplicity, fixtures};

    fn edited(text: &str) -> Result<System, EditError> {
        let mut system = fixtures::burst_queue(10, 2, tracecast_model::Distribution::exponential(0.3));
        text.parse::<Edit>()?.apply(&mut system)?;
        Ok(system)
    }

    #[test]
    fn every_kind_of_element() {
        assert_eq!(edited("worker.replicas=4").unwrap().service("worker").unwrap().replicas, 4);
        assert_eq!(edited("worker.cpu_limit=0.5").unwrap().service("worker").unwrap().cpu_limit, Some(0.5));
        assert_eq!(edited("pool.cores=infinite").unwrap().hosts[1].cores, Multiplicity::Infinite);
        let demand = |text| edited(text).unwrap().service("worker").unwrap().operations[0].demand();
        assert_eq!(demand("worker/process.demand=120ms"), 0.12);
        assert!((demand("worker/process.demand=*1.2") - 0.36).abs() < 1e-12);
        assert!((demand("worker/process.demand*=1.2") - 0.36).abs() < 1e-12);
        assert!((demand("worker.demand=*2") - 0.6).abs() < 1e-12);
    }

    #[test]
    fn machines_and_memory() {
        let pool = |text: &str| edited(text).unwrap().hosts[1].clone();
        assert_eq!(pool("pool.machines=3").replicas, 3);
        assert_eq!(
            pool("pool.placement=least_allocated").placement,
            tracecast_model::Placement::LeastAllocated
        );
        assert_eq!(pool("pool.host_memory=16e9").memory, Some(16e9));
        let request = |text: &str| edited(text).unwrap().service("worker").unwrap().memory_request;
        assert_eq!(
            (request("worker.memory_request=2e9"), request("worker.memory_request=none")),
            (Some(2e9), None)
        );
        for (text, expected) in [
            ("pool.machines=0", "at least 1"),
            ("pool.placement=anywhere", "by_number, spread, least_allocated, most_allocated"),
            ("worker.memory_limit=2e9", "what its requests take"),
        ] {
            let message = edited(text).unwrap_err().to_string();
            assert!(message.contains(expected), "{text}: {message}");
        }
    }

    #[test]
    fn autoscalers_stand_in_files() {
        let mut edit: Edit = "worker.autoscaler=steps.json".parse().unwrap();
        assert_eq!(edit.file(), Some("steps.json"));
        let mut system = fixtures::burst_queue(10, 2, tracecast_model::Distribution::exponential(0.3));
        edit.read(r#"{ "kind": "schedule", "entries": [] "#.into());
        let message = edit.apply(&mut system).unwrap_err().to_string();
        assert!(message.contains("steps.json") && message.contains("line 1"), "{message}");
        edit.read(r#"{ "kind": "schedule", "entries": [{ "at": "5s", "replicas": 3 }] }"#.into());
        edit.apply(&mut system).unwrap();
        assert!(system.service("worker").unwrap().autoscaler.is_some());
        for text in ["worker.replicas=0", "worker.autoscaler=none"] {
            let edit: Edit = text.parse().unwrap();
            assert_eq!(edit.file(), None);
            edit.apply(&mut system).unwrap();
        }
        let worker = system.service("worker").unwrap();
        assert!(worker.autoscaler.is_none() && worker.replicas == 0);
    }

    #[test]
    fn refusals_name_the_path_and_what_there_is() {
        for (text, words) in [
            ("worker.replicas", "PATH=VALUE"),
            ("worker.replicas=0", "at least 1"),
            ("worker.replicas=two", "two"),
            ("wroker.replicas=2", "gateway, worker, storage"),
            ("worker.color=red", "concurrency"),
            ("worker/proces.demand=1", "process"),
            ("worker.cpu_limit=*2", "absolute"),
            ("worker.load_balancing=magic", "least_requests"),
            ("worker/process.demand=-1", "not negative"),
            ("worker.replicas=0", "0 only with an autoscaler"),
            ("worker.autoscaler=other.json", "was not read"),
        ] {
            let message = edited(text).unwrap_err().to_string();
            assert!(message.contains(words), "{text}: {message}");
        }
    }
}
