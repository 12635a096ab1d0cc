//! The rows of a call tree that are shown, since the calls above them are open.

use std::collections::{HashMap, HashSet};

use tracecast_experiment::call_tree::{CallTree, Part, Straggler, Stretch, critical_path};

use crate::requests::Requests;

/// A call tree that is looked at.
pub(super) struct Shown {
    /// Its position.
    pub(super) tree: usize,
    /// Calls in the order of the tree without those below closed ones.
    pub(super) rows: Vec<usize>,
    closed: HashSet<usize>,
    /// When the response waited for a call, and for what.
    pub(super) critical: HashMap<usize, Vec<(Part, Stretch)>>,
    /// Calls that took much longer than their peers.
    pub(super) late: HashMap<usize, Straggler>,
    pub(super) deepest: usize,
}

impl Shown {
    pub(super) fn new(requests: &Requests, place: usize) -> Self {
        let tree = &requests.trees[place];
        let mut critical = HashMap::<usize, Vec<(Part, Stretch)>>::new();
        for part in critical_path(tree) {
            critical
                .entry(part.call)
                .or_default()
                .push((part.part, Stretch { start: part.start, end: part.end }));
        }
        let mut shown = Self {
            tree: place,
            rows: Vec::new(),
            closed: HashSet::new(),
            critical,
            late: requests.late(place).map(|case| (case.call, case.clone())).collect(),
            deepest: tree.calls.iter().map(|call| call.depth).max().unwrap_or_default(),
        };
        shown.arrange(tree);
        shown
    }

    pub(super) fn is_closed(&self, call: usize) -> bool {
        self.closed.contains(&call)
    }

    /// Closes an open call, opens a closed one.
    pub(super) fn toggle(&mut self, tree: &CallTree, call: usize) {
        if !self.closed.remove(&call) {
            self.closed.insert(call);
        }
        self.arrange(tree);
    }

    pub(super) fn open_all(&mut self, tree: &CallTree) {
        self.closed.clear();
        self.arrange(tree);
    }

    /// Leaves the request and the calls that it makes itself.
    pub(super) fn close_all(&mut self, tree: &CallTree) {
        let inner =
            tree.calls.iter().enumerate().filter(|(_, call)| call.depth > 0 && !call.children.is_empty());
        self.closed = inner.map(|(place, _)| place).collect();
        self.arrange(tree);
    }

    fn arrange(&mut self, tree: &CallTree) {
        self.rows.clear();
        let mut open = vec![0];
        while let Some(call) = open.pop() {
            self.rows.push(call);
            if !self.closed.contains(&call) {
                open.extend(tree.calls[call].children.iter().rev());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tracecast_importers::{Intake, Span, SpanId, SpanKind, TraceId};

    use super::*;

    /// a calls b, which calls c, then d.
    fn requests() -> Requests {
        let mut intake = Intake::new();
        for (id, parent, service, start, end) in [
            (1, None, "a", 0, 100),
            (2, Some(1), "b", 10, 60),
            (3, Some(2), "c", 20, 40),
            (4, Some(1), "d", 70, 90),
        ] {
            let span = Span {
                trace_id: TraceId([1; 16]),
                span_id: SpanId([id; 8]),
                parent: parent.map(|parent| SpanId([parent; 8])),
                follows: false,
                links: Vec::new(),
                service: intake.name(service),
                instance: None,
                name: intake.name("run"),
                kind: SpanKind::Server,
                start,
                end,
                error: false,
                attributes: Default::default(),
            };
            intake.push(span);
        }
        intake.finish();
        Requests::new(&intake.traces().0, |_| Ok::<_, String>(())).unwrap()
    }

    #[test]
    fn what_is_below_a_closed_call_is_not_shown() {
        let requests = requests();
        let tree = &requests.trees[0];
        let mut shown = Shown::new(&requests, 0);
        let names = |shown: &Shown| -> String {
            shown.rows.iter().map(|&call| tree.calls[call].service.to_string()).collect()
        };
        assert_eq!(names(&shown), "abcd");
        shown.toggle(tree, shown.rows[1]);
        assert_eq!(names(&shown), "abd");
        shown.toggle(tree, 0);
        assert_eq!(names(&shown), "a");
        shown.open_all(tree);
        assert_eq!(names(&shown), "abcd");
        shown.close_all(tree);
        assert_eq!(names(&shown), "abd");
    }

    #[test]
    fn a_request_waits_for_one_thing_at_a_time() {
        let shown = Shown::new(&requests(), 0);
        let length: i64 = shown.critical.values().flatten().map(|(_, part)| part.length()).sum();
        // The critical path covers the response time without gap or overlap (Zhang et al. 2022).
        assert_eq!(length, 100);
    }
}
