//! A load by its text, as in `--load burst:500@10s`.

mod arrivals;
mod parse;
mod profile;
mod recording;

use std::fmt;
use std::str::FromStr;

use tracecast_model::{Completion, Load, OperationRef, Request, System, Workload};
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
    /// What a file says that is not read yet.
    File(FileKind, String),
}

/// What a file of a load holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FileKind {
    /// A rate that varies (TOML).
    Profile,
    /// An arrival process (TOML).
    Arrivals,
    /// Recorded arrivals (CSV).
    Recording,
}

/// Why a load cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// A text that is no load.
    #[error(
        "load \"{text}\": {message}; there are closed:50,think=2s · poisson:20/s · poisson:50% (of the capacity) · \
         arrivals:20/s,scv=4 · arrivals:FILE.toml · burst:500 · burst:500@10s · ramp:0..100/s,over=60s,hold=30s · \
         profile:FILE.toml · replay:FILE.csv · serial:100,poll=0.25s"
    )]
    Form {
        /// The text.
        text: String,
        /// What is wrong.
        message: String,
    },
    /// A file that is no such load.
    #[error("{file}: {message}")]
    File {
        /// Its name.
        file: String,
        /// Which line, and what is wrong there.
        message: String,
    },
    /// A file that nobody has read.
    #[error("load \"{text}\": loads in files can only be used with `predict` and `batch`")]
    NotRead {
        /// The text.
        text: String,
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
    /// The file that has to be [`read`](Self::read) before the load can be applied.
    pub fn file(&self) -> Option<&str> {
        match &self.amount {
            Amount::File(_, file) => Some(file),
            _ => None,
        }
    }

    /// Takes the load from the text of its file.
    ///
    /// # Errors
    /// [`LoadError::File`] for a text that is no such load.
    pub fn read(&mut self, text: &str) -> Result<(), LoadError> {
        let Amount::File(kind, file) = &self.amount else { return Ok(()) };
        let load = match kind {
            FileKind::Arrivals => arrivals::read(text),
            FileKind::Profile => profile::read(text).map(Load::Profile),
            FileKind::Recording => recording::read(text).map(|at| Load::Replay { at }),
        };
        self.amount =
            Amount::Absolute(load.map_err(|message| LoadError::File { file: file.clone(), message })?);
        Ok(())
    }

    /// Puts all the loads on the system. A load without a target goes to the system's workload, or to its only entry
    /// point where it has none, and keeps the mix of requests; several bursts for one target are joined. Loads with
    /// targets replace all workloads that the system has.
    ///
    /// # Errors
    /// A target that does not exist, or no target where several are possible; a file that is not read.
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
            Amount::File(..) => return Err(LoadError::NotRead { text: self.text.clone() }),
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

    /// A new workload, which counts requests as done, and bears errors, as the workload that so far asks for the operation
    /// does.
    fn on(&self, operation: OperationRef, system: &System, name: &str) -> Workload {
        let asks = |workload: &&Workload| workload.requests.iter().any(|r| r.operation == operation);
        let like = system.workloads.iter().find(asks);
        Workload {
            name: name.into(),
            requests: vec![Request { operation, weight: 1.0 }],
            load: Load::Poisson { rate: 1.0 },
            completion: like.map_or(Completion::default(), |workload| workload.completion),
            resilience: like.and_then(|workload| workload.resilience.clone()),
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
        let without_target = match parse::amount(text) {
            Ok(amount) => return Ok(Self { target: None, amount, text: text.into() }),
            Err(message) => message,
        };
        // Names may contain ':' and '=', so the load is what follows the first '=' whose rest reads as one.
        let aimed = text.match_indices('=').find_map(|(cut, _)| {
            let amount = parse::amount(&text[cut + 1..]).ok()?;
            Some(Self { target: Some(text[..cut].trim().into()), amount, text: text.into() })
        });
        aimed.ok_or_else(|| LoadError::Form { text: text.into(), message: without_target })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracecast_model::{Burst, Distribution, RatePoint, RateProfile, SerialClient, fixtures};

    fn load(text: &str) -> Load {
        match text.parse::<LoadSpec>().unwrap().amount {
            Amount::Absolute(load) => load,
            other => panic!("{text} is {other:?}"),
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
        assert_eq!(load("arrivals:20/s,scv=0"), Load::Renewal { gap: Distribution::deterministic(0.05) });
        assert_eq!(
            load("arrivals:20/s,scv=4"),
            Load::Renewal { gap: Distribution::with_scv(0.05, 4.0).unwrap() }
        );
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
    fn ramps_are_profiles_of_straight_lines() {
        let profile = |points: &[(f64, f64)]| {
            Load::Profile(RateProfile::new(points.iter().map(|&(at, rate)| RatePoint { at, rate }).collect()))
        };
        assert_eq!(load("ramp:0..100/s,over=60s"), profile(&[(0.0, 0.0), (60.0, 100.0)]));
        assert_eq!(load("ramp:60/min..0/s,over=1min"), profile(&[(0.0, 1.0), (60.0, 0.0)]));
        assert_eq!(load("ramp:60..120/min,over=2s"), profile(&[(0.0, 1.0), (2.0, 2.0)]));
        assert_eq!(load("ramp:5..20,over=10,hold=30s"), profile(&[(0.0, 5.0), (10.0, 20.0), (40.0, 20.0)]));
    }

    #[test]
    fn files_are_named_and_then_read() {
        for (text, target, file) in [
            ("profile:day.toml", None, "day.toml"),
            ("runs/day.toml", None, "runs/day.toml"),
            ("arrivals:states.toml", None, "states.toml"),
            ("web/get=arrivals:a,b=c.toml", Some("web/get"), "a,b=c.toml"),
            ("replay:a,b=c.csv", None, "a,b=c.csv"),
            ("web/GET /a?b=c=day.toml", Some("web/GET /a?b=c"), "day.toml"),
            ("web/handle=replay:log.csv", Some("web/handle"), "log.csv"),
        ] {
            let spec: LoadSpec = text.parse().unwrap();
            assert_eq!((spec.target.as_deref(), spec.file()), (target, Some(file)), "{text}");
        }
        let mut system = fixtures::three_tiers(1.0);
        let mut spec: LoadSpec = "replay:log.csv".parse().unwrap();
        let unread = LoadSpec::apply_all(std::slice::from_ref(&spec), &mut system).unwrap_err();
        assert!(unread.to_string().contains("replay:log.csv"), "{unread}");
        let wrong = spec.read("time\nsoon\n").unwrap_err().to_string();
        assert!(wrong.starts_with("log.csv: line 2"), "{wrong}");
        spec.read("time\n3\n5\n").unwrap();
        LoadSpec::apply_all(&[spec], &mut system).unwrap();
        assert_eq!(system.workloads[0].load, Load::Replay { at: vec![0.0, 2.0] });
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
        for text in [
            "20/s",
            "climb:0..100/s,over=60s",
            "ramp:0..100/s",
            "ramp:100/s,over=60s",
            "ramp:0..0/s,over=60s",
            "ramp:-1..5/s,over=60s",
            "ramp:0..5/s,over=0s",
            "ramp:0..5/s,over=9s,until=9s",
            "replay:",
            "poisson:-1/s",
            "arrivals:20/s",
            "arrivals:20/s,scv=-1",
            "arrivals:0/s,scv=1",
            "arrivals:20/s,cv=1",
            "arrivals:.toml,scv=1",
            "closed:0",
            "burst:5,think=1s",
            "poisson:1/y",
        ] {
            let message = text.parse::<LoadSpec>().unwrap_err().to_string();
            assert!(message.contains("poisson:20/s"), "{message}");
        }
        let mut system = fixtures::three_tiers(1.0);
        let specs = ["web/nothing=poisson:1/s".parse().unwrap()];
        let message = LoadSpec::apply_all(&specs, &mut system).unwrap_err().to_string();
        assert!(message.contains("web/handle"), "{message}");
    }
}
