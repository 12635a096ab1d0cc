//! One request with everything that it caused.

use serde::{Deserialize, Serialize};

use crate::span::seconds;
use crate::{Nanos, Span, TraceId};

/// One request with everything that it caused, as a tree (or several, where spans are missing).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// Its id; where a message begins a trace of its own, that of the trace in which it was sent.
    pub id: TraceId,
    /// Its spans by start.
    pub nodes: Vec<TraceNode>,
    /// Positions of the spans without a parent here, by start.
    pub roots: Vec<usize>,
}

/// A span in its place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TraceNode {
    /// The span.
    pub span: Span,
    /// Position of its parent.
    pub parent: Option<usize>,
    /// Is the parent only what caused it: a link, or a reference that does not wait?
    pub follows: bool,
    /// Does it name a parent that is missing?
    pub orphan: bool,
    /// Positions of its children, by start.
    pub children: Vec<usize>,
}

impl Trace {
    /// Earliest start of its spans.
    pub fn start(&self) -> Nanos {
        self.nodes.first().map_or(0, |node| node.span.start)
    }

    /// Seconds from the first start to the last end.
    pub fn duration(&self) -> f64 {
        seconds(self.end() - self.start())
    }

    /// Latest end of its spans.
    pub(crate) fn end(&self) -> Nanos {
        self.nodes.iter().map(|node| node.span.end).max().unwrap_or(0)
    }

    /// Puts the spans in the order of their starts again, after these have changed.
    pub(crate) fn sort(&mut self) {
        if self.nodes.is_sorted_by_key(|node| node.span.start) {
            return;
        }
        let mut order: Vec<usize> = (0..self.nodes.len()).collect();
        order.sort_by_key(|&place| self.nodes[place].span.start);
        let mut places = vec![0; order.len()];
        order.iter().enumerate().for_each(|(now, &before)| places[before] = now);
        let mut nodes: Vec<(usize, TraceNode)> = std::mem::take(&mut self.nodes)
            .into_iter()
            .enumerate()
            .map(|(at, node)| (places[at], node))
            .collect();
        nodes.sort_unstable_by_key(|(place, _)| *place);
        self.nodes = nodes.into_iter().map(|(_, node)| node).collect();
        let children = self.nodes.iter_mut().map(|node| {
            node.parent = node.parent.map(|parent| places[parent]);
            &mut node.children
        });
        for list in children.chain([&mut self.roots]) {
            list.iter_mut().for_each(|place| *place = places[*place]);
            list.sort_unstable();
        }
    }

    /// Every span with its depth, parents before their children, siblings by start.
    pub fn walk(&self) -> impl Iterator<Item = (usize, &TraceNode)> {
        let mut open: Vec<(usize, usize)> = self.roots.iter().rev().map(|&root| (0, root)).collect();
        std::iter::from_fn(move || {
            let (depth, place) = open.pop()?;
            let node = &self.nodes[place];
            open.extend(node.children.iter().rev().map(|&child| (depth + 1, child)));
            Some((depth, node))
        })
    }
}
