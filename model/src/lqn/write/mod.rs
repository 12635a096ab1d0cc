//! Systems as LQN XML, with or without the figures of a prediction.

mod emit;
mod flow;
mod loads;
mod names;
mod operations;
mod results;
mod tasks;

use std::collections::{HashMap, HashSet};

use emit::{Emitter, attribute};
use loads::Loads;
use names::Names;
use tasks::Fans;

use crate::{Distribution, Feature, Host, Multiplicity, Prediction, Scheduling, System, feature};

/// A file, and what it does not say as the system does.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// The file.
    pub text: String,
    /// What is said in another way, approximately, or not at all, with the element's name; nothing where reading the file
    /// gives the same system.
    pub notes: Vec<String>,
}

/// Why a system cannot be an LQN model: everything in it that LQN has no word for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unsupported: LQN has no counterpart for{}", self.list())]
pub struct Unsupported {
    /// Each with the element's name.
    pub problems: Vec<String>,
}

impl Unsupported {
    fn list(&self) -> String {
        self.problems.iter().map(|problem| format!("\n  {problem}")).collect()
    }
}

/// Writes a system as LQN XML (`.lqnx`).
///
/// Closed workloads become reference tasks, Poisson workloads open arrivals.
///
/// # Errors
/// [`Unsupported`] for what would change how the system behaves on average: time on the network, limits of processor time,
/// loads that end, and the like. What changes less is in [`Written::notes`].
pub fn write_xml(system: &System) -> Result<Written, Unsupported> {
    write(system, None)
}

/// Writes a system with the figures of a prediction of it, as LQN solvers do (`.lqxo`).
///
/// # Errors
/// As [`write_xml`].
pub fn write_results(system: &System, prediction: &Prediction) -> Result<Written, Unsupported> {
    write(system, Some(prediction))
}

fn write(system: &System, prediction: Option<&Prediction>) -> Result<Written, Unsupported> {
    let system = &*system.on_network();
    let mut names = Names::new(system);
    let mut remarks = Remarks::default();
    let loads = Loads::new(system, &mut names, &mut remarks);
    if !names.renamed.is_empty() {
        let message =
            "names of entries are unique in LQN, so these operations are written as \"service.operation\"";
        remarks.note(format!("{message}: {}", abridged(&names.renamed)));
    }
    let mut writer = Writer {
        system,
        prediction,
        names,
        loads,
        fans: Fans::new(system),
        speeds: system.hosts.iter().map(|host| (host.name.as_str(), host.speed)).collect(),
        remarks,
        out: Emitter::default(),
    };
    writer.model();
    if writer.remarks.problems.is_empty() {
        Ok(Written { text: writer.out.finish(), notes: writer.remarks.notes })
    } else {
        Err(Unsupported { problems: writer.remarks.problems })
    }
}

/// The first few of a list.
fn abridged(list: &[String]) -> String {
    const SHOWN: usize = 5;
    let more = list.len().saturating_sub(SHOWN);
    let shown = list.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{shown} and {more} more") } else { shown }
}

/// What is lost, and what cannot be written.
#[derive(Default)]
struct Remarks {
    notes: Vec<String>,
    problems: Vec<String>,
}

impl Remarks {
    fn note(&mut self, text: impl Into<String>) {
        self.notes.push(text.into());
    }

    fn problem(&mut self, text: impl Into<String>) {
        self.problems.push(text.into());
    }

    /// Mean and squared coefficient of variation to write for a distribution; only the mean where it is exponential.
    fn moments(&mut self, distribution: &Distribution, what: &str) -> (f64, Option<f64>) {
        let (mean, scv) = (distribution.mean(), distribution.scv());
        if distribution.is_zero() || matches!(distribution.family(), crate::Family::Exponential { .. }) {
            return (mean, None);
        }
        // The moments of a choice of branches have rounding errors, so that the numbers that it was made of are tried, too.
        for (mean, scv) in [(mean, scv), (rounded(mean), rounded(scv))] {
            if Distribution::with_scv(mean, scv).as_ref() == Ok(distribution) {
                return (mean, Some(scv));
            }
        }
        self.note(format!("{what} keeps its mean and variance, but not its distribution"));
        (mean, Some(scv))
    }

    /// The mean of a distribution that can only be exponential.
    fn exponential(&mut self, distribution: &Distribution, what: &str) -> f64 {
        let exponential = matches!(distribution.family(), crate::Family::Exponential { .. });
        if !exponential && !distribution.is_zero() {
            self.note(format!("{what} becomes exponential, with the same mean"));
        }
        distribution.mean()
    }
}

/// To twelve significant digits.
fn rounded(value: f64) -> f64 {
    format!("{value:.11e}").parse().unwrap_or(value)
}

struct Writer<'a> {
    system: &'a System,
    prediction: Option<&'a Prediction>,
    names: Names,
    loads: Loads<'a>,
    fans: Fans<'a>,
    /// By host.
    speeds: HashMap<&'a str, f64>,
    remarks: Remarks,
    out: Emitter,
}

impl Writer<'_> {
    fn model(&mut self) {
        let mut attributes = Vec::new();
        attributes.extend(self.system.name.as_ref().map(|name| attribute("name", name)));
        attributes.extend(self.system.description.as_ref().map(|text| attribute("description", text)));
        self.out.open("lqn-model", &attributes);
        for (feature, element) in feature::features(self.system) {
            // Queues of limited length are said as such.
            let fails = feature.can_fail() && feature != Feature::QueueCapacity;
            if fails || feature == Feature::Placement {
                self.remarks.problem(format!("{element}: {}", feature.name()));
            }
        }
        self.groups_of_one_name();
        self.solution();
        let mut services: HashMap<&str, Vec<usize>> = HashMap::new();
        for (place, service) in self.system.services.iter().enumerate() {
            services.entry(&service.host).or_default().push(place);
        }
        let system = self.system;
        for host in &system.hosts {
            self.processor(host, services.get(host.name.as_str()).map_or(&[], Vec::as_slice));
        }
        for made in std::mem::take(&mut self.loads.made) {
            self.made(&made);
        }
    }

    /// Names of groups are unique in the whole model, here only on their host.
    fn groups_of_one_name(&mut self) {
        let mut seen = HashSet::new();
        let groups =
            self.system.hosts.iter().flat_map(|host| host.share_groups.iter().map(move |g| (host, g)));
        for (host, group) in groups {
            if !seen.insert(group.name.as_str()) {
                let message =
                    format!("the share group \"{}\", of which another host has one, too", group.name);
                self.remarks.problem(format!("host \"{}\": {message}", host.name));
            }
        }
    }

    fn processor(&mut self, host: &Host, services: &[usize]) {
        let system = self.system;
        let element = format!("host \"{}\"", host.name);
        let mut replication = host.replicas;
        if host.per_replica {
            match services {
                [one] => {
                    replication = system.services[*one].replicas;
                    if replication > 1 {
                        self.remarks
                            .note(format!("{element}: a machine for each replica becomes replication"));
                    }
                }
                [] => {}
                _ => {
                    self.remarks
                        .problem(format!("{element}: a machine for each replica of several services"));
                }
            }
        }
        for service in services.iter().map(|place| &system.services[*place]) {
            if replication > 0 && !service.replicas.is_multiple_of(replication) {
                let message = format!("replicas that cannot be spread evenly over those of {element}");
                self.remarks.problem(format!("service \"{}\": {message}", service.name));
            }
        }
        let scheduling = match (host.cores, host.scheduling) {
            (Multiplicity::Infinite, _) => "inf",
            (_, Scheduling::Ps) if !host.share_groups.is_empty() => "cfs",
            (_, Scheduling::Ps) => "ps",
            (_, Scheduling::Fcfs) => "fcfs",
            (_, Scheduling::Random) => "rand",
            (_, Scheduling::Priority) => "hol",
            (_, Scheduling::PreemptivePriority) => "pri",
            (_, Scheduling::Lcfs | Scheduling::PreemptiveLcfs) => {
                let name = host.scheduling.name();
                self.remarks.problem(format!("{element}: scheduling \"{name}\""));
                "fcfs"
            }
        };
        if !host.speed_by_load.is_empty() {
            self.remarks.problem(format!("{element}: a speed that depends on the load"));
        }
        if !host.share_groups.is_empty() && scheduling != "cfs" {
            self.remarks.problem(format!("{element}: share groups without processor sharing"));
        }
        let mut attributes = vec![attribute("name", &host.name), attribute("scheduling", scheduling)];
        if let Some(cores) = host.cores.finite().filter(|&cores| cores != 1) {
            attributes.push(attribute("multiplicity", cores));
        }
        if matches!(scheduling, "ps" | "cfs") {
            attributes.extend(quantum(system, services).map(|quantum| attribute("quantum", quantum)));
        }
        if host.speed != 1.0 {
            attributes.push(attribute("speed-factor", host.speed));
        }
        if replication != 1 {
            attributes.push(attribute("replication", replication));
        }
        self.out.open("processor", &attributes);
        self.processor_figures(&host.name);
        let in_group =
            |place: usize, group: Option<&str>| system.services[place].share_group.as_deref() == group;
        for group in &host.share_groups {
            let mut attributes = vec![attribute("name", &group.name), attribute("share", group.share)];
            if group.capped {
                attributes.push(attribute("cap", true));
            }
            self.out.open("group", &attributes);
            for &place in services.iter().filter(|place| in_group(**place, Some(&group.name))) {
                self.task(&system.services[place]);
            }
            self.out.close();
        }
        for &place in services.iter().filter(|place| in_group(**place, None)) {
            self.task(&system.services[place]);
        }
        self.out.close();
    }
}

/// Other tools share a processor in turns. A turn is a tenth of the shortest slice of work, so that it is close to the
/// ideal; reading leaves it out again.
fn quantum(system: &System, services: &[usize]) -> Option<f64> {
    let operations = services.iter().flat_map(|place| &system.services[*place].operations);
    let slices = operations
        .flat_map(crate::Operation::activities)
        .filter(|activity| !activity.demand.is_zero())
        .map(|activity| activity.demand.mean() / (activity.calls_mean() + 1.0));
    slices.min_by(f64::total_cmp).map(|shortest| shortest / 10.0)
}
