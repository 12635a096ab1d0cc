//! What a long run leaves in memory.

use tracecast_model::{Distribution, RunControl, System, fixtures};

use super::*;

/// Plays so many events and looks at the records that exist at the end of it.
fn after(system: &System, events: u64) -> (usize, usize, usize) {
    let program = Program::compile(system).unwrap();
    let mut run = Run::new(&program, 1, 0, 0.0);
    let watch = Watch::new(RunControl::none(), 0);
    let stop = run.advance(&Limits { until: f64::INFINITY, events, visits: usize::MAX, watch: &watch });
    assert_eq!(stop, Stop::Events);
    (run.visits.capacity(), run.strands.capacity(), run.requests.capacity())
}

/// Records follow the number of requests in the system, not the number of requests ever: half a million at a load of
/// 0.8, where 200 at once happen with probability 0.8²⁰⁰ = 4·10⁻²⁰.
#[test]
fn records_are_reused() {
    let system = fixtures::open_station(1, Distribution::exponential(1.0), 0.8);
    let (visits, strands, requests) = after(&system, 1_000_000);
    assert!(visits < 200 && strands < 200 && requests < 200, "{visits} {strands} {requests}");
}

/// Ten users are in at most ten requests of three visits.
#[test]
fn a_closed_system_has_a_bounded_number_of_records() {
    let system = fixtures::closed_network(10, 0.1, &[0.05, 0.02]);
    let (visits, strands, requests) = after(&system, 1_000_000);
    assert!(visits <= 30 && strands <= 30 && requests <= 10, "{visits} {strands} {requests}");
}

/// Joins and counters put aside are given back, also where branches come late: three users with a loop in a loop around
/// a fork each are in at most three of each loop, and leave one branch behind per round, of which hardly a hundred run at
/// the same time.
#[test]
fn joins_and_counters_are_reused() {
    use tracecast_model::{Activity, CallCount, Fork, Loop, Step};
    let work = |mean| vec![Step::Activity(Activity::working(Distribution::exponential(mean)))];
    let repeated = |steps| vec![Step::Loop(Loop { mean: 2.5, count: CallCount::Geometric, steps })];
    let fork = Fork { quorum: Some(1), ..Fork::new(vec![work(0.1), work(1.0)]) };
    let mut system = fixtures::closed_network(3, 1.0, &[]);
    system.services[0].operations[0].steps = repeated(repeated(vec![Step::Fork(fork)]));
    let program = Program::compile(&system).unwrap();
    let mut run = Run::new(&program, 1, 0, 0.0);
    let watch = Watch::new(RunControl::none(), 0);
    run.advance(&Limits { until: f64::INFINITY, events: 500_000, visits: usize::MAX, watch: &watch });
    let (joins, saved) = (run.joins.capacity(), run.saved.capacity());
    assert!(joins < 300 && saved < 300, "{joins} {saved}");
    assert!(run.saved.len() <= run.visits.len());
}

/// Processor sharing moves an event at every arrival, and leaves none behind.
#[test]
fn moved_events_leave_nothing_behind() {
    let load = tracecast_model::Load::Poisson { rate: 0.8 };
    let demand = Distribution::exponential(1.0);
    let system = fixtures::station(1, demand, tracecast_model::Scheduling::Ps, load);
    let program = Program::compile(&system).unwrap();
    let mut run = Run::new(&program, 1, 0, 0.0);
    let watch = Watch::new(RunControl::none(), 0);
    for events in (1000..200_000).step_by(1000) {
        run.advance(&Limits { until: f64::INFINITY, events, visits: usize::MAX, watch: &watch });
        // The next arrival, and the next end of work.
        assert!(run.calendar.len() <= 2);
    }
}
