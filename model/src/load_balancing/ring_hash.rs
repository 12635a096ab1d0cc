//! Consistent hashing on a ring.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::keys;
use crate::resilience::Ranges;

/// Envoy's `MAX_RING_SIZE`.
const MOST_POINTS: u32 = 8 * 1024 * 1024;

/// Consistent hashing (Karger et al. 1997, STOC) as Envoy has it (`ring_hash_lb.cc`, `RingHashLbConfig`): every replica has equally many
/// points on a ring, as many as make it large enough, and a key belongs to that whose point follows it.
///
/// When a replica goes, its keys go to others. Where the others then have more points each, since the ring is to stay large enough,
/// some of their keys move, too.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RingHash {
    /// Keys that requests may have; 1 to 10 000 000.
    pub keys: u32,
    /// Zipf's exponent of their popularity; ≥ 0. Where absent 0: all are equally popular.
    #[serde(default, skip_serializing_if = "is_even")]
    pub skew: f64,
    /// Points on the ring at least; 1024, from 1 to `maximum_ring_size`.
    #[serde(default = "thousand")]
    pub minimum_ring_size: u32,
    /// Points on the ring at most; 8388608, which is also the most. A replica has one in any case.
    #[serde(default = "most_points")]
    pub maximum_ring_size: u32,
}

impl RingHash {
    /// With so many keys, and Envoy's ring.
    pub fn new(keys: u32, skew: f64) -> Self {
        Self { keys, skew, minimum_ring_size: thousand(), maximum_ring_size: most_points() }
    }

    /// By key: the one of these replicas that it belongs to.
    pub(super) fn owners(&self, replicas: &[u32]) -> Vec<u32> {
        let count = replicas.len().max(1) as u32;
        let points = self.minimum_ring_size.div_ceil(count).min(self.maximum_ring_size / count).max(1);
        let mut ring: Vec<(u64, u32)> = replicas
            .iter()
            .flat_map(|&replica| (0..points).map(move |point| (keys::hash(1, replica, point), replica)))
            .collect();
        ring.sort_unstable();
        let owner = |key: u32| {
            let hash = keys::hash_of_key(key);
            let place = ring.partition_point(|point| point.0 < hash);
            ring[if place == ring.len() { 0 } else { place }].1
        };
        (0..self.keys).map(owner).collect()
    }

    pub(super) fn check(&self, ranges: &mut Ranges) {
        keys::check(self.keys, self.skew, ranges);
        let (least, most) = (self.minimum_ring_size, self.maximum_ring_size);
        let allowed = least >= 1 && least <= most;
        ranges.check("minimum_ring_size", f64::from(least), allowed, "in [1, maximum_ring_size]");
        ranges.check("maximum_ring_size", f64::from(most), most <= MOST_POINTS, "at most 8388608");
    }
}

fn is_even(skew: &f64) -> bool {
    *skew == 0.0
}

fn thousand() -> u32 {
    1024
}

fn most_points() -> u32 {
    MOST_POINTS
}
