//! The requests in traces: their call trees and what those tell together. Made once, when traces are opened.

use tracecast_experiment::call_tree::{
    Breakdown, Call, CallTree, RequestType, Straggler, Stragglers, breakdown, by_time, call_trees,
    request_types, stragglers, typical,
};
use tracecast_experiment::picture::ServiceColors;
use tracecast_importers::{Span, Trace};

/// All requests of some traces.
#[derive(Debug)]
pub struct Requests {
    /// One for each root of each trace, in the order of the traces.
    pub trees: Vec<CallTree>,
    /// The same in short, by position of the tree.
    pub summaries: Vec<Summary>,
    /// Kinds of requests, the most frequent first.
    pub types: Vec<RequestType>,
    /// Calls that took much longer than their peers.
    pub stragglers: Stragglers,
    /// Where the requests of each type spent their time.
    pub times: Breakdown,
    /// The tree to look at first.
    pub typical: Option<usize>,
    /// A color for each service, the same everywhere.
    pub colors: ServiceColors,
}

/// A request in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// Position of its trace.
    pub trace: usize,
    /// Position of its type; absent where its beginning is missing.
    pub request_type: Option<usize>,
    /// Calls that failed.
    pub errors: usize,
    /// Has it stragglers?
    pub late: Late,
}

/// Stragglers in a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Late {
    /// None.
    #[default]
    Never,
    /// Only such as their operation has now and then.
    Single,
    /// Of operations that straggle often.
    Often,
}

/// Traces between two looks whether it goes on: milliseconds of work.
const AT_ONCE: usize = 256;
/// The part of the time that call trees take.
const TREES: f64 = 0.5;

impl Requests {
    /// Puts the spans of traces together to calls and judges them. `goes_on` is told the part done again and again.
    ///
    /// # Errors
    /// That of `goes_on`, which thereby ends it.
    pub fn new<E>(traces: &[Trace], goes_on: impl Fn(f64) -> Result<(), E>) -> Result<Self, E> {
        let mut trees = Vec::new();
        for (number, some) in traces.chunks(AT_ONCE).enumerate() {
            goes_on(TREES * (number * AT_ONCE) as f64 / traces.len() as f64)?;
            trees.extend(call_trees(some));
        }
        goes_on(TREES)?;
        let types = request_types(&trees);
        goes_on(0.6)?;
        let found = stragglers(&trees, &types);
        goes_on(0.85)?;
        let times = breakdown(&trees, &types);
        goes_on(1.0)?;
        let origins =
            traces.iter().enumerate().flat_map(|(place, trace)| trace.roots.iter().map(move |_| place));
        let mut summaries: Vec<Summary> = trees
            .iter()
            .zip(origins)
            .map(|(tree, trace)| Summary {
                trace,
                request_type: None,
                errors: tree.calls.iter().filter(|call| call.error).count(),
                late: Late::Never,
            })
            .collect();
        for (number, requests) in types.iter().enumerate() {
            requests.trees.iter().for_each(|&tree| summaries[tree].request_type = Some(number));
        }
        found.single.iter().for_each(|case| summaries[case.tree].late = Late::Single);
        found.found.iter().for_each(|case| summaries[case.tree].late = Late::Often);
        Ok(Self {
            colors: ServiceColors::new(by_time(&times.types).into_iter()),
            typical: typical(&trees, &types).map(|(tree, _)| tree),
            trees,
            summaries,
            types,
            stragglers: found,
            times,
        })
    }

    /// What is late in a tree, often or only now and then.
    pub fn late(&self, tree: usize) -> impl Iterator<Item = &Straggler> {
        let all = self.stragglers.found.iter().chain(&self.stragglers.single);
        all.filter(move |case| case.tree == tree)
    }

    /// The span of a call, of its callee's side where there are two: it has the attributes.
    pub fn span<'a>(&self, traces: &'a [Trace], tree: usize, call: &Call) -> Option<&'a Span> {
        let summary = self.summaries.get(tree)?;
        // The clock may have been moved; back to what the span says.
        let start = call.handled.start - call.skew + self.trees[tree].begin;
        let spans = traces.get(summary.trace)?.nodes.iter().map(|node| &node.span);
        spans
            .into_iter()
            .find(|span| span.start == start && span.service == call.service && span.name == call.operation)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use tracecast_importers::TraceId;

    use super::*;

    #[test]
    fn nothing_more_is_done_once_it_shall_not_go_on() {
        let traces = vec![Trace { id: TraceId([1; 16]), nodes: Vec::new(), roots: Vec::new() }; 10 * AT_ONCE];
        let asked = Cell::new(0);
        let ended = Requests::new(&traces, |part| {
            asked.set(asked.get() + 1);
            if part > 0.1 { Err(part) } else { Ok(()) }
        });
        // After three of ten parts of the trees.
        assert!(ended.is_err_and(|part| (0.1..0.2).contains(&part)));
        assert_eq!(asked.get(), 4);
    }
}
