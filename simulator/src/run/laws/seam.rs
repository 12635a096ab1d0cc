//! The seam of the event loop: what it shows follows the table in its documentation, and adds up to what the run counts
//! itself, in runs of random systems.

use rayon::prelude::*;
use tracecast_model::RunControl;

use super::random;
use crate::program::Program;
use crate::run::probe::{Probe, Receiver, Sender, Sent};
use crate::run::{Limits, Run, Watch};

/// Systems; `TRACECAST_LAWS_CASES` in the environment overrides it.
pub(super) const CASES: u64 = 500;

/// Events of a run.
pub(super) const EVENTS: u64 = 3000;

/// What rounding may make of a sum of times, as a part of it.
pub(super) const ROUNDING: f64 = 1e-9;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Gone,
    OnTheWay,
    WaitsForThread,
    /// It has what it waited for.
    Ready,
    Runs,
    Works,
    Delayed,
    Travels,
    WaitsForReply,
    WaitsForBranches,
    /// The visit lives on in branches.
    AtEnd,
}

/// A strand, and a visit of the same number.
#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    state: State,
    since: f64,
    visit: u32,
    operation: usize,
    arrived: f64,
    began: Option<f64>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Request {
    is_open: bool,
    /// None once it counts as answered.
    unanswered: bool,
    workload: usize,
    began: f64,
}

#[derive(Default)]
struct Onlooker {
    entries: Vec<Entry>,
    requests: Vec<Request>,
    /// By operation: seconds of visits that have ended, and of them those with a thread.
    present: Vec<f64>,
    busy: Vec<f64>,
    /// By workload: seconds of requests until they were answered, or until all their work was done.
    unanswered: Vec<f64>,
    open: Vec<f64>,
    /// Seconds of work given to hosts.
    work: f64,
    /// How often each state was entered.
    seen: [u64; 11],
}

impl Onlooker {
    fn new(program: &Program) -> Self {
        let zeros = |count| vec![0.0; count];
        let (operations, workloads) = (program.operations.len(), program.sources.len());
        Self {
            present: zeros(operations),
            busy: zeros(operations),
            unanswered: zeros(workloads),
            open: zeros(workloads),
            ..Self::default()
        }
    }

    /// A strand gets from one of some states to another. It runs for no time.
    fn turn(&mut self, now: f64, strand: u32, from: &[State], to: State) {
        let place = strand as usize;
        if place >= self.entries.len() {
            self.entries.resize(place + 1, Entry::default());
        }
        let entry = &mut self.entries[place];
        assert!(from.contains(&entry.state), "strand {strand} turns to {to:?}: {entry:?}");
        assert!(now >= entry.since, "strand {strand} turns to {to:?} at {now} s: {entry:?}");
        let passes = matches!(entry.state, State::Runs | State::Ready);
        assert!(!passes || now == entry.since, "strand {strand} turns to {to:?} at {now} s: {entry:?}");
        (entry.state, entry.since) = (to, now);
        self.seen[to as usize] += 1;
    }

    fn wake(&mut self, now: f64, to: Receiver) {
        if let Receiver::Strand(strand) = to {
            self.turn(now, strand, &[State::WaitsForReply], State::Ready);
        }
    }

    fn leave(&mut self, now: f64, visit: u32) {
        let entry = self.entries[visit as usize];
        self.present[entry.operation] += now - entry.arrived;
        self.busy[entry.operation] += entry.began.map_or(0.0, |began| now - began);
    }
}

impl Probe for Onlooker {
    fn request_begins(&mut self, now: f64, request: u32, workload: u32, _operation: u32) {
        let place = request as usize;
        if place >= self.requests.len() {
            self.requests.resize(place + 1, Request::default());
        }
        assert!(!self.requests[place].is_open, "request {request} begins twice");
        self.requests[place] =
            Request { is_open: true, unanswered: true, workload: workload as usize, began: now };
    }

    fn request_answered(&mut self, now: f64, request: u32, _failed: bool) {
        let request = &mut self.requests[request as usize];
        assert!(std::mem::take(&mut request.unanswered), "answered once: {request:?}");
        self.unanswered[request.workload] += now - request.began;
    }

    fn request_ends(&mut self, now: f64, request: u32, _failed: bool) {
        let request = &mut self.requests[request as usize];
        assert!(std::mem::take(&mut request.is_open) && !request.unanswered, "answered first: {request:?}");
        self.open[request.workload] += now - request.began;
    }

    fn visit_sent(&mut self, now: f64, sent: Sent) {
        assert!(self.requests[sent.request as usize].is_open, "{sent:?} of a request that has ended");
        match sent.by {
            Sender::Outside => {}
            Sender::Waits(strand) => self.turn(now, strand, &[State::Runs], State::WaitsForReply),
            Sender::GoesOn(strand) | Sender::Forwards(strand) => {
                self.turn(now, strand, &[State::Runs], State::Runs);
            }
        }
        self.turn(now, sent.visit, &[State::Gone], State::OnTheWay);
        let entry = &mut self.entries[sent.visit as usize];
        (entry.visit, entry.operation, entry.began) = (sent.visit, sent.operation as usize, None);
    }

    fn visit_arrives(&mut self, now: f64, visit: u32) {
        self.turn(now, visit, &[State::OnTheWay], State::WaitsForThread);
        self.entries[visit as usize].arrived = now;
    }

    fn visit_lost(&mut self, now: f64, visit: u32, to: Receiver) {
        self.turn(now, visit, &[State::WaitsForThread], State::Gone);
        self.leave(now, visit);
        self.wake(now, to);
    }

    fn visit_begins(&mut self, now: f64, visit: u32, _replica: u32) {
        self.turn(now, visit, &[State::WaitsForThread], State::Ready);
        self.entries[visit as usize].began = Some(now);
    }

    fn replies(&mut self, now: f64, visit: u32, strand: u32, to: Receiver) {
        let entry = self.entries[strand as usize];
        assert_eq!(entry.visit, visit, "{entry:?} replies for visit {visit}");
        assert!(matches!(entry.state, State::Runs | State::Gone) && entry.since == now, "{entry:?} replies");
        self.wake(now, to);
    }

    fn visit_ends(&mut self, now: f64, visit: u32) {
        self.turn(now, visit, &[State::Runs, State::AtEnd], State::Gone);
        self.leave(now, visit);
    }

    fn goes_on(&mut self, now: f64, strand: u32) {
        let waited = [State::Ready, State::Works, State::Delayed, State::Travels];
        self.turn(now, strand, &waited, State::Runs);
    }

    fn works(&mut self, now: f64, strand: u32, amount: f64) {
        self.turn(now, strand, &[State::Runs], State::Works);
        self.work += amount;
    }

    fn delays(&mut self, now: f64, strand: u32, _seconds: f64) {
        self.turn(now, strand, &[State::Runs], State::Delayed);
    }

    fn travels(&mut self, now: f64, strand: u32, _seconds: f64) {
        self.turn(now, strand, &[State::Runs], State::Travels);
    }

    fn branch_begins(&mut self, now: f64, branch: u32, parent: u32) {
        self.turn(now, parent, &[State::Runs, State::WaitsForBranches], State::WaitsForBranches);
        self.turn(now, branch, &[State::Gone], State::Ready);
        self.entries[branch as usize].visit = self.entries[parent as usize].visit;
    }

    fn branch_ends(&mut self, now: f64, branch: u32, wakes: Option<u32>) {
        self.turn(now, branch, &[State::Runs], State::Gone);
        if let Some(strand) = wakes {
            self.turn(now, strand, &[State::WaitsForBranches], State::Ready);
        }
    }

    fn strand_ends(&mut self, now: f64, strand: u32) {
        self.turn(now, strand, &[State::Runs], State::AtEnd);
    }
}

#[test]
fn the_seam_shows_every_state_of_every_strand() {
    let cases = std::env::var("TRACECAST_LAWS_CASES").map_or(CASES, |cases| cases.parse().unwrap());
    let seen: Vec<[u64; 11]> = (0..cases).into_par_iter().map(check).collect();
    for state in 0..11 {
        let times: u64 = seen.iter().map(|seen| seen[state]).sum();
        assert!(times > cases, "state {state} was entered {times} times only");
    }
}

fn check(number: u64) -> [u64; 11] {
    let program = Program::compile(&random::system(number)).unwrap();
    let mut run = Run::with_probe(&program, number, 0, 0.0, Onlooker::new(&program));
    let watch = Watch::new(RunControl::none(), 0);
    run.advance(&Limits { until: f64::INFINITY, events: EVENTS, visits: usize::MAX, watch: &watch });
    let (now, totals) = (run.now, run.totals());
    let drawn: f64 = run.hosts.busy_and_drawn(now).into_iter().map(|(_, drawn)| drawn).sum();
    let same = |what: &str, place: usize, seen: f64, counted: f64| {
        let allowed = ROUNDING * counted.abs().max(1e-3 * now.max(1.0));
        assert!((seen - counted).abs() <= allowed, "system {number}, {what} {place}: {seen}, not {counted}");
    };
    same("work", 0, run.probe.work, drawn);
    // What is still there at the end counts as far as it has come.
    let visits = run.flows.numbers().filter(|&flow| run.probe.entries[flow as usize].visit == flow);
    for visit in visits.collect::<Vec<u32>>() {
        let entry = run.probe.entries[visit as usize];
        if !matches!(entry.state, State::OnTheWay | State::Gone) {
            run.probe.leave(now, visit);
        }
    }
    for place in 0..program.operations.len() {
        same("visits of operation", place, run.probe.present[place], totals.operations[place].present);
        same("threads of operation", place, run.probe.busy[place], totals.operations[place].busy);
    }
    let mut unanswered = run.probe.unanswered.clone();
    let mut open = run.probe.open.clone();
    for request in run.probe.requests.iter().filter(|request| request.is_open) {
        open[request.workload] += now - request.began;
        unanswered[request.workload] += if request.unanswered { now - request.began } else { 0.0 };
    }
    for (place, plan) in program.sources.iter().enumerate() {
        let seen = if plan.all_work { open[place] } else { unanswered[place] };
        same("requests of workload", place, seen, totals.workloads[place].in_flight);
    }
    run.probe.seen
}
