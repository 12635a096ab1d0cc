//! A load by its text, as in `--load burst:500@10s`.

use std::fmt;
use std::str::FromStr;

use tracecast_model::{
    Burst, Completion, Distribution, Load, OperationRef, Request, SerialClient, System, Workload, seconds,
};

/// A load and where it goes: `poisson:20/s`, `gateway/post=burst:500`.
#[derive(Clone, Debug, PartialEq)]
pub struct LoadSpec {
    target: Option<String>,
    load: Load,
    text: String,
}

/// Why a load cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// A text that is no load.
    #[error(
        "load \"{text}\": {message}; there are closed:50,think=2s · poisson:20/s · burst:500 · burst:500@10s · \
         serial:100,poll=0.25s"
    )]
    Form {
        /// The text.
        text: String,
        /// What is wrong.
        message: String,
    },
    /// A target that is no operation and no workload.
    #[error("load \"{text}\": there is no operation or workload \"{target}\"; entry points are {}", .entries.join(", "))]
    UnknownTarget {
        /// The text.
        text: String,
        /// The target.
        target: String,
        /// Where it could go.
        entries: Vec<String>,
    },
    /// No target, and several are possible.
    #[error("load \"{text}\" could go to {}; aim it with NAME={text}", .entries.join(", "))]
    Ambiguous {
        /// The text.
        text: String,
        /// Where it could go.
        entries: Vec<String>,
    },
}

impl LoadSpec {
    /// Puts all the loads on the system. A load without a target goes to the system's workload, or to its only entry
    /// point where it has none, and keeps the mix of requests; several bursts for one target are joined. Loads with
    /// targets replace all workloads that the system has.
    ///
    /// # Errors
    /// A target that does not exist, or no target where several are possible.
    pub fn apply_all(specs: &[Self], system: &mut System) -> Result<(), LoadError> {
        let mut workloads: Vec<Workload> = Vec::new();
        for spec in specs {
            let workload = spec.workload(system)?;
            match workloads.iter_mut().find(|other| other.name == workload.name) {
                Some(other) => match (&mut other.load, workload.load) {
                    (Load::Burst { bursts }, Load::Burst { bursts: more }) => bursts.extend(more),
                    (load, new) => *load = new,
                },
                None => workloads.push(workload),
            }
        }
        if !workloads.is_empty() {
            system.workloads = workloads;
        }
        Ok(())
    }

    /// The workload that this load makes of what the system has.
    fn workload(&self, system: &System) -> Result<Workload, LoadError> {
        let with_load = |workload: &Workload| Workload { load: self.load.clone(), ..workload.clone() };
        match (&self.target, system.workloads.as_slice()) {
            (Some(target), workloads) => {
                if let Some(workload) = workloads.iter().find(|workload| &workload.name == target) {
                    return Ok(with_load(workload));
                }
                self.aimed(target, system)
            }
            (None, [workload]) => Ok(with_load(workload)),
            (None, []) => {
                let entries = entry_points(system);
                match entries.as_slice() {
                    [entry] => Ok(self.on(entry.clone(), system, "users")),
                    _ => Err(LoadError::Ambiguous {
                        text: self.text.clone(),
                        entries: entries.iter().map(ToString::to_string).collect(),
                    }),
                }
            }
            (None, workloads) => Err(LoadError::Ambiguous {
                text: self.text.clone(),
                entries: workloads.iter().map(|workload| workload.name.clone()).collect(),
            }),
        }
    }

    fn aimed(&self, target: &str, system: &System) -> Result<Workload, LoadError> {
        let operation = target.parse::<OperationRef>().ok();
        match operation.filter(|name| system.operations().any(|(other, _)| other == *name)) {
            Some(operation) => Ok(self.on(operation, system, target)),
            None => Err(LoadError::UnknownTarget {
                text: self.text.clone(),
                target: target.into(),
                entries: entry_points(system).iter().map(ToString::to_string).collect(),
            }),
        }
    }

    /// A new workload, which counts requests as done as the workload that so far asks for the operation does.
    fn on(&self, operation: OperationRef, system: &System, name: &str) -> Workload {
        let asks = |workload: &&Workload| workload.requests.iter().any(|r| r.operation == operation);
        let completion =
            system.workloads.iter().find(asks).map_or(Completion::default(), |workload| workload.completion);
        Workload {
            name: name.into(),
            requests: vec![Request { operation, weight: 1.0 }],
            load: self.load.clone(),
            completion,
        }
    }

    /// The load itself.
    pub fn load(&self) -> &Load {
        &self.load
    }
}

/// The operations that nobody calls.
fn entry_points(system: &System) -> Vec<OperationRef> {
    let called: std::collections::HashSet<OperationRef> = system
        .operations()
        .flat_map(|(_, operation)| operation.activities().into_iter().flat_map(|activity| &activity.calls))
        .map(|call| call.to.clone())
        .collect();
    system.operations().map(|(name, _)| name).filter(|name| !called.contains(name)).collect()
}

impl fmt::Display for LoadSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for LoadSpec {
    type Err = LoadError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // Workloads and operations may contain ':' or '=', so the load is what follows the last '=' whose rest reads
        // as one.
        let mut cuts = text.match_indices('=').map(|(place, _)| place);
        if let Ok(load) = parse_load(text) {
            return Ok(Self { target: None, load, text: text.into() });
        }
        let aimed = cuts.find_map(|cut| {
            let load = parse_load(&text[cut + 1..]).ok()?;
            Some(Self { target: Some(text[..cut].trim().into()), load, text: text.into() })
        });
        match aimed {
            Some(spec) => Ok(spec),
            None => Err(LoadError::Form { text: text.into(), message: parse_load(text).unwrap_err() }),
        }
    }
}

fn parse_load(text: &str) -> Result<Load, String> {
    let (kind, rest) = text.trim().split_once(':').ok_or("a load starts with its kind and a colon")?;
    let mut parts = rest.split(',').map(str::trim);
    let first = parts.next().unwrap_or_default();
    let options: Vec<(&str, &str)> = parts
        .map(|part| part.split_once('=').ok_or_else(|| format!("\"{part}\" is not NAME=VALUE")))
        .collect::<Result<_, _>>()?;
    let option = |name: &str| options.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
    let only = |names: &[&str]| match options.iter().find(|(key, _)| !names.contains(key)) {
        Some((key, _)) => Err(format!("{kind} has no option \"{key}\"")),
        None => Ok(()),
    };
    match kind {
        "closed" => {
            only(&["think"])?;
            let think_time = option("think").map(duration).transpose()?.unwrap_or(0.0);
            Ok(Load::Closed { population: count(first)?, think_time: Distribution::exponential(think_time) })
        }
        "poisson" => {
            only(&[])?;
            Ok(Load::Poisson { rate: rate(first)? })
        }
        "burst" => {
            only(&[])?;
            let (size, at) = first.split_once('@').unwrap_or((first, "0"));
            Ok(Load::Burst { bursts: vec![Burst { size: count(size)?, at: duration(at)? }] })
        }
        "serial" => {
            only(&["poll", "poll_time"])?;
            let time = |name| option(name).map(duration).transpose().map(|time| time.unwrap_or(0.0));
            Ok(Load::SerialClient(SerialClient {
                requests: count(first)?,
                poll_interval: time("poll")?,
                poll_time: time("poll_time")?,
            }))
        }
        _ => Err(format!("there is no load \"{kind}\"")),
    }
}

fn count(text: &str) -> Result<u32, String> {
    match text.trim().parse() {
        Ok(count) if count > 0 => Ok(count),
        _ => Err(format!("expected a whole number, at least 1, found \"{text}\"")),
    }
}

fn duration(text: &str) -> Result<f64, String> {
    let value = seconds::parse(text)?;
    if value >= 0.0 { Ok(value) } else { Err(format!("expected a duration, not negative, found \"{text}\"")) }
}

/// `20/s`, `20`, `600/min`.
fn rate(text: &str) -> Result<f64, String> {
    let (number, unit) = text.split_once('/').unwrap_or((text, "s"));
    let expected = || format!("expected a rate such as 20/s, found \"{text}\"");
    let per = seconds::parse(&format!("1{unit}")).map_err(|_| expected())?;
    match number.trim().parse::<f64>() {
        Ok(value) if value > 0.0 && value.is_finite() => Ok(value / per),
        _ => Err(expected()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracecast_model::fixtures;

    fn load(text: &str) -> Load {
        text.parse::<LoadSpec>().unwrap().load
    }

    #[test]
    fn all_kinds() {
        assert_eq!(load("poisson:20/s"), Load::Poisson { rate: 20.0 });
        assert_eq!(load("poisson:60/min"), Load::Poisson { rate: 1.0 });
        assert_eq!(
            load("closed:50,think=2s"),
            Load::Closed { population: 50, think_time: Distribution::exponential(2.0) }
        );
        assert_eq!(load("burst:500@10s"), Load::Burst { bursts: vec![Burst { size: 500, at: 10.0 }] });
        assert_eq!(
            load("serial:100,poll=0.25s,poll_time=13ms"),
            Load::SerialClient(SerialClient { requests: 100, poll_interval: 0.25, poll_time: 0.013 })
        );
    }

    #[test]
    fn a_load_without_target_keeps_the_mix() {
        let mut system = fixtures::three_tiers(1.0);
        let before = system.workloads[0].requests.clone();
        LoadSpec::apply_all(&["poisson:3/s".parse().unwrap()], &mut system).unwrap();
        assert_eq!(system.workloads.len(), 1);
        assert_eq!(system.workloads[0].requests, before);
        assert_eq!(system.workloads[0].load, Load::Poisson { rate: 3.0 });
    }

    #[test]
    fn a_target_may_contain_anything() {
        let spec: LoadSpec = "gateway/GET /a?b=c:d=poisson:2/s".parse().unwrap();
        assert_eq!(spec.target.as_deref(), Some("gateway/GET /a?b=c:d"));
    }

    #[test]
    fn bursts_are_joined() {
        let mut system = fixtures::three_tiers(1.0);
        let specs: Vec<LoadSpec> = ["burst:5", "burst:7@3s"].map(|text| text.parse().unwrap()).to_vec();
        LoadSpec::apply_all(&specs, &mut system).unwrap();
        assert_eq!(system.workloads[0].load.total_requests(), Some(12));
    }

    #[test]
    fn refusals_say_what_there_is() {
        for text in
            ["20/s", "ramp:0..100/s,over=60s", "poisson:-1/s", "closed:0", "burst:5,think=1s", "poisson:1/y"]
        {
            let message = text.parse::<LoadSpec>().unwrap_err().to_string();
            assert!(message.contains("poisson:20/s"), "{message}");
        }
        let mut system = fixtures::three_tiers(1.0);
        let specs = ["web/nothing=poisson:1/s".parse().unwrap()];
        let message = LoadSpec::apply_all(&specs, &mut system).unwrap_err().to_string();
        assert!(message.contains("web/handle"), "{message}");
    }
}
