//! Queues of messages.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::resilience::Ranges;
use crate::{Multiplicity, Retry, seconds};

/// A queue of messages between producers and the service that works them off (a broker's queue, a task queue).
///
/// Messages are fetched one at a time, first come first served, by whichever replica has an idle thread, unless the settings say
/// otherwise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkQueue {
    /// What the broker calls it.
    pub name: String,
    /// How often a message is delivered, and how long after a failure again: a message whose handler fails goes back to the queue,
    /// and after the last of its deliveries it is a dead letter. Where absent a failure is final. (A message whose replica is gone
    /// is delivered again in any case, and that counts for none.)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redelivery: Option<Retry>,
    /// Seconds between two looks of the broker for messages whose time of redelivery has come (Faktory: 5 s); 0: each is in the
    /// queue when its time has come.
    #[serde(default, skip_serializing_if = "is_zero", with = "seconds")]
    #[schemars(with = "seconds::Schematic")]
    pub scan_interval: f64,
    /// For how long a message belongs to the replica that has fetched it; for ever where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reservation: Option<Reservation>,
    /// Messages that a replica may hold at once, those in progress and those that it has fetched ahead (AMQP's prefetch count): at
    /// least 1, or `"infinite"`. As many as it has threads where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefetch: Option<Multiplicity>,
    /// What becomes of messages where as many wait as may ([`Service::queue_capacity`](crate::Service::queue_capacity)).
    #[serde(default, skip_serializing_if = "is_default")]
    pub overflow: Overflow,
    /// The broker's queues, where there are several: each operation of the service belongs to one of them. A
    /// [capacity](crate::Service::queue_capacity) is that of each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lanes: Vec<Lane>,
    /// From which of them the next message is fetched.
    #[serde(default, skip_serializing_if = "is_default")]
    pub fetch_order: FetchOrder,
}

/// One of several queues that the same service fetches from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lane {
    /// What the broker calls it; unique in the service.
    pub name: String,
    /// Names of the operations whose messages are in it.
    pub operations: Vec<String>,
    /// Relative to the others, for the [weighted](FetchOrder::Weighted) order; > 0.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub weight: f64,
}

/// From which of several queues the next message is fetched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FetchOrder {
    /// From the first of them that is not empty (Faktory's fetch, which is Redis' BRPOP): non-preemptive priority.
    #[default]
    Strict,
    /// From one of those that are not empty, at random by their weights. That is what a client does that looks into all queues in a
    /// random order, in which the next is drawn by its weight among those left (Sidekiq's weighted queues).
    Weighted,
}

/// What becomes of messages where no more may wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Overflow {
    /// The one that comes is lost (RabbitMQ's `reject-publish`).
    #[default]
    Reject,
    /// The one that has waited longest is lost, and the one that comes waits (RabbitMQ's `drop-head`, its default).
    DropHead,
}

/// For how long a fetched message belongs to the replica that has fetched it (Faktory's reservation, SQS' visibility timeout,
/// RabbitMQ's delivery acknowledgement timeout).
///
/// If by then its handler has neither replied nor failed, the broker takes the delivery for a failed one: by the rule of the
/// [redelivery](WorkQueue::redelivery) it is delivered again or becomes a dead letter, without such a rule it is back at the end of
/// the queue at once, as often as it takes. The handler works on for nobody, so that the work is done twice (at-least-once delivery).
/// The defaults are those of Faktory (`manager/working.go`, `server/task_runner.go`).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Reservation {
    /// Seconds from the fetch on; > 0.
    #[serde(with = "seconds")]
    #[schemars(with = "seconds::Schematic")]
    pub timeout: f64,
    /// Seconds between two looks of the broker for reservations that are over; 0: it notices each at once.
    #[serde(with = "seconds")]
    #[schemars(with = "seconds::Schematic")]
    pub scan_interval: f64,
    /// Does the broker notice at once when a replica is gone (as one does that sees its connections), and take its messages back? Else
    /// they stay reserved to the end.
    pub notices_crash: bool,
}

impl Overflow {
    /// Every rule, for menus, help texts and tests.
    pub const ALL: [Self; 2] = [Self::Reject, Self::DropHead];

    /// The name used in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reject => "reject",
            Self::DropHead => "drop_head",
        }
    }
}

impl Default for Reservation {
    fn default() -> Self {
        Self { timeout: 1800.0, scan_interval: 15.0, notices_crash: false }
    }
}

impl WorkQueue {
    /// A queue of that name, which delivers a message once unless the replica is gone that has it.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            redelivery: None,
            scan_interval: 0.0,
            reservation: None,
            prefetch: None,
            overflow: Overflow::default(),
            lanes: Vec::new(),
            fetch_order: FetchOrder::default(),
        }
    }

    /// Can a message be delivered again although its replica is there, or become a dead letter?
    pub fn redelivers(&self) -> bool {
        self.redelivery.is_some() || self.reservation.is_some()
    }

    /// Tells which settings are out of range.
    pub(crate) fn check(&self, ranges: &mut Ranges) {
        if let Some(policy) = &self.redelivery {
            policy.check(ranges);
        }
        ranges.not_negative("scan_interval", self.scan_interval);
        if let Some(Reservation { timeout, scan_interval, .. }) = self.reservation {
            ranges.positive("the timeout of the reservation", timeout);
            ranges.not_negative("the scan_interval of the reservation", scan_interval);
        }
        if let Some(Multiplicity::Finite(prefetch)) = self.prefetch {
            ranges.at_least_1("prefetch", prefetch);
        }
        for lane in &self.lanes {
            ranges.positive(&format!("the weight of \"{}\"", lane.name), lane.weight);
        }
    }
}

fn is_zero(seconds: &f64) -> bool {
    *seconds == 0.0
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

fn one() -> f64 {
    1.0
}

fn is_one(weight: &f64) -> bool {
    *weight == 1.0
}
