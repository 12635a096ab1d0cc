//! How requests are spread over the replicas of a service.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A load-balancing policy: which replica gets the next request.
///
/// Messages of a [work queue](crate::WorkQueue) are not balanced: idle replicas fetch them.
/// To add one: a variant here with its line in [`LoadBalancing::ALL`], then its choice in the simulator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
}

impl LoadBalancing {
    /// Every policy, for menus, help texts and tests.
    pub const ALL: [Self; 4] = [Self::RoundRobin, Self::Random, Self::LeastRequests, Self::PowerOfTwoChoices];

    /// The name used in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::RoundRobin => "round_robin",
            Self::Random => "random",
            Self::LeastRequests => "least_requests",
            Self::PowerOfTwoChoices => "power_of_two_choices",
        }
    }
}
