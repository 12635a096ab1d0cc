//! Which requests are of one kind.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};
use tracecast_importers::Name;

use super::CallTree;

/// Requests that do the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestType {
    /// "service/operation" of the request; with a call that tells it from others of that name, where there are others.
    pub name: String,
    /// Positions of its requests, ascending.
    pub trees: Vec<usize>,
}

/// An operation and the one that called it.
type Edge = (Name, Name, Option<(Name, Name)>);

/// Two trees are alike where at least this part of their different calls is in both.
const ALIKE: f64 = 0.5;

/// The kinds of requests among complete trees (among all, where none is complete), the most frequent first.
///
/// Requests of one operation are of one type as long as their trees are alike: at least half of the pairs of caller and
/// callee that occur in either occur in both (the coefficient of Jaccard 1901). How often a call is made does not matter. Each
/// shape, the most frequent first, joins the type whose first shape it is most like, or begins one.
pub fn request_types(trees: &[CallTree]) -> Vec<RequestType> {
    let any_complete = trees.iter().any(|tree| tree.complete);
    let mut shapes = BTreeMap::<(String, BTreeSet<Edge>), Vec<usize>>::new();
    for (place, tree) in trees.iter().enumerate().filter(|(_, tree)| tree.complete || !any_complete) {
        shapes.entry((tree.root().label(), edges(tree))).or_default().push(place);
    }
    let mut shapes: Vec<_> = shapes.into_iter().collect();
    shapes.sort_by_key(|(_, trees)| std::cmp::Reverse(trees.len()));
    let mut types: Vec<(String, BTreeSet<Edge>, Vec<usize>)> = Vec::new();
    for ((root, edges), places) in shapes {
        let alike = |other: &BTreeSet<Edge>| {
            let common = edges.intersection(other).count();
            common as f64 / (edges.len() + other.len() - common) as f64
        };
        let nearest = types
            .iter()
            .enumerate()
            .filter(|(_, (name, ..))| *name == root)
            .map(|(place, (_, first, _))| (place, alike(first)))
            .filter(|(_, likeness)| *likeness >= ALIKE)
            .fold(None, |best: Option<(usize, f64)>, next| match best {
                Some(best) if best.1 >= next.1 => Some(best),
                _ => Some(next),
            });
        match nearest {
            Some((place, _)) => types[place].2.extend(places),
            None => types.push((root, edges, places)),
        }
    }
    types.sort_by_key(|(_, _, places)| std::cmp::Reverse(places.len()));
    let names = names(&types, trees);
    let named = names.into_iter().zip(types).map(|(name, (_, _, mut places))| {
        places.sort_unstable();
        RequestType { name, trees: places }
    });
    named.collect()
}

fn edges(tree: &CallTree) -> BTreeSet<Edge> {
    let above = |parent: usize| (tree.calls[parent].service.clone(), tree.calls[parent].operation.clone());
    let edge = |call: &super::Call| (call.service.clone(), call.operation.clone(), call.parent.map(above));
    tree.calls.iter().map(edge).collect()
}

/// The name of the operation, and for types that share it what only this one calls, or what it alone does not call.
fn names(types: &[(String, BTreeSet<Edge>, Vec<usize>)], trees: &[CallTree]) -> Vec<String> {
    let operations = |edges: &BTreeSet<Edge>| -> BTreeSet<(Name, Name)> {
        edges.iter().map(|(service, operation, _)| (service.clone(), operation.clone())).collect()
    };
    let called: Vec<_> = types.iter().map(|(_, edges, _)| operations(edges)).collect();
    let mut used = HashMap::<String, usize>::new();
    let mut names = Vec::new();
    for (place, (root, _, places)) in types.iter().enumerate() {
        let others: Vec<usize> =
            (0..types.len()).filter(|&other| other != place && types[other].0 == *root).collect();
        // In the order of a tree, so that the call nearest to the root names the type.
        let order = |trees: &CallTree| -> Vec<(Name, Name)> {
            let mut calls: Vec<_> = trees.calls.iter().collect();
            calls.sort_by_key(|call| call.depth);
            calls.into_iter().map(|call| (call.service.clone(), call.operation.clone())).collect()
        };
        let only_here = order(&trees[places[0]])
            .into_iter()
            .find(|operation| others.iter().all(|&other| !called[other].contains(operation)));
        let not_here = others.first().and_then(|&other| {
            order(&trees[types[other].2[0]]).into_iter().find(|operation| {
                others.iter().all(|&other| called[other].contains(operation))
                    && !called[place].contains(operation)
            })
        });
        let mut name = match (others.is_empty(), only_here, not_here) {
            (true, ..) | (_, None, None) => root.clone(),
            (_, Some((service, operation)), _) => format!("{root} with {service}/{operation}"),
            (_, _, Some((service, operation))) => format!("{root} without {service}/{operation}"),
        };
        let count = used.entry(name.clone()).or_default();
        *count += 1;
        if *count > 1 {
            name = format!("{name} #{count}");
        }
        names.push(name);
    }
    names
}

/// The request to look at first: of the most frequent type, the one whose response time is nearest to the median (the
/// lower of two, then the smaller id); with its type. `None` where there are no requests.
pub fn typical(trees: &[CallTree], types: &[RequestType]) -> Option<(usize, usize)> {
    let first = types.first()?;
    let mut order = first.trees.clone();
    order.sort_by_key(|&tree| (trees[tree].root().seen.length(), trees[tree].trace));
    Some((*order.get((order.len() - 1) / 2)?, 0))
}
