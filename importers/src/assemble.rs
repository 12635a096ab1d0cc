//! Spans to traces: which span happened in the course of which.

use std::collections::{BTreeMap, HashMap, HashSet};

use rayon::prelude::*;

use crate::skew;
use crate::span::Attributes;
use crate::{ImportReport, ImportWarning, Nanos, Span, SpanId, SpanKind, SpanLink, Trace, TraceNode};

/// Traces looked at by one task. Fixed, so that nothing depends on the number of threads.
pub(crate) const CHUNK: usize = 256;

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
    let look = |traces: &[Trace]| {
        let mut report = ImportReport::default();
        traces.iter().for_each(|trace| look_for_oddities(trace, &mut report));
        report.warnings
    };
    let warnings: Vec<Vec<ImportWarning>> = traces.par_chunks(CHUNK).map(look).collect();
    report.add_warnings(warnings.into_iter().flatten());
    skew::correct(traces, report)
}

/// Likewise, as clocks tell it, and without looking for what is odd about traces.
///
/// Spans are large: their positions are sorted, and each span is moved once, to its place in its trace.
pub(crate) fn put_together(spans: Vec<Span>, report: &mut ImportReport) -> Vec<Trace> {
    let mut order = order(&spans);
    order.dedup_by(|a, b| spans[*a] == spans[*b]);
    let repeated = (spans.len() - order.len()) as u64;
    report.warn_many("repeated-span", repeated, || "the same span is there more than once".into());

    let sorted: Vec<&Span> = order.iter().map(|&position| &spans[position]).collect();
    let causes = causes_elsewhere(&sorted);
    let links: HashMap<usize, SpanLink> =
        causes.iter().map(|(&place, &cause)| (place, link_to(sorted[cause]))).collect();
    let members = members(&sorted, &causes);
    let mut spans: Vec<Option<Span>> = spans.into_iter().map(Some).collect();
    let mut part = |members: &[Member]| {
        let mut part = Part { nodes: Vec::with_capacity(members.len()), links: Vec::new() };
        for &Member { place, .. } in members {
            let Some(span) = spans[order[place]].take() else { continue };
            let link = links.get(&place);
            part.links.extend(link.map(|link| (part.nodes.len(), *link)));
            let (follows, orphan) = (span.follows || link.is_some(), span.parent.is_some());
            part.nodes.push(TraceNode { span, parent: None, follows, orphan, children: Vec::new() });
        }
        part
    };
    let parts: Vec<Part> = members.chunk_by(|a, b| a.leader == b.leader).map(&mut part).collect();
    let build = |part: Part| {
        let mut report = ImportReport::default();
        (part.build(&mut report), report.warnings)
    };
    let (mut traces, warnings): (Vec<Trace>, Vec<_>) = parts.into_par_iter().map(build).unzip();
    report.add_warnings(warnings.into_iter().flatten());
    traces.sort_by_cached_key(|trace| (trace.start(), trace.id));
    traces
}

/// The positions of the spans in an order that does not depend on them: by trace, start, and all the rest.
fn order(spans: &[Span]) -> Vec<usize> {
    let rest = |place: usize| {
        let Span { span_id, kind, end, parent, service, name, instance, links, follows, error, .. } =
            &spans[place];
        (span_id, kind, end, parent, service, name, instance, links, follows, error)
    };
    let other = |place: usize| {
        let Attributes { peer_service, database, server_address, destination, message_operation, .. } =
            &spans[place].attributes;
        (peer_service, database, server_address, destination, message_operation)
    };
    let key = |(place, span): (usize, &Span)| (u128::from_be_bytes(span.trace_id.0), span.start, place);
    let mut keys: Vec<(u128, Nanos, usize)> = spans.iter().enumerate().map(key).collect();
    keys.par_sort_unstable_by(|a, b| {
        let first = (a.0, a.1).cmp(&(b.0, b.1)).then_with(|| rest(a.2).cmp(&rest(b.2)));
        first.then_with(|| other(a.2).cmp(&other(b.2)))
    });
    keys.into_iter().map(|(.., place)| place).collect()
}

fn link_to(span: &Span) -> SpanLink {
    SpanLink { trace_id: span.trace_id, span_id: span.span_id }
}

/// A span in the order, and the first one that belongs to the same trace.
struct Member {
    leader: usize,
    start: Nanos,
    place: usize,
}

/// All spans, those of a trace together and by start. `causes` join traces.
fn members(sorted: &[&Span], causes: &BTreeMap<usize, usize>) -> Vec<Member> {
    let mut groups = groups(sorted);
    causes.iter().for_each(|(&place, &cause)| groups.join(place, cause));
    let member =
        |(place, span): (usize, &&Span)| Member { leader: groups.of(place), start: span.start, place };
    let mut members: Vec<Member> = sorted.iter().enumerate().map(member).collect();
    if !causes.is_empty() {
        members.sort_unstable_by_key(|member| (member.leader, member.start, member.place));
    }
    members
}

/// Disjoint sets of places (union–find), to begin with one for each trace id.
struct Groups(Vec<usize>);

fn groups(sorted: &[&Span]) -> Groups {
    let mut first = 0;
    let leaders = (0..sorted.len()).map(|place| {
        if sorted[place].trace_id != sorted[first].trace_id {
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
fn causes_elsewhere(sorted: &[&Span]) -> BTreeMap<usize, usize> {
    let candidate = |span: &&Span| span.parent.is_none() && !span.links.is_empty();
    if !sorted.iter().any(candidate) {
        return BTreeMap::new();
    }
    let senders: HashMap<SpanLink, usize> = sorted
        .iter()
        .enumerate()
        .filter(|(_, span)| matches!(span.kind, SpanKind::Producer | SpanKind::Client))
        .map(|(place, span)| (link_to(span), place))
        .collect();
    let parents: HashSet<SpanLink> = sorted
        .iter()
        .filter_map(|span| Some(SpanLink { trace_id: span.trace_id, span_id: span.parent? }))
        .collect();
    sorted
        .iter()
        .enumerate()
        .filter(|(_, span)| candidate(span) && (!span.only_fetches() || parents.contains(&link_to(span))))
        .filter_map(|(place, span)| {
            let sender = span.links.iter().find_map(|link| senders.get(link))?;
            Some((place, *sender))
        })
        .collect()
}

/// What becomes a trace: its spans by start, and what those caused elsewhere were caused by.
struct Part {
    nodes: Vec<TraceNode>,
    links: Vec<(usize, SpanLink)>,
}

impl Part {
    fn build(mut self, report: &mut ImportReport) -> Trace {
        let parents = self.parents(&Places::new(&self.nodes, report), report);
        let mut roots = Vec::new();
        for (place, parent) in parents.into_iter().enumerate() {
            self.nodes[place].parent = parent;
            match parent {
                Some(parent) => {
                    self.nodes[place].orphan = false;
                    self.nodes[parent].children.push(place);
                }
                None => roots.push(place),
            }
        }
        let id =
            roots.first().or(Some(&0)).and_then(|&root| self.nodes.get(root)).map(|node| node.span.trace_id);
        Trace { id: id.unwrap_or_default(), nodes: self.nodes, roots }
    }

    /// The parent of every span, without cycles.
    fn parents(&self, places: &Places, report: &mut ImportReport) -> Vec<Option<usize>> {
        let nodes = &self.nodes;
        let cause = |place: usize| {
            let link = self.links.binary_search_by_key(&place, |(place, _)| *place).ok()?;
            Some(self.links[link].1)
        };
        let parent = |(place, node): (usize, &TraceNode)| {
            let trace_id = node.span.trace_id;
            let own = node.span.parent.map(|span_id: SpanId| SpanLink { trace_id, span_id });
            places
                .client_side(nodes, place)
                .or_else(|| own.or_else(|| cause(place)).and_then(|id| places.parent(nodes, id, place)))
        };
        let mut parents: Vec<Option<usize>> = nodes.iter().enumerate().map(parent).collect();
        for place in on_cycles(&parents) {
            report.warn("parent-cycle", || {
                let span = &nodes[place].span;
                format!("span {} of trace {} is its own ancestor", span.span_id, span.trace_id)
            });
            parents[place] = None;
        }
        parents
    }
}

/// Where the spans of each id are. More than one may bear an id: the two sides of a call (as in Zipkin), or by mistake.
struct Places(Vec<(Id, usize)>);

/// A trace's and a span's id, quickly compared.
type Id = (u128, u64);

fn id(SpanLink { trace_id, span_id }: SpanLink) -> Id {
    (u128::from_be_bytes(trace_id.0), u64::from_be_bytes(span_id.0))
}

impl Places {
    fn new(nodes: &[TraceNode], report: &mut ImportReport) -> Self {
        let mut places: Vec<_> =
            nodes.iter().enumerate().map(|(place, node)| (id(link_to(&node.span)), place)).collect();
        places.sort_unstable();
        let sides = |one: &Span, other: &Span| {
            let kinds = [one.kind, other.kind];
            kinds.contains(&SpanKind::Client) && kinds.contains(&SpanKind::Server)
        };
        for same in places.chunk_by(|(a, _), (b, _)| a == b) {
            for (number, (_, place)) in same.iter().enumerate().skip(1) {
                let span = &nodes[*place].span;
                if !same[..number].iter().any(|(_, other)| sides(&nodes[*other].span, span)) {
                    report.warn("duplicate-span-id", || {
                        format!("span {} of trace {} is there more than once", span.span_id, span.trace_id)
                    });
                }
            }
        }
        Self(places)
    }

    /// Positions of the spans with that id.
    fn of(&self, link: SpanLink) -> impl Iterator<Item = usize> + '_ {
        let id = id(link);
        let first = self.0.partition_point(|(other, _)| *other < id);
        self.0[first..].iter().take_while(move |(other, _)| *other == id).map(|(_, place)| *place)
    }

    /// The span of that id that is the parent of `child`: of its own service where there is one, else the server side,
    /// else the first.
    fn parent(&self, nodes: &[TraceNode], id: SpanLink, child: usize) -> Option<usize> {
        let others = || self.of(id).filter(|&place| place != child);
        others()
            .find(|&place| nodes[place].span.service == nodes[child].span.service)
            .or_else(|| others().find(|&place| nodes[place].span.kind == SpanKind::Server))
            .or_else(|| others().next())
    }

    /// The client side of the call whose server side this is, where both bear one id.
    fn client_side(&self, nodes: &[TraceNode], server: usize) -> Option<usize> {
        let span = &nodes[server].span;
        if span.kind != SpanKind::Server {
            return None;
        }
        self.of(link_to(span)).find(|&place| nodes[place].span.kind == SpanKind::Client)
    }
}

/// One position of every cycle: its earliest span.
fn on_cycles(parents: &[Option<usize>]) -> Vec<usize> {
    if parents.iter().enumerate().all(|(place, parent)| parent.is_none_or(|parent| parent < place)) {
        return Vec::new();
    }
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
