//! Services whose replicas have only so many requests in progress.

use tracecast_model::{AdmissionLimit, Service};

use super::Program;
use crate::sampler::Sampler;

/// A limit to the requests in progress at each replica of a service.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AdmissionPlan {
    pub(crate) service: u32,
    pub(crate) limit: AdmissionLimit,
    /// The variate by which limits spread their measurements.
    pub(crate) chance: u32,
}

impl Program {
    /// Adds that of a service which is about to be added, if it has any; its place.
    pub(super) fn add_admission(&mut self, service: &Service) -> Option<u32> {
        let limit = service.admission_limit?;
        let chance = self.variate(format!("measurements of {}", service.name), Sampler::unit());
        self.admissions.push(AdmissionPlan { service: self.services.len() as u32, limit, chance });
        Some(self.admissions.len() as u32 - 1)
    }
}
