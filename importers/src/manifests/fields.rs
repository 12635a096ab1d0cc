//! Fields of a document, with a record of which were read.

use std::cell::RefCell;
use std::collections::BTreeSet;

use indexmap::IndexMap;
use serde_json::Value;

use super::quantity;
use super::{Document, ManifestError};

/// What was read of a document, and the first thing wrong with it.
#[derive(Debug, Default)]
pub(super) struct Record {
    read: RefCell<BTreeSet<String>>,
    problem: RefCell<Option<Problem>>,
}

#[derive(Debug)]
struct Problem {
    path: String,
    expected: &'static str,
    found: String,
}

impl Record {
    /// # Errors
    /// The first thing wrong with the document.
    pub(super) fn result(self, document: &Document) -> Result<(), ManifestError> {
        match self.problem.into_inner() {
            None => Ok(()),
            Some(Problem { path, expected, found }) => Err(ManifestError::Field {
                file: document.file.clone(),
                number: document.number,
                path,
                expected,
                found,
            }),
        }
    }
}

/// Fields that say nothing about performance, with all below them.
const SILENT: &[&str] = &[
    "apiVersion",
    "kind",
    "metadata",
    "status",
    "spec.selector",
    "spec.template.metadata",
    "spec.serviceName",
    "version",
];

/// A part of a document. Paths are dotted; a key with dots in it is asked for by [`Self::key`].
pub(super) struct Fields<'a> {
    value: &'a Value,
    /// Where it stands; empty for the whole.
    path: String,
    record: &'a Record,
}

impl<'a> Fields<'a> {
    pub(super) fn new(value: &'a Value, record: &'a Record) -> Self {
        Self { value, path: String::new(), record }
    }

    /// Where it stands.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// A value, without taking note that it was read.
    pub(super) fn peek(&self, path: &str) -> Option<&'a Value> {
        path.split('.').try_fold(self.value, |value, key| value.get(key)).filter(|value| !value.is_null())
    }

    /// A part.
    pub(super) fn at(&self, path: &str) -> Option<Self> {
        let value = self.peek(path)?;
        Some(Self { value, path: self.joined(path), record: self.record })
    }

    /// The part of one key, which may have dots in it.
    pub(super) fn key(&self, key: &str) -> Option<Self> {
        let value = self.value.get(key).filter(|value| !value.is_null())?;
        Some(Self { value, path: self.joined(key), record: self.record })
    }

    /// The parts of a list.
    pub(super) fn items(&self, path: &str) -> Vec<Self> {
        let Some(list) = self.at(path) else { return Vec::new() };
        let Value::Array(items) = list.value else {
            list.refuse("a list");
            return Vec::new();
        };
        let place = |number: usize| format!("{}[{number}]", list.path);
        let items = items.iter().enumerate();
        items.map(|(number, value)| Self { value, path: place(number), record: self.record }).collect()
    }

    /// The parts of a map, with their keys.
    pub(super) fn entries(&self, path: &str) -> Vec<(&'a str, Self)> {
        let Some(map) = self.at(path) else { return Vec::new() };
        let Value::Object(entries) = map.value else {
            map.refuse("a map");
            return Vec::new();
        };
        let part = |key: &String| format!("{}.{key}", map.path);
        let entries = entries.iter();
        entries
            .map(|(key, value)| (key.as_str(), Self { value, path: part(key), record: self.record }))
            .collect()
    }

    /// The texts of a map, by their keys.
    pub(super) fn texts(&self, path: &str) -> IndexMap<String, String> {
        let entries = self.entries(path).into_iter();
        entries.filter_map(|(key, part)| Some((key.to_owned(), part.as_text()?))).collect()
    }

    /// A text, or what stands for one.
    pub(super) fn text(&self, path: &str) -> Option<String> {
        self.at(path)?.as_text()
    }

    /// A number, also as a text.
    pub(super) fn number(&self, path: &str) -> Option<f64> {
        self.at(path)?.as_number()
    }

    /// A whole number.
    pub(super) fn count(&self, path: &str) -> Option<u32> {
        self.at(path)?.as_count()
    }

    /// A quantity of Kubernetes.
    pub(super) fn quantity(&self, path: &str) -> Option<f64> {
        self.at(path)?.parsed("a quantity such as 500m", quantity::parse)
    }

    /// Bytes as Docker writes them.
    pub(super) fn bytes(&self, path: &str) -> Option<f64> {
        self.at(path)?.parsed("a size such as 350M", quantity::bytes)
    }

    /// A time in seconds, as a number or with units.
    pub(super) fn seconds(&self, path: &str) -> Option<f64> {
        self.at(path)?.as_seconds()
    }

    pub(super) fn as_count(&self) -> Option<u32> {
        self.parsed("a whole number", |text| text.parse().ok())
    }

    pub(super) fn as_number(&self) -> Option<f64> {
        self.parsed("a number", |text| text.parse().ok().filter(|number: &f64| number.is_finite()))
    }

    pub(super) fn as_seconds(&self) -> Option<f64> {
        self.parsed("a time such as 30s", quantity::seconds)
    }

    pub(super) fn as_text(&self) -> Option<String> {
        self.parsed("a text", |text| Some(text.to_owned()))
    }

    fn parsed<T>(&self, expected: &'static str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        self.record.read.borrow_mut().insert(self.path.clone());
        let text = match self.value {
            Value::String(text) => text.trim().to_owned(),
            Value::Number(number) => number.to_string(),
            Value::Bool(truth) => truth.to_string(),
            _ => String::new(),
        };
        let found = if text.is_empty() { None } else { parse(&text) };
        if found.is_none() {
            self.refuse(expected);
        }
        found
    }

    /// Notes that this does not hold what it has to.
    pub(super) fn refuse(&self, expected: &'static str) {
        self.record.problem.borrow_mut().get_or_insert_with(|| {
            let mut found = self.value.to_string();
            if let Some((end, _)) = found.char_indices().nth(60) {
                found.truncate(end);
                found.push('…');
            }
            Problem { path: self.path.clone(), expected, found }
        });
    }

    /// Takes note that all of a part was looked at.
    pub(super) fn dismiss(&self, path: &str) {
        if let Some(part) = self.at(path) {
            part.dismiss_all();
        }
    }

    /// Takes note that this was looked at.
    pub(super) fn dismiss_all(&self) {
        self.record.read.borrow_mut().insert(self.path.clone());
    }

    /// The fields that nobody has read, those of one part together, but for those that say nothing about performance.
    pub(super) fn unread(&self) -> Vec<String> {
        let mut found = Vec::new();
        self.collect_unread(&mut found);
        found
    }

    fn collect_unread(&self, found: &mut Vec<String>) {
        let is_silent = SILENT.contains(&self.path.as_str());
        let read = self.record.read.borrow();
        if is_silent || read.contains(&self.path) {
            return;
        }
        let is_within = |path: &String| {
            path.strip_prefix(&self.path)
                .is_some_and(|rest| rest.starts_with(['.', '[']) || self.path.is_empty())
        };
        let is_known = read.iter().any(is_within) || SILENT.iter().any(|path| is_within(&(*path).to_owned()));
        drop(read);
        if !is_known {
            return found.push(self.path.clone());
        }
        match self.value {
            Value::Object(entries) => {
                for key in entries.keys() {
                    if let Some(part) = self.key(key) {
                        part.collect_unread(found);
                    }
                }
            }
            Value::Array(items) => {
                for (number, value) in items.iter().enumerate() {
                    let path = format!("{}[{number}]", self.path);
                    Self { value, path, record: self.record }.collect_unread(found);
                }
            }
            _ => {}
        }
    }

    fn joined(&self, path: &str) -> String {
        if self.path.is_empty() { path.to_owned() } else { format!("{}.{path}", self.path) }
    }
}
