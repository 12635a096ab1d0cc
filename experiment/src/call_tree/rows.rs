//! What of a call tree is shown: all of it, or what is left after folding.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use tracecast_importers::{Name, Nanos};

use super::{Call, CallTree, as_seconds};

/// The rows of a drawn call tree.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rows {
    /// Parents before their children.
    pub rows: Vec<Row>,
    /// Are siblings that repeat one operation shown as one row?
    pub folded: bool,
    /// Calls below the greatest depth shown.
    pub hidden: usize,
}

/// A call, or several of the same operation under the same parent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Positions of the calls, by start.
    pub calls: Vec<usize>,
    /// Number of rows above it that it lies under.
    pub depth: usize,
    /// Mean seconds that a call lasted for its caller.
    pub total: f64,
    /// Mean handle time, in seconds.
    pub own: f64,
    /// Mean time on the way in seconds, where both sides are known.
    pub network: Option<f64>,
}

/// The rows of a tree, no more than `limit` where folding can achieve that: first siblings that repeat one operation (with
/// all below them) become one row, then the deepest levels are left out.
pub fn rows(tree: &CallTree, limit: usize) -> Rows {
    let folded = tree.calls.len() > limit;
    let mut rows = Vec::new();
    let mut open = vec![(vec![0], 0)];
    while let Some((calls, depth)) = open.pop() {
        let children = calls.iter().flat_map(|&call| tree.calls[call].children.iter().copied());
        let groups =
            if folded { groups(tree, children) } else { children.map(|child| vec![child]).collect() };
        open.extend(groups.into_iter().rev().map(|group| (group, depth + 1)));
        rows.push(row(tree, calls, depth));
    }
    let shown = |depth: usize| rows.iter().filter(|row| row.depth <= depth).count();
    let mut greatest = rows.iter().map(|row| row.depth).max().unwrap_or(0);
    while greatest > 1 && shown(greatest) > limit {
        greatest -= 1;
    }
    rows.retain(|row| row.depth <= greatest);
    let hidden = tree.calls.len() - rows.iter().map(|row| row.calls.len()).sum::<usize>();
    Rows { rows, folded, hidden }
}

/// Calls of one operation, in the order of the first of each.
fn groups(tree: &CallTree, calls: impl Iterator<Item = usize>) -> Vec<Vec<usize>> {
    let mut calls: Vec<usize> = calls.collect();
    calls.sort_by_key(|&call| (tree.calls[call].seen.start, call));
    let mut places = HashMap::<(&Name, &Name, bool), usize>::new();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for place in calls {
        let call = &tree.calls[place];
        let group =
            *places.entry((&call.service, &call.operation, call.asynchronous)).or_insert(groups.len());
        match groups.get_mut(group) {
            Some(group) => group.push(place),
            None => groups.push(vec![place]),
        }
    }
    groups
}

fn row(tree: &CallTree, calls: Vec<usize>, depth: usize) -> Row {
    let mean = |of: &dyn Fn(&Call) -> Nanos| {
        as_seconds(calls.iter().map(|&call| of(&tree.calls[call])).sum()) / calls.len() as f64
    };
    let network = calls.iter().all(|&call| tree.calls[call].network.is_some());
    Row {
        total: mean(&|call| call.seen.length()),
        own: mean(&|call| call.own),
        network: network.then(|| mean(&|call| call.network.unwrap_or_default())),
        calls,
        depth,
    }
}
