//! Pictures of systems with more services than anybody reads at once: the busiest of each column as boxes of their own, the
//! others of the column as one.

use std::collections::{BTreeSet, HashMap};

use super::graph::{self, Graph, Link};
use super::layers::{self, Pair};
use super::{EdgeKind, Node, NodeKind, describe};

/// Lines of the notes of what was put together.
const NOTES: usize = 20;

/// What to put together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folding {
    /// Services of a column that stay boxes of their own.
    pub most: usize,
    /// Services that stay so in any case, by name.
    pub kept: BTreeSet<String>,
    /// Ids of groups of which all services stay so.
    pub unfolded: BTreeSet<String>,
}

/// The graph with the less busy services of each column as one node. Work queues, and what fetches from them, stay.
pub(super) fn fold(graph: Graph, folding: &Folding) -> Graph {
    let links: Vec<Pair> = graph.links.iter().map(|link| (link.from, link.to)).collect();
    let backward = layers::backward(graph.nodes.len(), &links);
    let forward: Vec<Pair> = links
        .iter()
        .zip(backward)
        .map(|(&(from, to), back)| if back { (to, from) } else { (from, to) })
        .collect();
    let columns = layers::columns(graph.nodes.len(), &forward);
    let fetches: BTreeSet<usize> =
        graph.links.iter().filter(|link| link.kind == EdgeKind::Queue).map(|link| link.to).collect();
    let mut by_column: HashMap<usize, Vec<usize>> = HashMap::new();
    for (number, node) in graph.nodes.iter().enumerate() {
        let may = matches!(node.kind, NodeKind::Service | NodeKind::External) && !fetches.contains(&number);
        if may && !folding.unfolded.contains(&id(columns[number])) {
            by_column.entry(columns[number]).or_default().push(number);
        }
    }
    let mut groups: Vec<(usize, Vec<usize>)> = by_column.into_iter().collect();
    groups.sort_unstable();
    let mut group_of: Vec<Option<usize>> = vec![None; graph.nodes.len()];
    let mut boxes = Vec::new();
    for (column, mut members) in groups {
        // The busiest first, by whole percents so that noise does not choose; else those with the most lines.
        let lines = |node: usize| links.iter().filter(|(from, to)| *from == node || *to == node).count();
        let busy = |node: usize| graph.nodes[node].load.map(|load| (load * 100.0).round() as u64);
        members.sort_by_cached_key(|&node| {
            (std::cmp::Reverse(busy(node)), std::cmp::Reverse(lines(node)), node)
        });
        let mut rest = members.split_off(folding.most.min(members.len()));
        rest.retain(|&node| !folding.kept.contains(&graph.nodes[node].name));
        // One box for one service saves nothing.
        if rest.len() < 2 {
            continue;
        }
        rest.iter().for_each(|&node| group_of[node] = Some(boxes.len()));
        boxes.push(group(column, &rest, &graph.nodes));
    }
    merge(graph, &group_of, boxes)
}

fn id(column: usize) -> String {
    format!("group:{column}")
}

fn group(column: usize, members: &[usize], nodes: &[Node]) -> Node {
    let most = members.iter().filter_map(|&member| nodes[member].load).reduce(f64::max);
    let shares = members.iter().map(|&member| nodes[member].time_share);
    let details: Vec<String> =
        most.map(|load| format!("load up to {:.0} %", load * 100.0)).into_iter().collect();
    let name = format!("{} more services", members.len());
    let mut notes: Vec<String> =
        members.iter().take(NOTES).map(|&member| nodes[member].name.clone()).collect();
    if members.len() > NOTES {
        notes.push(format!("and {} more", members.len() - NOTES));
    }
    let mut node = graph::node(NodeKind::Group, &name, details, notes);
    node.id = id(column);
    node.load = most;
    node.time_share = shares.sum();
    node
}

/// Puts nodes together, and the links between the same two.
fn merge(graph: Graph, group_of: &[Option<usize>], boxes: Vec<Node>) -> Graph {
    let mut place = vec![0; graph.nodes.len()];
    let mut nodes = Vec::new();
    for (number, node) in graph.nodes.into_iter().enumerate() {
        if group_of[number].is_none() {
            place[number] = nodes.len();
            nodes.push(node);
        }
    }
    let first = nodes.len();
    for (number, group) in group_of.iter().enumerate() {
        if let Some(group) = group {
            place[number] = first + group;
        }
    }
    nodes.extend(boxes);
    let mut links: Vec<Link> = Vec::new();
    let mut known: HashMap<(usize, usize, EdgeKind), usize> = HashMap::new();
    for mut link in graph.links {
        (link.from, link.to) = (place[link.from], place[link.to]);
        if link.from == link.to {
            continue;
        }
        let Some(&same) = known.get(&(link.from, link.to, link.kind)) else {
            known.insert((link.from, link.to, link.kind), links.len());
            links.push(link);
            continue;
        };
        let same = &mut links[same];
        same.label.clear();
        same.rate = same.rate.zip(link.rate).map(|(one, other)| one + other);
        same.notes.append(&mut link.notes);
    }
    for link in &mut links {
        if link.notes.len() > NOTES {
            let more = link.notes.len() - NOTES;
            link.notes.truncate(NOTES);
            link.notes.push(format!("and {} more", describe::number(more as f64)));
        }
    }
    Graph { nodes, links }
}
