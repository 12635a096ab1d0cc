//! When replies went out.
//!
//! Where a handler does more after its reply (clearing up, sending its own records), its span ends after the caller's. The
//! caller's span of the call then tells when the reply went out, and what comes after is a second phase: nobody waits for
//! it, but it takes the thread and the processor. Clocks that differ look alike, but they do not make a span longer than the
//! one around it; so a service replies before its spans end if enough of these are longer than their callers'.

use std::collections::{BTreeMap, BTreeSet};

use super::visit::{Key, Visit};
use crate::Name;
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
    /// Trace, caller, call and callee.
    place: (usize, usize, usize, usize),
    side: Interval,
    callee: Interval,
    asynchronous: bool,
}

/// Finds the visits that go on after their replies; their calls' latencies then are what is left of the caller's side.
pub(super) fn mark(traces: &mut [Vec<Visit>]) {
    let calls = calls(traces);
    let services = services(&calls, traces);
    let mut by_operation: BTreeMap<Key, Found> = BTreeMap::new();
    for both in calls.iter().filter(|both| services.contains(&called(both, traces).service)) {
        let found = by_operation.entry(called(both, traces).clone()).or_default();
        found.all += 1;
        found.asynchronous += u64::from(both.asynchronous);
        found.after += u64::from(both.callee.end > both.side.end);
    }
    for both in &calls {
        let found = by_operation.get(called(both, traces));
        if found.is_some_and(|found| 2 * found.after > found.all && 2 * found.asynchronous < found.all) {
            let (trace, caller, call, callee) = both.place;
            let replied = both.callee.end.min(both.side.end).max(both.callee.start);
            traces[trace][callee].replied = replied;
            let answering = Interval::new(both.callee.start, replied);
            let call = &mut traces[trace][caller].calls[call];
            call.latency = (both.side.length() - answering.length()).max(0.0);
            call.seems_asynchronous = false;
        }
    }
}

fn called<'a>(both: &Both, traces: &'a [Vec<Visit>]) -> &'a Key {
    &traces[both.place.0][both.place.3].operation
}

/// All calls that have spans on both sides.
fn calls(traces: &[Vec<Visit>]) -> Vec<Both> {
    let mut found = Vec::new();
    for (trace, visits) in traces.iter().enumerate() {
        for (caller, visit) in visits.iter().enumerate() {
            for (call, made) in visit.calls.iter().enumerate() {
                let Some(callee) = made.visit else { continue };
                if made.has_side && !made.slot.message {
                    found.push(Both {
                        place: (trace, caller, call, callee),
                        side: made.at,
                        callee: visits[callee].time,
                        asynchronous: made.seems_asynchronous,
                    });
                }
            }
        }
    }
    found
}

/// The services whose spans go on after their replies.
fn services(calls: &[Both], traces: &[Vec<Visit>]) -> BTreeSet<Name> {
    let mut counts: BTreeMap<&Name, Calls> = BTreeMap::new();
    for both in calls.iter().filter(|both| !both.asynchronous) {
        let count = counts.entry(&called(both, traces).service).or_default();
        count.all += 1;
        count.longer += u64::from(both.callee.length() > (1.0 + LONGER) * both.side.length());
        count.early += u64::from(both.callee.start < both.side.start);
    }
    counts.into_iter().filter(|(_, count)| count.goes_on()).map(|(service, _)| service.clone()).collect()
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
    use crate::extract::visit::{Slot, VisitCall};
    use crate::{SpanId, SpanKind};

    /// A visit of an operation of that service, from start to end.
    fn visit(service: &str, start: i64, end: i64) -> Visit {
        Visit {
            operation: Key::new(service.into(), "o".into()),
            kind: SpanKind::Server,
            instance: None,
            span_id: SpanId::default(),
            time: Interval::new(start, end),
            replied: end,
            is_request: false,
            caller: None,
            is_message: false,
            calls: Vec::new(),
            idle: Vec::new(),
            message: None,
            sampling: 1.0,
        }
    }

    /// Replies and latencies (ns) of visits from start to end, each called by a span from 0 to 100.
    fn marked(times: &[(i64, i64)]) -> Vec<(i64, f64)> {
        let trace = |&(start, end): &(i64, i64)| {
            let callee = visit("callee", start, end);
            let mut caller = visit("caller", -10, 110);
            let side = Interval::new(0, 100);
            caller.calls.push(VisitCall {
                slot: Slot { to: callee.operation.clone(), message: false, run: 0, beside: false },
                visit: Some(1),
                at: side,
                sent: side.end,
                has_side: true,
                latency: (side.length() - callee.time.length()).max(0.0),
                seems_asynchronous: false,
                contended: false,
                episode: 0,
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
