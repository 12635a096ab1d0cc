//! Asking again before the answer is there.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Ranges, RetryBudget};

/// Further attempts while earlier ones are still open, of which the first answer counts: hedged requests (Dean and Barroso
/// 2013, "The tail at scale", CACM 56(2)), by the rules of gRPC's `hedgingPolicy` (gRFC A6).
///
/// When an attempt fails, the next is made at once; the call has failed when all have. Whose answers are not wanted any more
/// are given up and work on, unless their services drop them ([`Shedding::abandoned`](super::Shedding::abandoned)).
/// Envoy's `hedge_on_per_try_timeout` is this with the timeout of a try as the delay.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Hedging {
    /// Attempts in all, the first included; at least 2.
    pub attempts: u32,
    /// Seconds from one attempt to the next while there is no answer; ≥ 0. With 0 all are made at once.
    #[serde(with = "crate::seconds")]
    #[schemars(with = "crate::seconds::Schematic")]
    pub delay: f64,
    /// Where present, further attempts are only so many beside the calls that are made anyway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<RetryBudget>,
}

impl Hedging {
    /// One more attempt after so many seconds.
    pub fn after(delay: f64) -> Self {
        Self { attempts: 2, delay, budget: None }
    }

    /// Tells which settings are out of range.
    pub(crate) fn check(&self, ranges: &mut Ranges) {
        ranges.check("attempts", f64::from(self.attempts), self.attempts >= 2, "at least 2");
        ranges.not_negative("delay", self.delay);
        self.budget.iter().for_each(|budget| budget.check(ranges));
    }
}
