//! Trying again.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Ranges, RetryBudget};

/// How often and when a failed attempt is followed by another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    /// Attempts in all, the first included; at least 1.
    pub attempts: u32,
    /// Time between a failure and the next attempt.
    #[serde(default)]
    pub backoff: Backoff,
    /// How that time is spread.
    #[serde(default, skip_serializing_if = "is_default")]
    pub jitter: Jitter,
    /// Where present, retries are only so many beside the calls that are made anyway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<RetryBudget>,
    /// Are attempts that the caller itself did not let through (an open circuit breaker, a limit) tried again, too? resilience4j does so
    /// unless told otherwise, Envoy never does.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rejected: bool,
}

/// Time between a failure and the next attempt.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Backoff {
    /// Always the same.
    Fixed {
        /// Seconds; ≥ 0.
        #[serde(with = "crate::seconds")]
        #[schemars(with = "crate::seconds::Schematic")]
        delay: f64,
    },
    /// Longer each time: the n-th delay is first · factorⁿ⁻¹, at most `max`.
    Exponential {
        /// Seconds; ≥ 0.
        #[serde(with = "crate::seconds")]
        #[schemars(with = "crate::seconds::Schematic")]
        first: f64,
        /// At least 1.
        #[serde(default = "two")]
        factor: f64,
        /// Seconds; ≥ `first`. No limit where absent.
        #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::seconds::optional")]
        #[schemars(with = "Option<crate::seconds::Schematic>")]
        max: Option<f64>,
    },
    /// That of Faktory's jobs: n⁴ + 15 + r·(n + 1) seconds after n failures before this one, with r a whole number of seconds evenly
    /// from 0 to 29 (Faktory, `manager/retry.go`). The jitter is in it. Faktory looks only every 5 s for what is due: the
    /// [scan interval](crate::WorkQueue::scan_interval) of its queue.
    Faktory,
}

/// How a delay d between attempts is spread, so that those who failed together do not come back together (Brooker 2015,
/// *Exponential backoff and jitter*, AWS Architecture Blog).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Jitter {
    /// d.
    #[default]
    None,
    /// Uniform from 0 to d.
    Full,
    /// d/2 and uniform from 0 to d/2.
    Equal,
    /// Uniform from (1 - x)·d to (1 + x)·d, with x in [0, 1] (resilience4j's randomization factor, default 0.5).
    Factor(f64),
    /// Exponential with mean d, as retrial queues have it (Falin and Templeton 1997, *Retrial Queues*).
    Exponential,
}

impl Default for Backoff {
    fn default() -> Self {
        Self::Fixed { delay: 0.0 }
    }
}

impl Retry {
    /// So many attempts in all, one right after the other.
    pub fn new(attempts: u32) -> Self {
        Self {
            attempts,
            backoff: Backoff::default(),
            jitter: Jitter::default(),
            budget: None,
            rejected: false,
        }
    }

    /// Tells which settings are out of range.
    pub(crate) fn check(&self, ranges: &mut Ranges) {
        ranges.at_least_1("attempts", self.attempts);
        ranges.backoff("a backoff", self.backoff);
        if let Jitter::Factor(factor) = self.jitter {
            ranges.check("the factor of a jitter", factor, (0.0..=1.0).contains(&factor), "in [0, 1]");
        }
        self.budget.iter().for_each(|budget| budget.check(ranges));
    }

    /// Seconds from the failure of the `failed`-th attempt (from 1 on) to the next, for a number `u` drawn evenly from
    /// [0, 1).
    pub fn delay(&self, failed: u32, u: f64) -> f64 {
        match self.backoff {
            Backoff::Faktory => {
                let before = f64::from(failed.saturating_sub(1));
                before.powi(4) + 15.0 + (30.0 * u).floor() * (before + 1.0)
            }
            backoff => self.jitter.spread(backoff.delay(failed), u),
        }
    }

    /// The mean of that delay (s).
    pub fn mean_delay(&self, failed: u32) -> f64 {
        let spread = match (self.backoff, self.jitter) {
            (Backoff::Faktory, _) | (_, Jitter::None | Jitter::Factor(_) | Jitter::Exponential) => 1.0,
            (_, Jitter::Full) => 0.5,
            (_, Jitter::Equal) => 0.75,
        };
        spread * self.backoff.delay(failed)
    }
}

impl Backoff {
    /// Seconds after the `failed`-th attempt (from 1 on), without jitter; the mean of Faktory's.
    pub fn delay(self, failed: u32) -> f64 {
        match self {
            Self::Fixed { delay } => delay,
            Self::Faktory => {
                let before = f64::from(failed.saturating_sub(1));
                before.powi(4) + 15.0 + 14.5 * (before + 1.0)
            }
            Self::Exponential { first, factor, max } => {
                let power = f64::from(failed.saturating_sub(1));
                (first * factor.powf(power)).min(max.unwrap_or(f64::MAX))
            }
        }
    }
}

impl Jitter {
    fn spread(self, delay: f64, u: f64) -> f64 {
        match self {
            Self::None => delay,
            Self::Full => u * delay,
            Self::Equal => 0.5 * delay * (1.0 + u),
            Self::Factor(x) => delay * (1.0 - x + 2.0 * x * u),
            Self::Exponential => -delay * (1.0 - u).ln(),
        }
    }
}

fn two() -> f64 {
    2.0
}

fn is_default(jitter: &Jitter) -> bool {
    *jitter == Jitter::default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 10 ms · 3ⁿ, at most 1 s: the retries of MiSim (Frank et al. 2022) with their default settings.
    #[test]
    fn exponential_delays_grow_to_their_limit() {
        let retry = Retry {
            backoff: Backoff::Exponential { first: 0.03, factor: 3.0, max: Some(1.0) },
            ..Retry::new(6)
        };
        let delays: Vec<f64> = (1..6).map(|failed| retry.delay(failed, 0.7)).collect();
        for (delay, expected) in delays.iter().zip([0.03, 0.09, 0.27, 0.81, 1.0]) {
            assert!((delay - expected).abs() < 1e-12, "{delays:?}");
        }
    }

    /// Faktory's source: count⁴ + 15 + rand(30)·(count + 1), with a count of 0 at the first failure.
    #[test]
    fn delays_of_faktory() {
        let retry = Retry { backoff: Backoff::Faktory, ..Retry::new(26) };
        for (failed, u, expected) in [
            (1, 0.0, 15.0),
            (1, 0.999, 15.0 + 29.0),
            (3, 0.5, 16.0 + 15.0 + 15.0 * 3.0),
            (25, 0.0, 331_791.0),
        ] {
            assert_eq!(retry.delay(failed, u), expected);
        }
    }

    /// The mean over numbers at the middles of equal parts; of an exponential one these miss a little of the tail.
    #[test]
    fn mean_delays_are_means() {
        for backoff in [Backoff::Fixed { delay: 2.0 }, Backoff::Faktory] {
            for jitter in
                [Jitter::None, Jitter::Full, Jitter::Equal, Jitter::Factor(0.5), Jitter::Exponential]
            {
                let retry = Retry { backoff, jitter, ..Retry::new(4) };
                let parts = 30_000;
                let sum: f64 =
                    (0..parts).map(|i| retry.delay(2, (f64::from(i) + 0.5) / f64::from(parts))).sum();
                let (mean, expected) = (sum / f64::from(parts), retry.mean_delay(2));
                assert!((mean / expected - 1.0).abs() < 1e-4, "{backoff:?} {jitter:?}: {mean} {expected}");
            }
        }
    }

    /// The ends of the ranges in their definitions.
    #[test]
    fn jitter_spreads_within_its_range() {
        let ends = |jitter: Jitter| [jitter.spread(2.0, 0.0), jitter.spread(2.0, 1.0)];
        assert_eq!(ends(Jitter::None), [2.0, 2.0]);
        assert_eq!(ends(Jitter::Full), [0.0, 2.0]);
        assert_eq!(ends(Jitter::Equal), [1.0, 2.0]);
        assert_eq!(ends(Jitter::Factor(0.5)), [1.0, 3.0]);
    }
}
