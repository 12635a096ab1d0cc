//! Streams of random numbers: one for each random quantity of each replication.

use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

/// A stream of random numbers (Blackman and Vigna 2021, "Scrambled linear pseudorandom number generators").
pub(crate) type Stream = Xoshiro256PlusPlus;

/// The stream of one random quantity in one replication.
///
/// It depends on nothing but the seed, the replication and the quantity's label, so a system and its variant draw the
/// same demands as far as their elements have the same names: common random numbers, which make differences between
/// the two sharper (Law 2015, *Simulation Modeling and Analysis*, 5th ed., §11.2).
pub(crate) fn stream(seed: u64, replication: u32, label: &str) -> Stream {
    let mixed = mix(mix(mix(seed) ^ u64::from(replication)) ^ fnv1a(label.as_bytes()));
    Stream::seed_from_u64(mixed)
}

/// FNV-1a (Fowler, Noll and Vo), 64 bits: stable across builds, which the standard library's hashes are not.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// One step of SplitMix64 (Steele, Lea and Flood 2014): neighboring seeds become unrelated numbers.
fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;

    #[test]
    fn hash_has_its_published_values() {
        // http://www.isthe.com/chongo/tech/comp/fnv: test vectors of FNV-1a 64.
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn every_part_of_the_key_makes_another_stream() {
        let mut firsts: Vec<u64> = Vec::new();
        for seed in 0..20 {
            for replication in 0..20 {
                for label in ["a", "b", "demand of a/b 0", "demand of a/b 1"] {
                    firsts.push(stream(seed, replication, label).next_u64());
                }
            }
        }
        let count = firsts.len();
        firsts.sort_unstable();
        firsts.dedup();
        assert_eq!(firsts.len(), count);
        assert_eq!(stream(7, 3, "x").next_u64(), stream(7, 3, "x").next_u64());
    }
}
