//! The call graph: who calls whom how often, and in what order services are layered.

use petgraph::algo::{kosaraju_scc, toposort};
use petgraph::graph::{DiGraph, NodeIndex};

use crate::{CallKind, Element, Index, OperationId, OperationRef, System, UnknownName};

/// One call of the graph: mean calls per request of the caller.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Edge {
    /// Who calls.
    pub from: OperationId,
    /// Who is called.
    pub to: OperationId,
    /// Who waits for the reply?
    pub kind: EdgeKind,
    /// Mean calls per request of the caller, over all its activities.
    pub mean: f64,
}

/// Who waits for the reply to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EdgeKind {
    /// The caller.
    Synchronous,
    /// Nobody.
    Asynchronous,
    /// Whoever waits for the caller, which has passed the request on.
    Forwarding,
}

impl From<CallKind> for EdgeKind {
    fn from(kind: CallKind) -> Self {
        match kind {
            CallKind::Synchronous => Self::Synchronous,
            CallKind::Asynchronous => Self::Asynchronous,
        }
    }
}

/// All calls, one edge for each (caller, callee, kind), in the order in which they first appear.
///
/// # Errors
/// A call to a name that nothing bears.
pub fn edges(system: &System, index: &Index) -> Result<Vec<Edge>, UnknownName> {
    let mut edges: Vec<Edge> = Vec::new();
    let mut places: std::collections::HashMap<(usize, usize, EdgeKind), usize> =
        std::collections::HashMap::new();
    for (from, (name, operation)) in system.operations().enumerate() {
        for (callee, kind, mean) in targets(operation) {
            let to = index.operation(callee).ok_or_else(|| UnknownName {
                place: format!("operation \"{name}\""),
                kind: "operation",
                name: callee.to_string(),
            })?;
            let place = *places.entry((from, to.0, kind)).or_insert_with(|| {
                edges.push(Edge { from: OperationId(from), to, kind, mean: 0.0 });
                edges.len() - 1
            });
            edges[place].mean += mean;
        }
    }
    Ok(edges)
}

/// Whom an operation calls or forwards to, how, and how often per request.
fn targets(operation: &crate::Operation) -> Vec<(&OperationRef, EdgeKind, f64)> {
    let mut found = Vec::new();
    operation.walk(&mut |element, times| match element {
        Element::Activity(activity) => {
            let calls = activity.calls.iter();
            found.extend(calls.map(|c| (&c.to, c.kind.into(), times * c.mean * f64::from(c.fan_out))));
        }
        Element::Forward(forward) => found.push((&forward.to, EdgeKind::Forwarding, times)),
    });
    found
}

/// Mean visits to every operation, one value per operation, caused by `sources` (visits from outside); asynchronous
/// calls count too. Forced flow law: visits are throughput ratios.
///
/// # Errors
/// [`CyclicCalls`] where calls (of any kind) form a cycle, so that visits are not a finite sum.
pub fn visits(
    edges: &[Edge],
    operation_count: usize,
    sources: &[(OperationId, f64)],
) -> Result<Vec<f64>, CyclicCalls> {
    let mut graph = DiGraph::<(), f64>::with_capacity(operation_count, edges.len());
    for _ in 0..operation_count {
        graph.add_node(());
    }
    for edge in edges {
        graph.add_edge(NodeIndex::new(edge.from.0), NodeIndex::new(edge.to.0), edge.mean);
    }
    let order = toposort(&graph, None).map_err(|cycle| CyclicCalls(OperationId(cycle.node_id().index())))?;
    let mut visits = vec![0.0; operation_count];
    for &(operation, count) in sources {
        visits[operation.0] += count;
    }
    for node in order {
        for edge in graph.edges(node) {
            visits[petgraph::visit::EdgeRef::target(&edge).index()] += visits[node.index()] * edge.weight();
        }
    }
    Ok(visits)
}

/// Calls that form a cycle, synchronous or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("calls form a cycle, so the number of visits is not a finite sum")]
pub struct CyclicCalls(
    /// An operation on it.
    pub OperationId,
);

/// The services of one cycle of synchronous calls, if there is one. Calls to unknown names and calls within a service
/// are left out: they are problems of their own.
pub fn synchronous_cycle(system: &System) -> Option<Vec<&str>> {
    let mut graph = DiGraph::<&str, ()>::new();
    let nodes: std::collections::HashMap<&str, NodeIndex> = system
        .services
        .iter()
        .map(|service| (service.name.as_str(), graph.add_node(&service.name)))
        .collect();
    for (caller, operation) in system.operations() {
        for call in operation.activities().iter().flat_map(|activity| &activity.calls) {
            if call.kind == CallKind::Synchronous
                && caller.service() != call.to.service()
                && let (Some(&from), Some(&to)) = (nodes.get(caller.service()), nodes.get(call.to.service()))
            {
                graph.update_edge(from, to, ());
            }
        }
    }
    kosaraju_scc(&graph).into_iter().find(|component| component.len() > 1).map(|mut component| {
        component.sort();
        component.into_iter().map(|node| graph[node]).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures;

    #[test]
    fn visits_multiply_along_the_calls() {
        let system = fixtures::three_tiers(1.0);
        let index = system.index().unwrap();
        let edges = edges(&system, &index).unwrap();
        let source = index.operation(&system.workloads[0].requests[0].operation).unwrap();
        let visits = visits(&edges, index.operation_count(), &[(source, 2.0)]).unwrap();
        // web once, application twice for each web request, database three times for each application request.
        assert_eq!(visits, [2.0, 4.0, 12.0]);
    }
}
