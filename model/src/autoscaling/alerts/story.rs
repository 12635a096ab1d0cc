//! What an alert has gone through: where the time between a condition and a change of replicas goes.

use serde::{Deserialize, Serialize};

use super::clocks::{Nanos, seconds};
use crate::autoscaling::{Delay, DelayKind};

/// The way of an alert to the notification of it, or of its end; times in ns since the start of the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Story {
    /// How long before the scrape that showed the condition the one before it was: it became true in between.
    pub unseen: Nanos,
    /// The scrape that showed the condition, or its end.
    pub shown_at: Nanos,
    /// The first evaluation that found it so.
    pub found_at: Nanos,
    /// The evaluation by which the alert fires, or is resolved.
    pub settled_at: Nanos,
}

impl Story {
    /// The delays until a notification that was sent at a time, and took so long.
    pub(super) fn delays(&self, firing: bool, sent_at: Nanos, delay: f64) -> Vec<Delay> {
        let kept = if firing { DelayKind::For } else { DelayKind::KeepFiringFor };
        let between = |kind: DelayKind, from: Nanos, to: Nanos| Delay { kind, seconds: seconds(to - from) };
        vec![
            between(DelayKind::Scrape, 0, self.unseen),
            between(DelayKind::Evaluation, self.shown_at, self.found_at),
            between(kept, self.found_at, self.settled_at),
            between(DelayKind::Grouping, self.settled_at, sent_at),
            Delay { kind: DelayKind::Webhook, seconds: delay },
        ]
    }
}
