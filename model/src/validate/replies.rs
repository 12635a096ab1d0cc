//! Replies: at most once on every way through an operation, and where the caller can count on it.

use super::Findings;
use crate::{Code, Step, System};

pub(super) fn check(system: &System, found: &mut Findings) {
    for (name, operation) in system.operations() {
        let element = format!("operation \"{name}\"");
        if !operation.has_step(|step| matches!(step, Step::Reply(_))) {
            continue;
        }
        match replies(&operation.steps) {
            Ok(1) => {}
            Ok(_) => {
                found.error(Code::Reply, &element, "it replies more than once on one way through its steps, parallel branches counted together");
            }
            Err(problem) => found.error(Code::Reply, &element, problem),
        }
    }
}

/// Replies on any way through the steps.
fn replies(steps: &[Step]) -> Result<u32, &'static str> {
    let mut sum = 0;
    for step in steps {
        sum += match step {
            Step::Activity(_) => 0,
            Step::Reply(_) => 1,
            // All branches are done, so a reply in one of them goes out for sure, and in two of them twice.
            Step::Fork(fork) => {
                let counts = fork.branches.iter().map(|branch| replies(branch));
                counts.sum::<Result<u32, _>>()?
            }
            Step::Loop(_) => {
                for (inner, _) in step.inner() {
                    if replies(inner)? > 0 {
                        return Err("it replies in a loop, so not exactly once");
                    }
                }
                0
            }
            Step::Choice(_) => {
                let mut counts = Vec::new();
                for (inner, _) in step.inner() {
                    counts.push(replies(inner)?);
                }
                if counts.windows(2).any(|pair| pair[0] != pair[1]) {
                    return Err("it replies in some branches of a choice but not in others");
                }
                counts.first().copied().unwrap_or(0)
            }
        };
    }
    Ok(sum)
}
