//! What became of calls whose callers do not wait for ever.

use indexmap::IndexMap;
use tracecast_model::CallResult;

use super::Outcome;
use crate::program::{GuardPlan, Program};
use crate::statistics::totals::{GuardTotals, Totals};

/// By caller and callee; calls in several places of one caller are taken together.
pub(super) fn call_results(program: &Program, outcome: &Outcome) -> IndexMap<String, CallResult> {
    program
        .guarded_calls()
        .into_iter()
        .map(|(name, guards)| (name.to_owned(), call_result(program, &guards, outcome)))
        .collect()
}

fn call_result(program: &Program, guards: &[usize], outcome: &Outcome) -> CallResult {
    let sum = |figure: fn(&GuardTotals) -> f64| {
        move |sample: &Totals| guards.iter().map(|&guard| figure(&sample.guards[guard])).sum::<f64>()
    };
    let [calls, attempts] = [sum(|guard| guard.calls), sum(|guard| guard.attempts)];
    let [refused, rejected] = [sum(|guard| guard.refused), sum(|guard| guard.rejected)];
    let open = sum(|guard| guard.open);
    let any = |has: &dyn Fn(&GuardPlan) -> bool| guards.iter().any(|&guard| has(&program.guards[guard]));
    let has_budget = any(&|guard| guard.budget.is_some());
    CallResult {
        rate: outcome.metric(|sample| calls(sample) / sample.time),
        attempts: outcome.metric_if_any(|sample| {
            let calls = calls(sample);
            (calls > 0.0).then(|| attempts(sample) / calls)
        }),
        timeout_share: outcome.share(sum(|guard| guard.timeouts), attempts),
        refused_retries: outcome
            .rare(|sample| Some(refused(sample) / sample.time), refused)
            .filter(|_| has_budget),
        rejected_share: outcome
            .share(rejected, move |sample| rejected(sample) + attempts(sample))
            .filter(|_| any(&GuardPlan::can_reject)),
        open_share: outcome
            .metric_if_any(|sample| {
                let callers: usize = guards.iter().map(|&guard| sample.guards[guard].callers).sum();
                (callers > 0).then(|| open(sample) / (callers as f64 * sample.time))
            })
            .filter(|_| any(&|guard| guard.breaker.is_some())),
        failed_share: outcome.share(sum(|guard| guard.failed), calls),
    }
}
