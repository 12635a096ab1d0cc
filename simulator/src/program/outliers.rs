//! Services that leave replicas out whose replies are errors.

use tracecast_model::{OutlierDetection, Service};

use super::Program;
use crate::sampler::Sampler;

/// Outlier detection of a service.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OutlierPlan {
    pub(crate) service: u32,
    pub(crate) detection: OutlierDetection,
    /// The variate by which an ejection is enforced or not.
    pub(crate) chance: u32,
}

impl Program {
    /// Adds that of a service which is about to be added, if it has any; its place.
    pub(super) fn add_outliers(&mut self, service: &Service) -> Option<u32> {
        let detection = service.outlier_detection?;
        let chance = self.variate(format!("ejections of {}", service.name), Sampler::unit());
        self.outliers.push(OutlierPlan { service: self.services.len() as u32, detection, chance });
        Some(self.outliers.len() as u32 - 1)
    }
}
