//! Which place in the course of an operation a call was made at.
//!
//! A slot is a callee, whether it is sent a message, whether the call was made beside others or alone, and which of the runs
//! of such calls it belongs to. Calls that overlap, directly or by way of others, form an episode; a run of calls ends where
//! a later episode begins and another callee was called since, or where there is time between that other such calls do not
//! have. So what a visit does in turn is told from what it does at once even where a branch is not always taken, and the
//! rounds of a loop over parallel calls are told apart like those over single ones.

use std::collections::{BTreeMap, BTreeSet};

use super::fold;
use super::operations::Key;
use super::shape::overlap;
use super::visit::{Slot, Visit, VisitCall, each};

/// Calls to one callee that are interrupted by calls to others are told apart up to this many runs; further runs count
/// to the last. More would only split loops.
const MAX_RUNS: u8 = 3;

/// Calls made beside others and alone are told apart where at least this part of the visits that make the former make the
/// latter, too. Else they are one call, which is now and then over before the others begin, or whose others are not made.
const BOTH: f64 = 0.1;

/// Calls to one callee follow each other at once if there is less between them than this part of the mean time between, and
/// at least such a part of all times between is so short. Of exponential times less than one in a hundred is.
const AT_ONCE: f64 = 0.01;
/// See there.
const OFTEN_AT_ONCE: f64 = 0.1;

/// How many visits of an operation call another beside others, and how many do both that and call it alone.
type Sides = BTreeMap<(Key, Key), (u64, u64)>;

/// Puts the calls of all visits in order and gives them their slots.
pub(super) fn assign(traces: &mut [Vec<Visit>]) {
    each(traces, |visit| {
        visit.sort_calls();
        find_episodes(&mut visit.calls);
    });
    let single = not_told_apart(traces);
    if !single.is_empty() {
        each(traces, |visit| {
            for call in visit.calls.iter_mut().filter(|call| call.slot.beside) {
                call.slot.beside = !single.contains(&(visit.operation, call.slot.to));
            }
        });
    }
    let pauses = pauses(traces);
    each(traces, |visit| number_runs(visit, &pauses));
}

/// Tells episodes apart, by the place of their first call, and which calls are made beside calls of other operations. `calls` are sorted by start.
fn find_episodes(calls: &mut [VisitCall]) {
    let mut open: Vec<usize> = Vec::new();
    for place in 0..calls.len() {
        let at = calls[place].at;
        calls[place].episode = place;
        if calls[place].seems_asynchronous {
            continue;
        }
        open.retain(|&other| calls[other].at.end > at.start);
        for &other in &open {
            if !overlap(calls[other].at, at) {
                continue;
            }
            calls[place].episode = calls[other].episode;
            if calls[other].slot.to != calls[place].slot.to {
                calls[other].slot.beside = true;
                calls[place].slot.beside = true;
            }
        }
        open.push(place);
    }
}

/// Callers and callees whose calls beside others are not told from those made alone.
fn not_told_apart(traces: &[Vec<Visit>]) -> BTreeSet<(Key, Key)> {
    let look = |seen: &mut Sides, visits: &Vec<Visit>| {
        for visit in visits {
            let to: BTreeSet<Key> =
                visit.calls.iter().filter(|call| call.slot.beside).map(|call| call.slot.to).collect();
            for to in to {
                let alone = |call: &VisitCall| call.slot.to == to && !call.slot.beside && !call.slot.message;
                let sides = seen.entry((visit.operation, to)).or_default();
                sides.0 += 1;
                sides.1 += u64::from(visit.calls.iter().any(alone));
            }
        }
    };
    let seen = fold(traces, look, |all, part: Sides| {
        for (pair, (beside, both)) in part {
            let sides = all.entry(pair).or_default();
            *sides = (sides.0 + beside, sides.1 + both);
        }
    });
    let is_single = |(beside, both): (u64, u64)| (both as f64) < BOTH * beside as f64;
    seen.into_iter().filter(|(_, sides)| is_single(*sides)).map(|(pair, _)| pair).collect()
}

/// By caller and slot, but for the run: nanoseconds between two calls from which on they do not follow each other at once.
type Pauses = BTreeMap<(Key, Slot), f64>;

/// The pauses of callees of which some calls follow each other at once and some do not. Where all times between are alike,
/// the calls are a loop.
fn pauses(traces: &[Vec<Visit>]) -> Pauses {
    let look = |times: &mut BTreeMap<(Key, Slot), Vec<f64>>, visits: &Vec<Visit>| {
        for visit in visits {
            each_pair(&visit.calls, |earlier, later| {
                let slot = visit.calls[later].slot;
                let time = time_between(&visit.calls, earlier, later);
                times.entry((visit.operation, slot)).or_default().push(time);
            });
        }
    };
    let times = fold(traces, look, |all, part: BTreeMap<(Key, Slot), Vec<f64>>| {
        part.into_iter().for_each(|(slot, times)| all.entry(slot).or_default().extend(times));
    });
    let pause = |(slot, times): ((Key, Slot), Vec<f64>)| {
        let pause = AT_ONCE * times.iter().sum::<f64>() / times.len() as f64;
        let at_once = times.iter().filter(|time| **time < pause).count();
        (at_once as f64 > OFTEN_AT_ONCE * times.len() as f64).then_some((slot, pause))
    };
    times.into_iter().filter_map(pause).collect()
}

/// Looks at each two calls of one slot, whatever its run, that follow each other without interruption, by their places.
fn each_pair(calls: &[VisitCall], mut look: impl FnMut(usize, usize)) {
    for (place, call) in calls.iter().enumerate() {
        if let Some(previous) = previous(calls, place)
            && calls[previous].episode != call.episode
            && !is_interrupted(calls, previous, place)
        {
            look(previous, place);
        }
    }
}

/// The last call of the same slot, whatever its run, before this one.
fn previous(calls: &[VisitCall], place: usize) -> Option<usize> {
    let slot = calls[place].slot;
    calls[..place].iter().rposition(|call| Slot { run: slot.run, ..call.slot } == slot)
}

/// Nanoseconds from the reply to a call, or from when it was sent if nobody waits for a reply, to a later one.
fn time_between(calls: &[VisitCall], earlier: usize, later: usize) -> f64 {
    let (earlier, later) = (&calls[earlier], &calls[later]);
    let (from, to) =
        if earlier.is_waited_for() { (earlier.at.end, later.at.start) } else { (earlier.sent, later.sent) };
    (to - from).max(0) as f64
}

/// Numbers, for each callee, the runs of calls to it.
fn number_runs(visit: &mut Visit, pauses: &Pauses) {
    let calls = &mut visit.calls;
    for place in 1..calls.len() {
        let Some(previous) = previous(calls, place) else { continue };
        let pause = pauses.get(&(visit.operation, calls[place].slot)).copied().unwrap_or(f64::INFINITY);
        let is_next = is_interrupted(calls, previous, place)
            || calls[previous].episode != calls[place].episode
                && time_between(calls, previous, place) >= pause;
        let run = calls[previous].slot.run;
        calls[place].slot.run = if is_next { (run + 1).min(MAX_RUNS - 1) } else { run };
    }
}

/// Was another operation called from the episode of a call on, before that of a later call to the same?
fn is_interrupted(calls: &[VisitCall], earlier: usize, later: usize) -> bool {
    let episode = calls[earlier].episode;
    if episode == calls[later].episode {
        return false;
    }
    let first =
        calls[..earlier].iter().rposition(|call| call.episode != episode).map_or(0, |before| before + 1);
    let same = &calls[later].slot;
    calls[first..later].iter().any(|call| call.slot.to != same.to || call.slot.message != same.message)
}
