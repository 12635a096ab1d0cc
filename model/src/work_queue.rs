//! Queues of messages.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::resilience::Ranges;
use crate::{Retry, seconds};

/// A queue of messages between producers and the service that works them off (a broker's queue, a task queue).
///
/// Messages are fetched one at a time, first come first served, by whichever replica has an idle thread.
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

impl Default for Reservation {
    fn default() -> Self {
        Self { timeout: 1800.0, scan_interval: 15.0, notices_crash: false }
    }
}

impl WorkQueue {
    /// A queue of that name, which delivers a message once unless the replica is gone that has it.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), redelivery: None, scan_interval: 0.0, reservation: None }
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
    }
}

fn is_zero(seconds: &f64) -> bool {
    *seconds == 0.0
}
