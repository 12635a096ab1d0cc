//! What can be set by path, one list.

mod host;
mod operation;
mod service;

use tracecast_model::System;

use crate::EditError;

/// A setting that edits, files and sliders can change.
///
/// To add one: a line in the list of its scope's file.
pub struct Setting {
    /// The word after the last dot of a path.
    pub name: &'static str,
    /// What kind of element has it.
    pub scope: Scope,
    /// One line for help texts: meaning, unit, range.
    pub summary: &'static str,
    /// Sets it from text. A number with `*` in front multiplies, where that makes sense.
    pub(crate) apply: fn(&mut System, &Target<'_>, &Value<'_>) -> Result<(), EditError>,
}

/// What kind of element a setting belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// `host.cores`
    Host,
    /// `service/operation.demand`
    Operation,
    /// `service.replicas`
    Service,
}

/// Whose setting it is.
pub(crate) struct Target<'a> {
    /// The whole path, for messages.
    pub path: &'a str,
    /// The name in front of the last dot.
    pub element: &'a str,
}

/// The text behind the `=`.
pub(crate) struct Value<'a> {
    /// The path, for messages.
    pub path: &'a str,
    /// The text.
    pub text: &'a str,
    /// What the file of that name says, where the setting stands in files.
    pub content: Option<&'a str>,
}

impl Setting {
    /// Every setting, by scope and then alphabetically.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        host::SETTINGS.iter().chain(operation::SETTINGS).chain(service::SETTINGS)
    }

    /// Is its value the name of a file that has it?
    pub(crate) fn stands_in_file(name: &str) -> bool {
        service::IN_FILES.contains(&name)
    }
}

impl Value<'_> {
    fn refuse(&self, expected: &str) -> EditError {
        EditError::Value {
            path: self.path.to_string(),
            value: self.text.to_string(),
            expected: expected.to_string(),
        }
    }

    /// A number, or the old value times a factor.
    pub(crate) fn number(&self, old: Option<f64>, expected: &str) -> Result<f64, EditError> {
        let refuse = || self.refuse(expected);
        let value = match (self.text.strip_prefix('*'), old) {
            (Some(factor), Some(old)) => old * factor.trim().parse::<f64>().map_err(|_| refuse())?,
            (Some(_), None) => return Err(self.refuse("an absolute value: there is none yet to multiply")),
            (None, _) => self.text.parse::<f64>().map_err(|_| refuse())?,
        };
        if value.is_finite() { Ok(value) } else { Err(refuse()) }
    }

    /// A duration in seconds, or the old one times a factor.
    pub(crate) fn duration(&self, old: impl Into<Option<f64>>) -> Result<f64, EditError> {
        let expected = "a duration such as 120ms, or a factor such as *1.2";
        let value = if self.text.starts_with('*') {
            self.number(old.into(), expected)?
        } else {
            tracecast_model::seconds::parse(self.text).map_err(|_| self.refuse(expected))?
        };
        if value >= 0.0 { Ok(value) } else { Err(self.refuse("not negative")) }
    }

    /// A part, 0 to 1 or in percent, or the old one times a factor.
    pub(crate) fn share(&self, old: f64) -> Result<f64, EditError> {
        let expected = "a part such as 0.05 or 5%, or a factor such as *2";
        let value = match self.text.strip_suffix('%') {
            Some(percent) => {
                let percent = percent.trim().parse::<f64>().map_err(|_| self.refuse(expected))?;
                percent / 100.0
            }
            None => self.number(Some(old), expected)?,
        };
        if (0.0..=1.0).contains(&value) { Ok(value) } else { Err(self.refuse("between 0 and 1")) }
    }

    /// A whole number, at least 1.
    pub(crate) fn count(&self) -> Result<u32, EditError> {
        match self.text.parse() {
            Ok(count) if count > 0 => Ok(count),
            _ => Err(self.refuse("a whole number, at least 1")),
        }
    }

    /// Anything that reads itself from text.
    pub(crate) fn parse<T: std::str::FromStr<Err = String>>(&self) -> Result<T, EditError> {
        self.text.parse().map_err(|message: String| self.refuse(&message))
    }

    /// What stands in the file, as JSON like that of a model.
    pub(crate) fn in_file<T: serde::de::DeserializeOwned>(&self) -> Result<T, EditError> {
        let refuse = |message: String| EditError::File {
            path: self.path.to_string(),
            file: self.text.to_string(),
            message,
        };
        let content = self.content.ok_or_else(|| refuse("the file was not read".into()))?;
        serde_json::from_str(content).map_err(|error| refuse(error.to_string()))
    }

    /// One of the named choices.
    pub(crate) fn choice<T: Copy>(&self, all: &[T], name: fn(T) -> &'static str) -> Result<T, EditError> {
        all.iter().copied().find(|&candidate| name(candidate) == self.text).ok_or_else(|| {
            let names: Vec<&str> = all.iter().map(|&candidate| name(candidate)).collect();
            self.refuse(&format!("one of {}", names.join(", ")))
        })
    }
}
