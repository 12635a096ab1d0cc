//! What only one side has.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::requests::Sides;
use super::{Pair, ShareDifference};
use crate::call_tree::CallTree;

/// Something that the requests of one side have and those of the other never.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OnlyOne {
    /// What it is.
    pub kind: Kind,
    /// Its name: `service`, `service/operation`, `caller -> callee`, or that of a request type.
    pub name: String,
    /// Requests that have it: if few, chance may have kept it from the other side.
    pub requests: ShareDifference,
}

/// What can be new or gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A type of requests.
    RequestType,
    /// A service.
    Service,
    /// An operation of a service that both have.
    Operation,
    /// A call between operations that both have.
    Call,
}

/// Whatever only one side has, by kind and name.
pub(super) fn find(sides: &Sides<'_>) -> Vec<OnlyOne> {
    let of = sides.count();
    if of.base == 0 || of.candidate == 0 {
        return Vec::new();
    }
    let one = |kind: Kind, name: String, hits: Pair<usize>| OnlyOne {
        kind,
        name,
        requests: ShareDifference::new(hits, of),
    };
    let mut found = Vec::new();
    for pair in &sides.types {
        let hits = pair.as_ref().map(|side| side.trees.len());
        if hits.base == 0 || hits.candidate == 0 {
            found.push(one(Kind::RequestType, pair.base.name.clone(), hits));
        }
    }
    let seen = sides.both(|trees| elements(&trees));
    let hits = |element: &Element| seen.as_ref().map(|seen| seen.get(element).copied().unwrap_or(0));
    let has_one = |hits: Pair<usize>| hits.base > 0 && hits.candidate > 0;
    let all: BTreeSet<&Element> = seen.base.keys().chain(seen.candidate.keys()).collect();
    for element in all {
        let counts = hits(element);
        // What is within something new is not worth a line of its own.
        if !has_one(counts) && element.whole().iter().all(|whole| has_one(hits(whole))) {
            let (kind, name) = element.told();
            found.push(one(kind, name, counts));
        }
    }
    found
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Element {
    Service(String),
    Operation(String, String),
    Call([String; 2], [String; 2]),
}

impl Element {
    /// What it belongs to.
    fn whole(&self) -> Vec<Self> {
        let operation = |[service, name]: &[String; 2]| Self::Operation(service.clone(), name.clone());
        match self {
            Self::Service(_) => Vec::new(),
            Self::Operation(service, _) => vec![Self::Service(service.clone())],
            Self::Call(from, to) => vec![operation(from), operation(to)],
        }
    }

    fn told(&self) -> (Kind, String) {
        match self {
            Self::Service(name) => (Kind::Service, name.clone()),
            Self::Operation(service, name) => (Kind::Operation, format!("{service}/{name}")),
            Self::Call(from, to) => (Kind::Call, format!("{} -> {}", from.join("/"), to.join("/"))),
        }
    }
}

/// In how many requests each element occurs.
fn elements(trees: &[&CallTree]) -> BTreeMap<Element, usize> {
    let mut counts = BTreeMap::new();
    for tree in trees {
        let mut of_tree = BTreeSet::new();
        let name = |place: usize| {
            let call = &tree.calls[place];
            [call.service.to_string(), call.operation.to_string()]
        };
        for (place, call) in tree.calls.iter().enumerate() {
            let own = name(place);
            of_tree.insert(Element::Service(own[0].clone()));
            of_tree.insert(Element::Operation(own[0].clone(), own[1].clone()));
            if let Some(parent) = call.parent {
                of_tree.insert(Element::Call(name(parent), own));
            }
        }
        of_tree.into_iter().for_each(|element| *counts.entry(element).or_default() += 1);
    }
    counts
}
