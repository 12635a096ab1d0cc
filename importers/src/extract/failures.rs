//! Errors: which operations fail by themselves, which since a call of theirs failed, and which go on after such a call.

use std::collections::{BTreeMap, BTreeSet};

use super::fold;
use super::operations::Key;
use super::visit::{Visit, VisitCall, each};

/// Visits that a failed call has ended are left out of what their operation does otherwise, unless they are more than this
/// part of all: then what it does shows in them only, and errors of its own stand for those of its callees.
const MOST_STOPPED: f64 = 0.1;

/// What became of visits and calls. Operations without errors are not in it.
#[derive(Debug, Default)]
pub(super) struct Failures {
    /// Replies that are errors by no failed call's doing, of the replies that no failed call had brought about.
    pub(super) own: BTreeMap<Key, Share>,
    /// Who calls whom and goes on after the call has failed.
    pub(super) survived: BTreeSet<(Key, Key)>,
}

/// How many of how many.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Share {
    pub(super) failed: u64,
    pub(super) all: u64,
}

/// Visits of one operation.
#[derive(Default)]
struct Seen {
    own: Share,
    /// Whatever failed before.
    any: Share,
    stopped: u64,
}

/// Finds out, and marks the visits that a failed call has ended.
pub(super) fn mark(traces: &mut [Vec<Visit>]) -> Failures {
    let fails = |visit: &Visit| visit.failed || visit.calls.iter().any(|call| call.failed);
    if !traces.iter().flatten().any(fails) {
        return Failures::default();
    }
    let outcomes = outcomes(traces);
    // Callers that mostly reply without an error after a call has failed.
    let survives = |(_, share): &(&(Key, Key), &Share)| 2 * share.failed < share.all;
    let mut survived: BTreeSet<(Key, Key)> =
        outcomes.iter().filter(survives).map(|(pair, _)| *pair).collect();
    let seen = visits(traces, &survived);
    let often: BTreeSet<Key> = seen
        .iter()
        .filter(|(_, seen)| seen.stopped as f64 > MOST_STOPPED * seen.any.all as f64)
        .map(|(operation, _)| *operation)
        .collect();
    each(traces, |visit| {
        visit.stopped = !often.contains(&visit.operation) && is_stopped(visit, &survived);
    });
    let mut own: BTreeMap<Key, Share> = outside(traces);
    for (operation, seen) in seen {
        own.insert(operation, if often.contains(&operation) { seen.any } else { seen.own });
    }
    survived.extend(outcomes.into_keys().filter(|(caller, _)| often.contains(caller)));
    own.retain(|_, share| share.failed > 0);
    Failures { own, survived }
}

/// The calls of a visit that failed and that it waited for.
fn failed(visit: &Visit) -> impl Iterator<Item = &VisitCall> {
    visit.calls.iter().filter(|call| call.failed && call.is_waited_for())
}

/// By caller and callee: visits in which such a call failed, and those of them that failed, too.
type Outcomes = BTreeMap<(Key, Key), Share>;

fn outcomes(traces: &[Vec<Visit>]) -> Outcomes {
    let look = |found: &mut Outcomes, visits: &Vec<Visit>| {
        for visit in visits {
            let to: BTreeSet<Key> = failed(visit).map(|call| call.slot.to).collect();
            for to in to {
                found.entry((visit.operation, to)).or_default().add(visit.failed);
            }
        }
    };
    fold(traces, look, |all, part: Outcomes| {
        part.into_iter().for_each(|(pair, share)| all.entry(pair).or_default().merge(share));
    })
}

/// Did a failed call make it fail?
fn fails_by_a_call(visit: &Visit, survived: &BTreeSet<(Key, Key)>) -> bool {
    visit.failed && failed(visit).any(|call| !survived.contains(&(visit.operation, call.slot.to)))
}

/// Likewise, so that it called nobody any more?
fn is_stopped(visit: &Visit, survived: &BTreeSet<(Key, Key)>) -> bool {
    fails_by_a_call(visit, survived)
        && failed(visit).any(|call| visit.calls.iter().all(|other| other.at.start <= call.at.end))
}

fn visits(traces: &[Vec<Visit>], survived: &BTreeSet<(Key, Key)>) -> BTreeMap<Key, Seen> {
    let look = |found: &mut BTreeMap<Key, Seen>, visits: &Vec<Visit>| {
        for visit in visits {
            let seen = found.entry(visit.operation).or_default();
            seen.any.add(visit.failed);
            seen.stopped += u64::from(is_stopped(visit, survived));
            if !fails_by_a_call(visit, survived) {
                seen.own.add(visit.failed);
            }
        }
    };
    fold(traces, look, |all, part: BTreeMap<Key, Seen>| {
        for (operation, seen) in part {
            let all = all.entry(operation).or_default();
            all.own.merge(seen.own);
            all.any.merge(seen.any);
            all.stopped += seen.stopped;
        }
    })
}

/// Calls to operations that only their callers recorded; every attempt but the last has failed.
fn outside(traces: &[Vec<Visit>]) -> BTreeMap<Key, Share> {
    let look = |found: &mut BTreeMap<Key, Share>, visits: &Vec<Visit>| {
        let calls = visits.iter().flat_map(|visit| &visit.calls);
        for call in calls.filter(|call| call.visit.is_none()) {
            let earlier = call.each_attempt().len() as u64 - 1;
            let share = found.entry(call.slot.to.plain()).or_default();
            share.merge(Share { failed: earlier, all: earlier });
            share.add(call.failed);
        }
    };
    fold(traces, look, |all, part: BTreeMap<Key, Share>| {
        part.into_iter().for_each(|(operation, share)| all.entry(operation).or_default().merge(share));
    })
}

impl Share {
    fn add(&mut self, failed: bool) {
        self.merge(Self { failed: u64::from(failed), all: 1 });
    }

    fn merge(&mut self, other: Self) {
        self.failed += other.failed;
        self.all += other.all;
    }

    /// The part that failed.
    pub(super) fn rate(self) -> f64 {
        self.failed as f64 / self.all.max(1) as f64
    }
}
