//! How many spans are kept, however long the input.

use std::collections::{HashMap, HashSet};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::interval::Interval;
use crate::stretches::{self, place};
use crate::{ImportReport, Name, Nanos, Span, Trace};

/// Operations of dropped spans beyond so many are not told apart: such names hold ids.
const MOST_OPERATIONS: usize = 10_000;

/// Keeps the spans of some stretches of time ([`stretches`]), as many as fit, and counts the others.
#[derive(Debug)]
pub(crate) struct Bound {
    /// Spans that may stay.
    limit: usize,
    /// Spans are dropped next when there are more than so many: some at a time cost less than each by itself.
    next: usize,
    /// Spans of the intake that were looked at.
    settled: usize,
    /// The last place in the order of times that is kept; all, where there is none.
    last: Option<u64>,
    /// First and last start of all spans read.
    seen: Option<Interval>,
    dropped: HashMap<(Name, Name), u64, foldhash::fast::RandomState>,
}

/// What was dropped of a part of a recording.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Cut {
    last: Option<u64>,
    seen: Option<(Nanos, Nanos)>,
    /// Spans dropped, by service and operation.
    dropped: Vec<(Name, Name, u64)>,
}

impl Bound {
    pub(crate) fn new(limit: usize) -> Self {
        let limit = limit.max(1);
        let next = limit.saturating_add(limit / 4);
        Self { limit, next, settled: 0, last: None, seen: None, dropped: HashMap::default() }
    }

    /// Looks at the spans that came since the last time, and drops what is too much.
    pub(crate) fn settle(&mut self, spans: &mut Vec<Span>) {
        let new = spans.get(self.settled..).unwrap_or_default();
        let starts = new.iter().map(|span| Interval::new(span.start, span.start));
        self.seen = starts.chain(self.seen).reduce(Interval::hull);
        self.cut_off(self.settled, spans);
        if spans.len() > self.next {
            self.tighten(spans);
            self.next = spans.len().max(self.limit).saturating_add(self.limit / 4);
        }
        self.settled = spans.len();
    }

    /// Likewise, when all is read: no more are left than may stay, unless more began at the very same time.
    pub(crate) fn finish(&mut self, spans: &mut Vec<Span>) {
        self.settle(spans);
        self.tighten(spans);
        self.settled = spans.len();
    }

    fn tighten(&mut self, spans: &mut Vec<Span>) {
        if spans.len() <= self.limit {
            return;
        }
        let mut places: Vec<u64> = spans.iter().map(|span| place(span.start)).collect();
        let (before, first_too_many, _) = places.select_nth_unstable(self.limit);
        let last = before.iter().copied().filter(|place| *place < *first_too_many).max();
        self.last = Some(last.unwrap_or(*first_too_many));
        self.cut_off(0, spans);
    }

    /// Drops those of the spans from this position on that are beyond the last place.
    fn cut_off(&mut self, from: usize, spans: &mut Vec<Span>) {
        let Some(last) = self.last else { return };
        let from = from.min(spans.len());
        for span in spans.extract_if(from.., |span| place(span.start) > last) {
            self.count(span.service, span.name, 1);
        }
    }

    fn count(&mut self, service: Name, operation: Name, count: u64) {
        let is_full = self.dropped.len() >= MOST_OPERATIONS;
        match self.dropped.get_mut(&(service.clone(), operation.clone())) {
            Some(known) => *known += count,
            None if is_full => {}
            None => _ = self.dropped.insert((service, operation), count),
        }
    }

    /// What was dropped.
    pub(crate) fn cut(&self) -> Cut {
        let dropped =
            self.dropped.iter().map(|((service, name), count)| (service.clone(), name.clone(), *count));
        let mut dropped: Vec<_> = dropped.collect();
        dropped.sort_unstable();
        Cut { last: self.last, seen: self.seen.map(|seen| (seen.start, seen.end)), dropped }
    }

    /// Takes over what was dropped of another part of the recording, whose spans are in. All spans are looked at again the
    /// next time.
    pub(crate) fn merge(&mut self, other: Cut) {
        self.last = self.last.into_iter().chain(other.last).min();
        let seen = other.seen.map(|(first, last)| Interval::new(first, last));
        self.seen = self.seen.into_iter().chain(seen).reduce(Interval::hull);
        other.dropped.into_iter().for_each(|(service, name, count)| self.count(service, name, count));
        self.settled = 0;
    }

    /// Of the traces put together from what is left: those that are whole.
    pub(crate) fn whole(&self, traces: Vec<Trace>, report: &mut ImportReport) -> Vec<Trace> {
        const NAMED: usize = 5;
        let (Some(last), Some(seen)) = (self.last, self.seen) else { return traces };
        let traces = stretches::whole(traces, last, seen, report);
        let kept = operations(&traces);
        let is_lost = |(service, name): &&(Name, Name)| !kept.contains(&(&**service, &**name));
        let mut lost: Vec<String> =
            self.dropped.keys().filter(is_lost).map(|(service, name)| format!("{service}/{name}")).collect();
        lost.sort_unstable();
        report.warn_many("operation-at-other-times", lost.len() as u64, || {
            let more = if lost.len() > NAMED { ", …" } else { "" };
            format!("not in the part used: {}{more}", lost[..lost.len().min(NAMED)].join(", "))
        });
        traces
    }
}

/// Services and operations that have spans.
fn operations(traces: &[Trace]) -> HashSet<(&str, &str)> {
    // By where the names are in memory: most are shared.
    type Known<'a> = HashMap<[usize; 2], (&'a str, &'a str), foldhash::fast::RandomState>;
    let known = traces.par_iter().fold(Known::default, |mut known, trace| {
        for Span { service, name, .. } in trace.nodes.iter().map(|node| &node.span) {
            known.entry([service.as_ptr().addr(), name.as_ptr().addr()]).or_insert((service, name));
        }
        known
    });
    known.flat_map_iter(Known::into_values).collect()
}
