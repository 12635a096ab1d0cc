//! What is recorded of single requests, in no one's trace format.

use tracecast_model::{OperationId, Warning};

/// What of a simulation is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceOptions {
    /// Requests recorded at most: the first that begin after the warm-up. Default 10 000.
    pub requests: usize,
}

impl Default for TraceOptions {
    fn default() -> Self {
        Self { requests: 10_000 }
    }
}

/// The requests that began within a window of simulated time, with all that they caused.
///
/// Requests that had not ended when the simulation did are there without an answer or an end, and spans that had not ended
/// are missing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recording {
    /// When the window began (s).
    pub from: f64,
    /// When it ended (s): every request that began in between is recorded.
    pub until: f64,
    /// By the time of their beginning.
    pub requests: Vec<RequestRecord>,
    /// Request by request; of each, in the order in which they began, so that parents are before their children.
    pub spans: Vec<SpanRecord>,
    /// Why there are fewer requests than asked for, or why some have not ended.
    pub warnings: Vec<Warning>,
}

/// A request from outside, as the one saw it that sent it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RequestRecord {
    /// Number of the workload in the system.
    pub workload: usize,
    /// What it asked for.
    pub operation: OperationId,
    /// When it was sent (s).
    pub sent: f64,
    /// When the reply was back (s).
    pub answered: Option<f64>,
    /// When all work that it caused was done (s).
    pub ended: Option<f64>,
    /// Did something that it caused find a full queue? Where its workload counts requests as done at the reply, only what
    /// was lost by then counts.
    pub failed: bool,
    /// Visits that it caused, its own included.
    pub visits: u32,
    /// Spans that it began, some of which may be missing.
    pub spans: u32,
}

/// A stretch of one request's course at one service.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpanRecord {
    /// Which request it belongs to, by its place in [`Recording::requests`].
    pub request: u32,
    /// Its number among the spans of the request, from 1.
    pub number: u32,
    /// The number of the span in whose course it happened.
    pub parent: Option<u32>,
    /// Which side of a call it is.
    pub side: Side,
    /// The operation in whose course it happened, or whose it is.
    pub operation: OperationId,
    /// Of a client's or producer's side: what is asked for.
    pub callee: Option<OperationId>,
    /// The replica of its service, from 0.
    pub replica: u32,
    /// Seconds.
    pub start: f64,
    /// Seconds.
    pub end: f64,
    /// Was what it sent lost?
    pub failed: bool,
}

/// What a span shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// A call, from its sending to the reply's arrival.
    Client,
    /// A call's handling, from the thread that it gets to the reply.
    Server,
    /// The handling of a call that somebody else passed on, who does not wait for it: the reply goes to whoever waits for
    /// that one.
    Forwarded,
    /// A message's sending, which takes no time.
    Producer,
    /// A message's handling, from the thread that it gets to its first phase's end.
    Consumer,
    /// What a handler does after its reply.
    AfterReply,
}
