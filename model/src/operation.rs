//! What a service offers, and what happens inside.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Activity, Call};

/// Something a service can be asked to do: an endpoint, an RPC method, a message handler (LQN entry).
///
/// Its reply goes out when the last step is done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Operation {
    /// Unique within its service. May contain `/` (`GET /hotels`).
    pub name: String,
    /// What is done for one request, one step after the other.
    #[serde(default)]
    pub steps: Vec<Step>,
}

/// One step of an operation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Work on the host and the calls made in its course.
    Activity(Activity),
    /// Branches that run at the same time; the next step waits for all of them.
    Fork(Fork),
}

/// Parallel branches and the join behind them (LQN AND-fork and AND-join).
///
/// The branches share the request's thread: the service's concurrency counts the request once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fork {
    /// Each branch is a sequence of steps.
    pub branches: Vec<Vec<Step>>,
}

impl Operation {
    /// An operation without steps yet.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), steps: Vec::new() }
    }

    /// The same with one more activity.
    pub fn with_activity(mut self, activity: Activity) -> Self {
        self.steps.push(Step::Activity(activity));
        self
    }

    /// The same with one more call, made by an activity without work of its own.
    pub fn with_call(self, call: Call) -> Self {
        self.with_activity(Activity::calling(call))
    }

    /// The same with a fork over the given branches.
    pub fn with_fork(mut self, branches: Vec<Vec<Step>>) -> Self {
        self.steps.push(Step::Fork(Fork { branches }));
        self
    }

    /// All activities, in the order in which they are written.
    pub fn activities(&self) -> Vec<&Activity> {
        let mut found = Vec::new();
        for step in &self.steps {
            step.visit(&mut |activity| found.push(activity));
        }
        found
    }

    /// Changes every activity.
    pub fn for_each_activity_mut(&mut self, change: &mut impl FnMut(&mut Activity)) {
        for step in &mut self.steps {
            step.visit_mut(change);
        }
    }

    /// Mean processor time of one request in this operation itself, in seconds at speed 1.
    pub fn demand(&self) -> f64 {
        self.activities().iter().map(|activity| activity.demand.mean()).sum()
    }
}

impl Step {
    fn visit<'a>(&'a self, look: &mut impl FnMut(&'a Activity)) {
        match self {
            Self::Activity(activity) => look(activity),
            Self::Fork(fork) => fork.branches.iter().flatten().for_each(|step| step.visit(look)),
        }
    }

    fn visit_mut(&mut self, change: &mut impl FnMut(&mut Activity)) {
        match self {
            Self::Activity(activity) => change(activity),
            Self::Fork(fork) => fork.branches.iter_mut().flatten().for_each(|step| step.visit_mut(change)),
        }
    }
}
