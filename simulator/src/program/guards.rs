//! What callers do that do not wait for ever.

use tracecast_model::{OnFailure, Resilience};

use super::{FAIL, GuardPlan, Landing, Program};
use crate::sampler::Sampler;

impl Program {
    /// Adds what one caller does in one place; `replicas` are its own, the first and how many. Its number.
    pub(super) fn add_guard(&mut self, policy: &Resilience, name: String, replicas: (u32, u32)) -> u32 {
        let (first_replica, count) = replicas;
        let landing = match &policy.on_failure {
            OnFailure::Fail => Landing::At(FAIL),
            OnFailure::Fallback { .. } => Landing::GoOn,
        };
        let jitter = self.variate(format!("jitter of {name}"), Sampler::unit());
        let first_memory = self.memories;
        self.memories += count;
        self.guards.push(GuardPlan {
            name,
            timeout: policy.timeout,
            retry: policy.retry.clone(),
            jitter,
            landing,
            first_memory,
            first_replica,
        });
        (self.guards.len() - 1) as u32
    }
}
