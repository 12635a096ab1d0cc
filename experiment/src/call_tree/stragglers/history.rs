//! Stragglers among calls of one operation in many requests.

use std::collections::{BTreeMap, HashMap, HashSet};

use tracecast_importers::{Name, Nanos};

use super::groups::FanOuts;
use super::{Against, Candidate, OTHER_CASES, ROBUST_Z, Straggler};
use crate::call_tree::statistics::{median, robust_z};
use crate::call_tree::{CallTree, Part, RequestType, as_seconds, critical_path};

/// Who calls, and who is called.
type Key<'a> = ((&'a Name, &'a Name), (&'a Name, &'a Name));

/// Calls whose own time is far above that of the same operation elsewhere, and the number of calls in small fan-outs
/// that could not be judged this way either.
pub(super) fn find(
    trees: &[CallTree],
    requests: &RequestType,
    fan_outs: &FanOuts,
) -> (Vec<Straggler>, usize) {
    let mut cases = BTreeMap::<Key<'_>, Vec<(usize, usize)>>::new();
    for &place in &requests.trees {
        let tree = &trees[place];
        for (number, call) in tree.calls.iter().enumerate() {
            // A request as a whole is not late for anyone within it.
            let Some(caller) = call.parent.map(|parent| &tree.calls[parent]) else { continue };
            let key = ((&caller.service, &caller.operation), (&call.service, &call.operation));
            cases.entry(key).or_default().push((place, number));
        }
    }
    let mut explained = HashMap::<usize, Vec<usize>>::new();
    for straggler in &fan_outs.found {
        explained.entry(straggler.tree).or_default().push(straggler.call);
    }
    let small: HashSet<(usize, usize)> = fan_outs.small.iter().copied().collect();
    let mut found = Vec::new();
    let mut undecided = 0;
    for cases in cases.values() {
        if cases.len() <= OTHER_CASES {
            undecided += cases.iter().filter(|case| small.contains(case)).count();
            continue;
        }
        let times: Vec<f64> =
            cases.iter().map(|&(tree, call)| as_seconds(trees[tree].calls[call].own)).collect();
        // One value more or less does not move the median of many, so that most calls are told apart at once.
        let limit = median(&times).unwrap_or_default() * super::MUCH_LONGER * 0.9;
        for (place, &(tree, call)) in cases.iter().enumerate().filter(|(place, _)| times[*place] > limit) {
            let by_peers = explained.get(&tree).into_iter().flatten();
            if by_peers.clone().any(|&above| trees[tree].lies_under(call, above)) {
                continue;
            }
            let mut others = times.clone();
            others.swap_remove(place);
            let candidate = Candidate {
                trees,
                requests,
                tree,
                call,
                against: Against::History,
                duration: times[place],
                typical: median(&others).unwrap_or_default(),
                peers: others.len(),
            };
            let z = robust_z(times[place], &others);
            if candidate.matters() && z.is_some_and(|z| z >= ROBUST_Z) {
                let cost = critical_work(&trees[tree], call).min(candidate.duration - candidate.typical);
                found.push(candidate.straggler(z, None, cost, None));
            }
        }
    }
    (found, undecided)
}

/// Seconds of a call's own work on the critical path.
fn critical_work(tree: &CallTree, call: usize) -> f64 {
    let path = critical_path(tree);
    let own = path.iter().filter(|segment| segment.call == call && segment.part == Part::Work);
    as_seconds(own.map(|segment| segment.end - segment.start).sum::<Nanos>())
}
