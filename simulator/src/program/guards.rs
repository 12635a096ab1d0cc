//! What callers do that do not wait for ever.

use indexmap::IndexMap;
use tracecast_model::{OnFailure, Resilience};

use super::{FAIL, GuardPlan, Landing, Program};
use crate::sampler::Sampler;

impl Program {
    /// Adds what one caller does in one place; `replicas` are its own, the first and how many. Its number.
    ///
    /// Where the policy is that of the called service, `services` are the caller and the callee, and all calls from the one to
    /// the other share what they remember.
    pub(super) fn add_guard(
        &mut self,
        policy: &Resilience,
        name: String,
        replicas: (u32, u32),
        services: Option<(u32, u32)>,
    ) -> u32 {
        let (first_replica, count) = replicas;
        let landing = match &policy.on_failure {
            OnFailure::Fail => Landing::At(FAIL),
            OnFailure::Fallback { .. } => Landing::GoOn,
        };
        let jitter = self.variate(format!("jitter of {name}"), Sampler::unit());
        let known = services.and_then(|services| self.shared_memories.get(&services).copied());
        let first_memory = known.unwrap_or(self.memories);
        if known.is_none() {
            self.memories += count;
            self.shared_memories.extend(services.map(|services| (services, first_memory)));
        }
        self.guards.push(GuardPlan {
            name,
            timeout: policy.timeout,
            retry: policy.retry.clone(),
            hedging: policy.hedging,
            budget: policy.budget(),
            breaker: policy.circuit_breaker,
            rate: policy.rate_limit,
            limit: policy.concurrency_limit,
            jitter,
            landing,
            first_memory,
            first_replica,
            memories: count,
        });
        (self.guards.len() - 1) as u32
    }

    /// Calls by name whose callers do not wait for ever, each with the guards of all its places.
    pub(crate) fn guarded_calls(&self) -> IndexMap<&str, Vec<usize>> {
        let mut places: IndexMap<&str, Vec<usize>> = IndexMap::new();
        for (number, guard) in self.guards.iter().enumerate() {
            places.entry(&guard.name).or_default().push(number);
        }
        places
    }
}
