//! What a long run leaves in memory, and what its sources send.

use tracecast_model::{Distribution, Load, MarkovArrivals, RunControl, System, fixtures};

use super::theory;
use super::*;
use crate::program::LoadPlan;

/// Plays so many events and looks at the records that exist at the end of it.
fn after(system: &System, events: u64) -> (usize, usize) {
    let program = Program::compile(system).unwrap();
    let mut run = Run::new(&program, 1, 0, 0.0);
    let watch = Watch::new(RunControl::none(), 0);
    let stop = run.advance(&Limits { until: f64::INFINITY, events, visits: usize::MAX, watch: &watch });
    assert_eq!(stop, Stop::Events);
    (run.flows.capacity(), run.requests.capacity())
}

/// Records follow the number of requests in the system, not the number of requests ever: half a million at a load of
/// 0.8, where 200 at once happen with probability 0.8²⁰⁰ = 4·10⁻²⁰.
#[test]
fn records_are_reused() {
    let system = fixtures::open_station(1, Distribution::exponential(1.0), 0.8);
    let (visits, requests) = after(&system, 1_000_000);
    assert!(visits < 200 && requests < 200, "{visits} {requests}");
}

/// Ten users are in at most ten requests of three visits.
#[test]
fn a_closed_system_has_a_bounded_number_of_records() {
    let system = fixtures::closed_network(10, 0.1, &[0.05, 0.02]);
    let (visits, requests) = after(&system, 1_000_000);
    assert!(visits <= 30 && requests <= 10, "{visits} {requests}");
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
    assert!(run.saved.len() <= run.flows.len());
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

/// Mean, variance and autocovariances of the gaps of Markovian arrivals, each within 4.5 standard errors over 200
/// independent sources (a right one fails one of these 10 figures in about 15 000 seeds).
#[test]
fn gaps_of_markovian_arrivals() {
    let modulated = MarkovArrivals::modulated(&[10.0, 1.0], &[vec![0.0, 0.5], vec![0.25, 0.0]]);
    let correlated = MarkovArrivals {
        d0: vec![vec![-2.0, 0.2, 0.0], vec![0.0, -0.5, 0.1], vec![0.3, 0.0, -1.0]],
        d1: vec![vec![1.7, 0.0, 0.1], vec![0.05, 0.25, 0.1], vec![0.4, 0.3, 0.0]],
    };
    for arrivals in [modulated, correlated] {
        let (mean, variance, covariances) = theory::gaps(&arrivals, 3);
        let mut system = fixtures::open_station(1, Distribution::zero(), 1.0);
        system.workloads[0].load = Load::Markov(arrivals.clone());
        let program = Program::compile(&system).unwrap();
        let LoadPlan::Markov(plan) = &program.sources[0].load else { panic!("it is one") };
        let figures: Vec<[f64; 5]> = (0..200)
            .map(|replication| {
                let mut run = Run::new(&program, 1, replication, 0.0);
                // The first gap begins at a random instant instead of an arrival; its trace is lost after some gaps.
                let gaps: Vec<f64> = (0..5000).map(|_| run.markov_gap(0, plan) - mean).skip(1000).collect();
                let lagged = |lag: usize| {
                    let pairs = gaps.iter().zip(&gaps[lag..]);
                    pairs.map(|(a, b)| a * b).sum::<f64>() / (gaps.len() - lag) as f64
                };
                [gaps.iter().sum::<f64>() / gaps.len() as f64, lagged(0), lagged(1), lagged(2), lagged(3)]
            })
            .collect();
        for (number, theory) in [0.0, variance].into_iter().chain(covariances).enumerate() {
            let n = figures.len() as f64;
            let found = figures.iter().map(|figures| figures[number]).sum::<f64>() / n;
            let spread =
                figures.iter().map(|figures| (figures[number] - found).powi(2)).sum::<f64>() / (n - 1.0);
            let allowed = 4.5 * (spread / n).sqrt();
            assert!(
                (found - theory).abs() <= allowed,
                "figure {number}: {found} ± {allowed}, theory {theory}"
            );
        }
    }
}
