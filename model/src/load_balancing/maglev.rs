//! Maglev's table.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::keys;
use crate::resilience::Ranges;

/// Envoy's largest table.
const MOST_ENTRIES: u32 = 5_000_011;

/// Maglev hashing (Eisenbud et al. 2016, *Maglev: A Fast and Reliable Software Network Load Balancer*, NSDI, section 3.4) as Envoy has it
/// (`maglev_lb.cc`): replicas take entries of a table in turn, each in an order of its own, and a key belongs to that at its entry.
///
/// They have equally many entries, but for one. When a replica goes, its keys go to others, and a few of the others move, too.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Maglev {
    /// Keys that requests may have; 1 to 10 000 000.
    pub keys: u32,
    /// Zipf's exponent of their popularity; ≥ 0. Where absent 0: all are equally popular.
    #[serde(default, skip_serializing_if = "is_even")]
    pub skew: f64,
    /// Entries of the table; 65537, a prime number up to 5000011 that is not less than the number of replicas.
    #[serde(default = "usual")]
    pub table_size: u32,
}

impl Maglev {
    /// With so many keys, and Envoy's table.
    pub fn new(keys: u32, skew: f64) -> Self {
        Self { keys, skew, table_size: usual() }
    }

    /// The table: by entry, the one of these replicas that has it.
    pub fn table(&self, replicas: &[u32]) -> Vec<u32> {
        let size = u64::from(self.table_size);
        let mut table: Vec<Option<u32>> = vec![None; self.table_size as usize];
        // Where each one looks next, and how far it goes on.
        let mut walks: Vec<(u32, u64, u64)> = replicas
            .iter()
            .map(|&replica| {
                (replica, keys::hash(2, replica, 0) % size, keys::hash(2, replica, 1) % (size - 1) + 1)
            })
            .collect();
        let mut left = table.len();
        while left > 0 && !walks.is_empty() {
            for (replica, next, skip) in walks.iter_mut().take(left) {
                while table[*next as usize].is_some() {
                    *next = (*next + *skip) % size;
                }
                table[*next as usize] = Some(*replica);
            }
            left -= left.min(walks.len());
        }
        table.into_iter().flatten().collect()
    }

    /// By key: the one of these replicas that it belongs to.
    pub(super) fn owners(&self, replicas: &[u32]) -> Vec<u32> {
        let table = self.table(replicas);
        let owner = |key: u32| table[(keys::hash_of_key(key) % table.len() as u64) as usize];
        (0..self.keys).map(owner).collect()
    }

    pub(super) fn check(&self, replicas: u32, ranges: &mut Ranges) {
        keys::check(self.keys, self.skew, ranges);
        let size = self.table_size;
        let allowed = size >= replicas && size <= MOST_ENTRIES && is_prime(size);
        let expected = "a prime number up to 5000011, not less than the number of replicas";
        ranges.check("table_size", f64::from(size), allowed, expected);
    }
}

/// The order of each replica visits every entry only if the size is prime.
fn is_prime(number: u32) -> bool {
    let mut divisors = (2..).take_while(|divisor: &u32| u64::from(*divisor).pow(2) <= u64::from(number));
    number >= 2 && divisors.all(|divisor| !number.is_multiple_of(divisor))
}

fn is_even(skew: &f64) -> bool {
    *skew == 0.0
}

fn usual() -> u32 {
    65537
}
