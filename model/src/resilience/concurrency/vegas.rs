//! A limit that follows the queue, as TCP Vegas does.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Limit;
use super::adaptive::{Adapted, Sample};
use crate::resilience::Ranges;

/// Netflix' `VegasLimit` (concurrency-limits), with the names and defaults of its settings: the queue behind a limit L is
/// L·(1 - RTT without load/RTT) (Brakmo and Peterson 1995, *TCP Vegas*, IEEE Journal on Selected Areas in Communications 13),
/// and is to be of 3·g to 6·g requests, with g = log₁₀ L in whole numbers, at least 1. The time without load is the shortest
/// seen, measured anew by any one call after about 30·L of them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Vegas {
    /// The limit at first; 20, at least 1.
    pub initial_limit: u32,
    /// The limit at most; 1000, at least 1.
    pub max_concurrency: u32,
    /// How much a new value counts; 1, in (0, 1].
    pub smoothing: f64,
    /// Calls until the time without load is measured anew, for each one of the limit, times a random number from 0.5 to 1; 30.
    pub probe_multiplier: f64,
}

impl Default for Vegas {
    fn default() -> Self {
        Self { initial_limit: 20, max_concurrency: 1000, smoothing: 1.0, probe_multiplier: 30.0 }
    }
}

impl Vegas {
    /// The limit after a call; none where it stays.
    fn next(&self, limit: f64, sample: Sample, without_load: f64) -> Option<f64> {
        let queue = (limit * (1.0 - without_load / sample.duration)).ceil();
        let step = grain(limit);
        if sample.dropped {
            return Some(limit - step);
        }
        if 2.0 * f64::from(sample.in_progress) < limit {
            return None;
        }
        if queue <= step {
            Some(limit + 6.0 * step)
        } else if queue < 3.0 * step {
            Some(limit + step)
        } else if queue > 6.0 * step {
            Some(limit - step)
        } else {
            None
        }
    }
}

/// What a limit changes by; beyond 1000 by its root, as in the original.
fn grain(limit: f64) -> f64 {
    let whole = limit.floor();
    if whole < 1000.0 { whole.log10().floor().max(1.0) } else { whole.sqrt().floor() }
}

impl Limit for Vegas {
    fn start(&self) -> Option<Adapted> {
        Some(Adapted::new(self.initial_limit))
    }

    fn learn(&self, adapted: &mut Adapted, sample: Sample) {
        adapted.calls += 1.0;
        let part = 0.5 + 0.5 * adapted.chance;
        if part * self.probe_multiplier * adapted.limit <= adapted.calls {
            (adapted.calls, adapted.chance) = (0.0, sample.chance);
            adapted.base = sample.duration;
        } else if adapted.base == 0.0 || sample.duration < adapted.base {
            adapted.base = sample.duration;
        } else if let Some(next) = self.next(adapted.limit, sample, adapted.base) {
            let next = next.min(f64::from(self.max_concurrency)).max(1.0);
            adapted.limit += self.smoothing * (next - adapted.limit);
        }
    }

    fn is_random(&self) -> bool {
        true
    }

    fn check(&self, ranges: &mut Ranges) {
        ranges.at_least_1("initial_limit", self.initial_limit);
        ranges.at_least_1("max_concurrency", self.max_concurrency);
        ranges.check("smoothing", self.smoothing, self.smoothing > 0.0 && self.smoothing <= 1.0, "in (0, 1]");
        ranges.positive("probe_multiplier", self.probe_multiplier);
    }
}
