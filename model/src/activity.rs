//! A piece of work with the calls made in its course.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Call, Distribution};

/// A piece of work on the host and the calls made in its course (LQN activity).
///
/// With calls, the demand is cut into one slice more than there are calls, of equal mean; the slices alternate with
/// the calls. The distribution holds for each slice (as in lqsim). A call with
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
    /// Calls made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<Call>,
    /// In which order they are made.
    #[serde(default, skip_serializing_if = "is_default")]
    pub call_order: CallOrder,
}

/// In which order an activity makes its calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CallOrder {
    /// As written, each as often as its count says.
    #[default]
    Written,
    /// At random: after every slice of work comes the end or any of the calls, so that their number is geometric with
    /// the sum of the means, and each kind has its share (LQN stochastic call order). The counts of the calls have to be
    /// geometric too.
    Random,
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

fn is_default(order: &CallOrder) -> bool {
    *order == CallOrder::default()
}
