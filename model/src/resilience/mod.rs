//! What whoever calls does about replies that are late or do not come, and how services protect themselves.
//!
//! Each policy is a file of its own: its settings, as they stand in a model, and where it has to remember something, its
//! memory and pure functions of memory and time. Engines own the memories and the clock.

mod admission;
mod breaker;
mod budget;
mod concurrency;
mod hedging;
mod outlier;
mod ranges;
mod rate_limit;
mod retry;
mod shedding;
mod written_out;

pub use admission::{AdmissionLimit, AdmissionMemory, GradientController, GradientMemory, Served};
pub use breaker::{
    AdaptiveThrottling, AdmissionControl, BreakerMemory, CallOutcome, CircuitBreaker, ConsecutiveFailures,
    ConsecutiveMemory, Hystrix, HystrixMemory, Resilience4j, Resilience4jMemory, SlidingWindow,
    ThrottleMemory,
};
pub use budget::{BudgetMemory, RetryBudget};
pub use concurrency::{
    Adapted, Admission, Aimd, ConcurrencyLimit, EnvoyThresholds, Gradient2, Occupancy, Sample, Semaphore,
    ThreadPool, Vegas,
};
pub use hedging::Hedging;
pub use outlier::{OutlierDetection, OutlierMemory, Sweep, success_rate_threshold};
pub(crate) use ranges::Ranges;
pub use rate_limit::{RateLimit, TokenBucket};
pub use retry::{Backoff, Jitter, Retry};
pub use shedding::Shedding;
pub use written_out::WrittenOut;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Distribution;

/// What the caller does where a reply is late, is an error, or does not come.
///
/// A caller that has given up does not stop the callee, which works on for nobody. What a caller remembers (budgets,
/// breakers) is that of one replica and one call; where the policy is that of the called service, it is that of one replica
/// and all its calls to the service.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Resilience {
    /// Seconds after which the caller takes an attempt for failed, network included; > 0. Where absent it waits for ever.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::seconds::optional")]
    #[schemars(with = "Option<crate::seconds::Schematic>")]
    pub timeout: Option<f64>,
    /// What is tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<Retry>,
    /// When further attempts are made before there is an answer; in place of `retry`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hedging: Option<Hedging>,
    /// When attempts are not even made, since those before failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub circuit_breaker: Option<CircuitBreaker>,
    /// How many attempts begin per second. An attempt asks its breaker first, then for its token. The wait for a token is not
    /// part of the timeout.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<RateLimit>,
    /// How many attempts are in progress at once. The wait for a place is part of the timeout, and who has given up waiting for
    /// a reply gives the place back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concurrency_limit: Option<ConcurrencyLimit>,
    /// What the caller does when all attempts have failed.
    #[serde(default, skip_serializing_if = "is_default")]
    pub on_failure: OnFailure,
}

/// What a caller does when a call has failed for good.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnFailure {
    /// It stops where it is and replies with an error.
    #[default]
    Fail,
    /// It goes on with something else: an answer from a cache, a default.
    Fallback {
        /// Processor time that this takes, in seconds at speed 1. None where absent.
        #[serde(default = "Distribution::zero", skip_serializing_if = "Distribution::is_zero")]
        demand: Distribution,
    },
}

impl Resilience {
    /// The largest number of attempts of one call.
    pub fn most_attempts(&self) -> u32 {
        let retries = self.retry.as_ref().map_or(1, |retry| retry.attempts);
        self.hedging.map_or(retries, |hedging| hedging.attempts)
    }

    /// What limits the further attempts of a call.
    pub fn budget(&self) -> Option<RetryBudget> {
        let of_retries = || self.retry.as_ref().and_then(|retry| retry.budget);
        self.hedging.map_or_else(of_retries, |hedging| hedging.budget)
    }

    /// Gives up after so many seconds.
    pub fn timeout(seconds: f64) -> Self {
        Self { timeout: Some(seconds), ..Self::default() }
    }

    /// The same, and tries again.
    pub fn with_retry(mut self, retry: Retry) -> Self {
        self.retry = Some(retry);
        self
    }

    /// The same, and asks again while there is no answer.
    pub fn with_hedging(mut self, hedging: Hedging) -> Self {
        self.hedging = Some(hedging);
        self
    }

    /// The same, and makes no attempts for a while where they fail.
    pub fn with_circuit_breaker(mut self, breaker: CircuitBreaker) -> Self {
        self.circuit_breaker = Some(breaker);
        self
    }

    /// The same, and goes on without a reply at no cost.
    pub fn with_fallback(mut self) -> Self {
        self.on_failure = OnFailure::Fallback { demand: Distribution::zero() };
        self
    }
}

fn is_default(on_failure: &OnFailure) -> bool {
    *on_failure == OnFailure::default()
}
