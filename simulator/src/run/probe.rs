//! The seam of the event loop: where something can look on without the loop knowing what it looks for.
//!
//! A [`Run`](super::Run) is generic over its probe, and every method of a probe does nothing unless it is written: with
//! [`Silent`] the loop is compiled as if there were no seam. A probe keeps what it learns in tables of its own, by the
//! numbers that it is given; the records of the run do not grow.
//!
//! # Numbers
//! * A *request* has its number from [`Probe::request_begins`] to [`Probe::request_ends`].
//! * A *visit* has its number from [`Probe::visit_sent`] to [`Probe::visit_lost`] or [`Probe::visit_ends`].
//! * A *strand* is the first one of a visit and has the visit's number, or it is a branch of a fork and has its own from
//!   [`Probe::branch_begins`] to [`Probe::branch_ends`].
//!
//! Numbers are small, and given out again once they are free. Visits and branches are numbered together, so that one
//! table serves both; a visit that lives on in its branches keeps its number.
//!
//! # What a strand does
//! At any instant between events a strand is in one state, and the seam shows where each of them begins:
//!
//! | state | begins with | ends with |
//! |---|---|---|
//! | its visit is on the network | `visit_sent` | `visit_arrives` |
//! | its visit waits for a thread | `visit_arrives` | `visit_begins`, `visit_lost` |
//! | waits for a core or works | `works` | `goes_on` |
//! | delayed | `delays` | `goes_on` |
//! | its call is on the network | `travels` | `goes_on`, then `visit_sent`: the reply comes back at once |
//! | waits for a reply | `visit_sent` by a strand that waits | `replies` or `visit_lost` to it, then `goes_on` |
//! | waits for its branches | `branch_begins`, one after the other | `branch_ends` that wakes it, then `goes_on` |
//! | at its end, its visit lives on in branches | `strand_ends` | `visit_ends` |
//!
//! From `visit_begins`, a wake-up or `goes_on` to the next of these no time passes. What caused something comes first: a reply before the strand
//! that gets it goes on, the end of a branch before the strand that waited for it, the sending of a visit before its
//! arrival, and the reply to the one outside before its request has ended. So a probe that carries something along every
//! path of causes (say where the time since the request began was spent) hands it on at `visit_sent` from the strand that
//! sends to the visit, at `branch_begins` from the parent to the branch, at `replies` from the strand that replies to the
//! one that waits, and at `branch_ends` from the branch to the strand that it wakes.

use crate::statistics::totals::Totals;

/// Looks on while a run is played. All times are `now`, in simulated seconds.
#[expect(unused_variables, reason = "what is not looked at does nothing")]
pub(crate) trait Probe {
    /// A request comes from outside, for a workload and an operation.
    #[inline(always)]
    fn request_begins(&mut self, now: f64, request: u32, workload: u32, operation: u32) {}

    /// The reply to a request is back, or its first visit was lost. It has failed where one of its visits was lost by now.
    #[inline(always)]
    fn request_answered(&mut self, now: f64, request: u32, failed: bool) {}

    /// All work of a request is done.
    #[inline(always)]
    fn request_ends(&mut self, now: f64, request: u32, failed: bool) {}

    /// A visit is on its way.
    #[inline(always)]
    fn visit_sent(&mut self, now: f64, sent: Sent) {}

    /// A visit is at its service.
    #[inline(always)]
    fn visit_arrives(&mut self, now: f64, visit: u32) {}

    /// A visit has found no place to wait for a thread; whoever waits for its reply goes on without one.
    #[inline(always)]
    fn visit_lost(&mut self, now: f64, visit: u32, to: Receiver) {}

    /// A visit gets a thread on a replica, by its number among those of all services; its first strand starts.
    #[inline(always)]
    fn visit_begins(&mut self, now: f64, visit: u32, replica: u32) {}

    /// A strand of a visit lets its reply go out, which is there at once.
    #[inline(always)]
    fn replies(&mut self, now: f64, visit: u32, strand: u32, to: Receiver) {}

    /// A visit is at its end, and so are all its strands.
    #[inline(always)]
    fn visit_ends(&mut self, now: f64, visit: u32) {}

    /// A strand has what it waited for.
    #[inline(always)]
    fn goes_on(&mut self, now: f64, strand: u32) {}

    /// A strand gives its host so many seconds of work.
    #[inline(always)]
    fn works(&mut self, now: f64, strand: u32, amount: f64) {}

    /// A strand starts a delay of so many seconds.
    #[inline(always)]
    fn delays(&mut self, now: f64, strand: u32, seconds: f64) {}

    /// A strand starts a call that it waits for, which is on the network for so many seconds both ways together.
    #[inline(always)]
    fn travels(&mut self, now: f64, strand: u32, seconds: f64) {}

    /// A strand starts a branch; it goes on when enough of them are at their ends.
    #[inline(always)]
    fn branch_begins(&mut self, now: f64, branch: u32, parent: u32) {}

    /// A branch is at its end. It wakes the strand that waits if it is the last one waited for.
    #[inline(always)]
    fn branch_ends(&mut self, now: f64, branch: u32, wakes: Option<u32>) {}

    /// The first strand of a visit is at its end, before some of its branches.
    #[inline(always)]
    fn strand_ends(&mut self, now: f64, strand: u32) {}

    /// Adds its own sums to those of the run.
    #[inline(always)]
    fn add_to(&self, totals: &mut Totals) {}
}

/// Looks at nothing.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Silent;

impl Probe for Silent {}

/// A visit that is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) visit: u32,
    pub(crate) operation: u32,
    /// The request that it belongs to.
    pub(crate) request: u32,
    pub(crate) by: Sender,
}

/// Who sends a visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sender {
    /// The one that sends the request.
    Outside,
    /// A strand that waits for the reply.
    Waits(u32),
    /// A strand that does not.
    GoesOn(u32),
    /// A strand that passes the request on which its own visit is for: whoever waits for the reply to that gets the reply
    /// to this.
    Forwards(u32),
}

/// Who gets a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Receiver {
    /// Nobody waits for it.
    Nobody,
    /// The one that sent the request.
    Outside,
    /// A strand.
    Strand(u32),
}
