//! Stragglers among calls that were made at the same time.

use std::collections::BTreeMap;

use tracecast_importers::{Name, Nanos, SpanKind};

use super::{Against, CHANCE, Candidate, OTHER_CASES, PEERS, ROBUST_Z, Seats, Straggler, work};
use crate::call_tree::statistics::{median, rank_probability, robust_z};
use crate::call_tree::{CallTree, RequestType, Stretch, as_seconds, critical_path, happens_before};

/// What the fan-outs of one type of requests tell.
pub(super) struct FanOuts {
    pub(super) found: Vec<Straggler>,
    pub(super) seats: Seats,
    /// Positions of trees and calls in groups too small to judge alone, that were not found to straggle.
    pub(super) small: Vec<(usize, usize)>,
}

pub(super) fn find(trees: &[CallTree], requests: &RequestType) -> FanOuts {
    let mut fan_outs = FanOuts { found: Vec::new(), seats: Seats::new(), small: Vec::new() };
    let mut small = Vec::new();
    for &tree in &requests.trees {
        for group in groups(&trees[tree]) {
            let times: Vec<f64> = group.iter().map(|&call| work(&trees[tree], call)).collect();
            take_seats(&trees[tree], &group, &times, &mut fan_outs.seats);
            if group.len() <= PEERS {
                small.push((tree, group));
                continue;
            }
            for (place, &call) in group.iter().enumerate() {
                let others = without(&times, place);
                let candidate = candidate(trees, requests, tree, call, &times, place, Against::Peers);
                let z = robust_z(times[place], &others);
                if candidate.matters() && z.is_some_and(|z| z >= ROBUST_Z) {
                    fan_outs.found.push(found(candidate, &group, z, None));
                }
            }
        }
    }
    habitual(trees, requests, &small, &mut fan_outs);
    fan_outs
}

fn candidate<'a>(
    trees: &'a [CallTree],
    requests: &'a RequestType,
    tree: usize,
    call: usize,
    times: &[f64],
    place: usize,
    against: Against,
) -> Candidate<'a> {
    let others = without(times, place);
    let typical = median(&others).unwrap_or_default();
    Candidate { trees, requests, tree, call, against, duration: times[place], typical, peers: others.len() }
}

fn without(times: &[f64], place: usize) -> Vec<f64> {
    let others = times.iter().enumerate().filter(|(other, _)| *other != place);
    others.map(|(_, time)| *time).collect()
}

/// Who of a small group is the slowest of it far more often than one of equals would be.
fn habitual(
    trees: &[CallTree],
    requests: &RequestType,
    small: &[(usize, Vec<usize>)],
    fan_outs: &mut FanOuts,
) {
    /// Who calls, and who is called.
    type Member = (String, String);
    /// Groups it was in, groups of which it was the slowest by far, and their smallest size.
    type Record = (usize, usize, usize);
    let member = |tree: &CallTree, call: usize| -> Member {
        let caller = tree.calls[call].parent.map_or(String::new(), |parent| tree.calls[parent].label());
        (caller, tree.calls[call].label())
    };
    let mut records = BTreeMap::<Member, Record>::new();
    let mut slowest = Vec::new();
    for (tree, group) in small {
        let times: Vec<f64> = group.iter().map(|&call| work(&trees[*tree], call)).collect();
        for (place, &call) in group.iter().enumerate() {
            let candidate = candidate(trees, requests, *tree, call, &times, place, Against::Group);
            let by_far =
                candidate.matters() && without(&times, place).iter().all(|other| *other < times[place]);
            let record = records.entry(member(&trees[*tree], call)).or_insert((0, 0, group.len()));
            *record = (record.0 + 1, record.1 + usize::from(by_far), record.2.min(group.len()));
            if by_far {
                slowest.push((candidate, group));
            }
            fan_outs.small.push((*tree, call));
        }
    }
    for (candidate, group) in slowest {
        let tree = &trees[candidate.tree];
        let Some(&(groups, times, size)) = records.get(&member(tree, candidate.call)) else { continue };
        let chance = rank_probability(times, groups, size);
        if groups > OTHER_CASES && chance <= CHANCE {
            let place = (candidate.tree, candidate.call);
            fan_outs.small.retain(|other| *other != place);
            fan_outs.found.push(found(candidate, group, None, Some(chance)));
        }
    }
}

fn found(candidate: Candidate<'_>, group: &[usize], z: Option<f64>, chance: Option<f64>) -> Straggler {
    let tree = &candidate.trees[candidate.tree];
    let straggler = candidate.call;
    let seen = tree.calls[straggler].seen;
    let others = group.iter().filter(|&&call| call != straggler).map(|&call| tree.calls[call].seen.end);
    let last_other = others.max().unwrap_or(seen.start);
    let delay = ((candidate.duration - candidate.typical) * 1e9).round() as Nanos;
    let saved = (seen.end - last_other.max(seen.end - delay)).max(0);
    let mut critical = 0;
    let mut by_call = BTreeMap::<usize, Nanos>::new();
    for segment in critical_path(tree).iter().filter(|segment| tree.lies_under(segment.call, straggler)) {
        critical += segment.end - segment.start;
        *by_call.entry(segment.call).or_default() += segment.end - segment.start;
    }
    let most = by_call.into_iter().max_by_key(|&(call, time)| (time, std::cmp::Reverse(call)));
    let mostly_in = most.filter(|&(call, _)| call != straggler).map(|(call, _)| tree.calls[call].label());
    candidate.straggler(z, chance, as_seconds(saved.min(critical)), mostly_in)
}

fn take_seats(tree: &CallTree, group: &[usize], times: &[f64], seats: &mut Seats) {
    let slowest = (0..group.len()).max_by(|&a, &b| times[a].total_cmp(&times[b]));
    for (place, &call) in group.iter().enumerate() {
        let key: (Name, Name) = (tree.calls[call].service.clone(), tree.calls[call].operation.clone());
        let seat = seats.entry(key).or_default();
        seat.groups += 1;
        seat.slowest += usize::from(slowest == Some(place));
        seat.smallest = if seat.groups == 1 { group.len() } else { seat.smallest.min(group.len()) };
    }
}

/// Calls that one call made and waited for at the same time: each overlaps the ones before it. Work within a service is
/// no call.
fn groups(tree: &CallTree) -> Vec<Vec<usize>> {
    let mut groups = Vec::new();
    for (parent, above) in tree.calls.iter().enumerate() {
        let mut calls: Vec<usize> = tree
            .waited_for(parent)
            .filter(|&call| {
                matches!(tree.calls[call].kind, SpanKind::Server | SpanKind::Client)
                    || tree.calls[call].network.is_some()
            })
            .collect();
        calls.sort_by_key(|&call| (tree.calls[call].seen.start, call));
        let siblings: Vec<Stretch> = calls.iter().map(|&call| tree.calls[call].seen).collect();
        let mut group: Vec<usize> = Vec::new();
        let mut last: Option<Stretch> = None;
        for &call in &calls {
            let seen = tree.calls[call].seen;
            let apart =
                last.is_some_and(|last| happens_before(above.handled.length(), &siblings, last, seen));
            if apart {
                groups.push(std::mem::take(&mut group));
                last = None;
            }
            group.push(call);
            last = last.filter(|last| last.end >= seen.end).or(Some(seen));
        }
        groups.push(group);
    }
    groups.retain(|group| group.len() > 1);
    groups
}
