//! A load as a form: its kind and its figures, to and from the text of the command line.

use tracecast_model::{Load, RateProfile, seconds};

use crate::project::Value;

/// Figures of a load that a form can hold.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Form {
    /// Users who think and ask.
    Closed { users: u32, think: f64 },
    /// Random arrivals, per second.
    Poisson { rate: f64 },
    /// Requests all at once.
    Burst { size: u32, at: f64 },
    /// A script that posts one after the other and waits for the end.
    Serial { requests: u32, poll: f64, poll_time: f64 },
    /// A rate that varies: points of seconds and requests per second.
    Curve { points: Vec<[f64; 2]> },
    /// Anything else.
    Other,
}

/// Name of the file that a drawn curve has on the command line.
const CURVE_FILE: &str = "profile:drawn.toml";

impl Form {
    /// Kinds to choose from, each with figures to begin with.
    pub(crate) fn kinds() -> [(&'static str, Self); 5] {
        [
            ("closed", Self::Closed { users: 50, think: 1.0 }),
            ("open (Poisson)", Self::Poisson { rate: 10.0 }),
            ("burst", Self::Burst { size: 100, at: 0.0 }),
            (
                "rate curve",
                Self::Curve { points: vec![[0.0, 5.0], [60.0, 50.0], [120.0, 50.0], [180.0, 5.0]] },
            ),
            ("load script", Self::Serial { requests: 100, poll: 0.25, poll_time: 0.0 }),
        ]
    }

    /// For menus.
    pub(crate) fn kind(&self) -> &'static str {
        let same = |form: &Self| std::mem::discriminant(form) == std::mem::discriminant(self);
        Self::kinds().iter().find(|(_, form)| same(form)).map_or("other", |(name, _)| name)
    }

    /// How much of it there is, with what that counts; none where that is no single number.
    pub(crate) fn amount(&self) -> Option<(f64, &'static str)> {
        match self {
            Self::Closed { users, .. } => Some((f64::from(*users), "users")),
            Self::Poisson { rate } => Some((*rate, "arrivals per second")),
            Self::Burst { size, .. } => Some((f64::from(*size), "requests at once")),
            Self::Serial { requests, .. } => Some((f64::from(*requests), "requests of a script")),
            Self::Curve { .. } | Self::Other => None,
        }
    }

    /// The same with so much of it; of what is counted, the nearest whole number.
    pub(crate) fn with_amount(mut self, amount: f64) -> Self {
        match &mut self {
            Self::Poisson { rate } => *rate = amount,
            Self::Closed { users: count, .. }
            | Self::Burst { size: count, .. }
            | Self::Serial { requests: count, .. } => *count = (amount.round() as u32).max(1),
            Self::Curve { .. } | Self::Other => {}
        }
        self
    }

    /// The form of a load.
    pub(crate) fn of(load: &Load) -> Self {
        match load {
            Load::Closed { population, think_time } => {
                Self::Closed { users: *population, think: think_time.mean() }
            }
            Load::Poisson { rate } => Self::Poisson { rate: *rate },
            Load::Burst { bursts } => match bursts.as_slice() {
                [burst] => Self::Burst { size: burst.size, at: burst.at },
                _ => Self::Other,
            },
            Load::SerialClient(client) => Self::Serial {
                requests: client.requests,
                poll: client.poll_interval,
                poll_time: client.poll_time,
            },
            Load::Profile(profile) => {
                Self::Curve { points: profile.points().iter().map(|point| [point.at, point.rate]).collect() }
            }
            Load::Renewal { .. } | Load::Markov(_) | Load::Replay { .. } => Self::Other,
        }
    }

    /// The text of the command line; a drawn curve stands in a file.
    pub(crate) fn value(&self, target: Option<&str>) -> Option<Value> {
        let time = |value: f64| format!("{value}s");
        let (text, content) = match self {
            Self::Closed { users, think } if *think == 0.0 => (format!("closed:{users}"), None),
            Self::Closed { users, think } => (format!("closed:{users},think={}", time(*think)), None),
            Self::Poisson { rate } => (format!("poisson:{rate}/s"), None),
            Self::Burst { size, at } if *at == 0.0 => (format!("burst:{size}"), None),
            Self::Burst { size, at } => (format!("burst:{size}@{}", time(*at)), None),
            Self::Serial { requests, poll, poll_time } if *poll_time == 0.0 => {
                (format!("serial:{requests},poll={}", time(*poll)), None)
            }
            Self::Serial { requests, poll, poll_time } => {
                (format!("serial:{requests},poll={},poll_time={}", time(*poll), time(*poll_time)), None)
            }
            Self::Curve { points } => (CURVE_FILE.to_owned(), Some(toml(points))),
            Self::Other => return None,
        };
        let text = target.map_or_else(|| text.clone(), |target| format!("{target}={text}"));
        Some(Value { text, content })
    }
}

fn toml(points: &[[f64; 2]]) -> String {
    let lines: String =
        points.iter().map(|[at, rate]| format!("    {{ at = {at:?}, rate = {rate:?} }},\n")).collect();
    format!("points = [\n{lines}]\n")
}

/// In one line, for people.
pub(crate) fn describe(load: &Load) -> String {
    let profile =
        |profile: &RateProfile| format!("up to {:.1}/s, {}", profile.peak(), seconds::display(profile.end()));
    match load {
        Load::Renewal { gap } => format!("arrivals, {:.2}/s", 1.0 / gap.mean()),
        Load::Markov(arrivals) => format!("Markovian arrivals, {:.2}/s", arrivals.rate()),
        Load::Replay { at } => format!("{} recorded arrivals", at.len()),
        Load::Burst { bursts } if bursts.len() > 1 => format!("{} bursts", bursts.len()),
        Load::Profile(points) => profile(points),
        load => Form::of(load).value(None).map_or_else(String::new, |value| value.text),
    }
}

#[cfg(test)]
mod tests {
    use tracecast_experiment::LoadSpec;
    use tracecast_model::fixtures;

    use super::*;

    #[test]
    fn every_form_is_a_load_that_makes_the_same_form() {
        for (name, form) in Form::kinds() {
            let value = form.value(None).unwrap();
            let mut spec: LoadSpec = value.text.parse().unwrap();
            if let Some(content) = &value.content {
                spec.read(content).unwrap();
            }
            let mut system = fixtures::three_tiers(1.0);
            LoadSpec::apply_all(&[spec], &mut system).unwrap();
            assert_eq!(Form::of(&system.workloads[0].load), form, "{name}");
            assert_eq!(form.kind(), name);
        }
    }
}
