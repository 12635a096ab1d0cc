//! The forced flow law: visits of one operation cause visits of others, as often as its steps say.

use tracecast_model::{Activity, CallCount, OperationRef, Resilience, Step, System};

use super::Census;
use crate::run::Run;

/// How often, at least and at most.
#[derive(Clone, Copy, Debug)]
struct Range {
    least: f64,
    most: f64,
}

/// Never.
const NONE: Range = Range { least: 0.0, most: 0.0 };

/// Visits asked for are those that ended times the calls of each, and what those in progress may have added. Where the
/// numbers of calls are fixed and nothing is in progress, that is an equation.
pub(super) fn check(run: &Run<'_>, census: &Census, system: &System, number: u64) {
    for (place, (name, _)) in system.operations().enumerate() {
        let mut sent = outside(run, system, &name);
        // Messages that went back to their queue were sent again.
        sent.most += run.redelivered;
        let seen = run.totals().operations.into_iter().zip(&census.visits).zip(&run.ledger.killed);
        for ((_, caller), ((counted, visits), killed)) in system.operations().zip(seen) {
            let calls = of_steps(&caller.steps, &name).times(tries(system, &name));
            // Callers stop where a call has failed.
            if !super::has_failures(run) {
                sent.least += counted.completed * calls.least;
            }
            // Visits that wait have not called yet.
            let begun = counted.completed + visits.busy as f64 + *killed as f64;
            if begun > 0.0 {
                sent.most += begun * calls.most;
            }
        }
        let found = run.ledger.sent[place] as f64;
        assert!(
            sent.least <= found && found <= sent.most,
            "system {number}, {name}: {found} visits, expected {sent:?}"
        );
    }
}

/// Attempts of one call to an operation.
fn tries(system: &System, name: &OperationRef) -> Range {
    let policy = system.service(name.service()).and_then(|service| service.resilience.as_ref());
    Range { least: 1.0, most: f64::from(policy.map_or(1, Resilience::most_attempts)) }
}

/// Requests from outside for an operation.
fn outside(run: &Run<'_>, system: &System, name: &OperationRef) -> Range {
    let mut sum = NONE;
    for (source, workload) in run.sources.iter().zip(&system.workloads) {
        if workload.requests.iter().any(|request| request.operation == *name) {
            let attempts = workload.resilience.as_ref().map_or(1, Resilience::most_attempts);
            sum.most += source.counted.started * f64::from(attempts);
            // Of those that the sender turns away, or lets wait, nothing is seen.
            let rejected = run.guards.counted.get(source.guard as usize).map_or(0.0, |guard| guard.rejected);
            let sent = (source.counted.started - rejected).max(0.0);
            let waits = workload
                .resilience
                .as_ref()
                .is_some_and(|policy| policy.rate_limit.is_some() || policy.concurrency_limit.is_some());
            sum.least += if workload.requests.len() == 1 && !waits { sent } else { 0.0 };
        }
    }
    sum
}

/// Calls of an operation and passing on to it, in one execution of these steps.
fn of_steps(steps: &[Step], name: &OperationRef) -> Range {
    steps.iter().fold(NONE, |sum, step| sum.plus(of_step(step, name)))
}

fn of_step(step: &Step, name: &OperationRef) -> Range {
    match step {
        Step::Activity(activity) => of_activity(activity, name),
        Step::Fork(fork) => fork.branches.iter().fold(NONE, |sum, branch| sum.plus(of_steps(branch, name))),
        Step::Choice(choice) => {
            let all = choice.branches.iter().map(|branch| of_steps(&branch.steps, name));
            let either = |a: Range, b: Range| Range { least: a.least.min(b.least), most: a.most.max(b.most) };
            all.reduce(either).unwrap_or(NONE)
        }
        Step::Loop(repeated) => {
            repetitions(repeated.mean, repeated.count).times(of_steps(&repeated.steps, name))
        }
        Step::Reply(reply) => {
            let onward = reply.forward.iter().filter(|forward| forward.to == *name);
            onward
                .fold(NONE, |sum, forward| sum.plus(Range { least: forward.probability.floor(), most: 1.0 }))
        }
    }
}

fn of_activity(activity: &Activity, name: &OperationRef) -> Range {
    let calls = activity.calls.iter().filter(|call| call.to == *name);
    calls.fold(NONE, |sum, call| {
        let each = f64::from(call.fan_out);
        sum.plus(repetitions(call.mean, call.count).times(Range { least: each, most: each }))
    })
}

fn repetitions(mean: f64, count: CallCount) -> Range {
    match count {
        _ if mean == 0.0 => NONE,
        CallCount::Fixed => Range { least: mean.floor(), most: mean.ceil() },
        CallCount::Geometric => Range { least: 0.0, most: f64::INFINITY },
    }
}

impl Range {
    fn plus(self, other: Self) -> Self {
        Self { least: self.least + other.least, most: self.most + other.most }
    }

    fn times(self, other: Self) -> Self {
        // Never is never, however often it is repeated.
        let most = if other.most == 0.0 { 0.0 } else { self.most * other.most };
        Self { least: self.least * other.least, most: if self.most == 0.0 { 0.0 } else { most } }
    }
}
