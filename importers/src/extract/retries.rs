//! Calls that are made again because they failed.
//!
//! Traces do not say that a call is another attempt. It shows in the numbers: where what fails is tried again, visits make
//! more calls the more of them fail, and the same number of those that do not; and the last of them seldom fails. The attempts
//! of a call then become one call, which ends as the last of them.

use std::collections::BTreeMap;

use super::fold;
use super::operations::Key;
use super::visit::{Visit, VisitCall, each};
use crate::interval::Interval;
use crate::span::seconds;

/// Numbers of calls that do not fail vary less than those of all calls, by this factor of variances.
const STEADIER: f64 = 0.25;

/// In so many visits at least something has failed.
const ENOUGH: u64 = 3;

/// The last call of a visit fails less often than others by this factor, which chance would bring about less than once in a
/// hundred times: where so many failures are expected, there is none with probability exp(-5).
const SELDOM: f64 = 0.5;
/// See there.
const EXPECTED: f64 = 5.0;

/// Probability of what is called likely in [`Attempts::limit`]: as none failed, hardly any does in the model.
const LIKELY: f64 = 0.999;

/// Further attempts, by who calls and who is called.
pub(super) type Retries = BTreeMap<(Key, Key), Attempts>;

/// Further attempts at the calls of one operation to another.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Attempts {
    /// The most seen of one call, the first among them.
    most: u32,
    /// Further ones.
    pub(super) further: u64,
    /// Calls, and those of which the last attempt failed, too.
    calls: u64,
    failed: u64,
    /// Seconds between the end of one and the beginning of the next, summed.
    pauses: f64,
}

impl Attempts {
    /// How many there are of one call at most: as many as were seen, if then calls failed for good. Else the smallest number
    /// with which it was likely that none does: (1 - pⁿ)ᶜ for c calls, of which each attempt fails with p.
    pub(super) fn limit(&self) -> u32 {
        if self.failed > 0 || self.calls == 0 {
            return self.most;
        }
        let fails = self.further as f64 / (self.calls + self.further) as f64;
        let all_fail = 1.0 - LIKELY.powf(1.0 / self.calls as f64);
        self.most.max((all_fail.ln() / fails.ln()).ceil() as u32)
    }

    /// Did calls fail for good, so that the limit shows?
    pub(super) fn shows_limit(&self) -> bool {
        self.failed > 0
    }

    /// Seconds between two, in the mean.
    pub(super) fn mean_pause(&self) -> f64 {
        if self.further == 0 { 0.0 } else { self.pauses / self.further as f64 }
    }
}

/// Makes one call of all its attempts, wherever calls are tried again. Slots are not known yet but for the callee.
pub(super) fn join(traces: &mut [Vec<Visit>]) -> Retries {
    if !traces.iter().flatten().flat_map(|visit| &visit.calls).any(|call| call.failed) {
        return Retries::new();
    }
    each(traces, Visit::sort_calls);
    let seen = fold(traces, look, |all, part: BTreeMap<(Key, Key), Seen>| {
        part.into_iter().for_each(|(pair, seen)| all.entry(pair).or_default().merge(seen));
    });
    let mut retried: Retries = seen
        .into_iter()
        .filter(|(_, seen)| seen.are_retried())
        .map(|(pair, _)| (pair, Attempts::default()))
        .collect();
    if retried.is_empty() {
        return retried;
    }
    for visit in traces.iter_mut().flatten() {
        let caller = visit.operation;
        let calls = std::mem::take(&mut visit.calls);
        for call in calls {
            let attempts = retried.get_mut(&(caller, call.slot.to));
            let before = visit.calls.iter_mut().rfind(|before| before.slot.to == call.slot.to);
            match (attempts, before) {
                (Some(attempts), Some(before)) if call.is_attempt_after(before) => {
                    attempts.further += 1;
                    attempts.pauses += seconds(call.at.start - before.at.end);
                    before.continue_with(&call);
                    attempts.most = attempts.most.max(before.attempts.len() as u32);
                }
                _ => visit.calls.push(call),
            }
        }
        for call in &visit.calls {
            if let Some(attempts) = retried.get_mut(&(caller, call.slot.to)) {
                attempts.calls += 1;
                attempts.failed += u64::from(call.failed);
            }
        }
    }
    retried.retain(|_, attempts| attempts.further > 0);
    retried
}

impl VisitCall {
    /// Is it what may be another attempt at a call?
    fn is_attempt_after(&self, before: &Self) -> bool {
        before.failed && before.is_waited_for() && self.is_waited_for() && self.at.start >= before.at.end
    }

    /// Makes it the call of which that is the next attempt.
    fn continue_with(&mut self, next: &Self) {
        if self.attempts.is_empty() {
            self.attempts.push(self.at);
        }
        self.attempts.push(next.at);
        let attempts = std::mem::take(&mut self.attempts);
        let at = self.at.hull(next.at);
        *self = Self { attempts, at, sent: self.sent, ..*next };
    }

    /// When each attempt was made.
    pub(super) fn each_attempt(&self) -> &[Interval] {
        if self.attempts.is_empty() { std::slice::from_ref(&self.at) } else { &self.attempts }
    }
}

/// Calls of one operation to another.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    visits: f64,
    /// Sums over visits of the number of calls, of those that do not fail, and of the squares of both.
    calls: f64,
    served: f64,
    calls_squared: f64,
    served_squared: f64,
    /// Visits in which some fail, and in which the last does.
    with_failures: u64,
    last_fails: f64,
}

fn look(seen: &mut BTreeMap<(Key, Key), Seen>, visits: &Vec<Visit>) {
    for visit in visits {
        let mut counts: BTreeMap<Key, (f64, f64, bool)> = BTreeMap::new();
        for call in visit.calls.iter().filter(|call| call.is_waited_for()) {
            let count = counts.entry(call.slot.to).or_default();
            *count = (count.0 + 1.0, count.1 + f64::from(u8::from(!call.failed)), call.failed);
        }
        for (to, (calls, served, last_fails)) in counts {
            seen.entry((visit.operation, to)).or_default().merge(Seen {
                visits: 1.0,
                calls,
                served,
                calls_squared: calls * calls,
                served_squared: served * served,
                with_failures: u64::from(served < calls),
                last_fails: f64::from(u8::from(last_fails)),
            });
        }
    }
}

impl Seen {
    fn merge(&mut self, other: Self) {
        self.visits += other.visits;
        self.calls += other.calls;
        self.served += other.served;
        self.calls_squared += other.calls_squared;
        self.served_squared += other.served_squared;
        self.with_failures += other.with_failures;
        self.last_fails += other.last_fails;
    }

    fn are_retried(&self) -> bool {
        if self.with_failures < ENOUGH {
            return false;
        }
        let variance = |sum: f64, squared: f64| squared / self.visits - (sum / self.visits).powi(2);
        let (all, served) =
            (variance(self.calls, self.calls_squared), variance(self.served, self.served_squared));
        let expected = (1.0 - self.served / self.calls) * self.visits;
        all > 0.0 && served < STEADIER * all || expected >= EXPECTED && self.last_fails < SELDOM * expected
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Visits with calls of which each fails (1) or not (0).
    fn seen(visits: &[&[u8]]) -> Seen {
        let mut all = Seen::default();
        for calls in visits {
            let served = calls.iter().filter(|fails| **fails == 0).count() as f64;
            all.merge(Seen {
                visits: 1.0,
                calls: calls.len() as f64,
                served,
                calls_squared: (calls.len() as f64).powi(2),
                served_squared: served * served,
                with_failures: u64::from(served < calls.len() as f64),
                last_fails: f64::from(calls.last() == Some(&1)),
            });
        }
        all
    }

    /// Of 70 calls with 18 further attempts, of which each fails with 18/88, one fails for good with
    /// 1 - (1 - pⁿ)⁷⁰: 0.45 with n = 3, 0.0010 with 7, 0.0002 with 8.
    #[test]
    fn the_limit_is_beyond_what_was_seen_where_no_call_fails() {
        let seen = Attempts { most: 2, further: 18, calls: 70, failed: 0, pauses: 0.0 };
        assert_eq!(seen.limit(), 8);
        assert_eq!(Attempts { failed: 1, ..seen }.limit(), 2);
    }

    #[test]
    fn further_attempts_are_told_from_other_calls() {
        for (visits, retried) in [
            // As often as it takes until one is served.
            (&[&[0][..], &[1, 0], &[0], &[1, 1, 0], &[1, 0]][..], true),
            (&[&[0, 0, 0], &[1, 0, 0, 0], &[0, 1, 0, 1, 0], &[1, 0, 0, 0]], true),
            // Always three calls, whatever comes of them.
            (&[&[0, 0, 0], &[1, 0, 0], &[0, 1, 0], &[1, 0, 1]], false),
            // None after the first that fails.
            (&[&[0, 0, 0], &[1], &[0, 1], &[0, 0, 1]], false),
            // Too few to tell.
            (&[&[0], &[1, 0]], false),
        ] {
            assert_eq!(seen(visits).are_retried(), retried, "{visits:?}");
        }
    }
}
