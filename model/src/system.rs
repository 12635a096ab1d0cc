//! The whole.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Fault, FaultEffect, Host, Index, Network, OperationRef, Service, UnknownName, Workload};

/// An architecture with the load on it (LQN model).
///
/// Any value of this type can be saved and shown; only one without errors in [`validate`](crate::validate()) can be
/// predicted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct System {
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// For people: what it is, where its numbers come from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What services run on.
    pub hosts: Vec<Host>,
    /// What there is to call.
    pub services: Vec<Service>,
    /// What calls from outside. None: the architecture alone, which can be shown but not predicted.
    #[serde(default)]
    pub workloads: Vec<Workload>,
    /// What lies between the services; nothing but what calls say where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<Network>,
    /// What goes wrong, and when.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<Fault>,
}

impl System {
    /// Resolves all names.
    ///
    /// # Errors
    /// The first name that nothing bears; [`validate`](crate::validate()) lists them all.
    pub fn index(&self) -> Result<Index, UnknownName> {
        Index::new(self)
    }

    /// The service of that name.
    pub fn service(&self, name: &str) -> Option<&Service> {
        self.services.iter().find(|service| service.name == name)
    }

    /// The service of that name.
    pub fn service_mut(&mut self, name: &str) -> Option<&mut Service> {
        self.services.iter_mut().find(|service| service.name == name)
    }

    /// Does the number of its replicas change while the system runs, by an autoscaler, a crash, breakdowns or a lack of memory?
    pub fn is_elastic(&self, service: &Service) -> bool {
        let crashes = |fault: &Fault| {
            matches!(fault.effect, FaultEffect::Crash { .. }) && fault.effect.service() == service.name
        };
        service.autoscaler.is_some()
            || service.breakdowns.is_some()
            || service.memory.is_some()
            || self.faults.iter().any(crashes)
    }

    /// Cores of all machines of a host together; none where they are infinite.
    pub fn total_cores(&self, host: &Host) -> Option<f64> {
        let on_it = self.services.iter().filter(|service| service.host == host.name);
        let machines: f64 = if host.per_replica {
            on_it.map(|service| f64::from(service.replicas)).sum()
        } else {
            f64::from(host.replicas)
        };
        Some(f64::from(host.cores.finite()?) * machines)
    }

    /// All operations with their full names, in the order written.
    pub fn operations(&self) -> impl Iterator<Item = (OperationRef, &crate::Operation)> {
        self.services.iter().flat_map(|service| {
            service
                .operations
                .iter()
                .map(|operation| (OperationRef::new(&service.name, &operation.name), operation))
        })
    }
}
