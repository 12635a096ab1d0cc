//! What errors, retries and fallbacks do to a system, written out as choices and further calls.

use std::collections::BTreeMap;

use super::{OnFailure, Resilience, Retry};
use crate::{
    Activity, Alternative, Call, CallCount, CallKind, Choice, Distribution, Fork, Loop, Operation,
    OperationRef, Reply, Step, System,
};

/// A system in which nothing fails that does the same on average as one in which things do.
#[derive(Clone, Debug, PartialEq)]
pub struct WrittenOut {
    /// Without errors and policies: what a failure ends is done so much less often, and what it brings about so much more.
    pub system: System,
    /// Probability that a reply is an error, of operations where it is not 0.
    pub failed: BTreeMap<OperationRef, f64>,
    /// Is anything tried again?
    pub retries: bool,
}

impl System {
    /// Errors, retries without timeouts, and fallbacks as a system without them; none where there are none, or where policies
    /// depend on time or on what happened before (timeouts, hedging, circuit breakers, limits, budgets), so that they cannot be
    /// written out. Policies of workloads and work queues are among these.
    ///
    /// An attempt fails with probability p whatever others do, so that a call with n attempts makes (1 - pⁿ)/(1 - p) of
    /// them and fails with pⁿ; what comes after it is done only if it did not. That an attempt which fails is over sooner is
    /// in it, that this depends on which one it is is not. In a fork whose branch fails, the others are still waited for.
    pub fn failures_written_out(&self) -> Option<WrittenOut> {
        let operations = || self.services.iter().flat_map(|service| &service.operations);
        let policies = || {
            let of_services = self.services.iter().filter_map(|service| service.resilience.as_ref());
            of_services.chain(operations().flat_map(policies_of))
        };
        let is_needed =
            operations().any(|operation| operation.error_rate > 0.0) || policies().next().is_some();
        let is_elsewhere = self.workloads.iter().any(|workload| workload.resilience.is_some())
            || self
                .services
                .iter()
                .filter_map(|service| service.work_queue.as_ref())
                .any(|queue| queue.redelivery.is_some());
        if !is_needed
            || is_elsewhere
            || !self.faults.is_empty()
            || !policies().all(Resilience::is_without_memory)
        {
            return None;
        }
        let mut writer = Writer { system: self, failed: BTreeMap::new(), retries: false };
        let mut system = self.clone();
        for service in &mut system.services {
            service.resilience = None;
            for operation in &mut service.operations {
                operation.steps = writer.steps(&operation.steps).0;
                operation.error_rate = 0.0;
            }
        }
        for (name, _) in self.operations() {
            writer.failed(&name);
        }
        let Writer { mut failed, retries, .. } = writer;
        failed.retain(|_, probability| *probability > 0.0);
        Some(WrittenOut { system, failed, retries })
    }
}

fn policies_of(operation: &Operation) -> impl Iterator<Item = &Resilience> {
    let calls = operation.activities().into_iter().flat_map(|activity| &activity.calls);
    calls.filter_map(|call| call.resilience.as_deref())
}

impl Resilience {
    /// Does it depend on nothing but whether an attempt failed?
    fn is_without_memory(&self) -> bool {
        let Self { timeout, retry, hedging, circuit_breaker, rate_limit, concurrency_limit, on_failure: _ } =
            self;
        let has_budget = retry.as_ref().is_some_and(|retry| retry.budget.is_some());
        timeout.is_none()
            && hedging.is_none()
            && circuit_breaker.is_none()
            && rate_limit.is_none()
            && concurrency_limit.is_none()
            && !has_budget
    }
}

struct Writer<'a> {
    system: &'a System,
    /// Of the operations looked at.
    failed: BTreeMap<OperationRef, f64>,
    retries: bool,
}

/// Steps, and the probability that nothing in them fails.
type Written = (Vec<Step>, f64);

impl Writer<'_> {
    /// Probability that an operation replies with an error.
    fn failed(&mut self, name: &OperationRef) -> f64 {
        if let Some(known) = self.failed.get(name) {
            return *known;
        }
        self.failed.insert(name.clone(), 0.0); // Whoever calls itself in the end does so by messages.
        let system = self.system;
        let service = system.service(name.service());
        let found =
            service.and_then(|service| service.operations.iter().find(|op| op.name == name.operation()));
        let failed = found.map_or(0.0, |operation| {
            let replied = operation.steps.iter().position(|step| matches!(step, Step::Reply(_)));
            let before = &operation.steps[..replied.unwrap_or(operation.steps.len())];
            let passed_on: f64 = match replied.map(|place| &operation.steps[place]) {
                Some(Step::Reply(reply)) => {
                    reply.forward.iter().map(|forward| forward.probability * self.failed(&forward.to)).sum()
                }
                _ => 0.0,
            };
            1.0 - self.steps(before).1 * (1.0 - operation.error_rate) * (1.0 - passed_on)
        });
        self.failed.insert(name.clone(), failed);
        failed
    }

    /// Each step is followed by the others only where nothing in it failed.
    fn steps(&mut self, steps: &[Step]) -> Written {
        let mut rest: Vec<Step> = Vec::new();
        let mut survives = 1.0;
        for step in steps.iter().rev() {
            let (mut written, likely) = self.step(step);
            survives *= likely;
            if likely < 1.0 && !rest.is_empty() {
                // Who stops replies there.
                let replies = rest.iter().any(|step| matches!(step, Step::Reply(_)));
                let stop = if replies { vec![Step::Reply(Reply::default())] } else { Vec::new() };
                let branches = [(likely, rest), (1.0 - likely, stop)];
                let branches = branches.map(|(probability, steps)| Alternative { probability, steps });
                written.push(Step::Choice(Choice { branches: branches.into() }));
            } else {
                written.append(&mut rest);
            }
            rest = written;
        }
        (rest, survives)
    }

    fn step(&mut self, step: &Step) -> Written {
        match step {
            Step::Activity(activity) => self.activity(activity),
            Step::Reply(_) => (vec![step.clone()], 1.0),
            Step::Fork(fork) => {
                let (branches, likely): (Vec<_>, Vec<f64>) =
                    fork.branches.iter().map(|branch| self.steps(branch)).unzip();
                let needed = fork.quorum.map_or(branches.len(), |quorum| quorum as usize);
                (vec![Step::Fork(Fork { branches, quorum: fork.quorum })], at_least(needed, &likely))
            }
            Step::Choice(choice) => {
                let mut survives = 0.0;
                let branches = choice.branches.iter().map(|branch| {
                    let (steps, likely) = self.steps(&branch.steps);
                    survives += branch.probability * likely;
                    Alternative { probability: branch.probability, steps }
                });
                let branches = branches.collect();
                (vec![Step::Choice(Choice { branches })], survives.min(1.0))
            }
            Step::Loop(repeated) => {
                let (steps, likely) = self.steps(&repeated.steps);
                let (mean, survives) = until_failure(repeated.mean, repeated.count, likely);
                (vec![Step::Loop(Loop { mean, count: repeated.count, steps })], survives)
            }
        }
    }

    /// The calls one after the other until one fails, with what they bring about behind them.
    fn activity(&mut self, activity: &Activity) -> Written {
        let mut written = Activity { calls: Vec::with_capacity(activity.calls.len()), ..activity.clone() };
        let mut behind = Vec::new();
        let mut reached = 1.0;
        for call in &activity.calls {
            let plain = Call { resilience: None, ..call.clone() };
            if call.kind == CallKind::Asynchronous {
                written.calls.push(Call { mean: reached * call.mean, ..plain });
                continue;
            }
            let fails = self.failed(&call.to);
            let system = self.system;
            let of_service =
                || system.service(call.to.service()).and_then(|service| service.resilience.as_ref());
            let policy = call.resilience.as_deref().or_else(of_service);
            let attempts = Attempts::new(fails, policy.and_then(|policy| policy.retry.as_ref()));
            let fallback = policy.and_then(|policy| match &policy.on_failure {
                OnFailure::Fallback { demand } => Some(demand),
                OnFailure::Fail => None,
            });
            let goes_on = if fallback.is_some() { 1.0 } else { 1.0 - attempts.all_fail };
            let copies = f64::from(call.fan_out);
            let (made, survives) = until_failure(call.mean, call.count, goes_on.powf(copies));
            let made = reached * made;
            self.retries |= attempts.mean > 1.0;
            written.calls.push(Call { mean: made * attempts.mean, ..plain });
            let again = made * copies * fails;
            if attempts.waits > 0.0 {
                let delay = Distribution::deterministic(attempts.waits / fails);
                behind.push(repeated(again, Activity { delay, ..Activity::default() }));
            }
            if let Some(demand) = fallback.filter(|demand| !demand.is_zero() && attempts.all_fail > 0.0) {
                behind.push(repeated(made * copies * attempts.all_fail, Activity::working(demand.clone())));
            }
            reached *= survives;
        }
        let mut steps = vec![Step::Activity(written)];
        steps.append(&mut behind);
        (steps, reached)
    }
}

/// The attempts of one call.
struct Attempts {
    mean: f64,
    all_fail: f64,
    /// Seconds between them, in the mean over all calls.
    waits: f64,
}

impl Attempts {
    fn new(fails: f64, retry: Option<&Retry>) -> Self {
        let most = retry.map_or(1, |retry| retry.attempts.max(1));
        let (mut mean, mut waits, mut all_fail) = (0.0, 0.0, 1.0);
        for attempt in 1..=most {
            mean += all_fail;
            all_fail *= fails;
            if let Some(retry) = retry.filter(|_| attempt < most) {
                waits += all_fail * retry.mean_delay(attempt);
            }
            if all_fail == 0.0 {
                break;
            }
        }
        Self { mean, all_fail, waits }
    }
}

/// Mean number of repetitions where each is the last with probability 1 - `likely`, and the probability that none is before
/// their number is reached: by the generating function of that number.
fn until_failure(mean: f64, count: CallCount, likely: f64) -> (f64, f64) {
    if likely >= 1.0 {
        return (mean, 1.0);
    }
    match count {
        CallCount::Fixed => {
            let (whole, part) = (mean.floor(), mean.fract());
            let none_fails = likely.powf(whole);
            let made = (1.0 - none_fails) / (1.0 - likely);
            (made + part * none_fails, none_fails * (1.0 - part + part * likely))
        }
        CallCount::Geometric => {
            let goes_on = mean / (1.0 + mean);
            (goes_on / (1.0 - goes_on * likely), (1.0 - goes_on) / (1.0 - goes_on * likely))
        }
    }
}

/// Probability that at least so many of independent events come true.
fn at_least(needed: usize, likely: &[f64]) -> f64 {
    let mut number = vec![1.0];
    for p in likely {
        number.push(0.0);
        for i in (0..number.len()).rev() {
            let one_more = if i > 0 { number[i - 1] * p } else { 0.0 };
            number[i] = number[i] * (1.0 - p) + one_more;
        }
    }
    let sum: f64 = number.iter().skip(needed).sum();
    sum.min(1.0)
}

/// An activity that is done so often on average.
fn repeated(mean: f64, activity: Activity) -> Step {
    let steps = vec![Step::Activity(activity)];
    if mean >= 1.0 {
        return Step::Loop(Loop { mean, count: CallCount::Fixed, steps });
    }
    let branches = [(mean, steps), (1.0 - mean, Vec::new())];
    let branches = branches.map(|(probability, steps)| Alternative { probability, steps });
    Step::Choice(Choice { branches: branches.into() })
}
