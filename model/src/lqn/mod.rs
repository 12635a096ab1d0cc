//! Layered queueing network files: LQN XML (`.lqnx`) and LQN text (`.lqn`).
//!
//! A processor is a [`Host`](crate::Host), a task a [`Service`](crate::Service), an entry an
//! [`Operation`](crate::Operation); a reference task is a service and a closed [`Workload`](crate::Workload) of the same
//! name. `model/LQN.md` has the whole mapping. What has no counterpart is refused by name.

mod build;
mod checks;
mod document;
mod graph;
mod number;
mod problem;
mod rule;
mod text;
mod write;
mod xml;

use std::collections::HashMap;

use document::Document;
use problem::{Fault, Lines};
pub use problem::{Problem, ReadError};
pub use rule::Rule;
pub use write::{Unsupported, Written, write_results, write_xml};

use crate::{Load, System};

/// How an LQN file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// LQN text: `.lqn`, `.xlqn`.
    Text,
    /// LQN XML: `.lqnx`, `.lqxo`.
    Xml,
}

impl Format {
    /// That of a file of this name; `None` where that is not the name of an LQN file.
    pub fn of_file(name: &str) -> Option<Self> {
        match name.rsplit_once('.')?.1 {
            "lqn" | "xlqn" => Some(Self::Text),
            "lqnx" | "lqxo" => Some(Self::Xml),
            _ => None,
        }
    }

    /// Reads a model.
    ///
    /// # Errors
    /// As [`Reading::from_text`] and [`Reading::from_xml`].
    pub fn read(self, text: &str) -> Result<Reading, ReadError> {
        match self {
            Self::Text => Reading::from_text(text),
            Self::Xml => Reading::from_xml(text),
        }
    }
}

/// A model read from a file, with the places of its elements there.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The model.
    pub system: System,
    /// What most likely is not as meant.
    pub warnings: Vec<Problem>,
    /// Line of each host, service, operation and workload, under the name that a diagnostic gives it.
    lines: HashMap<String, usize>,
}

impl Reading {
    /// Reads LQN XML.
    ///
    /// # Errors
    /// Everything that is not LQN XML, or that has no meaning here.
    pub fn from_xml(text: &str) -> Result<Self, ReadError> {
        Self::new(text, xml::read(text))
    }

    /// Reads LQN text.
    ///
    /// # Errors
    /// The first thing that is not LQN text, or everything that has no meaning here.
    pub fn from_text(text: &str) -> Result<Self, ReadError> {
        Self::new(text, text::read(text))
    }

    fn new(text: &str, document: Result<Document, Vec<Fault>>) -> Result<Self, ReadError> {
        let lines = Lines::new(text);
        let built = document.and_then(|document| Ok((build::system(&document)?, document)));
        match built {
            Ok((system, document)) => Ok(Self {
                warnings: checks::warnings(&document)
                    .into_iter()
                    .map(|fault| fault.problem(&lines))
                    .collect(),
                lines: places(&document, &system, &lines),
                system,
            }),
            Err(faults) => {
                Err(ReadError { problems: faults.into_iter().map(|fault| fault.problem(&lines)).collect() })
            }
        }
    }

    /// Line, from 1, of an element as [`Diagnostic::element`](crate::Diagnostic::element) names it.
    pub fn line(&self, element: &str) -> Option<usize> {
        self.lines.get(element).copied()
    }
}

/// Reads LQN XML as a system.
///
/// # Errors
/// As [`Reading::from_xml`].
pub fn read_xml(text: &str) -> Result<System, ReadError> {
    Reading::from_xml(text).map(|reading| reading.system)
}

/// Reads LQN text as a system.
///
/// # Errors
/// As [`Reading::from_text`].
pub fn read_text(text: &str) -> Result<System, ReadError> {
    Reading::from_text(text).map(|reading| reading.system)
}

/// Lines of the elements; those of a workload are its reference task's, or its entry's.
fn places(document: &Document, system: &System, lines: &Lines<'_>) -> HashMap<String, usize> {
    let mut places = HashMap::from([("system".to_owned(), 1)]);
    for processor in &document.processors {
        places.insert(format!("host \"{}\"", processor.name.text), lines.line(processor.name.at));
    }
    for task in &document.tasks {
        let name = &task.name.text;
        places.insert(format!("service \"{name}\""), lines.line(task.name.at));
        for entry in &task.entries {
            places.insert(format!("operation \"{name}/{}\"", entry.name.text), lines.line(entry.name.at));
        }
    }
    for workload in &system.workloads {
        let of = match workload.load {
            Load::Closed { .. } => format!("service \"{}\"", workload.name),
            _ => workload
                .requests
                .first()
                .map(|r| format!("operation \"{}\"", r.operation))
                .unwrap_or_default(),
        };
        if let Some(&line) = places.get(&of) {
            places.insert(format!("workload \"{}\"", workload.name), line);
        }
    }
    places
}
