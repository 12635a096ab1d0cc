//! A piece of work with the calls made in its course.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Call, Distribution};

/// A piece of work on the host and the calls made in its course (LQN activity).
///
/// With calls, the demand is cut into one slice more than there are calls, of equal mean; the slices alternate with
/// the calls, which are made in the order written. The distribution holds for each slice (as in lqsim). A call with
/// no work around it is an activity without demand; work first and then a call are two activities.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Activity {
    /// For people; results do not refer to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Processor time without waiting, in seconds at speed 1 (LQN host demand). None where absent.
    #[serde(default = "Distribution::zero", skip_serializing_if = "Distribution::is_zero")]
    pub demand: Distribution,
    /// Time that passes before the work without using the host: a sleep, an unmodeled device (LQN think time).
    #[serde(default = "Distribution::zero", skip_serializing_if = "Distribution::is_zero")]
    pub delay: Distribution,
    /// Calls made, in this order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<Call>,
}

impl Activity {
    /// Work and nothing else.
    pub fn working(demand: Distribution) -> Self {
        Self { demand, ..Self::default() }
    }

    /// One call and nothing else.
    pub fn calling(call: Call) -> Self {
        Self { calls: vec![call], ..Self::default() }
    }

    /// Mean number of calls of all kinds made by one execution.
    pub fn calls_mean(&self) -> f64 {
        self.calls.iter().map(|call| call.mean).sum()
    }
}
