//! The services, operations and replicas that traces name, as numbers.
//!
//! Names are looked up once for every span. From then on visits are told apart by numbers, which are in the order of the
//! names, so that what is sorted by them is sorted by name. Names come back where there is something to say.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use tracecast_model::OperationRef;

use super::naming::{Meant, Names, names, seen};
use super::routes::Routes;
use crate::{ImportReport, Name, Span, Trace};

/// A service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Service(u32);

/// An operation in one of its courses, sorted by the names of service and operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Key {
    operation: u32,
    /// Which of the courses that it takes ([`super::courses`]), in a visit; 0 where that does not matter.
    pub(super) course: u16,
    pub(super) service: Service,
}

/// Where visits of a service were made: in one of its replicas or, where traces do not tell these, in all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Replica {
    number: u32,
    /// Does the trace tell it?
    pub(super) is_told: bool,
}

impl Service {
    /// From 0 on.
    pub(super) fn number(self) -> usize {
        self.0 as usize
    }
}

impl Key {
    /// The operation whatever its course.
    pub(super) fn plain(self) -> Self {
        Self { course: 0, ..self }
    }

    /// Are both the same operation?
    pub(super) fn is_of(self, other: Self) -> bool {
        self.operation == other.operation
    }
}

impl Replica {
    /// From 0 on.
    pub(super) fn number(self) -> usize {
        self.number as usize
    }
}

/// What the names of a span mean.
#[derive(Clone, Copy, Debug)]
pub(super) struct Meaning {
    /// The operation, if it is a visit.
    pub(super) operation: Key,
    pub(super) replica: Replica,
    /// The operation at the other end, if it is a call that only the caller recorded and tells of whom.
    pub(super) peer: Option<Key>,
}

/// All operations in the traces.
#[derive(Debug)]
pub(super) struct Operations {
    services: Vec<Name>,
    /// Does a service have spans of its own?
    is_traced: Vec<bool>,
    /// Names of the service and of the operation.
    operations: Vec<(Name, Name)>,
    /// The service of each replica.
    replicas: Vec<Service>,
    meanings: HashMap<Names, Meaning, foldhash::fast::RandomState>,
}

impl Operations {
    /// Numbers all that the traces name.
    pub(super) fn new(traces: &[Trace], report: &mut ImportReport) -> Self {
        let seen = seen(traces);
        let routes = Routes::new(seen.values().copied(), report);
        let meant: Vec<(Names, Meant)> =
            seen.into_iter().map(|(names, (span, _))| (names, Meant::new(span, &routes))).collect();
        let numbers = Numbers::new(meant.iter().map(|(_, meant)| meant));
        let mut is_traced = vec![false; numbers.services.len()];
        let mut replicas = vec![Service::default(); numbers.instances.len()];
        let mut meanings = HashMap::default();
        for (names, meant) in &meant {
            let meaning = numbers.meaning(meant);
            is_traced[meaning.operation.service.number()] = true;
            replicas[meaning.replica.number()] = meaning.operation.service;
            meanings.insert(*names, meaning);
        }
        let services = numbers.services.into_keys().cloned().collect();
        let operations =
            numbers.operations.into_keys().map(|(service, name)| (service.clone(), name.clone())).collect();
        Self { services, is_traced, operations, replicas, meanings }
    }

    /// What the names of one of the traces' spans mean.
    pub(super) fn meaning(&self, span: &Span) -> &Meaning {
        &self.meanings[&names(span)]
    }

    /// Name of a service.
    pub(super) fn service(&self, service: Service) -> &Name {
        &self.services[service.number()]
    }

    /// Name of an operation within its service.
    pub(super) fn operation(&self, key: Key) -> &Name {
        &self.operations[key.operation as usize].1
    }

    /// Full name of an operation.
    pub(super) fn full_name(&self, key: Key) -> String {
        format!("{}/{}", self.service(key.service), self.operation(key))
    }

    /// What a model calls an operation.
    pub(super) fn reference(&self, key: Key) -> OperationRef {
        OperationRef::new(&**self.service(key.service), &**self.operation(key))
    }

    /// The operation of these names.
    pub(super) fn find(&self, service: &str, operation: &str) -> Option<Key> {
        let by_name = |(of, name): &(Name, Name)| (&**of, &**name).cmp(&(service, operation));
        let place = self.operations.binary_search_by(by_name).ok()?;
        let of = self.services.binary_search_by(|name| (**name).cmp(service)).ok()?;
        Some(Key { operation: number(place), course: 0, service: Service(number(of)) })
    }

    /// Does a service have spans of its own?
    pub(super) fn is_traced(&self, service: Service) -> bool {
        self.is_traced[service.number()]
    }

    /// The service of each replica, by number.
    pub(super) fn replicas(&self) -> &[Service] {
        &self.replicas
    }
}

/// The numbers of all names.
struct Numbers<'a> {
    services: BTreeMap<&'a Name, u32>,
    operations: BTreeMap<(&'a Name, &'a Name), u32>,
    instances: BTreeMap<(&'a Name, Option<&'a Name>), u32>,
}

impl<'a> Numbers<'a> {
    fn new(meant: impl Iterator<Item = &'a Meant> + Clone) -> Self {
        let of = |meant: &'a Meant| [Some(&meant.service), meant.peer.as_ref()].into_iter().flatten();
        Self {
            services: numbered(meant.clone().flat_map(of)),
            operations: numbered(
                meant.clone().flat_map(|meant| of(meant).map(|service| (service, &meant.operation))),
            ),
            instances: numbered(meant.map(|meant| (&meant.service, meant.instance.as_ref()))),
        }
    }

    fn meaning(&self, meant: &'a Meant) -> Meaning {
        let key = |service: &'a Name| Key {
            operation: self.operations[&(service, &meant.operation)],
            course: 0,
            service: Service(self.services[service]),
        };
        let number = self.instances[&(&meant.service, meant.instance.as_ref())];
        Meaning {
            operation: key(&meant.service),
            replica: Replica { number, is_told: meant.instance.is_some() },
            peer: meant.peer.as_ref().map(key),
        }
    }
}

/// Numbers from 0 on, in order.
fn numbered<T: Ord>(names: impl Iterator<Item = T>) -> BTreeMap<T, u32> {
    names.collect::<BTreeSet<T>>().into_iter().zip(0..).collect()
}

/// The number of a place in a list of names.
fn number(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

#[cfg(test)]
impl Key {
    /// The operation of that number, of that service.
    pub(super) fn numbered(service: u32, operation: u32) -> Self {
        Self { operation, course: 0, service: Service(service) }
    }
}

#[cfg(test)]
impl Replica {
    /// The only one of that service.
    pub(super) fn only(service: u32) -> Self {
        Self { number: service, is_told: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::span::Attributes;
    use crate::{SpanId, SpanKind, TraceId, assemble};
    use proptest::prelude::*;

    fn span(id: u8, service: &str, name: &str) -> Span {
        Span {
            trace_id: TraceId::default(),
            span_id: SpanId([id; 8]),
            parent: None,
            follows: false,
            links: Vec::new(),
            service: service.into(),
            instance: None,
            name: name.into(),
            kind: SpanKind::Server,
            start: 0,
            end: 0,
            error: false,
            attributes: Attributes::default(),
        }
    }

    proptest! {
        /// Numbers are equal where names are, wherever these are in memory, and in the same order.
        #[test]
        fn numbers_are_in_the_order_of_names(names in prop::collection::vec(("[a-c]{1,2}", "[a-c]{0,2}"), 1..20)) {
            let spans = (0..).zip(&names).map(|(id, (service, name))| span(id, service, name)).collect();
            let traces = assemble(spans, &mut ImportReport::default());
            let operations = Operations::new(&traces, &mut ImportReport::default());
            for a in &traces[0].nodes {
                let key = operations.meaning(&a.span).operation;
                prop_assert_eq!(operations.find(&a.span.service, &a.span.name), Some(key));
                prop_assert_eq!(operations.full_name(key), format!("{}/{}", a.span.service, a.span.name));
                for b in &traces[0].nodes {
                    let by_name = (&a.span.service, &a.span.name).cmp(&(&b.span.service, &b.span.name));
                    prop_assert_eq!(key.cmp(&operations.meaning(&b.span).operation), by_name);
                }
            }
        }
    }
}
