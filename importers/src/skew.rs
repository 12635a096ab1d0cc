//! Clocks of hosts that differ, told by calls from one to the other, and put right.

use std::collections::{BTreeMap, HashMap};

use rayon::prelude::*;

use crate::assemble::CHUNK;
use crate::span::seconds;
use crate::{ImportReport, Name, Nanos, Span, SpanKind, Trace};

/// Whose clock it is: the instance's or, where no trace tells instances, the service's.
type Clock = Name;

/// By how much a clock may be ahead of another, in ns.
type Bounds = (Nanos, Nanos);

/// Part of the calls between two hosts that must fit to one difference of their clocks. Without one, something else
/// makes callees end after their callers (as handlers that reply before they end); the rest is room for damaged spans.
const AGREEMENT: f64 = 0.99;

/// Moves the spans of hosts whose clocks cannot be right beside those of the hosts that call them, and reports it.
///
/// What a callee did lies within its caller's side of the call. So each call of two sides tells bounds of the
/// difference between two clocks, whatever the network took (Cristian, *Probabilistic clock synchronization*, 1989,
/// section 4). A difference that fits to all calls, up to a few that fit to nothing, is one of the two clocks (the
/// intersection of Marzullo and Owicki, *Maintaining the time in a distributed system*, 1983, section 4). Where no difference
/// at all fits as well, nothing is moved; else the clocks differ by the middle of the bounds, at which the fastest ways
/// there and back take equally long.
pub(crate) fn correct(mut traces: Vec<Trace>, report: &mut ImportReport) -> Vec<Trace> {
    let differences: Vec<Difference> =
        bounds(&traces).into_par_iter().filter_map(|((a, b), calls)| Difference::new(a, b, &calls)).collect();
    if differences.iter().all(|difference| difference.ahead() == 0) {
        return traces;
    }
    let ahead = relative_to_callers(differences, &traces);
    let moved: Vec<(&Clock, &Ahead)> = ahead.iter().filter(|(_, ahead)| ahead.by != 0).collect();
    report.warn_many("clock-skew", moved.len() as u64, || {
        let described = moved.iter().map(|(clock, ahead)| ahead.describe(clock));
        described.take(5).collect::<Vec<_>>().join("; ")
    });
    traces.par_iter_mut().for_each(|trace| {
        let mut is_moved = false;
        for span in trace.nodes.iter_mut().map(|node| &mut node.span) {
            let Some(ahead) = ahead.get(clock(span)).filter(|ahead| ahead.by != 0) else { continue };
            span.start = span.start.saturating_sub(ahead.by);
            span.end = span.end.saturating_sub(ahead.by);
            span.normalize();
            is_moved = true;
        }
        if is_moved {
            trace.sort();
        }
    });
    traces.sort_by_cached_key(|trace| (trace.start(), trace.id));
    traces
}

fn clock(span: &Span) -> &Clock {
    span.instance.as_ref().unwrap_or(&span.service)
}

/// For two clocks, the lesser name first: by how much the second may be ahead of the first, as each call tells.
fn bounds(traces: &[Trace]) -> BTreeMap<(&Clock, &Clock), Vec<Bounds>> {
    let parts: Vec<Calls<'_>> = traces.par_chunks(CHUNK).map(calls).collect();
    let mut found = BTreeMap::<(&Clock, &Clock), Vec<Bounds>>::new();
    for (from, to, calls) in parts.into_iter().flat_map(Calls::into_values).filter(|(from, to, _)| from != to)
    {
        if from < to {
            found.entry((from, to)).or_default().extend(calls);
        } else {
            let turned = calls.into_iter().map(|(least, most)| (-most, -least));
            found.entry((to, from)).or_default().extend(turned);
        }
    }
    found
}

/// By where the names of two clocks are in memory: by how much the second may be ahead of the first, as each call from one to
/// the other tells.
type Calls<'a> = HashMap<[usize; 2], (&'a Clock, &'a Clock, Vec<Bounds>), foldhash::fast::RandomState>;

fn calls(traces: &[Trace]) -> Calls<'_> {
    let mut found = Calls::default();
    for trace in traces {
        for node in trace.nodes.iter().filter(|node| node.span.kind == SpanKind::Server && !node.follows) {
            let Some(caller) = node.parent.map(|parent| &trace.nodes[parent].span) else { continue };
            if caller.kind == SpanKind::Client {
                let callee = &node.span;
                let (from, to) = (clock(caller), clock(callee));
                let places = [from, to].map(|clock| clock.as_ptr().addr());
                let (.., calls) = found.entry(places).or_insert_with(|| (from, to, Vec::new()));
                calls.push((callee.end - caller.end, callee.start - caller.start));
            }
        }
    }
    found
}

/// By how much clock `b` is ahead of clock `a`.
struct Difference {
    a: Clock,
    b: Clock,
    bounds: Bounds,
    calls: usize,
}

impl Difference {
    /// None where no difference fits to enough of the calls.
    fn new(a: &Clock, b: &Clock, calls: &[Bounds]) -> Option<Self> {
        let (bounds, fitting) = most_fitting(calls);
        let bounds = bounds.filter(|_| fitting as f64 >= AGREEMENT * calls.len() as f64)?;
        Some(Self { a: a.clone(), b: b.clone(), bounds, calls: calls.len() })
    }

    /// Nanoseconds; 0 where that fits.
    fn ahead(&self) -> Nanos {
        let (least, most) = self.bounds;
        if least <= 0 && most >= 0 { 0 } else { least.midpoint(most) }
    }

    fn width(&self) -> Nanos {
        self.bounds.1 - self.bounds.0
    }
}

/// The bounds that fit to as many calls as possible, and to how many.
fn most_fitting(calls: &[Bounds]) -> (Option<Bounds>, usize) {
    let possible = || calls.iter().copied().filter(|(least, most)| least <= most);
    let common = possible().reduce(|a, b| (a.0.max(b.0), a.1.min(b.1)));
    if let Some(bounds) = common.filter(|(least, most)| least <= most) {
        return (Some(bounds), possible().count());
    }
    let mut ends: Vec<(Nanos, bool)> = Vec::with_capacity(2 * calls.len());
    for (least, most) in possible() {
        ends.extend([(least, false), (most, true)]);
    }
    ends.sort_unstable();
    let (mut fitting, mut most_fitting, mut from, mut bounds) = (0_usize, 0, None, None);
    for (at, is_end) in ends {
        if is_end {
            // The first end after more fit than ever before.
            bounds = from.take().map(|from| (from, at)).or(bounds);
            fitting -= 1;
        } else {
            fitting += 1;
            if fitting > most_fitting {
                most_fitting = fitting;
                from = Some(at);
            }
        }
    }
    (bounds, most_fitting)
}

/// What is known of a clock beside the one that it is compared with.
struct Ahead {
    by: Nanos,
    /// The bounds are so far from it, in both directions.
    within: Nanos,
    of: Clock,
    calls: usize,
}

impl Ahead {
    fn describe(&self, clock: &Clock) -> String {
        let direction = if self.by > 0 { "ahead of" } else { "behind" };
        format!(
            "the clock of {clock} is {:.3} ms (± {:.3}) {direction} that of {} by {} calls; its spans are moved",
            1e3 * seconds(self.by.saturating_abs()),
            1e3 * seconds(self.within),
            self.of,
            self.calls
        )
    }
}

/// How far each clock is ahead of the one, among those that are compared with it, at which most requests begin. Where there
/// is more than one way to compare, along the narrowest bounds.
fn relative_to_callers(mut differences: Vec<Difference>, traces: &[Trace]) -> BTreeMap<Clock, Ahead> {
    differences.sort_by(|x, y| (x.width(), &x.a, &x.b).cmp(&(y.width(), &y.a, &y.b)));
    let mut requests = BTreeMap::<Clock, i64>::new();
    for difference in &differences {
        for clock in [&difference.a, &difference.b] {
            requests.entry(clock.clone()).or_default();
        }
    }
    for root in traces.iter().flat_map(|trace| trace.roots.iter().map(|&root| &trace.nodes[root])) {
        if let Some(count) = requests.get_mut(clock(&root.span)) {
            *count += 1;
        }
    }
    let mut first: Vec<(i64, Clock)> = requests.into_iter().map(|(clock, count)| (-count, clock)).collect();
    first.sort_unstable();
    let mut known = BTreeMap::<Clock, Ahead>::new();
    for (_, reference) in first {
        if !known.contains_key(&reference) {
            let ahead = Ahead { by: 0, within: 0, of: reference.clone(), calls: 0 };
            known.insert(reference, ahead);
            while let Some((clock, ahead)) = next(&differences, &known) {
                known.insert(clock, ahead);
            }
        }
    }
    known
}

/// The clock that is compared with a known one by the narrowest bounds (Prim's algorithm).
fn next(differences: &[Difference], known: &BTreeMap<Clock, Ahead>) -> Option<(Clock, Ahead)> {
    differences.iter().find_map(|difference| {
        let Difference { a, b, calls, .. } = difference;
        let (from, to, ahead) = match (known.get(a), known.get(b)) {
            (Some(from), None) => (from, b, difference.ahead()),
            (None, Some(from)) => (from, a, -difference.ahead()),
            _ => return None,
        };
        let within = from.within.saturating_add(difference.width() / 2);
        Some((
            to.clone(),
            Ahead { by: from.by.saturating_add(ahead), within, of: from.of.clone(), calls: *calls },
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assemble::put_together;
    use crate::{Attributes, SpanId, TraceId};
    use proptest::prelude::*;

    /// A client's and a server's side of a call that takes this long on the way there, there, and back.
    fn call(number: u64, start: Nanos, [there, work, back]: [Nanos; 3], ahead: Nanos) -> [Span; 2] {
        let end = start + there + work + back;
        let side = |kind, start, end, id: u8, parent: Option<u8>| Span {
            trace_id: TraceId(u128::from(number).to_be_bytes()),
            span_id: SpanId([id; 8]),
            parent: parent.map(|id| SpanId([id; 8])),
            follows: false,
            links: Vec::new(),
            service: if kind == SpanKind::Client { "near" } else { "far" }.into(),
            instance: None,
            name: "work".into(),
            kind,
            start,
            end,
            error: false,
            attributes: Attributes::default(),
        };
        [
            side(SpanKind::Client, start, end, 1, None),
            side(SpanKind::Server, start + there + ahead, end - back + ahead, 2, Some(1)),
        ]
    }

    proptest! {
        /// A clock that is wrong is put right up to half of what the fastest ways there and back take; one that may be
        /// right is left alone.
        #[test]
        fn differences_are_found(
            calls in prop::collection::vec([1_000_i64..1_000_000, 1_000..1_000_000, 1_000..1_000_000], 1..30),
            ahead in -5_000_000_i64..5_000_000,
        ) {
            let least = |place: usize| calls.iter().map(|call| call[place]).min().unwrap();
            let (there, back) = (least(0), least(2));
            let at = |number: usize| number as Nanos * 10_000_000;
            let spans = calls.iter().enumerate().flat_map(|(n, times)| call(n as u64, at(n), *times, ahead));
            let mut report = ImportReport::default();
            let traces = correct(put_together(spans.collect(), &mut report), &mut report);
            let is_plain = ahead + there < 0 || ahead > back;
            prop_assert_eq!(report.warning("clock-skew").is_some(), is_plain);
            let server = traces.iter().flat_map(|trace| &trace.nodes).find(|node| &*node.span.service == "far");
            let first = traces[0].nodes.iter().find(|node| &*node.span.service == "near").unwrap();
            let left = server.unwrap().span.start - first.span.start - calls[0][0];
            if is_plain {
                prop_assert!(left.abs() <= (there + back) / 2 + 1, "{left}");
            } else {
                prop_assert_eq!(left, ahead);
            }
        }
    }

    /// Handlers that go on after their replies look like a clock that is ahead, but no one difference fits to them.
    #[test]
    fn late_ends_are_no_difference() {
        let spans = (0..100).flat_map(|n| {
            let mut call = call(n, n as Nanos * 10_000_000, [100_000, 1_000_000, 100_000], 0);
            call[1].end += 200_000 + n as Nanos * 20_000;
            call
        });
        let mut report = ImportReport::default();
        correct(put_together(spans.collect(), &mut report), &mut report);
        assert_eq!(report.warnings, []);
    }
}
