//! A load by its text, as in `--load burst:500@10s`.

use std::fmt;
use std::str::FromStr;

use tracecast_model::{
    Burst, Completion, Distribution, Load, OperationRef, Request, SerialClient, System, Workload, seconds,
};
use tracecast_solver::bounds::bounds;

/// A load and where it goes: `poisson:20/s`, `gateway/post=burst:500`, `poisson:50%` (of the capacity).
#[derive(Clone, Debug, PartialEq)]
pub struct LoadSpec {
    target: Option<String>,
    amount: Amount,
    text: String,
}

/// How much load.
#[derive(Clone, Debug, PartialEq)]
enum Amount {
    /// As it says.
    Absolute(Load),
    /// Poisson arrivals at a part of the rate that the bottleneck can serve.
    ShareOfCapacity(f64),
}

/// Why a load cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// A text that is no load.
    #[error(
        "load \"{text}\": {message}; there are closed:50,think=2s · poisson:20/s · poisson:50% (of the capacity) · \
         burst:500 · burst:500@10s · serial:100,poll=0.25s"
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
    /// A share of a capacity that is not known.
    #[error("load \"{text}\": {message}")]
    NoCapacity {
        /// The text.
        text: String,
        /// Why not.
        message: String,
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
        let mut workload = self.place(system)?;
        workload.load = match &self.amount {
            Amount::Absolute(load) => load.clone(),
            Amount::ShareOfCapacity(share) => {
                Load::Poisson { rate: share * self.capacity(&workload, system)? }
            }
        };
        Ok(workload)
    }

    /// Requests per second that the system can serve of this workload alone.
    fn capacity(&self, workload: &Workload, system: &System) -> Result<f64, LoadError> {
        let refuse = |message: String| LoadError::NoCapacity { text: self.text.clone(), message };
        let alone = Workload { load: Load::Poisson { rate: 1.0 }, ..workload.clone() };
        let system = System { workloads: vec![alone], ..system.clone() };
        let bounds = bounds(&system).map_err(|error| refuse(error.to_string()))?;
        let capacity = bounds.first().and_then(|bounds| bounds.capacity);
        capacity.ok_or_else(|| refuse("nothing in the system limits the load, so it has no capacity".into()))
    }

    /// Where it goes: a workload whose load is still to be set.
    fn place(&self, system: &System) -> Result<Workload, LoadError> {
        match (&self.target, system.workloads.as_slice()) {
            (Some(target), workloads) => {
                if let Some(workload) = workloads.iter().find(|workload| &workload.name == target) {
                    return Ok(workload.clone());
                }
                self.aimed(target, system)
            }
            (None, [workload]) => Ok(workload.clone()),
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
            load: Load::Poisson { rate: 1.0 },
            completion,
        }
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
        let without_target = match parse_load(text) {
            Ok(amount) => return Ok(Self { target: None, amount, text: text.into() }),
            Err(message) => message,
        };
        // Names may contain ':' and '=', so the load is what follows the first '=' whose rest reads as one.
        let aimed = text.match_indices('=').find_map(|(cut, _)| {
            let amount = parse_load(&text[cut + 1..]).ok()?;
            Some(Self { target: Some(text[..cut].trim().into()), amount, text: text.into() })
        });
        aimed.ok_or_else(|| LoadError::Form { text: text.into(), message: without_target })
    }
}

fn parse_load(text: &str) -> Result<Amount, String> {
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
            let think_time = Distribution::exponential(think_time);
            Ok(Amount::Absolute(Load::Closed { population: count(first)?, think_time }))
        }
        "poisson" => {
            only(&[])?;
            match first.strip_suffix('%') {
                Some(percent) => Ok(Amount::ShareOfCapacity(positive(percent, first)? / 100.0)),
                None => Ok(Amount::Absolute(Load::Poisson { rate: rate(first)? })),
            }
        }
        "burst" => {
            only(&[])?;
            let (size, at) = first.split_once('@').unwrap_or((first, "0"));
            let bursts = vec![Burst { size: count(size)?, at: duration(at)? }];
            Ok(Amount::Absolute(Load::Burst { bursts }))
        }
        "serial" => {
            only(&["poll", "poll_time"])?;
            let time = |name| option(name).map(duration).transpose().map(|time| time.unwrap_or(0.0));
            Ok(Amount::Absolute(Load::SerialClient(SerialClient {
                requests: count(first)?,
                poll_interval: time("poll")?,
                poll_time: time("poll_time")?,
            })))
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
    let per = seconds::parse(&format!("1{unit}")).map_err(|_| expected_rate(text))?;
    Ok(positive(number, text)? / per)
}

fn positive(number: &str, text: &str) -> Result<f64, String> {
    match number.trim().parse::<f64>() {
        Ok(value) if value > 0.0 && value.is_finite() => Ok(value),
        _ => Err(expected_rate(text)),
    }
}

fn expected_rate(text: &str) -> String {
    format!("expected a rate such as 20/s, or a share of the capacity such as 50%, found \"{text}\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracecast_model::fixtures;

    fn load(text: &str) -> Load {
        match text.parse::<LoadSpec>().unwrap().amount {
            Amount::Absolute(load) => load,
            Amount::ShareOfCapacity(share) => panic!("{text} is {share} of the capacity"),
        }
    }

    /// The database of the fixture is its bottleneck with 12 ms per request, so half its capacity is 41.67/s.
    #[test]
    fn a_share_of_the_capacity() {
        let mut system = fixtures::three_tiers(1.0);
        LoadSpec::apply_all(&["poisson:50%".parse().unwrap()], &mut system).unwrap();
        let Load::Poisson { rate } = system.workloads[0].load else { panic!("{:?}", system.workloads) };
        assert!((rate - 0.5 / 0.012).abs() < 1e-9, "{rate}");
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
