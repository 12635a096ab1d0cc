//! Keys of requests: how popular they are, and numbers that look random and stay the same.

use crate::resilience::Ranges;

/// Most keys: more would not fit into memory.
const MOST_KEYS: u32 = 10_000_000;

/// Zipf's law: by key, a share that is proportional to k^-skew, from k = 1 on.
pub(super) fn shares(keys: u32, skew: f64) -> Vec<f64> {
    let weights: Vec<f64> = (1..=keys).map(|key| f64::from(key).powf(-skew)).collect();
    let sum: f64 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / sum).collect()
}

/// A number of 64 bits for two numbers and what it is for: the finalizer of SplitMix64 (Steele, Lea and Flood 2014, "Fast splittable
/// pseudorandom number generators", OOPSLA), once for each. Envoy hashes addresses and header values instead.
pub(super) fn hash(purpose: u32, one: u32, other: u32) -> u64 {
    [purpose, one, other].into_iter().fold(0, |hash, part| mix(hash ^ u64::from(part)))
}

/// That of a key.
pub(super) fn hash_of_key(key: u32) -> u64 {
    hash(0, key, 0)
}

fn mix(number: u64) -> u64 {
    let z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Lists what is wrong with keys.
pub(super) fn check(keys: u32, skew: f64, ranges: &mut Ranges) {
    ranges.check("keys", f64::from(keys), (1..=MOST_KEYS).contains(&keys), "in [1, 10000000]");
    ranges.not_negative("skew", skew);
}
