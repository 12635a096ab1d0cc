//! What a service offers, and what happens inside.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Activity, Call, Fork, Payload, Reply, Step, step::Element};

/// Something a service can be asked to do: an endpoint, an RPC method, a message handler (LQN entry).
///
/// Its reply goes out at its [`Reply`] step, or where there is none, when the last step is done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Operation {
    /// Unique within its service. May contain `/` (`GET /hotels`).
    pub name: String,
    /// Among requests that wait for the threads of a service with priorities, those of a higher number come first; added
    /// to the priority of the calling service.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub priority: i32,
    /// What it does to the lock that its service is (LQN semaphore and rw-lock entries).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock: Option<LockAction>,
    /// Share of its replies that are errors, whatever has come before; 0 to 1.
    #[serde(default, skip_serializing_if = "is_never")]
    pub error_rate: f64,
    /// How large its messages are, for links and proxies ([`System::network`](crate::System::network)); nothing where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<Payload>,
    /// What is done for one request, one step after the other.
    #[serde(default)]
    pub steps: Vec<Step>,
}

/// What an operation does to a [`Lock`](crate::Lock).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LockAction {
    /// Takes a token of a semaphore, or waits for one.
    Wait,
    /// Gives a token back.
    Signal,
    /// Enters a read-write lock among the readers.
    ReadLock,
    /// Leaves it.
    ReadUnlock,
    /// Enters a read-write lock alone.
    WriteLock,
    /// Leaves it.
    WriteUnlock,
}

impl Operation {
    /// An operation without steps yet.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), priority: 0, lock: None, error_rate: 0.0, payload: None, steps: Vec::new() }
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
        self.steps.push(Step::Fork(Fork::new(branches)));
        self
    }

    /// The same, replying here; what is added later is done after the reply.
    pub fn with_reply(mut self) -> Self {
        self.steps.push(Step::Reply(Reply::default()));
        self
    }

    /// All activities, in the order in which they are written.
    pub fn activities(&self) -> Vec<&Activity> {
        let mut found = Vec::new();
        self.walk(&mut |element, _| {
            if let Element::Activity(activity) = element {
                found.push(activity);
            }
        });
        found
    }

    /// Looks at all activities and forwards in the order written, each with the mean number of times that one request
    /// reaches it.
    pub fn walk<'a>(&'a self, look: &mut impl FnMut(Element<'a>, f64)) {
        self.steps.iter().for_each(|step| step.walk(1.0, look));
    }

    /// Is there such a step, at any depth?
    pub fn has_step(&self, is: impl Fn(&Step) -> bool) -> bool {
        self.steps.iter().any(|step| step.any(&is))
    }

    /// Can the caller go on while it is still worked on here? So it is where it replies by a step of its own, or where a
    /// join leaves branches behind.
    pub fn replies_early(&self) -> bool {
        self.has_step(|step| match step {
            Step::Reply(_) => true,
            Step::Fork(fork) => !fork.waits_for_all(),
            Step::Activity(_) | Step::Choice(_) | Step::Loop(_) => false,
        })
    }

    /// Changes every activity.
    pub fn for_each_activity_mut(&mut self, change: &mut impl FnMut(&mut Activity)) {
        for step in &mut self.steps {
            step.for_each_activity_mut(change);
        }
    }

    /// Mean processor time of one request in this operation itself, in seconds at speed 1.
    pub fn demand(&self) -> f64 {
        let mut sum = 0.0;
        self.walk(&mut |element, times| {
            if let Element::Activity(activity) = element {
                sum += times * activity.demand.mean();
            }
        });
        sum
    }
}

fn is_never(rate: &f64) -> bool {
    *rate == 0.0
}

fn is_zero(priority: &i32) -> bool {
    *priority == 0
}
