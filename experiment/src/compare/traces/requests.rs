//! The requests of both sides by type.

use tracecast_importers::Nanos;

use super::Pair;
use crate::call_tree::{CallTree, request_types};

/// Requests of one type on one side.
pub(super) struct Requests<'a> {
    pub(super) name: String,
    pub(super) trees: Vec<&'a CallTree>,
}

/// Both sides, with the types that they have in common.
pub(super) struct Sides<'a> {
    /// The most frequent of both together first.
    pub(super) types: Vec<Pair<Requests<'a>>>,
    pub(super) incomplete: Pair<usize>,
}

impl<'a> Sides<'a> {
    /// The requests of all types.
    pub(super) fn trees(
        &self,
        of: for<'b> fn(&'b Pair<Requests<'a>>) -> &'b Requests<'a>,
    ) -> impl Iterator<Item = &'a CallTree> {
        self.types.iter().flat_map(move |pair| of(pair).trees.iter().copied())
    }

    pub(super) fn both<T>(&self, take: impl Fn(Vec<&'a CallTree>) -> T) -> Pair<T> {
        Pair {
            base: take(self.trees(|pair| &pair.base).collect()),
            candidate: take(self.trees(|pair| &pair.candidate).collect()),
        }
    }

    pub(super) fn count(&self) -> Pair<usize> {
        self.both(|trees| trees.len())
    }

    pub(super) fn begins(&self) -> Pair<Vec<Nanos>> {
        self.both(|trees| trees.into_iter().map(|tree| tree.begin).collect())
    }
}

/// Tells the types apart among both sides together.
pub(super) fn shared_types<'a>(trees: Pair<&'a [CallTree]>) -> Sides<'a> {
    let all: Vec<CallTree> = trees.base.iter().chain(trees.candidate).cloned().collect();
    let of_base = trees.base.len();
    let mut types: Vec<Pair<Requests<'a>>> = Vec::new();
    for requests in request_types(&all) {
        let (base, candidate): (Vec<usize>, Vec<usize>) =
            requests.trees.iter().partition(|&&tree| tree < of_base);
        let name = requests.name;
        types.push(Pair {
            base: Requests {
                name: name.clone(),
                trees: base.into_iter().map(|tree| &trees.base[tree]).collect(),
            },
            candidate: Requests {
                name,
                trees: candidate.into_iter().map(|tree| &trees.candidate[tree - of_base]).collect(),
            },
        });
    }
    let counted = |of: fn(&Pair<Requests<'a>>) -> usize| types.iter().map(of).sum::<usize>();
    let incomplete = Pair {
        base: of_base - counted(|pair| pair.base.trees.len()),
        candidate: trees.candidate.len() - counted(|pair| pair.candidate.trees.len()),
    };
    Sides { types: paired(types), incomplete }
}

/// Joins types of one operation where one is the base's alone, the other the candidate's alone, and there are no more such.
fn paired(mut types: Vec<Pair<Requests<'_>>>) -> Vec<Pair<Requests<'_>>> {
    let root = |pair: &Pair<Requests<'_>>| {
        pair.base.trees.first().or(pair.candidate.trees.first()).map(|tree| tree.root().label())
    };
    let mut place = 0;
    while place < types.len() {
        let name = root(&types[place]);
        let alone = |base: bool| -> Vec<usize> {
            let missing = |pair: &Pair<Requests<'_>>| {
                if base { pair.candidate.trees.is_empty() } else { pair.base.trees.is_empty() }
            };
            (0..types.len()).filter(|&k| missing(&types[k]) && root(&types[k]) == name).collect()
        };
        if let ([before], [after]) = (alone(true).as_slice(), alone(false).as_slice())
            && *before.min(after) == place
        {
            let (first, second) = (*before.min(after), *before.max(after));
            let (before, after) = (*before, *after);
            let base = std::mem::take(&mut types[before].base.trees);
            let candidate = std::mem::take(&mut types[after].candidate.trees);
            types[first].base.trees = base;
            types[first].candidate.trees = candidate;
            types.remove(second);
        }
        place += 1;
    }
    types.sort_by_key(|pair| std::cmp::Reverse(pair.base.trees.len() + pair.candidate.trees.len()));
    types
}
