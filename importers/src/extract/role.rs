//! Which services are only known from outside.

use std::collections::BTreeMap;

use super::operations::Service;
use super::shape::Shape;

/// What a service is to the traces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// It recorded what it did.
    Traced,
    /// It only begins requests: a load generator, a browser.
    Client,
    /// It is only known from the spans of its callers.
    External,
}

/// The role of every service.
#[derive(Debug, Default)]
pub(super) struct Roles(BTreeMap<Service, Role>);

impl Roles {
    pub(super) fn new(shape: &Shape) -> Self {
        let mut sums: BTreeMap<Service, (u64, u64, u64)> = BTreeMap::new();
        for (key, operation) in &shape.operations {
            let sum = sums.entry(key.service).or_default();
            sum.0 += operation.visits;
            sum.1 += operation.caller_sides;
            sum.2 += operation.requests;
        }
        let role = |(visits, caller_sides, requests)| match () {
            () if caller_sides < visits => Role::Traced,
            () if requests == visits => Role::Client,
            () => Role::External,
        };
        Self(sums.into_iter().map(|(service, sum)| (service, role(sum))).collect())
    }

    /// The role of a service; external where it has no spans at all.
    pub(super) fn of(&self, service: Service) -> Role {
        self.0.get(&service).copied().unwrap_or(Role::External)
    }

    /// Is the service known only from outside, so that its time is a delay and no work on a host of ours?
    pub(super) fn is_outside(&self, service: Service) -> bool {
        self.of(service) != Role::Traced
    }
}
