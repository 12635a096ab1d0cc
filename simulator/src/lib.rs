//! Discrete-event simulation of layered service systems.
//!
//! [`Simulation`] is the [`Engine`](tracecast_model::Engine). It compiles the system once into a flat program
//! (`program`), plays that program in independent replications (`run`) on simulated hosts (`hosts`), and turns what
//! they counted (`statistics`) into figures with confidence intervals.
//!
//! # What this engine decides where the model leaves it open
//! * Where one piece of work holds a core, the slices of an activity between messages (asynchronous calls) are one piece;
//!   a synchronous call, the reply and the end of an activity give the core up (as in lqsim).
//! * A call that fans out goes to its replicas without work in between; where connections are not fixed, the load
//!   balancer chooses the first of them, and the others are the next in number. With a fan-in, replica i of the caller
//!   is connected to the callees i·fan-out to (i+1)·fan-out - 1, counted in rounds.
//! * A request from outside fails where its reply is an error, or where by then a message made for it, or a call after its
//!   reply, has found a full queue or failed. Failed requests are in no throughput or response time; replies of operations
//!   count whether they are errors or not.
//! * What a caller remembers (budgets, breakers, tokens) is that of one of its replicas, and outlives a crash of it. An attempt
//!   asks its breaker, waits for its token, then for a place; its timeout begins after the token. A place that is given back is
//!   taken after all else that happens at that instant. Requests that wait for a token at a service count as waiting for a
//!   thread; those that are shed are in no response time.
//! * A call that has failed for good ends the sequence of steps in which it stands: a branch of a fork, or the operation.
//!   The network takes its time in every attempt of a call that is tried again. The places of a work queue are in the queue, whatever the number of replicas.
//! * Share groups divide the cores by weighted max-min fairness, and the services in each share equally what it has; a
//!   remainder of 0 leaves services without a group what nobody else can use.
//! * The busy threads of a lock are the requests in progress in its operations, not the tokens that are taken.
//! * Where replicas come and go, requests that find none wait outside and go to the first that opens. A replica that is to
//!   stop takes no more and finishes what it has, what waits at it too; of several the youngest stops first, before all those
//!   that have not opened yet. What a policy measures of single replicas other than processor time is taken as it stands
//!   when figures are noted; processor time is exact where cores are shared, else work counts when it begins.
//! * Work that begins while a replica is slow is slow to its end. A replica that crashes loses all its visits at once, and
//!   its work where it shares cores; where work holds a core, or waits for one, that goes on to its end for nobody. What
//!   visits that are lost have called goes on, too. Messages of a work queue that were in progress, but for those that had
//!   replied, are back at the end of the queue at once, unless they are reserved. An autoscaler counts a replica that is gone until it
//!   is back.
//! * Once the reservation of a message has expired, only later deliveries tell of its success or failure; a caller that waits for the
//!   reply gets it from one of them. Brokers that look at intervals begin at a random instant of the first.
//! * A synchronous call's network time passes before the request is at the callee; only the sum shows in any figure.
//! * Messages of a work queue are fetched by the replicas with an idle thread in turn: a replica joins the end of the
//!   line when it gets an idle thread, and again after a fetch that leaves it another. At first they stand in order.
//! * A closed user's cycle goes on when the request counts as done (its workload's `completion`); a serial client
//!   posts again when the reply is back. A user's first request comes after a think time; one that is not exponential
//!   is cut by a uniform factor, so that constant think times do not bring all users at the same instant.
//! * The first gap of renewal arrivals that are not Poisson is cut like a user's first think time, and the hidden state of
//!   Markovian arrivals starts as it is at a random instant.
//! * A polling thread starts before the first operation. Where going on takes time, it is on its way from the start; that it
//!   is on its way does not count as busy.
//! * Where the last to come interrupts others on several cores, it is the first to come of those in service.
//! * Each branch of a fork is one piece of work on the host, with up to a core of its own.
//! * A CPU limit is a cap of the rate, for each replica as a whole; on a host shared by others, what is left is spread
//!   max-min fair over the threads (`hosts::sharing`).
//! * With both ending and endless loads, a replication ends when the ending ones are done; the endless ones are
//!   background. A given warm-up then passes before the first request of an ending load.
//! * An *event* is an entry of the calendar that comes due: an arrival, the end of a delay or of work on a host, a
//!   message that arrives. Steps that take no time are not events.
//!
//! # How long it simulates
//! See `terminating` for loads that end, `steady` for those that do not.
//!
//! # Single requests
//! [`Simulation::trace`] records requests one by one, with what they caused at every service. It looks on at the seam of
//! the event loop (`run::probe`), which costs nothing where nobody does.

mod antithetic;
mod bottleneck;
mod calendar;
mod engine;
mod heap;
mod hosts;
mod key;
mod line;
mod precision;
mod program;
mod report;
mod residence;
mod run;
mod sampler;
mod slab;
mod snapshot;
mod statistics;
mod steady;
mod streams;
mod terminating;
mod trace;
mod winners;

pub use engine::Simulation;
pub use trace::{Recording, RequestRecord, Side, SpanRecord, TraceOptions};
