//! Figures of choice that decide how long a simulation lasts.

use rayon::prelude::*;
use tracecast_model::{
    Distribution, Engine, EngineOptions, Metric, PredictError, Prediction, RunControl, Status, fixtures,
};
use tracecast_simulator::Simulation;

use crate::support::{response, simulate};

fn chosen(seed: u64, precision: f64, names: &[&str]) -> EngineOptions {
    let precise = names.iter().map(|name| name.parse().unwrap()).collect();
    EngineOptions { seed, precision, precise, ..EngineOptions::default() }
}

/// How many of the runs converged, how many were as precise as asked, and how many of the intervals cover the truth.
#[track_caller]
fn assert_chosen(precision: f64, truth: f64, found: &[(Status, Metric)]) {
    let n = found.len() as f64;
    assert!(found.iter().all(|(status, _)| *status == Status::Converged));
    let precise = |metric: &Metric| metric.half_width.unwrap() <= precision * metric.mean;
    assert!(found.iter().all(|(_, metric)| precise(metric)), "{found:?}");
    let covers = |metric: &Metric| (metric.mean - truth).abs() <= metric.half_width.unwrap();
    let part = found.iter().filter(|(_, metric)| covers(metric)).count() as f64 / n;
    let mean_width =
        found.iter().map(|(_, metric)| metric.half_width.unwrap() / metric.mean).sum::<f64>() / n;
    // Four standard deviations of a binomial number, and 1 % below for what is skewed.
    let allowed = 4.0 * (0.95 * 0.05 / n).sqrt();
    assert!((0.94 - allowed..=(0.95 + allowed).min(0.997)).contains(&part), "covered {part}");
    // No more than four times the work that was needed.
    assert!(mean_width > 0.5 * precision, "{mean_width}");
}

/// The 99th percentile of M/M/1, ln(100)/(μ-λ), is as precise as asked; the mean would have needed less.
#[test]
fn a_percentile_is_as_precise_as_asked() {
    let system = fixtures::open_station(1, Distribution::exponential(1.0), 0.5);
    let found: Vec<(Status, Metric)> = (1..=100)
        .into_par_iter()
        .map(|seed| {
            let prediction = simulate(&system, &chosen(seed, 0.05, &["p99"]));
            (prediction.status, response(&prediction, "users").percentile("p99").unwrap())
        })
        .collect();
    assert_chosen(0.05, f64::ln(100.0) / 0.5, &found);
    let events = |names: &[&str]| simulate(&system, &chosen(1, 0.05, names)).events.unwrap();
    assert!(events(&["p99"]) > events(&[]));
    assert!(events(&["station.utilization"]) < events(&["users.p99", "throughput"]));
}

/// The makespan of a burst of exponential tasks, one after the other: as many replications as it takes.
#[test]
fn a_burst_is_repeated_until_its_makespan_is_precise() {
    let system = fixtures::burst_queue(10, 1, Distribution::exponential(1.0));
    let found: Vec<(Status, Metric, u32)> = (1..=400)
        .into_par_iter()
        .map(|seed| {
            let prediction = simulate(&system, &chosen(seed, 0.05, &["makespan"]));
            let makespan = prediction.workloads["burst"].makespan.unwrap();
            (prediction.status, makespan, prediction.replications.unwrap())
        })
        .collect();
    let metrics: Vec<_> = found.iter().map(|&(status, metric, _)| (status, metric)).collect();
    // A task takes a second and 20 ms for its transfers.
    assert_chosen(0.05, 10.0 * 1.02, &metrics);
    // (1.96 · √10/10.2 / 0.05)² = 148 replications would do, were the variance known.
    let mean = found.iter().map(|&(.., replications)| f64::from(replications)).sum::<f64>() / 400.0;
    println!("{mean} replications");
    assert!((148.0..4.0 * 148.0).contains(&mean), "{mean}");
}

/// Without chance the first pilot is enough; and what cannot be reached ends with the events.
#[test]
fn ends_of_a_choice() {
    let system = fixtures::burst_queue(10, 1, Distribution::deterministic(1.0));
    let options = chosen(1, 0.001, &["makespan"]);
    assert_eq!(simulate(&system, &options).replications, Some(10));
    let system = fixtures::burst_queue(10, 1, Distribution::exponential(1.0));
    let options = EngineOptions { max_events: 20_000, ..options };
    let prediction = simulate(&system, &options);
    assert_eq!(prediction.status, Status::EventLimit);
    assert!(prediction.events.unwrap() <= 20_000 && prediction.replications.unwrap() > 10);
    let system = fixtures::open_station(1, Distribution::exponential(1.0), 0.5);
    let options = EngineOptions { max_events: 200_000, ..chosen(1, 0.001, &["p99"]) };
    let prediction: Prediction = simulate(&system, &options);
    assert_eq!(prediction.status, Status::EventLimit);
    assert!(response(&prediction, "users").p99.is_some());
}

#[test]
fn what_the_system_does_not_have_is_refused() {
    let system = fixtures::open_station(1, Distribution::exponential(1.0), 0.5);
    for name in ["makespan", "nobody.p99", "station.p99"] {
        let refused = Simulation.predict(&system, &chosen(1, 0.05, &[name]), &RunControl::none());
        assert!(matches!(refused, Err(PredictError::Precise(_))), "{name}: {refused:?}");
    }
}
