//! Who is where, found by looking at every record instead of asking a counter.

use crate::calendar::Event;
use crate::run::Run;
use crate::run::visits::{DEAD, OUTSIDE, REPLIED};

/// Everything present at one instant.
#[derive(Clone, Debug, Default)]
pub(super) struct Census {
    /// By operation.
    pub(super) visits: Vec<Visits>,
    /// By workload.
    pub(super) requests: Vec<Requests>,
    /// By replica: visits that hold a thread.
    pub(super) busy_threads: Vec<u32>,
}

/// Those of one operation.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Visits {
    /// On their way to the service.
    pub(super) on_the_way: u64,
    pub(super) present: u64,
    pub(super) busy: u64,
    /// Time since the arrival or, after the reply, since that.
    pub(super) present_for: f64,
    /// Time since the present phase began.
    pub(super) busy_for: f64,
}

/// Those of one workload.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Requests {
    /// Whose work is not all done.
    pub(super) open: u64,
    /// Time since they were sent.
    pub(super) open_for: f64,
    /// Whose reply is not back.
    pub(super) unanswered: u64,
    /// Time since they were sent.
    pub(super) unanswered_for: f64,
}

impl Census {
    pub(super) fn of(run: &Run<'_>) -> Self {
        let mut census = Self {
            visits: vec![Visits::default(); run.operations.len()],
            requests: vec![Requests::default(); run.sources.len()],
            busy_threads: vec![0; run.program.containers.len()],
        };
        for request in run.requests.numbers() {
            let request = &run.requests[request];
            let requests = &mut census.requests[request.source as usize];
            requests.open += 1;
            requests.open_for += run.now - request.sent;
        }
        for request in run.guards.requests().map(|request| &run.requests[request]) {
            let requests = &mut census.requests[request.source as usize];
            requests.unanswered += 1;
            requests.unanswered_for += run.now - request.sent;
        }
        for message in run.reservations.left_behind().filter(|message| message.caller == OUTSIDE) {
            let request = &run.requests[message.request];
            let requests = &mut census.requests[request.source as usize];
            requests.unanswered += 1;
            requests.unanswered_for += run.now - request.sent;
        }
        // New visits are marked (see `Run::new_visit`): what is not their own any more is no number.
        let visits = run.flows.numbers().filter(|&number| run.flows[number].strand.visit == number);
        for visit in visits.map(|number| &run.flows[number].visit) {
            let request = &run.requests[visit.request];
            if visit.caller == DEAD {
                continue;
            }
            if visit.caller == OUTSIDE {
                let requests = &mut census.requests[request.source as usize];
                requests.unanswered += 1;
                requests.unanswered_for += run.now - request.sent;
            }
            let visits = &mut census.visits[visit.operation as usize];
            if visit.arrived.is_nan() {
                visits.on_the_way += 1;
                continue;
            }
            visits.present += 1;
            let since = if visit.caller == REPLIED { visit.phase } else { visit.arrived };
            visits.present_for += run.now - since;
            if !visit.phase.is_nan() {
                visits.busy += 1;
                visits.busy_for += run.now - visit.phase;
                census.busy_threads[visit.replica as usize] += 1;
            }
        }
        census
    }
}

/// By machine: work given to it that is not done, in core-seconds.
pub(super) fn work_left(run: &Run<'_>) -> Vec<f64> {
    let mut left = run.hosts.work_left(run.now);
    for (due, event) in run.calendar.pending() {
        if let Event::CoreDone(strand) = event {
            let home = run.homes[run.flows[strand].visit.replica as usize];
            let (machine, rate) = run.hosts.core_rate(home);
            left[machine] += (due - run.now) * rate;
        }
    }
    left
}
