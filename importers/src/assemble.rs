//! Spans to traces: which span happened in the course of which.

use std::collections::{BTreeMap, HashMap, HashSet};

use rayon::prelude::*;

use crate::skew;
use crate::{ImportReport, Span, SpanId, SpanKind, SpanLink, Trace, TraceNode};

/// Puts spans together to traces, by start. The order of the spans does not matter.
///
/// A message handler that begins a trace of its own and links to the span that sent the message joins that trace.
/// Everything odd is counted in the report. Spans of hosts whose clock is wrong are moved.
pub fn assemble(spans: Vec<Span>, report: &mut ImportReport) -> Vec<Trace> {
    let traces = put_together(spans, report);
    complete(traces, report)
}

/// Counts the traces and what is odd about them, and puts clocks right.
pub(crate) fn complete(traces: Vec<Trace>, report: &mut ImportReport) -> Vec<Trace> {
    report.traces += traces.len() as u64;
    traces.iter().for_each(|trace| look_for_oddities(trace, report));
    skew::correct(traces, report)
}

/// Likewise, as clocks tell it, and without looking for what is odd about traces.
pub(crate) fn put_together(mut spans: Vec<Span>, report: &mut ImportReport) -> Vec<Trace> {
    spans.par_sort_unstable_by(|a, b| order(a).cmp(&order(b)));
    let before = spans.len();
    spans.dedup();
    let repeated = (before - spans.len()) as u64;
    report.warn_many("repeated-span", repeated, || "the same span is there more than once".into());

    let mut groups = groups(&spans);
    let causes = causes_elsewhere(&spans);
    for (&place, &cause) in &causes {
        groups.join(place, cause);
    }
    let mut links: HashMap<usize, SpanLink> =
        causes.iter().map(|(&place, &cause)| (place, link_to(&spans[cause]))).collect();
    let mut parts = BTreeMap::<usize, Vec<Caused>>::new();
    for (place, span) in spans.into_iter().enumerate() {
        parts.entry(groups.of(place)).or_default().push((span, links.remove(&place)));
    }
    let parts: Vec<Vec<Caused>> = parts.into_values().collect();
    let build = |spans| {
        let mut report = ImportReport::default();
        (build(spans, &mut report), report.warnings)
    };
    let (mut traces, warnings): (Vec<Trace>, Vec<_>) = parts.into_par_iter().map(build).unzip();
    report.add_warnings(warnings.into_iter().flatten());
    traces.sort_by_key(|trace| (trace.start(), trace.id));
    traces
}

/// A span, with the one of another trace that caused it.
type Caused = (Span, Option<SpanLink>);

/// Total order of spans, so that the order read does not matter.
fn order(span: &Span) -> impl Ord + '_ {
    let Span { trace_id, span_id, start, end, kind, .. } = *span;
    (trace_id, start, span_id, kind, end, span.parent, &span.service, &span.name)
}

fn link_to(span: &Span) -> SpanLink {
    SpanLink { trace_id: span.trace_id, span_id: span.span_id }
}

/// Disjoint sets of positions (union–find), to begin with one for each trace id.
struct Groups(Vec<usize>);

fn groups(spans: &[Span]) -> Groups {
    let mut first = 0;
    let leaders = (0..spans.len()).map(|place| {
        if spans[place].trace_id != spans[first].trace_id {
            first = place;
        }
        first
    });
    Groups(leaders.collect())
}

impl Groups {
    fn of(&mut self, mut place: usize) -> usize {
        while self.0[place] != place {
            self.0[place] = self.0[self.0[place]];
            place = self.0[place];
        }
        place
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.of(a), self.of(b));
        self.0[a.max(b)] = a.min(b);
    }
}

/// For every span that handles a message in a trace of its own: the span of another trace that sent it. Spans that
/// only fetched a message, with nothing done under them, stay alone.
fn causes_elsewhere(spans: &[Span]) -> BTreeMap<usize, usize> {
    let candidate = |span: &Span| span.parent.is_none() && !span.links.is_empty();
    if !spans.iter().any(candidate) {
        return BTreeMap::new();
    }
    let senders: HashMap<SpanLink, usize> = spans
        .iter()
        .enumerate()
        .filter(|(_, span)| matches!(span.kind, SpanKind::Producer | SpanKind::Client))
        .map(|(place, span)| (link_to(span), place))
        .collect();
    let parents: HashSet<SpanLink> = spans
        .iter()
        .filter_map(|span| Some(SpanLink { trace_id: span.trace_id, span_id: span.parent? }))
        .collect();
    spans
        .iter()
        .enumerate()
        .filter(|(_, span)| candidate(span) && (!span.only_fetches() || parents.contains(&link_to(span))))
        .filter_map(|(place, span)| {
            let sender = span.links.iter().find_map(|link| senders.get(link))?;
            Some((place, *sender))
        })
        .collect()
}

/// One trace from its spans, each with the span elsewhere that caused it.
fn build(mut spans: Vec<Caused>, report: &mut ImportReport) -> Trace {
    spans.sort_by(|(a, _), (b, _)| (a.start, order(a)).cmp(&(b.start, order(b))));
    let places = Places::new(&spans, report);
    let parents = parents(&spans, &places, report);
    let mut nodes: Vec<TraceNode> = spans
        .into_iter()
        .zip(&parents)
        .map(|((span, cause), &parent)| TraceNode {
            parent,
            follows: span.follows || cause.is_some(),
            orphan: parent.is_none() && span.parent.is_some(),
            children: Vec::new(),
            span,
        })
        .collect();
    let mut roots = Vec::new();
    for (place, parent) in parents.into_iter().enumerate() {
        match parent {
            Some(parent) => nodes[parent].children.push(place),
            None => roots.push(place),
        }
    }
    let id = roots.first().or(Some(&0)).and_then(|&root| nodes.get(root)).map(|node| node.span.trace_id);
    Trace { id: id.unwrap_or_default(), nodes, roots }
}

/// Where the spans of each id are. More than one may bear an id: the two sides of a call (as in Zipkin), or by mistake.
struct Places(Vec<(SpanLink, usize)>);

impl Places {
    fn new(spans: &[Caused], report: &mut ImportReport) -> Self {
        let mut places: Vec<_> =
            spans.iter().enumerate().map(|(place, (span, _))| (link_to(span), place)).collect();
        places.sort_unstable();
        let sides = |one: &Span, other: &Span| {
            let kinds = [one.kind, other.kind];
            kinds.contains(&SpanKind::Client) && kinds.contains(&SpanKind::Server)
        };
        for same in places.chunk_by(|(a, _), (b, _)| a == b) {
            for (number, (_, place)) in same.iter().enumerate().skip(1) {
                let span = &spans[*place].0;
                if !same[..number].iter().any(|(_, other)| sides(&spans[*other].0, span)) {
                    report.warn("duplicate-span-id", || {
                        format!("span {} of trace {} is there more than once", span.span_id, span.trace_id)
                    });
                }
            }
        }
        Self(places)
    }

    /// Positions of the spans with that id.
    fn of(&self, id: SpanLink) -> impl Iterator<Item = usize> + '_ {
        let first = self.0.partition_point(|(other, _)| *other < id);
        self.0[first..].iter().take_while(move |(other, _)| *other == id).map(|(_, place)| *place)
    }

    /// The span of that id that is the parent of `child`: of its own service where there is one, else the server side,
    /// else the first.
    fn parent(&self, spans: &[Caused], id: SpanLink, child: usize) -> Option<usize> {
        let others = || self.of(id).filter(|&place| place != child);
        others()
            .find(|&place| spans[place].0.service == spans[child].0.service)
            .or_else(|| others().find(|&place| spans[place].0.kind == SpanKind::Server))
            .or_else(|| others().next())
    }

    /// The client side of the call whose server side this is, where both bear one id.
    fn client_side(&self, spans: &[Caused], server: usize) -> Option<usize> {
        let span = &spans[server].0;
        if span.kind != SpanKind::Server {
            return None;
        }
        self.of(link_to(span)).find(|&place| spans[place].0.kind == SpanKind::Client)
    }
}

/// The parent of every span, without cycles.
fn parents(spans: &[Caused], places: &Places, report: &mut ImportReport) -> Vec<Option<usize>> {
    let parent = |(place, (span, cause)): (usize, &Caused)| {
        let own = span.parent.map(|span_id: SpanId| SpanLink { trace_id: span.trace_id, span_id });
        places
            .client_side(spans, place)
            .or_else(|| own.or(*cause).and_then(|id| places.parent(spans, id, place)))
    };
    let mut parents: Vec<Option<usize>> = spans.iter().enumerate().map(parent).collect();
    for place in on_cycles(&parents) {
        report.warn("parent-cycle", || {
            let span = &spans[place].0;
            format!("span {} of trace {} is its own ancestor", span.span_id, span.trace_id)
        });
        parents[place] = None;
    }
    parents
}

/// One position of every cycle: its earliest span.
fn on_cycles(parents: &[Option<usize>]) -> Vec<usize> {
    let mut seen_from = vec![usize::MAX; parents.len()];
    let mut found = Vec::new();
    for start in 0..parents.len() {
        let mut at = start;
        while seen_from[at] == usize::MAX {
            seen_from[at] = start;
            match parents[at] {
                Some(parent) => at = parent,
                None => break,
            }
        }
        if seen_from[at] == start && parents[at].is_some() {
            found.extend(cycle_through(parents, at).into_iter().min());
        }
    }
    found
}

/// The positions of the cycle that `place` is on; empty where it is on none.
fn cycle_through(parents: &[Option<usize>], place: usize) -> Vec<usize> {
    let mut members = vec![place];
    let mut at = place;
    while let Some(parent) = parents[at] {
        if parent == place {
            return members;
        }
        if members.len() > parents.len() {
            break;
        }
        members.push(parent);
        at = parent;
    }
    Vec::new()
}

fn look_for_oddities(trace: &Trace, report: &mut ImportReport) {
    if trace.roots.len() > 1 {
        report.warn("several-roots", || format!("trace {} has {} roots", trace.id, trace.roots.len()));
    }
    for node in &trace.nodes {
        let span = &node.span;
        let name = || format!("span {} \"{}\" of trace {}", span.span_id, span.name, span.trace_id);
        if node.orphan {
            report.warn("missing-parent", || format!("the parent of {} is missing", name()));
        }
        let Some(parent) = node.parent.map(|parent| &trace.nodes[parent].span) else { continue };
        if node.follows || parent.kind == SpanKind::Producer || span.kind == SpanKind::Consumer {
            continue; // A message may be handled at any time.
        }
        if span.start < parent.start {
            report.warn("child-before-parent", || format!("{} starts before its parent", name()));
        } else if span.start > parent.end {
            report.warn("child-after-parent", || format!("{} starts after its parent ended", name()));
        } else if span.end > parent.end {
            report.warn("child-outlives-parent", || format!("{} ends after its parent", name()));
        }
    }
}
