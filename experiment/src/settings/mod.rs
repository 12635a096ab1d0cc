//! What can be set by path, one list.

mod call;
mod family;
mod host;
mod lanes;
mod link;
mod operation;
mod policy;
mod service;
mod system;
#[cfg(test)]
mod tests;

use tracecast_model::{Distribution, System};

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
    /// What its texts are.
    pub kind: Kind,
    /// Can it be absent, with the text "none"?
    pub optional: bool,
    /// Under which title a form shows it.
    pub topic: Topic,
    /// Its value as a text that `apply` takes.
    pub(crate) read: fn(&System, &str) -> Option<String>,
    /// Sets it from text. A number with `*` in front multiplies, where that makes sense.
    pub(crate) apply: fn(&mut System, &Target<'_>, &Value<'_>) -> Result<(), EditError>,
}

/// What the texts of a setting are.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A whole number.
    Count,
    /// A whole number, or "infinite".
    CountOrInfinite,
    /// A number of these.
    Number(&'static str),
    /// Seconds, or a number with a unit.
    Duration,
    /// A part of one, or percent.
    Share,
    /// A factor such as *1.2.
    Factor,
    /// One of these words.
    Choice(fn() -> Vec<&'static str>),
    /// The name of a host.
    Host,
    /// As its summary shows.
    Text,
    /// The name of a file that has it.
    File,
}

/// What a setting is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// How much of it there is, and who changes that.
    Scaling,
    /// What requests take.
    Work,
    /// What happens when something is late or fails.
    Resilience,
    /// What a new replica goes through.
    StartUp,
    /// The way of messages.
    Network,
    /// What a replica is given by its host.
    Container,
    /// The host itself.
    Host,
}

impl Topic {
    /// In the order of forms.
    pub const ALL: [Self; 7] = [
        Self::Scaling,
        Self::Work,
        Self::Resilience,
        Self::StartUp,
        Self::Network,
        Self::Container,
        Self::Host,
    ];

    /// For forms.
    pub fn title(self) -> &'static str {
        match self {
            Self::Scaling => "Scaling",
            Self::Work => "Work",
            Self::Resilience => "Resilience",
            Self::StartUp => "Start-up",
            Self::Network => "Network",
            Self::Container => "Container",
            Self::Host => "Host",
        }
    }
}

/// Text of what is absent.
fn none() -> String {
    "none".into()
}

/// A number that may be absent.
fn or_none(value: Option<f64>) -> String {
    value.map_or_else(none, |value| value.to_string())
}

/// A distribution with another mean and the same shape; where it is zero, that value always.
fn with_mean(old: &Distribution, mean: f64) -> Distribution {
    if mean == old.mean() {
        old.clone()
    } else if old.is_zero() {
        Distribution::deterministic(mean)
    } else {
        old.with_mean(mean)
    }
}

/// To the last digit.
fn seconds(value: f64) -> String {
    format!("{value}s")
}

/// What kind of element a setting belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// `caller/operation -> service/operation.timeout`
    Call,
    /// `host.cores`
    Host,
    /// `link.bandwidth`
    Link,
    /// `service/operation.demand`
    Operation,
    /// `service.replicas`
    Service,
    /// `system.network`
    System,
}

impl Scope {
    /// The kind of the element that has a setting of this name; none where no service, host or link bears its name. They may
    /// share one: then the setting decides, else they come in this order.
    pub fn of(system: &System, element: &str, setting: &str) -> Option<Self> {
        if element.contains(call::ARROW) {
            return Some(Self::Call);
        }
        if element.contains('/') {
            return Some(Self::Operation);
        }
        let kinds = [
            (Self::Service, system.service(element).is_some()),
            (Self::Host, system.hosts.iter().any(|host| host.name == element)),
            (Self::Link, link::all(system).iter().any(|link| link.name == element)),
            (Self::System, element == system::ELEMENT),
        ];
        let mut kinds = kinds.into_iter().filter_map(|(scope, is_there)| is_there.then_some(scope));
        let has = |scope: &Self| Setting::of(*scope).any(|other| other.name == setting);
        kinds.clone().find(has).or(kinds.next())
    }

    /// The names of all elements of this kind.
    pub fn elements(self, system: &System) -> Vec<String> {
        match self {
            Self::Call => call::names(system),
            Self::Host => system.hosts.iter().map(|host| host.name.clone()).collect(),
            Self::Link => link::all(system).iter().map(|link| link.name.clone()).collect(),
            Self::Operation => system.operations().map(|(name, _)| name.to_string()).collect(),
            Self::Service => system.services.iter().map(|service| service.name.clone()).collect(),
            Self::System => vec![system::ELEMENT.into()],
        }
    }
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
        let lists = [
            call::SETTINGS,
            host::SETTINGS,
            link::SETTINGS,
            operation::SETTINGS,
            service::SETTINGS,
            system::SETTINGS,
        ];
        lists.into_iter().flatten()
    }

    /// Those of a kind of element.
    pub fn of(scope: Scope) -> impl Iterator<Item = &'static Self> {
        Self::all().filter(move |setting| setting.scope == scope)
    }

    /// Those that the element of this name has in a system.
    pub fn of_element<'a>(system: &'a System, element: &'a str) -> impl Iterator<Item = &'static Self> + 'a {
        let is_its = |setting: &&Self| Scope::of(system, element, setting.name) == Some(setting.scope);
        Self::all().filter(is_its).filter(|setting| setting.value(system, element).is_some())
    }

    /// Where it is on the command line: `crop.replicas`. Elements are named as there: `crop`, `crop/handle`, `swarm`.
    pub fn path(&self, element: &str) -> String {
        format!("{element}.{}", self.name)
    }

    /// Its value in a system, as a text that an [`Edit`](crate::Edit) takes and that changes nothing; of those that stand in
    /// files, a short name. Absent where there is no such element, or where it cannot have the setting.
    pub fn value(&self, system: &System, element: &str) -> Option<String> {
        (self.read)(system, element)
    }

    /// What its file would say, of those that stand in files; absent where it is.
    pub fn content(&self, system: &System, element: &str) -> Option<String> {
        service::content(self.name, system, element).or_else(|| system::content(self.name, system))
    }

    /// Is its value the name of a file that has it?
    pub(crate) fn stands_in_file(name: &str) -> bool {
        service::IN_FILES.contains(&name) || system::IN_FILES.contains(&name)
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
