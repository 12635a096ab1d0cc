//! Names: entries have to be unique in the whole model, tasks and processors among themselves.

use std::collections::{HashMap, HashSet};

use crate::{OperationRef, System};

/// Names of entries by operation.
pub(super) struct Names {
    entries: HashMap<OperationRef, String>,
    pub(super) renamed: Vec<String>,
    taken_entries: HashSet<String>,
    tasks: HashSet<String>,
    processors: HashSet<String>,
}

impl Names {
    pub(super) fn new(system: &System) -> Self {
        let mut count: HashMap<&str, usize> = HashMap::new();
        for operation in system.services.iter().flat_map(|service| &service.operations) {
            *count.entry(&operation.name).or_default() += 1;
        }
        let mut names = Self {
            entries: HashMap::new(),
            renamed: Vec::new(),
            taken_entries: count.keys().map(|name| (*name).to_owned()).collect(),
            tasks: system.services.iter().map(|service| service.name.clone()).collect(),
            processors: system.hosts.iter().map(|host| host.name.clone()).collect(),
        };
        for (reference, operation) in system.operations() {
            let unique = count.get(operation.name.as_str()) == Some(&1);
            let entry = if unique {
                operation.name.clone()
            } else {
                let name = format!("{}.{}", reference.service(), reference.operation());
                names.renamed.push(reference.to_string());
                free(&name, &mut names.taken_entries)
            };
            names.entries.insert(reference, entry);
        }
        names
    }

    /// The entry of an operation, if there is such an operation.
    pub(super) fn entry(&self, operation: &OperationRef) -> Option<&str> {
        self.entries.get(operation).map(String::as_str)
    }

    pub(super) fn new_entry(&mut self, name: &str) -> String {
        free(name, &mut self.taken_entries)
    }

    pub(super) fn new_task(&mut self, name: &str) -> String {
        free(name, &mut self.tasks)
    }

    pub(super) fn new_processor(&mut self, name: &str) -> String {
        free(name, &mut self.processors)
    }
}

/// The name itself, or with the first number behind it that makes it unique; taken from now on.
pub(super) fn free(name: &str, taken: &mut HashSet<String>) -> String {
    let mut names = std::iter::once(name.to_owned()).chain((2..).map(|number| format!("{name}_{number}")));
    names.find(|name| taken.insert(name.clone())).unwrap_or_default()
}
