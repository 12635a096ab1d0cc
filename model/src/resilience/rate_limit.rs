//! Limits to the rate of calls.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Ranges;

/// A token bucket: tokens come at a rate, as many as `burst` are kept, and each call takes one (Turner 1986, *New directions in
/// communications*, IEEE Communications Magazine 24(10)). A call that finds none waits for its token, or is turned away.
///
/// Who waits has its token for sure, and those behind it wait longer, so calls begin in the order in which they come.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// Tokens per second; > 0.
    pub rate: f64,
    /// Tokens that are kept: calls that may begin at once; at least 1.
    #[serde(default = "one")]
    pub burst: u32,
    /// Seconds that a call waits at most; one that would have to wait longer is turned away at once. 0 where absent: none
    /// waits.
    #[serde(default, with = "crate::seconds", skip_serializing_if = "is_zero")]
    #[schemars(with = "crate::seconds::Schematic")]
    pub max_wait: f64,
}

/// What a token bucket remembers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TokenBucket {
    /// Tokens taken and not come again, at `time`; more than there can be where some wait.
    taken: f64,
    time: f64,
}

/// What rounding may make of a token.
const ROUNDING: f64 = 1e-9;

impl RateLimit {
    /// So many per second, one at once, and what does not get a token at once is turned away.
    pub fn per_second(rate: f64) -> Self {
        Self { rate, burst: 1, max_wait: 0.0 }
    }

    /// Takes a token at `now` seconds: how long the call has to wait for it, in seconds. None where it is turned away.
    pub fn take(&self, bucket: &mut TokenBucket, now: f64) -> Option<f64> {
        bucket.taken = (bucket.taken - (now - bucket.time) * self.rate).max(0.0);
        bucket.time = now;
        let missing = bucket.taken + 1.0 - f64::from(self.burst);
        let wait = if missing <= ROUNDING { 0.0 } else { missing / self.rate };
        if wait > self.max_wait {
            return None;
        }
        bucket.taken += 1.0;
        Some(wait)
    }

    /// Lists what is wrong with its settings.
    pub(crate) fn check(&self, ranges: &mut Ranges) {
        ranges.positive("rate", self.rate);
        ranges.at_least_1("burst", self.burst);
        ranges.not_negative("max_wait", self.max_wait);
    }
}

fn one() -> u32 {
    1
}

fn is_zero(seconds: &f64) -> bool {
    *seconds == 0.0
}
