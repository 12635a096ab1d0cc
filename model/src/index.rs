//! Names resolved to positions, once, so that engines work with numbers.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{Element, Operation, Service, System};

/// Position of a host in [`System::hosts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HostId(pub usize);

/// Position of a service in [`System::services`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServiceId(pub usize);

/// Position of an operation among the operations of all services, in the order written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OperationId(pub usize);

/// Full name of an operation, `"service/operation"`. The first `/` divides; the operation may contain more.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OperationRef {
    service: String,
    operation: String,
}

/// A name that nothing bears.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place} refers to the {kind} \"{name}\", which does not exist")]
pub struct UnknownName {
    /// What refers to it.
    pub place: String,
    /// "host", "service" or "operation".
    pub kind: &'static str,
    /// The name.
    pub name: String,
}

/// All names of a [`System`] as positions.
#[derive(Clone, Debug)]
pub struct Index {
    operations: HashMap<OperationRef, OperationId>,
    /// Per service: its host.
    hosts: Vec<HostId>,
    /// Per operation: its service and its place there.
    places: Vec<(ServiceId, usize)>,
    /// Per service: its first operation.
    first: Vec<usize>,
}

impl OperationRef {
    /// Puts the two names together.
    pub fn new(service: impl Into<String>, operation: impl Into<String>) -> Self {
        Self { service: service.into(), operation: operation.into() }
    }

    /// Name of the service.
    pub fn service(&self) -> &str {
        &self.service
    }

    /// Name of the operation within it.
    pub fn operation(&self) -> &str {
        &self.operation
    }
}

impl fmt::Display for OperationRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.service, self.operation)
    }
}

impl std::str::FromStr for OperationRef {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('/') {
            Some((service, operation)) if !service.is_empty() && !operation.is_empty() => {
                Ok(Self::new(service, operation))
            }
            _ => Err(format!("expected \"service/operation\", found \"{text}\"")),
        }
    }
}

impl Serialize for OperationRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for OperationRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for OperationRef {
    fn schema_name() -> Cow<'static, str> {
        "OperationRef".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "description": "\"service/operation\"", "type": "string", "pattern": "^[^/]+/.+$" })
    }
}

impl Index {
    /// Resolves every name in the system.
    ///
    /// # Errors
    /// The first name that nothing bears.
    pub fn new(system: &System) -> Result<Self, UnknownName> {
        let host_ids: HashMap<&str, HostId> =
            system.hosts.iter().enumerate().map(|(i, host)| (host.name.as_str(), HostId(i))).collect();
        let mut index = Self {
            operations: HashMap::with_capacity(system.operations().count()),
            hosts: Vec::with_capacity(system.services.len()),
            places: Vec::new(),
            first: Vec::with_capacity(system.services.len()),
        };
        for (s, service) in system.services.iter().enumerate() {
            let host = host_ids.get(service.host.as_str()).ok_or_else(|| UnknownName {
                place: format!("service \"{}\"", service.name),
                kind: "host",
                name: service.host.clone(),
            })?;
            index.hosts.push(*host);
            index.first.push(index.places.len());
            for (o, operation) in service.operations.iter().enumerate() {
                let id = OperationId(index.places.len());
                index.operations.insert(OperationRef::new(&service.name, &operation.name), id);
                index.places.push((ServiceId(s), o));
            }
        }
        for (caller, operation) in system.operations() {
            let mut targets = Vec::new();
            operation.walk(&mut |element, _| match element {
                Element::Activity(activity) => targets.extend(activity.calls.iter().map(|call| &call.to)),
                Element::Forward(forward) => targets.push(&forward.to),
            });
            for target in targets {
                index.resolve(target, || format!("operation \"{caller}\""))?;
            }
        }
        for workload in &system.workloads {
            for request in &workload.requests {
                index.resolve(&request.operation, || format!("workload \"{}\"", workload.name))?;
            }
        }
        Ok(index)
    }

    fn resolve(
        &self,
        name: &OperationRef,
        place: impl FnOnce() -> String,
    ) -> Result<OperationId, UnknownName> {
        self.operation(name).ok_or_else(|| UnknownName {
            place: place(),
            kind: "operation",
            name: name.to_string(),
        })
    }

    /// The operation of that name.
    pub fn operation(&self, name: &OperationRef) -> Option<OperationId> {
        self.operations.get(name).copied()
    }

    /// Number of operations of all services.
    pub fn operation_count(&self) -> usize {
        self.places.len()
    }

    /// The service that offers an operation.
    pub fn service_of(&self, operation: OperationId) -> ServiceId {
        self.places[operation.0].0
    }

    /// The host that a service runs on.
    pub fn host_of(&self, service: ServiceId) -> HostId {
        self.hosts[service.0]
    }

    /// The operations of a service.
    pub fn operations_of(&self, service: ServiceId) -> impl Iterator<Item = OperationId> + use<> {
        let end = self.first.get(service.0 + 1).copied().unwrap_or(self.places.len());
        (self.first[service.0]..end).map(OperationId)
    }

    /// An operation with its service.
    pub fn get<'a>(&self, system: &'a System, operation: OperationId) -> (&'a Service, &'a Operation) {
        let (service, place) = self.places[operation.0];
        let service = &system.services[service.0];
        (service, &service.operations[place])
    }

    /// Full name of an operation.
    pub fn name(&self, system: &System, operation: OperationId) -> OperationRef {
        let (service, operation) = self.get(system, operation);
        OperationRef::new(&service.name, &operation.name)
    }
}
