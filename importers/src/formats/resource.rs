//! Who recorded a span: the service and which replica of it, from the attributes that say so.

use std::borrow::Cow;

use crate::{Intake, Name};

/// Attributes that tell the replica, best first: the pod or container where there is no instance id; the host is the
/// next best, then its address.
const INSTANCE: [&str; 9] = [
    "service.instance.id",
    "k8s.pod.name",
    "pod",
    "container.id",
    "container.name",
    "hostname",
    "host.name",
    "host.hostname",
    "ip",
];

/// Who recorded spans, as far as attributes have told.
#[derive(Clone, Default)]
pub(super) struct Resource {
    service: Option<Name>,
    /// With its place in [`INSTANCE`].
    instance: Option<(usize, Name)>,
}

impl Resource {
    /// Takes note of an attribute; `value` is asked only where it is needed.
    pub(super) fn set<'a>(
        &mut self,
        key: &str,
        value: impl FnOnce() -> Option<Cow<'a, str>>,
        intake: &mut Intake,
    ) {
        let name = || value().and_then(|text| intake.non_empty(&text));
        if key == "service.name" {
            self.service = self.service.take().or_else(name);
        } else if let Some(rank) = INSTANCE.iter().position(|known| *known == key)
            && self.instance.as_ref().is_none_or(|(best, _)| rank < *best)
        {
            self.instance = name().map(|name| (rank, name)).or(self.instance.take());
        }
    }

    /// Service and instance. A service without a name is told of.
    pub(super) fn names(&self, intake: &mut Intake) -> (Name, Option<Name>) {
        let service = self.service.clone().unwrap_or_else(|| {
            intake.report.warn("missing-service", || "a span tells no service; it is \"unknown\"".into());
            intake.name("unknown")
        });
        (service, self.instance.as_ref().map(|(_, name)| name.clone()))
    }
}
