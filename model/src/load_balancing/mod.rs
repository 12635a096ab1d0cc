//! How requests are spread over the replicas of a service.

mod keys;
mod maglev;
mod ring_hash;

pub use maglev::Maglev;
pub use ring_hash::RingHash;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::resilience::Ranges;

/// A load-balancing policy: which replica gets the next request.
///
/// Messages of a [work queue](crate::WorkQueue) are not balanced: idle replicas fetch them.
/// To add one: a variant here with its name, and its line in [`LoadBalancing::ALL`] if it needs no settings, then its choice in the
/// simulator.
///
/// Where the replica depends on a key, each request from outside has one that it draws by itself, and which goes with all calls that
/// it leads to, retries too: that of a user, say, but without sessions. Popularity is Zipf's: the k-th key has a share that is
/// proportional to k^-`skew`. Which replica a key belongs to follows from the numbers of both alone, as long as the same
/// replicas take requests: those that are left out or gone have no part in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LoadBalancing {
    /// Each replica in turn.
    #[default]
    RoundRobin,
    /// Any replica with equal probability.
    Random,
    /// The replica with the fewest requests in it; ties go to the lowest number.
    LeastRequests,
    /// Of two replicas taken at random, which may be the same, that with fewer requests in it; ties go to the first taken (Mitzenmacher
    /// 2001, "The power of two choices in randomized load balancing", IEEE TPDS 12(10); Envoy's least request).
    PowerOfTwoChoices,
    /// The replica to which the request's key belongs, on a ring.
    RingHash(RingHash),
    /// The replica to which the request's key belongs, by a table that is filled in turn.
    Maglev(Maglev),
}

impl LoadBalancing {
    /// Every policy without settings, for menus, help texts and tests.
    pub const ALL: [Self; 4] = [Self::RoundRobin, Self::Random, Self::LeastRequests, Self::PowerOfTwoChoices];

    /// The name used in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::RoundRobin => "round_robin",
            Self::Random => "random",
            Self::LeastRequests => "least_requests",
            Self::PowerOfTwoChoices => "power_of_two_choices",
            Self::RingHash(_) => "ring_hash",
            Self::Maglev(_) => "maglev",
        }
    }

    /// Does the replica depend on a key of the request?
    pub fn is_by_key(self) -> bool {
        matches!(self, Self::RingHash(_) | Self::Maglev(_))
    }

    /// By key: its share of the requests; they sum to 1. None where there are no keys.
    pub fn key_shares(self) -> Vec<f64> {
        match self {
            Self::RingHash(RingHash { keys, skew, .. }) | Self::Maglev(Maglev { keys, skew, .. }) => {
                keys::shares(keys, skew)
            }
            Self::RoundRobin | Self::Random | Self::LeastRequests | Self::PowerOfTwoChoices => Vec::new(),
        }
    }

    /// By key: the one of these replicas, at least one and in order, that it belongs to. None where there are no keys.
    pub fn key_owners(self, replicas: &[u32]) -> Vec<u32> {
        match self {
            Self::RingHash(ring) => ring.owners(replicas),
            Self::Maglev(maglev) => maglev.owners(replicas),
            Self::RoundRobin | Self::Random | Self::LeastRequests | Self::PowerOfTwoChoices => Vec::new(),
        }
    }

    /// Lists what is wrong with its settings, where there are so many replicas at most.
    pub(crate) fn check(self, replicas: u32, ranges: &mut Ranges) {
        match self {
            Self::RingHash(ring) => ring.check(ranges),
            Self::Maglev(maglev) => maglev.check(replicas, ranges),
            Self::RoundRobin | Self::Random | Self::LeastRequests | Self::PowerOfTwoChoices => {}
        }
    }
}
