//! Events to spans: what lies within what, and what flows lead to.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use crate::formats::ids;
use crate::{Attributes, Intake, Nanos, Span, SpanId, SpanKind};

/// Where something happened.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Thread {
    pub(super) process: String,
    pub(super) thread: String,
}

/// What slices nest in: a thread, or the asynchronous events of one id.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Track {
    Thread(Thread),
    Operation(String),
}

/// Something that happened from then to then.
struct Slice {
    process: String,
    name: String,
    start: Nanos,
    end: Nanos,
    parent: Option<usize>,
    /// Does it only follow from its parent?
    follows: bool,
}

/// A begin or an end.
struct Edge {
    time: Nanos,
    process: String,
    name: String,
    begins: bool,
}

/// An end of a flow.
struct FlowEnd {
    thread: Thread,
    time: Nanos,
    /// Does it belong to what is going on, as opposed to what begins next?
    encloses: bool,
    starts: bool,
}

/// What is known so far.
#[derive(Default)]
pub(super) struct Slices {
    processes: HashMap<String, String>,
    whole: BTreeMap<Track, Vec<Slice>>,
    edges: BTreeMap<Track, Vec<Edge>>,
    flows: BTreeMap<String, Vec<FlowEnd>>,
}

impl Slices {
    pub(super) fn is_empty(&self) -> bool {
        self.whole.is_empty() && self.edges.is_empty()
    }

    pub(super) fn name_process(&mut self, process: String, name: &str) {
        if !name.trim().is_empty() {
            self.processes.insert(process, name.trim().to_string());
        }
    }

    pub(super) fn slice(&mut self, thread: Thread, name: String, start: Nanos, end: Nanos) {
        let process = thread.process.clone();
        let slice = Slice { process, name, start, end: end.max(start), parent: None, follows: false };
        self.whole.entry(Track::Thread(thread)).or_default().push(slice);
    }

    pub(super) fn begin(&mut self, thread: Thread, id: Option<String>, name: String, time: Nanos) {
        let process = thread.process.clone();
        self.edges.entry(track(thread, id)).or_default().push(Edge { time, process, name, begins: true });
    }

    pub(super) fn end(&mut self, thread: Thread, id: Option<String>, name: &str, time: Nanos) {
        let edge = Edge { time, process: thread.process.clone(), name: name.into(), begins: false };
        self.edges.entry(track(thread, id)).or_default().push(edge);
    }

    pub(super) fn flow(&mut self, thread: Thread, id: String, time: Nanos, encloses: bool, starts: bool) {
        self.flows.entry(id).or_default().push(FlowEnd { thread, time, encloses, starts });
    }

    /// Makes the spans.
    pub(super) fn finish(mut self, intake: &mut Intake) {
        for (track, mut edges) in std::mem::take(&mut self.edges) {
            // Writers may be late, but events of one time are in order.
            edges.sort_by_key(|edge| edge.time);
            let slices = paired(edges, matches!(track, Track::Operation(_)), intake);
            self.whole.entry(track).or_default().extend(slices);
        }
        let mut all: Vec<Slice> = Vec::new();
        let mut threads: HashMap<Thread, (usize, usize)> = HashMap::new();
        for (track, mut slices) in std::mem::take(&mut self.whole) {
            let from = all.len();
            slices.sort_by_key(|slice| (slice.start, Reverse(slice.end)));
            nest(&mut slices, from);
            all.extend(slices);
            if let Track::Thread(thread) = track {
                threads.insert(thread, (from, all.len()));
            }
        }
        for ends in self.flows.values_mut() {
            ends.sort_by_key(|end| (end.time, !end.starts));
            lead(ends, &mut all, &threads);
        }
        self.emit(&all, intake);
    }

    fn emit(&self, all: &[Slice], intake: &mut Intake) {
        let file = intake.report.files;
        let roots = roots(all);
        for (place, slice) in all.iter().enumerate() {
            let Some(trace_id) = ids::trace_id(&format!("events {file} {}", roots[place])) else { continue };
            let service = match self.processes.get(&slice.process) {
                Some(name) => intake.name(name),
                None => intake.name(&format!("process {}", slice.process)),
            };
            let span = Span {
                trace_id,
                span_id: span_id(place),
                parent: slice.parent.map(span_id),
                follows: slice.follows,
                links: Vec::new(),
                service,
                instance: intake.non_empty(&slice.process),
                name: intake.non_empty(&slice.name).unwrap_or_else(|| intake.name("unnamed")),
                kind: SpanKind::Internal,
                start: slice.start,
                end: slice.end,
                error: false,
                attributes: Attributes::default(),
            };
            intake.push(span);
        }
    }
}

fn track(thread: Thread, id: Option<String>) -> Track {
    id.map_or(Track::Thread(thread), Track::Operation)
}

fn span_id(place: usize) -> SpanId {
    SpanId((place as u64 + 1).to_be_bytes())
}

/// Begins and ends to slices. An end without a name ends what began last; asynchronous ones by their names.
fn paired(edges: Vec<Edge>, by_name: bool, intake: &mut Intake) -> Vec<Slice> {
    let unclosed = |begin: &Edge, intake: &mut Intake| {
        intake.skip("unclosed-operation", || format!("\"{}\" has no end; left out", begin.name));
    };
    let mut slices = Vec::new();
    let mut open: Vec<Edge> = Vec::new();
    for edge in edges {
        if edge.begins {
            open.push(edge);
            continue;
        }
        let same = |begin: &Edge| begin.name == edge.name || edge.name.is_empty();
        let found = open.iter().rposition(same).or(if by_name { None } else { open.len().checked_sub(1) });
        let Some(depth) = found else {
            intake.skip("unopened-operation", || format!("\"{}\" has no begin; left out", edge.name));
            continue;
        };
        open.drain(depth + 1..).for_each(|begin| unclosed(&begin, intake));
        let Some(begin) = open.pop() else { continue };
        let Edge { time: start, process, name, .. } = begin;
        slices.push(Slice { process, name, start, end: edge.time, parent: None, follows: false });
    }
    open.iter().for_each(|begin| unclosed(begin, intake));
    slices
}

/// Finds the parents of slices that are sorted; the first will have the place `from`.
fn nest(slices: &mut [Slice], from: usize) {
    let mut open: Vec<usize> = Vec::new();
    for place in 0..slices.len() {
        let (start, end) = (slices[place].start, slices[place].end);
        while open
            .last()
            .is_some_and(|&above| slices[above].end < end || slices[above].end <= start && start < end)
        {
            open.pop();
        }
        slices[place].parent = open.last().map(|above| from + above);
        open.push(place);
    }
}

/// Makes what a flow leads to follow from where it came from, unless it is within something already.
fn lead(ends: &[FlowEnd], all: &mut [Slice], threads: &HashMap<Thread, (usize, usize)>) {
    let at = |end: &FlowEnd, all: &[Slice]| {
        let &(from, to) = threads.get(&end.thread)?;
        let track = &all[from..to];
        let begun = track.partition_point(|slice| slice.start <= end.time);
        let place = if end.encloses {
            // The innermost that is going on: up from the last that began.
            let mut place = from + begun.checked_sub(1)?;
            while all[place].end < end.time {
                place = all[place].parent.filter(|parent| (from..to).contains(parent))?;
            }
            place
        } else {
            from + track.partition_point(|slice| slice.start < end.time)
        };
        (place < to).then_some(place)
    };
    let mut source = None;
    for end in ends {
        let Some(place) = at(end, all) else { continue };
        if let (Some(source), false) = (source, end.starts) {
            // What the flow leads to is the whole that the slice is part of.
            let &(from, to) = &threads[&end.thread];
            let mut top = place;
            while let Some(parent) = all[top].parent.filter(|parent| (from..to).contains(parent)) {
                top = parent;
            }
            if all[top].parent.is_none() && !leads_to(all, source, top) {
                all[top].parent = Some(source);
                all[top].follows = true;
            }
        }
        source = Some(place);
    }
}

/// Is `above` among the ancestors of `place`, or itself?
fn leads_to(all: &[Slice], place: usize, above: usize) -> bool {
    let mut at = Some(place);
    while let Some(place) = at {
        if place == above {
            return true;
        }
        at = all[place].parent;
    }
    false
}

/// The place of the root above every slice.
fn roots(all: &[Slice]) -> Vec<usize> {
    let mut roots: Vec<Option<usize>> = vec![None; all.len()];
    for place in 0..all.len() {
        let mut path = Vec::new();
        let mut at = place;
        let root = loop {
            if let Some(root) = roots[at] {
                break root;
            }
            path.push(at);
            match all[at].parent {
                Some(parent) => at = parent,
                None => break at,
            }
        };
        path.into_iter().for_each(|place| roots[place] = Some(root));
    }
    roots.into_iter().enumerate().map(|(place, root)| root.unwrap_or(place)).collect()
}
