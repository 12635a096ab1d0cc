//! What happens inside an operation: a sequence of steps, nested where it forks, chooses or repeats.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Activity, Call, CallCount, Distribution, OperationRef};

/// One step of an operation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Work on the host and the calls made in its course.
    Activity(Activity),
    /// Branches that run at the same time; the next step waits for all of them, or for a quorum.
    Fork(Fork),
    /// One of several branches, at random.
    Choice(Choice),
    /// Steps that are repeated.
    Loop(Loop),
    /// The reply goes out here; what follows is done while the caller already goes on.
    Reply(Reply),
}

/// Parallel branches and the join behind them (LQN AND-fork and AND-join).
///
/// The branches share the request's thread: the service's concurrency counts the request once.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fork {
    /// Each branch is a sequence of steps.
    pub branches: Vec<Vec<Step>>,
    /// The next step waits for so many branches only (LQN quorum join); the others run on beside it, and the request's
    /// thread is held until they are done too. All where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quorum: Option<u32>,
}

/// A random choice of one branch (LQN OR-fork and OR-join).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// Probabilities sum to 1.
    pub branches: Vec<Alternative>,
}

/// One branch of a choice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Alternative {
    /// In (0, 1].
    pub probability: f64,
    /// What is done then; nothing where empty.
    #[serde(default)]
    pub steps: Vec<Step>,
}

/// Steps that are repeated (LQN loop).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Loop {
    /// Mean number of repetitions; ≥ 0.
    pub mean: f64,
    /// How the number varies around its mean.
    #[serde(default, skip_serializing_if = "is_default")]
    pub count: CallCount,
    /// What is repeated.
    pub steps: Vec<Step>,
}

/// The point where the reply goes out (LQN reply; the steps before it are phase 1, those after it phase 2).
///
/// Without one, the reply goes out at the end of the operation. The thread is held to the end in either case. In one of
/// several parallel branches, it goes out while the others may still run; the join behind them waits as ever.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// Instead of replying, the request is passed on to one of these, which replies to the caller in its place
    /// (LQN forwarding). With what is left of 1, the reply goes out here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forward: Vec<Forward>,
}

/// Where a request is passed on to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Forward {
    /// The operation that replies instead, `"service/operation"`.
    pub to: OperationRef,
    /// In (0, 1].
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub probability: f64,
    /// Time on the network in seconds. None where absent.
    #[serde(default = "Distribution::zero", skip_serializing_if = "Distribution::is_zero")]
    pub latency: Distribution,
}

/// What an operation does to others, seen by a walk through its steps.
#[derive(Clone, Copy, Debug)]
pub enum Element<'a> {
    /// An activity with its calls.
    Activity(&'a Activity),
    /// A place where the request may be passed on.
    Forward(&'a Forward),
}

impl Fork {
    /// A fork whose join waits for all branches.
    pub fn new(branches: Vec<Vec<Step>>) -> Self {
        Self { branches, quorum: None }
    }

    /// Does the next step wait for all branches?
    pub fn waits_for_all(&self) -> bool {
        self.quorum.is_none_or(|quorum| quorum as usize >= self.branches.len())
    }
}

impl Reply {
    /// Probability that the request is passed on.
    pub fn forward_probability(&self) -> f64 {
        self.forward.iter().map(|forward| forward.probability).sum()
    }
}

impl Step {
    /// One call and nothing else.
    pub fn call(call: Call) -> Self {
        Self::Activity(Activity::calling(call))
    }

    /// The sequences of steps directly inside, each with the mean number of times that it is done.
    pub fn inner(&self) -> Vec<(&[Self], f64)> {
        match self {
            Self::Activity(_) | Self::Reply(_) => Vec::new(),
            Self::Fork(fork) => fork.branches.iter().map(|branch| (branch.as_slice(), 1.0)).collect(),
            Self::Choice(choice) => {
                choice.branches.iter().map(|branch| (branch.steps.as_slice(), branch.probability)).collect()
            }
            Self::Loop(repeated) => vec![(repeated.steps.as_slice(), repeated.mean)],
        }
    }

    fn inner_mut(&mut self) -> Vec<&mut Vec<Self>> {
        match self {
            Self::Activity(_) | Self::Reply(_) => Vec::new(),
            Self::Fork(fork) => fork.branches.iter_mut().collect(),
            Self::Choice(choice) => choice.branches.iter_mut().map(|branch| &mut branch.steps).collect(),
            Self::Loop(repeated) => vec![&mut repeated.steps],
        }
    }

    /// Looks at all elements in the order written, each with the mean number of times that it is reached when the step
    /// is done `times` times.
    pub fn walk<'a>(&'a self, times: f64, look: &mut impl FnMut(Element<'a>, f64)) {
        match self {
            Self::Activity(activity) => look(Element::Activity(activity), times),
            Self::Reply(reply) => {
                for forward in &reply.forward {
                    look(Element::Forward(forward), times * forward.probability);
                }
            }
            Self::Fork(_) | Self::Choice(_) | Self::Loop(_) => {
                for (steps, share) in self.inner() {
                    steps.iter().for_each(|step| step.walk(times * share, look));
                }
            }
        }
    }

    /// Changes every activity inside.
    pub fn for_each_activity_mut(&mut self, change: &mut impl FnMut(&mut Activity)) {
        if let Self::Activity(activity) = self {
            change(activity);
        }
        for steps in self.inner_mut() {
            steps.iter_mut().for_each(|step| step.for_each_activity_mut(change));
        }
    }

    /// Is there such a step here or inside?
    pub fn any(&self, is: &impl Fn(&Self) -> bool) -> bool {
        is(self) || self.inner().iter().any(|(steps, _)| steps.iter().any(|step| step.any(is)))
    }
}

fn one() -> f64 {
    1.0
}

fn is_one(probability: &f64) -> bool {
    *probability == 1.0
}

fn is_default(count: &CallCount) -> bool {
    *count == CallCount::default()
}
