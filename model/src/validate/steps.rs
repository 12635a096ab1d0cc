//! What operations do.

use std::collections::HashSet;

use super::{Findings, ROUNDING};
use crate::{Activity, CallCount, CallOrder, Choice, Code, Fork, Step, System};

pub(super) fn operations(system: &System, found: &mut Findings) {
    for service in &system.services {
        let mut seen = HashSet::new();
        for operation in &service.operations {
            let element = format!("operation \"{}/{}\"", service.name, operation.name);
            found.name(&element, &operation.name, "operation");
            if !seen.insert(operation.name.as_str()) {
                let message = "there is more than one operation of this name in its service";
                found.error(Code::DuplicateName, &element, message);
            }
            steps(&operation.steps, &element, found);
        }
    }
}

fn steps(list: &[Step], element: &str, found: &mut Findings) {
    for step in list {
        match step {
            Step::Activity(activity) => activity_calls(activity, element, found),
            Step::Fork(fork) => width(fork, element, found),
            Step::Choice(choice) => probabilities(choice, element, found),
            Step::Loop(repeated) => {
                let allowed = repeated.mean >= 0.0 && repeated.mean.is_finite();
                let field = "the mean number of repetitions of a loop";
                found.range(element, field, repeated.mean, allowed, "finite and not negative");
            }
            Step::Reply(reply) => {
                for forward in &reply.forward {
                    let field = format!("the probability of forwarding to \"{}\"", forward.to);
                    let allowed = forward.probability > 0.0 && forward.probability <= 1.0;
                    found.range(element, &field, forward.probability, allowed, "in (0, 1]");
                }
                let sum = reply.forward_probability();
                if sum > 1.0 + ROUNDING {
                    let message = format!("its forwarding probabilities sum to {sum} but must not exceed 1");
                    found.error(Code::Probabilities, element, message);
                }
            }
        }
        for (inner, _) in step.inner() {
            steps(inner, element, found);
        }
    }
}

fn width(fork: &Fork, element: &str, found: &mut Findings) {
    let branches = fork.branches.len();
    if branches < 2 {
        let message = format!("a fork has {branches} branches but needs two or more");
        found.error(Code::NarrowFork, element, message);
    }
    if fork.quorum.is_some_and(|quorum| quorum == 0 || quorum as usize > branches) {
        let quorum = fork.quorum.unwrap_or(0);
        let message =
            format!("a join waits for {quorum} of {branches} branches, but it must be 1 to {branches}");
        found.error(Code::Quorum, element, message);
    }
}

fn probabilities(choice: &Choice, element: &str, found: &mut Findings) {
    for branch in &choice.branches {
        let allowed = branch.probability > 0.0 && branch.probability <= 1.0;
        found.range(element, "the probability of a branch", branch.probability, allowed, "in (0, 1]");
    }
    let sum: f64 = choice.branches.iter().map(|branch| branch.probability).sum();
    if (sum - 1.0).abs() > ROUNDING {
        let message = format!("the probabilities of the branches of a choice sum to {sum} but must sum to 1");
        found.error(Code::Probabilities, element, message);
    }
}

fn activity_calls(activity: &Activity, element: &str, found: &mut Findings) {
    for call in &activity.calls {
        let field = format!("the mean of the call to \"{}\"", call.to);
        let allowed = call.mean >= 0.0 && call.mean.is_finite();
        found.range(element, &field, call.mean, allowed, "finite and not negative");
        found.range(element, "fan_out", f64::from(call.fan_out), call.fan_out > 0, "at least 1");
    }
    let counted = activity.calls.iter().any(|call| call.mean > 0.0 && call.count != CallCount::Geometric);
    if activity.call_order == CallOrder::Random && counted {
        let message = "calls in random order are geometric in number, so their count must be \"geometric\"";
        found.error(Code::CallOrder, element, message);
    }
}
