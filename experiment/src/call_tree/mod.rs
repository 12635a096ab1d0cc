//! Call trees: what each request of a trace did, where its time went, and what held it up.
//!
//! * [`call_trees`] makes one [`CallTree`] of each request; the client's and the server's span of one call are one [`Call`].
//! * [`critical_path()`] says on what the response waited, moment by moment.
//! * [`request_types`] tells the kinds of requests apart, [`typical`] finds the one to look at first.
//! * [`breakdown()`] sums up the time by request type and operation, [`stragglers()`] finds calls that took much longer than
//!   their peers.
//! * [`rows()`] folds a tree of thousands of calls into what can be read.

mod breakdown;
mod build;
mod critical_path;
mod rows;
mod seconds;
mod statistics;
mod stragglers;
#[cfg(test)]
mod tests;
mod types;

use serde::{Deserialize, Serialize};
use tracecast_importers::{Name, Nanos, SpanKind, TraceId};

pub use breakdown::{Breakdown, OperationTime, Part, TypeBreakdown, breakdown, by_time};
pub(crate) use breakdown::{Spent, Sum, of_request};
pub use build::call_trees;
pub use critical_path::{Segment, critical_path};
pub use rows::{Row, Rows, rows};
pub use stragglers::{
    Against, CHANCE, MUCH_LONGER, NOW_AND_THEN, OTHER_CASES, PEERS, RELEVANT, ROBUST_Z, Straggler,
    Stragglers, StragglingOperation, stragglers,
};
pub use types::{RequestType, request_types, typical};

/// One request with all calls that it caused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallTree {
    /// Its trace. A trace with several roots has several trees.
    pub trace: TraceId,
    /// When it began, in nanoseconds since the epoch.
    pub begin: Nanos,
    /// Is its beginning there? Without it, what is left of the request has no known response time.
    pub complete: bool,
    /// Spans that it was made from.
    pub spans: usize,
    /// Its calls: parents before their children, siblings by start. The first is the request itself.
    pub calls: Vec<Call>,
}

/// One call, as far as it was traced: its caller's side, its callee's, or both.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// The service that worked on it; the one that made it, where only that is known.
    pub service: Name,
    /// The operation, by the name that this side gives it.
    pub operation: Name,
    /// Kind of the callee's span, or of the only one.
    pub kind: SpanKind,
    /// Position of the call in whose course it was made.
    pub parent: Option<usize>,
    /// Positions of the calls made in its course, by start.
    pub children: Vec<usize>,
    /// Number of calls above it.
    pub depth: usize,
    /// From when until when it lasted for its caller.
    pub seen: Stretch,
    /// From when until when its callee worked on it; the same as `seen` where only one side is known.
    pub handled: Stretch,
    /// Handle time: `handled` without the time in which synchronous calls in its course lasted.
    #[serde(with = "seconds")]
    pub own: Nanos,
    /// Time on the way: `seen` without `handled`, where both sides are known. Network and queues between the two.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "seconds::optional")]
    pub network: Option<Nanos>,
    /// Did its caller go on without waiting for it?
    pub asynchronous: bool,
    /// Did it fail, on either side?
    pub error: bool,
    /// How far the callee's clock was moved so that its work lies within the call, counted from the request's.
    #[serde(with = "seconds")]
    pub skew: Nanos,
}

/// A stretch of time, counted from the beginning of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretch {
    /// When it begins.
    #[serde(with = "seconds")]
    pub start: Nanos,
    /// When it ends; not before it begins.
    #[serde(with = "seconds")]
    pub end: Nanos,
}

impl Stretch {
    /// Nanoseconds.
    pub fn length(self) -> Nanos {
        self.end - self.start
    }

    /// The part of it within `other`; empty where there is none.
    pub fn within(self, other: Self) -> Self {
        let start = self.start.clamp(other.start, other.end);
        Self { start, end: self.end.clamp(start, other.end) }
    }
}

impl CallTree {
    /// The request itself.
    pub fn root(&self) -> &Call {
        &self.calls[0]
    }

    /// Seconds from the request to its reply.
    pub fn response_time(&self) -> f64 {
        as_seconds(self.root().seen.length())
    }

    /// The calls in the course of one that it waited for.
    pub fn waited_for(&self, call: usize) -> impl Iterator<Item = usize> + '_ {
        let children = self.calls[call].children.iter().copied();
        children.filter(|&child| !self.calls[child].asynchronous)
    }

    /// The stretches in which a call itself worked, in order: `handled` without the calls that it waited for. Their lengths
    /// sum to its [`own`](Call::own) time.
    pub fn own_work(&self, call: usize) -> Vec<Stretch> {
        let whole = self.calls[call].handled;
        let mut waits: Vec<Stretch> =
            self.waited_for(call).map(|child| self.calls[child].seen.within(whole)).collect();
        waits.sort_unstable_by_key(|wait| wait.start);
        let mut until = whole.start;
        let mut parts = Vec::new();
        for wait in waits {
            if wait.start > until {
                parts.push(Stretch { start: until, end: wait.start });
            }
            until = until.max(wait.end);
        }
        if whole.end > until {
            parts.push(Stretch { start: until, end: whole.end });
        }
        parts
    }

    /// Is `call` the call `above`, or in its course?
    pub fn lies_under(&self, mut call: usize, above: usize) -> bool {
        while call > above {
            match self.calls[call].parent {
                Some(parent) => call = parent,
                None => return false,
            }
        }
        call == above
    }
}

impl Call {
    /// "service/operation".
    pub fn label(&self) -> String {
        format!("{}/{}", self.service, self.operation)
    }

    /// What it is, in a word: `call`, or `client` where only the caller's side is known, `local` work, `send` of a message,
    /// handling of a `message`.
    pub fn kind_name(&self) -> &'static str {
        match self.kind {
            _ if self.network.is_some() => "call",
            SpanKind::Server => "call",
            SpanKind::Client => "client",
            SpanKind::Producer => "send",
            SpanKind::Consumer => "message",
            SpanKind::Internal | SpanKind::Unspecified => "local",
        }
    }
}

/// Nanoseconds as seconds.
pub fn as_seconds(nanos: Nanos) -> f64 {
    nanos as f64 / 1e9
}

/// Earlier of two siblings, where the second waited for the first: it began after the first had ended, or overlaps it by
/// less than 1 % of the time of their parent with no other begin or end within the overlap, which the inaccuracy of clocks
/// explains (Zhang et al. 2022, CRISP, USENIX ATC, section 4).
fn happens_before(parent: Nanos, siblings: &[Stretch], before: Stretch, later: Stretch) -> bool {
    if before.end <= later.start {
        return true;
    }
    let overlap = Stretch { start: later.start, end: before.end };
    if before.end >= later.end || before.start >= later.start || overlap.length() * 100 >= parent {
        return false;
    }
    let within = |time: Nanos| usize::from((overlap.start..=overlap.end).contains(&time));
    siblings.iter().map(|sibling| within(sibling.start) + within(sibling.end)).sum::<usize>() == 2
}
