//! Operational laws (Denning and Buzen 1978, "The operational analysis of queueing network models") on the own counts of
//! runs of random systems.
//!
//! They hold in every run, whatever the distributions, if everything counts as far as it lies in the window. Each has two
//! sides from different places: a counter of the run, and a look at all records ([`census`]) or the steps of the system.

mod census;
mod flow;
mod limits;
mod random;
mod residence;
mod seam;

use rayon::prelude::*;
use tracecast_model::{RunControl, Severity, validate};

use super::{Limits, Run, Stop, Watch};
use crate::calendar::Event;
use crate::program::{Assignment, LoadPlan, Program};
use crate::statistics::totals::QueueTotals;
use census::{Census, work_left};

/// Systems; `TRACECAST_LAWS_CASES` in the environment overrides it.
const CASES: u64 = 2000;

/// Events of a run, of which some are before the window.
const EVENTS: u64 = 3000;

/// What rounding may make of a quantity, as a part of it.
const ROUNDING: f64 = 1e-9;

/// Where the laws were worth the name.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    events: u64,
    visits: u64,
    /// Visits in progress at ends of windows.
    in_progress: u64,
    lost: u64,
    errors: u64,
    timeouts: u64,
    retries: u64,
    /// Attempts that circuit breakers turned away.
    rejected: u64,
    /// Replicas started or stopped.
    scaled: u64,
    redelivered: u64,
    /// Reservations that were over too early, and of them those of replicas that were gone.
    expired: u64,
    left_reserved: u64,
    /// Messages fetched ahead at ends of runs, and those that newer ones took the places of.
    held: u64,
    replaced: u64,
    /// Runs of which nothing was left at the end.
    drained: u64,
    /// Requests in progress at replicas with limits.
    limited: u64,
    /// Attempts made beside others of their call, and replicas killed for their memory.
    hedges: u64,
    killed: u64,
    /// Replicas that no machine has room for, between events.
    pending: u64,
}

impl Seen {
    fn and(self, other: Self) -> Self {
        Self {
            events: self.events + other.events,
            visits: self.visits + other.visits,
            in_progress: self.in_progress + other.in_progress,
            lost: self.lost + other.lost,
            errors: self.errors + other.errors,
            timeouts: self.timeouts + other.timeouts,
            retries: self.retries + other.retries,
            rejected: self.rejected + other.rejected,
            scaled: self.scaled + other.scaled,
            redelivered: self.redelivered + other.redelivered,
            expired: self.expired + other.expired,
            left_reserved: self.left_reserved + other.left_reserved,
            held: self.held + other.held,
            replaced: self.replaced + other.replaced,
            drained: self.drained + other.drained,
            limited: self.limited + other.limited,
            hedges: self.hedges + other.hedges,
            killed: self.killed + other.killed,
            pending: self.pending + other.pending,
        }
    }
}

#[test]
fn operational_laws_on_random_systems() {
    let cases = std::env::var("TRACECAST_LAWS_CASES").map_or(CASES, |cases| cases.parse().unwrap());
    let seen = (0..cases).into_par_iter().map(check).reduce(Seen::default, Seen::and);
    // A generator whose systems do little would let every law hold.
    assert!(seen.events > 1000 * cases && seen.visits > 300 * cases, "{seen:?}");
    assert!(seen.in_progress > 5 * cases && seen.lost > cases && seen.drained > cases / 10, "{seen:?}");
    assert!(
        seen.errors > cases
            && seen.timeouts > cases
            && seen.retries > cases
            && seen.rejected > cases
            && seen.scaled > cases
            && seen.redelivered > cases / 100
            && seen.expired > cases / 100
            && seen.left_reserved > cases / 1000
            && seen.held > cases / 100
            && seen.limited > cases / 10
            && seen.hedges > cases / 10
            && seen.killed > cases / 100
            && seen.pending > cases / 10
            && seen.replaced > cases / 100,
        "{seen:?}"
    );
}

/// Has any visit been lost, or anything else gone wrong?
fn has_failures(run: &Run<'_>) -> bool {
    run.ledger.lost.iter().any(|&lost| lost > 0)
        || run.errors.iter().any(|&errors| errors > 0.0)
        || run.guards.counted.iter().any(|guard| guard.timeouts + guard.rejected > 0.0)
        || run.redelivery.counted.iter().any(|queue| queue.expired + queue.dead > 0.0)
}

fn hedges(run: &Run<'_>) -> u64 {
    let guards = run.program.guards.iter().zip(&run.guards.counted);
    guards.filter(|(plan, _)| plan.hedging.is_some()).map(|(_, counted)| counted.retries as u64).sum()
}

/// The quantities that the laws are about, in one list for differences between two instants: pairs of sides.
struct Account {
    /// Which law, for what.
    names: Vec<String>,
    left: Vec<f64>,
    right: Vec<f64>,
    /// What the rounding of long sums may make of it.
    rounding: Vec<f64>,
}

impl Account {
    /// The state of a run, and the integrals of what was seen in it from event to event.
    fn of(run: &Run<'_>, census: &Census, seen: &Integrals) -> Self {
        let mut account =
            Self { names: Vec::new(), left: Vec::new(), right: Vec::new(), rounding: Vec::new() };
        let totals = run.totals();
        for (number, (counted, visits)) in totals.operations.iter().zip(&census.visits).enumerate() {
            let mut law = |what: &str, left, right| account.law(what, "operation", number, left, right);
            // Little's law, with threads and with operations as the system.
            let gone = run.ledger.gone[number];
            law("visits", counted.present, counted.response + counted.second + visits.present_for + gone.0);
            law("visits seen", counted.present, seen.present[number]);
            law("threads", counted.busy, counted.holding + counted.second + visits.busy_for + gone.1);
            law("threads seen", counted.busy, seen.busy[number]);
        }
        for (number, (counted, requests)) in totals.workloads.iter().zip(&census.requests).enumerate() {
            let mut law = |what: &str, left, right| account.law(what, "workload", number, left, right);
            let all_work = run.sources[number].all_work;
            let (flying, for_) = if all_work {
                (seen.open[number], requests.open_for)
            } else {
                (seen.unanswered[number], requests.unanswered_for)
            };
            law("requests seen", counted.in_flight, flying);
            // Response times of failed requests are not kept.
            if counted.failed == 0.0 {
                law("requests", counted.in_flight, counted.response + for_);
            }
            if !has_failures(run) {
                law("replies", seen.unanswered[number], counted.reply + requests.unanswered_for);
            }
        }
        let machines = run.hosts.busy_and_drawn(run.now).into_iter().zip(work_left(run));
        for (number, ((busy, drawn), left)) in machines.enumerate() {
            account.law("work", "machine", number, busy, drawn - left);
            // The work left is a sum over all that is there, which is off by up to (n - 1)·u of itself (Higham 2002, *Accuracy
            // and Stability of Numerical Algorithms*, §4.2), and so is the work drawn.
            let pieces = run.flows.len() as f64;
            account.rounding[account.names.len() - 1] = f64::EPSILON * pieces * drawn;
        }
        account
    }

    fn law(&mut self, what: &str, kind: &str, number: usize, left: f64, right: f64) {
        self.names.push(format!("{what} of {kind} {number}"));
        self.left.push(left);
        self.right.push(right);
        self.rounding.push(0.0);
    }

    /// Compares the sides of what came after an earlier state, in a run until `now`.
    fn compare_since(&self, earlier: &Self, now: f64, system: u64) {
        for (place, name) in self.names.iter().enumerate() {
            let Some(before) = earlier.names.iter().position(|other| other == name) else { continue };
            let left = self.left[place] - earlier.left[before];
            let right = self.right[place] - earlier.right[before];
            // Sides are differences of sums, of times until `now` or of work of up to some seconds.
            let allowed = ROUNDING * left.abs().max(1e-3 * now.max(1.0)) + self.rounding[place];
            assert!((left - right).abs() <= allowed, "system {system}, {name}: {left} and {right}");
        }
    }
}

/// Integrals of the numbers seen from event to event.
#[derive(Default)]
struct Integrals {
    present: Vec<f64>,
    busy: Vec<f64>,
    open: Vec<f64>,
    unanswered: Vec<f64>,
}

impl Integrals {
    fn add(&mut self, census: &Census, seconds: f64) {
        let add = |sums: &mut Vec<f64>, numbers: &mut dyn Iterator<Item = u64>| {
            for (place, number) in numbers.enumerate() {
                if place == sums.len() {
                    sums.push(0.0);
                }
                sums[place] += number as f64 * seconds;
            }
        };
        add(&mut self.present, &mut census.visits.iter().map(|visits| visits.present));
        add(&mut self.busy, &mut census.visits.iter().map(|visits| visits.busy));
        add(&mut self.open, &mut census.requests.iter().map(|requests| requests.open));
        add(&mut self.unanswered, &mut census.requests.iter().map(|requests| requests.unanswered));
    }
}

/// Plays a run of the system of that number and checks every law in two windows: all of it, and its last part.
fn check(number: u64) -> Seen {
    let system = random::unsteady(number);
    let found = validate(&system);
    assert!(found.iter().all(|found| found.severity != Severity::Error), "system {number}: {found:?}");
    let program = Program::compile(&system).unwrap();
    let mut run = Run::new(&program, number, 0, 0.0);
    let mut seen = Integrals::default();
    let mut census = Census::of(&run);
    seen.add(&census, 0.0);
    let start = Account::of(&run, &census, &seen);
    let mut middle = None;
    let mut pending = 0;
    let watch = Watch::new(RunControl::none(), 0);
    for events in 1..=EVENTS {
        let before = run.now;
        // The window ends between events.
        let until = if events == EVENTS { before + 1e-3 * before } else { f64::INFINITY };
        let stop = run.advance(&Limits { until, events, visits: usize::MAX, watch: &watch });
        seen.add(&census, run.now - before);
        census = Census::of(&run);
        pending += run.check_places();
        check_counts(&run, &census, &program, number);
        if events == EVENTS / 3 {
            middle = Some(Account::of(&run, &census, &seen));
        }
        if stop != Stop::Events {
            break;
        }
    }
    let end = Account::of(&run, &census, &seen);
    for earlier in [Some(start), middle].into_iter().flatten() {
        end.compare_since(&earlier, run.now, number);
    }
    flow::check(&run, &census, &system, number);
    check_users(&run, &program, number);
    let in_progress: u64 = census.visits.iter().map(|visits| visits.present).sum();
    Seen {
        events: run.events,
        visits: run.ledger.sent.iter().sum(),
        in_progress,
        lost: run.ledger.lost.iter().sum(),
        errors: run.errors.iter().sum::<f64>() as u64,
        timeouts: run.guards.counted.iter().map(|guard| guard.timeouts).sum::<f64>() as u64,
        retries: run.ledger.guarded.iter().map(|(calls, attempts)| attempts.saturating_sub(*calls)).sum(),
        rejected: run.guards.counted.iter().map(|guard| guard.rejected).sum::<f64>() as u64,
        redelivered: run.redelivered as u64,
        expired: run.redelivery.counted.iter().map(|queue| queue.expired).sum::<f64>() as u64,
        left_reserved: run.ledger.left_reserved,
        held: held(&run, &program),
        limited: limits::present(&run),
        hedges: hedges(&run),
        killed: run.totals().replicas.iter().map(|replicas| replicas.killed as u64).sum(),
        pending,
        replaced: run.ledger.replaced,
        scaled: run.take_scaling_events().len() as u64,
        drained: u64::from(run.flows.len() == 0),
    }
}

/// Messages that replicas have fetched and have no threads for.
fn held(run: &Run<'_>, program: &Program) -> u64 {
    let queues = (0..).zip(&program.services).filter(|(number, _)| run.threads.has_queue(*number));
    let replicas = queues.flat_map(|(number, plan)| {
        (plan.first_replica..plan.first_replica + plan.replicas).map(move |replica| (number, replica))
    });
    replicas.map(|(number, replica)| u64::from(run.threads.at_replica(number, replica).0)).sum()
}

/// What holds between any two events: counters of what is present are right, everything that began is done, failed or in
/// progress, and nobody waits for a thread while one is idle.
fn check_counts(run: &Run<'_>, census: &Census, program: &Program, number: u64) {
    for (place, (operation, visits)) in run.operations.iter().zip(&census.visits).enumerate() {
        assert_eq!(operation.present.value(), visits.present, "system {number}, operation {place}");
        assert_eq!(operation.busy.value(), visits.busy, "system {number}, operation {place}");
        let ended = operation.totals(run.now).completed as u64 + run.ledger.lost[place];
        let begun = ended + visits.present + visits.on_the_way;
        assert_eq!(run.ledger.sent[place], begun, "system {number}, operation {place}");
    }
    for (place, (source, requests)) in run.sources.iter().zip(&census.requests).enumerate() {
        let in_flight = if source.all_work { requests.open } else { requests.unanswered };
        assert_eq!(source.in_flight.value(), in_flight, "system {number}, workload {place}");
        assert_eq!(source.open, requests.open, "system {number}, workload {place}");
        let counted = &source.counted;
        let begun = counted.completed + counted.failed + in_flight as f64;
        assert_eq!(counted.started, begun, "system {number}, workload {place}");
    }
    check_replicas(run, census, program, number);
    check_messages(run, number);
    limits::check(run, number);
    for (place, (counted, in_progress)) in run.guards.counted.iter().zip(run.guards.in_progress()).enumerate()
    {
        let ended = (counted.calls as u64, counted.attempts as u64);
        let begun = (ended.0 + in_progress.0, ended.1 + in_progress.1);
        assert_eq!(run.ledger.guarded[place], begun, "system {number}, guard {place}");
        assert!(counted.failed <= counted.calls && counted.timeouts <= counted.attempts, "system {number}");
    }
    let finite = program.sources.iter().filter(|plan| plan.load.is_finite()).count();
    let ended = run.sources.iter().filter(|source| source.makespan.is_some());
    let left = if finite == 0 { 1 } else { finite - ended.count() };
    assert_eq!(run.unfinished, left, "system {number}");
    // What an operation of a lock takes is not a thread.
    let services = program.services.iter().enumerate().filter(|(_, service)| service.lock.is_none());
    for (place, service) in services {
        let (Some(threads), (first, count)) = (service.threads, service.operations) else { continue };
        let replicas = service.first_replica..service.first_replica + service.replicas;
        let busy = &census.busy_threads[replicas.start as usize..replicas.end as usize];
        // A replica works on as many as it may hold, and holds those ahead for which it has no thread.
        let slots =
            service.fetching.prefetch.map_or(threads, |prefetch| prefetch.finite().unwrap_or(u32::MAX));
        let (most, ahead) = (threads.min(slots), u64::from(slots.saturating_sub(threads)));
        assert!(busy.iter().all(|&busy| busy <= most), "system {number}, service {place}: {busy:?}");
        let visits = &census.visits[first as usize..(first + count) as usize];
        let waiting: u64 = visits.iter().map(|visits| visits.present - visits.busy).sum();
        let one_line = service.elastic.is_none()
            && service.rate.is_none()
            && match service.assignment {
                Assignment::Balanced(..) => service.replicas == 1,
                Assignment::Fetched => true,
                Assignment::Polled(..) => false,
            };
        let full = busy.iter().filter(|&&busy| busy == most).count();
        if one_line && full < busy.len() {
            let held = ahead * full as u64;
            assert!(waiting <= held, "system {number}, service {place}: {waiting} wait, {busy:?}");
        }
    }
}

/// Each delivery that fails or expires is followed by another, or its message is a dead letter; each reservation that was over too
/// early has a handler that is still at work, came to its end or is gone.
fn check_messages(run: &Run<'_>, number: u64) {
    let sum = |count: fn(&QueueTotals) -> f64| run.redelivery.counted.iter().map(count).sum::<f64>();
    let failed = run.ledger.failed_deliveries as f64 + sum(|queue| queue.expired);
    assert_eq!(sum(|queue| queue.again + queue.dead), failed, "system {number}");
    let left_behind = run.reservations.left_behind().count() as f64;
    let of_the_gone = run.ledger.left_reserved as f64 - left_behind;
    let seen = run.reservations.expired() as f64 + run.ledger.expired_killed as f64 + of_the_gone;
    assert_eq!(sum(|queue| queue.expired), sum(|queue| queue.repeated) + seen, "system {number}");
}

/// Replicas that have threads busy exist, and where some take requests, none waits for the first.
fn check_replicas(run: &Run<'_>, census: &Census, program: &Program, number: u64) {
    for (place, plan) in program.elastic.iter().enumerate() {
        let service = &program.services[plan.service as usize];
        let exists = run.replicas_that_exist(place);
        for (replica, exists) in exists.into_iter().enumerate() {
            let busy = census.busy_threads[service.first_replica as usize + replica];
            assert!(exists || busy == 0, "system {number}, service {}, replica {replica}", plan.name);
        }
    }
}

/// Every user of a closed load thinks or waits for the end of a request.
fn check_users(run: &Run<'_>, program: &Program, number: u64) {
    let pending = run.calendar.pending();
    for (place, (source, plan)) in (0..).zip(run.sources.iter().zip(&program.sources)) {
        let LoadPlan::Closed { population, .. } = plan.load else { continue };
        let thinking = pending.iter().filter(|(_, event)| *event == Event::Arrival(place)).count() as u64;
        let found = thinking + source.in_flight.value();
        assert_eq!(found, u64::from(population), "system {number}, workload {place}");
    }
}
