//! When replies went out.
//!
//! Where a handler does more after its reply (clearing up, sending its own records), its span ends after the caller's. The
//! caller's span of the call then tells when the reply went out, and what comes after is a second phase: nobody waits for
//! it, but it takes the thread and the processor. Clocks that differ look alike, but they do not make a span longer than the
//! one around it; so a service replies before its spans end if enough of these are longer than their callers'.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::fold;
use super::operations::{Key, Service};
use super::visit::Visit;
use crate::interval::Interval;

/// A span counts as longer than its caller's by this part; less is how clocks and instrumentation err.
const LONGER: f64 = 0.02;

/// So many of the calls to a service must have found it so, and this part of them.
const ENOUGH: u64 = 3;
/// See there.
const OFTEN: f64 = 0.01;

/// If more than this part of the calls to a service seem to begin before they are made, clocks differ, and times of both
/// sides cannot be compared.
const SKEWED: f64 = 0.01;

/// Calls to one service.
#[derive(Default)]
struct Calls {
    all: u64,
    longer: u64,
    early: u64,
}

/// Calls to one operation.
#[derive(Default)]
struct Found {
    all: u64,
    /// That seem not to be waited for.
    asynchronous: u64,
    /// Replies before the end.
    after: u64,
}

/// A call with spans on both sides, which is no message.
struct Both {
    /// Caller and call.
    place: (usize, usize),
    /// Position of the callee's visit.
    visit: usize,
    to: Key,
    side: Interval,
    callee: Interval,
    asynchronous: bool,
}

/// Finds the visits that go on after their replies; their calls' latencies then are what is left of the caller's side.
pub(super) fn mark(traces: &mut [Vec<Visit>]) {
    let services = services(traces);
    if services.is_empty() {
        return;
    }
    let count = |found: &mut BTreeMap<Key, Found>, visits: &Vec<Visit>| {
        for both in calls(visits).filter(|both| services.contains(&both.to.service)) {
            let found = found.entry(both.to).or_default();
            found.all += 1;
            found.asynchronous += u64::from(both.asynchronous);
            found.after += u64::from(both.callee.end > both.side.end);
        }
    };
    let by_operation = fold(traces, count, |all, part: BTreeMap<Key, Found>| {
        for (operation, found) in part {
            let all = all.entry(operation).or_default();
            all.all += found.all;
            all.asynchronous += found.asynchronous;
            all.after += found.after;
        }
    });
    let goes_on = |found: &Found| 2 * found.after > found.all && 2 * found.asynchronous < found.all;
    traces.par_iter_mut().for_each(|visits| {
        let marked: Vec<Both> =
            calls(visits).filter(|both| by_operation.get(&both.to).is_some_and(goes_on)).collect();
        for both in marked {
            let replied = both.callee.end.min(both.side.end).max(both.callee.start);
            visits[both.visit].replied = replied;
            let answering = Interval::new(both.callee.start, replied);
            let (caller, call) = both.place;
            let call = &mut visits[caller].calls[call];
            call.latency = (both.side.length() - answering.length()).max(0.0);
            call.seems_asynchronous = false;
        }
    });
}

/// All calls of a trace that have spans on both sides.
fn calls(visits: &[Visit]) -> impl Iterator<Item = Both> {
    visits.iter().enumerate().flat_map(move |(caller, visit)| {
        visit.calls.iter().enumerate().filter_map(move |(call, made)| {
            let callee = &visits[made.visit?];
            (made.has_side && !made.slot.message).then_some(Both {
                place: (caller, call),
                visit: made.visit?,
                to: callee.operation,
                side: made.at,
                callee: callee.time,
                asynchronous: made.seems_asynchronous,
            })
        })
    })
}

/// The services whose spans go on after their replies.
fn services(traces: &[Vec<Visit>]) -> Vec<Service> {
    let count = |counts: &mut BTreeMap<Service, Calls>, visits: &Vec<Visit>| {
        for both in calls(visits).filter(|both| !both.asynchronous) {
            let count = counts.entry(both.to.service).or_default();
            count.all += 1;
            count.longer += u64::from(both.callee.length() > (1.0 + LONGER) * both.side.length());
            count.early += u64::from(both.callee.start < both.side.start);
        }
    };
    let counts = fold(traces, count, |all, part: BTreeMap<Service, Calls>| {
        for (service, calls) in part {
            let all = all.entry(service).or_default();
            all.all += calls.all;
            all.longer += calls.longer;
            all.early += calls.early;
        }
    });
    counts.into_iter().filter(|(_, count)| count.goes_on()).map(|(service, _)| service).collect()
}

impl Calls {
    fn goes_on(&self) -> bool {
        let all = self.all as f64;
        self.longer >= ENOUGH && self.longer as f64 >= OFTEN * all && self.early as f64 <= SKEWED * all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::operations::Replica;
    use crate::extract::visit::{Slot, VisitCall};
    use crate::{SpanId, SpanKind};

    const CALLER: u32 = 0;
    const CALLEE: u32 = 1;

    /// A visit of an operation of that service, from start to end.
    fn visit(service: u32, start: i64, end: i64) -> Visit {
        Visit {
            operation: Key::numbered(service, service),
            kind: SpanKind::Server,
            replica: Replica::only(service),
            span_id: SpanId::default(),
            time: Interval::new(start, end),
            replied: end,
            is_request: false,
            caller: None,
            is_message: false,
            calls: Vec::new(),
            idle: Vec::new(),
            message: None,
            session: None,
            sampling: 1.0,
            failed: false,
            stopped: false,
        }
    }

    /// Replies and latencies (ns) of visits from start to end, each called by a span from 0 to 100.
    fn marked(times: &[(i64, i64)]) -> Vec<(i64, f64)> {
        let trace = |&(start, end): &(i64, i64)| {
            let callee = visit(CALLEE, start, end);
            let mut caller = visit(CALLER, -10, 110);
            let side = Interval::new(0, 100);
            caller.calls.push(VisitCall {
                slot: Slot { to: callee.operation, message: false, run: 0, beside: false },
                visit: Some(1),
                at: side,
                sent: side.end,
                has_side: true,
                latency: (side.length() - callee.time.length()).max(0.0),
                seems_asynchronous: false,
                contended: false,
                episode: 0,
                failed: false,
                attempts: Vec::new(),
            });
            vec![caller, callee]
        };
        let mut traces: Vec<Vec<Visit>> = times.iter().map(trace).collect();
        mark(&mut traces);
        let found = |trace: &Vec<Visit>| (trace[1].replied, (trace[0].calls[0].latency * 1e9).round());
        traces.iter().map(found).collect()
    }

    /// Whoever has a reply at 100 waited for the callee no longer, whatever this did then.
    #[test]
    fn what_is_longer_than_its_callers_span_replied_before() {
        let found = marked(&[(10, 120), (20, 130), (5, 115), (30, 105), (40, 90)]);
        assert_eq!(found, [(100, 10.0), (100, 20.0), (100, 5.0), (100, 30.0), (90, 50.0)]);
    }

    /// A clock that is ahead puts spans after their callers' but makes them no longer; one that is behind makes them begin
    /// too early.
    #[test]
    fn other_clocks_are_no_second_phase() {
        let ahead = [(50, 130), (60, 140), (70, 150), (80, 160)];
        assert_eq!(marked(&ahead), ahead.map(|(_, end)| (end, 20.0)));
        let behind = [(-20, 120), (-10, 130), (-20, 120), (-10, 110)];
        assert_eq!(marked(&behind), behind.map(|(_, end)| (end, 0.0)));
    }
}
