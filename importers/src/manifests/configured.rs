//! A service as it is being configured, with what is told of it.

use tracecast_model::{Autoscaler, Service};

use super::Target;

/// Puts settings on a service, and notes each.
pub(super) struct Configured<'a> {
    pub(super) service: &'a mut Service,
    /// As "replicas = 3".
    pub(super) set: Vec<String>,
}

impl<'a> Configured<'a> {
    pub(super) fn new(service: &'a mut Service) -> Self {
        Self { service, set: Vec::new() }
    }

    pub(super) fn replicas(&mut self, replicas: u32) {
        self.service.replicas = replicas;
        self.set.push(format!("replicas = {replicas}"));
    }

    pub(super) fn cpu_limit(&mut self, limit: Option<f64>) {
        let Some(limit) = limit else { return };
        self.service.cpu_limit = Some(limit);
        let name = &self.service.name;
        self.set.push(format!(
            "cpu_limit = {limit} cores, as a smooth limit (its periods: --set {name}.cfs_period=100ms)"
        ));
    }

    pub(super) fn cpu_request(&mut self, request: Option<f64>) {
        let Some(request) = request else { return };
        self.service.cpu_request = Some(request);
        self.set.push(format!("cpu_request = {request} cores"));
    }

    pub(super) fn memory_request(&mut self, request: Option<f64>) {
        let Some(request) = request else { return };
        self.service.memory_request = Some(request);
        self.set.push(format!("memory_request = {request} bytes"));
    }

    pub(super) fn grace_period(&mut self, grace: Option<f64>) {
        let Some(grace) = grace else { return };
        self.service.grace_period = Some(grace);
        self.set.push(format!("grace_period = {grace} s"));
    }
}

/// Gives a service an autoscaler of that kind, which brings its replicas within the bounds.
pub(super) fn scale(
    target: &mut Target<'_>,
    name: &str,
    kind: &str,
    autoscaler: Autoscaler,
    (least, most): (u32, u32),
) {
    let Some(service) = target.system.service_mut(name) else { return };
    service.replicas = service.replicas.clamp(least, most.max(least));
    service.autoscaler = Some(autoscaler);
    target.set(name, format!("autoscaler = {kind}, {least} to {most} replicas"));
}
