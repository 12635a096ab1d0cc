//! Where a pod's template wants its replicas, as far as equal machines have it.

use serde_json::Value;
use tracecast_model::{Host, Placement, Service};

use super::fields::Fields;

/// The label that each machine has another value of.
const HOSTNAME: &str = "kubernetes.io/hostname";

/// What became of constraints and affinities: those that the model holds, and those that it does not.
#[derive(Default)]
pub(super) struct Wishes {
    pub(super) held: Vec<String>,
    pub(super) left: Vec<String>,
}

/// Machines of a host are alike, and a placement is that of a whole host. So a wish changes nothing: it is held by the placement that
/// there is, or not.
pub(super) fn wishes(pod: &Fields<'_>, service: &Service, host: Option<&Host>) -> Wishes {
    let mut wishes = Wishes::default();
    let machines = Machines { host, replicas: service.most_replicas() };
    for part in pod.items("spec.topologySpreadConstraints") {
        part.dismiss_all();
        let answer = machines.spread(part.peek("topologyKey").and_then(Value::as_str).unwrap_or("?"));
        wishes.note(&part, answer);
    }
    for kind in
        ["requiredDuringSchedulingIgnoredDuringExecution", "preferredDuringSchedulingIgnoredDuringExecution"]
    {
        for part in pod.items(&format!("spec.affinity.podAntiAffinity.{kind}")) {
            part.dismiss_all();
            // A preference has a weight beside its term.
            let term = part.at("podAffinityTerm");
            let term = term.as_ref().unwrap_or(&part);
            let answer = if selects(term, pod) {
                machines.apart(term.peek("topologyKey").and_then(Value::as_str).unwrap_or("?"))
            } else {
                Err("it is about other services".into())
            };
            wishes.note(&part, answer);
        }
    }
    for path in
        ["spec.affinity.nodeAffinity", "spec.affinity.podAffinity", "spec.nodeSelector", "spec.nodeName"]
    {
        if let Some(part) = pod.at(path) {
            part.dismiss_all();
            wishes.note(&part, Err("the machines of a host are alike".into()));
        }
    }
    wishes
}

/// Does a term mean the pods of this template themselves?
fn selects(term: &Fields<'_>, pod: &Fields<'_>) -> bool {
    let Some(Value::Object(labels)) = term.peek("labelSelector.matchLabels") else { return false };
    let own = pod.peek("metadata.labels");
    term.peek("labelSelector.matchExpressions").is_none()
        && labels.iter().all(|(key, value)| own.and_then(|own| own.get(key)) == Some(value))
}

impl Wishes {
    fn note(&mut self, part: &Fields<'_>, answer: Result<String, String>) {
        match answer {
            Ok(how) => self.held.push(format!("{}: {how}", part.path())),
            Err(why) => self.left.push(format!("{}: {why}", part.path())),
        }
    }
}

/// The machines that the replicas of a service may be on.
struct Machines<'a> {
    host: Option<&'a Host>,
    /// As many as there may ever be.
    replicas: u32,
}

impl Machines<'_> {
    /// Numbers of replicas on machines that differ by one at most.
    fn spread(&self, key: &str) -> Result<String, String> {
        let host = self.host_by(key)?;
        if host.per_replica {
            return Ok("each replica has a machine of its own".into());
        }
        match host.placement {
            Placement::ByNumber | Placement::Spread => {
                Ok(format!("as placement = {} of {} has it", host.placement.name(), host.name))
            }
            Placement::LeastAllocated | Placement::MostAllocated => Err(format!(
                "placement = {} of {} looks at what is asked for only (--set {}.placement=spread spreads the replicas of all services)",
                host.placement.name(),
                host.name,
                host.name
            )),
        }
    }

    /// No two replicas on a machine.
    fn apart(&self, key: &str) -> Result<String, String> {
        let held = self.spread(key)?;
        match self.host {
            Some(host) if !host.per_replica && self.replicas > host.replicas => Err(format!(
                "{} has {} machines for up to {} replicas",
                host.name, host.replicas, self.replicas
            )),
            _ => Ok(format!("{held}, for up to {} replicas", self.replicas)),
        }
    }

    fn host_by(&self, key: &str) -> Result<&Host, String> {
        let host = self.host.ok_or("its host is not in the model")?;
        if key == HOSTNAME { Ok(host) } else { Err(format!("machines have no {key}")) }
    }
}
