//! From the spans of a trace to its calls.

use tracecast_importers::{Nanos, SpanKind, Trace, TraceNode};

use super::{Call, CallTree, Stretch};

/// The requests of traces, one for each root.
///
/// The two sides of a call become one where that is clear: a client span whose only child is a server span, with any
/// client spans of the same service between them. Where the server's side does not lie within the client's since their
/// clocks differ, it is moved there, with all below it. A call was not waited for (asynchronous) if it handles a message, if
/// the trace says that it only follows, or if it began after its parent had ended.
pub fn call_trees(traces: &[Trace]) -> Vec<CallTree> {
    traces.iter().flat_map(|trace| trace.roots.iter().map(|&root| tree(trace, root))).collect()
}

/// A span to add: its position, the call above it, and how far the clock of its service is moved.
struct Open {
    node: usize,
    parent: Option<usize>,
    moved: Nanos,
}

fn tree(trace: &Trace, root: usize) -> CallTree {
    let begin = trace.nodes[root].span.start;
    let mut tree =
        CallTree { trace: trace.id, begin, complete: !trace.nodes[root].orphan, spans: 0, calls: Vec::new() };
    let mut open = vec![Open { node: root, parent: None, moved: -begin }];
    while let Some(next) = open.pop() {
        let place = tree.calls.len();
        let (call, inner, moved, spans) = call(trace, &next, &tree);
        tree.spans += spans;
        if let Some(parent) = next.parent {
            tree.calls[parent].children.push(place);
        }
        tree.calls.push(call);
        let children = trace.nodes[inner].children.iter().rev();
        open.extend(children.map(|&node| Open { node, parent: Some(place), moved }));
    }
    for place in 0..tree.calls.len() {
        // The time of a call without the union of the calls that it waited for.
        tree.calls[place].own = tree.own_work(place).into_iter().map(Stretch::length).sum();
    }
    tree
}

/// The call that a span begins, the span whose children are its children, how far the clock of that is moved, and the
/// number of spans that it consists of.
fn call(trace: &Trace, open: &Open, tree: &CallTree) -> (Call, usize, Nanos, usize) {
    let outer = &trace.nodes[open.node];
    let parent = open.parent.map(|parent| &tree.calls[parent]);
    let mut seen = stretch(outer, open.moved);
    let mut moved = open.moved;
    if let Some(parent) = parent
        && seen.start < parent.handled.start
        && parent.service != outer.span.service
        && !is_message(trace, outer)
    {
        let inside = moved_into(seen, parent.handled);
        moved += inside.start - seen.start;
        seen = inside;
    }
    let server = server_side(trace, open.node);
    let inner = server.map_or(open.node, |(server, _)| server);
    let mut handled = seen;
    if let Some((server, _)) = server {
        handled = stretch(&trace.nodes[server], moved);
        // A server that ends after its client only had more to do after the reply.
        if handled.start < seen.start || handled.start > seen.end {
            let inside = moved_into(handled, seen);
            moved += inside.start - handled.start;
            handled = inside;
        }
    }
    let node = &trace.nodes[inner];
    let began_after = |parent: &Call| {
        seen.start > parent.handled.end || seen.start == parent.handled.end && seen.end > seen.start
    };
    let call = Call {
        service: node.span.service.clone(),
        operation: node.span.name.clone(),
        kind: node.span.kind,
        parent: open.parent,
        children: Vec::new(),
        depth: parent.map_or(0, |parent| parent.depth + 1),
        seen,
        handled,
        own: 0,
        network: server.map(|_| seen.length() - handled.within(seen).length()),
        asynchronous: parent.is_some_and(|parent| is_message(trace, outer) || began_after(parent)),
        error: outer.span.error || node.span.error,
        skew: moved + tree.begin,
    };
    (call, inner, moved, server.map_or(1, |(_, spans)| spans))
}

/// The server's side of the call that a span makes, and the number of spans from the one to the other; `None` where it
/// makes no call, or it is not clear which.
fn server_side(trace: &Trace, client: usize) -> Option<(usize, usize)> {
    let mut at = client;
    let mut spans = 2;
    loop {
        let node = &trace.nodes[at];
        let &[child] = node.children.as_slice() else { return None };
        let below = &trace.nodes[child];
        let same = below.span.service == node.span.service;
        // Without kinds, only a span within its service can be the caller's side: one that begins it handles a call.
        let within = node.parent.is_some_and(|parent| trace.nodes[parent].span.service == node.span.service);
        let calls = match node.span.kind {
            SpanKind::Client => true,
            SpanKind::Unspecified => within,
            _ => false,
        };
        if !calls || below.follows {
            return None;
        }
        match below.span.kind {
            SpanKind::Server => return Some((child, spans)),
            SpanKind::Unspecified if !same => return Some((child, spans)),
            SpanKind::Client if same => (at, spans) = (child, spans + 1),
            _ => return None,
        }
    }
}

/// Is it sent without waiting for its end?
fn is_message(trace: &Trace, node: &TraceNode) -> bool {
    let sender = node.parent.map(|parent| trace.nodes[parent].span.kind);
    node.follows || node.span.kind == SpanKind::Consumer || sender == Some(SpanKind::Producer)
}

fn stretch(node: &TraceNode, moved: Nanos) -> Stretch {
    Stretch { start: node.span.start + moved, end: node.span.end + moved }
}

/// Moved as little as possible so that it lies within `other`, and cut off where it is longer.
fn moved_into(stretch: Stretch, other: Stretch) -> Stretch {
    let length = stretch.length().min(other.length());
    let start = stretch.start.clamp(other.start, other.end - length);
    Stretch { start, end: start + length }
}
