//! Antithetic pairs of replications.

use rayon::prelude::*;
use tracecast_model::{
    Distribution, Engine, EngineOptions, Metric, PredictError, Prediction, RunControl, System, fixtures,
};
use tracecast_simulator::Simulation;

use crate::support::{response, simulate};
use crate::theory;

const SEEDS: u64 = 300;

fn runs(
    seeds: u64,
    system: &System,
    options: &EngineOptions,
    figure: fn(&Prediction) -> Metric,
) -> Vec<Metric> {
    (1..=seeds)
        .into_par_iter()
        .map(|seed| figure(&simulate(system, &EngineOptions { seed, ..options.clone() })))
        .collect()
}

fn mean_response(prediction: &Prediction) -> Metric {
    response(prediction, "users").metric()
}

/// Mean and variance.
fn moments(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (mean, values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1.0))
}

/// M/M/1, M/H₂/1, M/E₄/1 and a closed network: the mean over all seeds is that of theory within 4 standard errors and the
/// 0.5 % that are left of the start; and intervals cover in 95 % of all, up to four standard deviations of a binomial
/// number (±5 %), less 1 % for what is skewed.
#[test]
fn pairs_are_unbiased_and_their_intervals_keep_their_level() {
    let erlang = Distribution::new(tracecast_model::Family::Erlang { mean: 1.0, stages: 4 }).unwrap();
    let hyper = Distribution::with_scv(1.0, 4.0).unwrap();
    let mut cases =
        vec![("closed", fixtures::closed_network(10, 8.0, &[1.0]), theory::repairman_response(10, 8.0, 1.0))];
    for (name, demand) in [("M/M/1", Distribution::exponential(1.0)), ("H2", hyper), ("E4", erlang)] {
        let theory = theory::stations::mg1_response(0.5, &demand);
        cases.push((name, fixtures::open_station(1, demand, 0.5), theory));
    }
    for (name, system, truth) in cases {
        let options = EngineOptions {
            antithetic: true,
            until: Some(1500.0),
            warm_up: Some(200.0),
            ..EngineOptions::default()
        };
        let found = runs(SEEDS, &system, &options, mean_response);
        let (mean, variance) = moments(&found.iter().map(|metric| metric.mean).collect::<Vec<_>>());
        let allowed = 4.0 * (variance / SEEDS as f64).sqrt() + 0.005 * truth;
        assert!((mean - truth).abs() <= allowed, "{name}: {mean} ± {allowed}, theory {truth}");
        let covers = |metric: &&Metric| (metric.mean - truth).abs() <= metric.half_width.unwrap();
        let part = found.iter().filter(covers).count() as f64 / SEEDS as f64;
        println!("{name}: mean {mean}, theory {truth}, covered {part}");
        assert!((0.89..=0.995).contains(&part), "{name}: covered {part}");
    }
}

/// The mean of a pair varies less than that of two independent replications: of M/M/1 by a quarter, as a recursion of
/// waiting times (Lindley 1952) gives as well, and so by more than chance, which lowers the ratio of two variances of 2000
/// values by a tenth in 1 % of all cases (F distribution).
#[test]
fn pairs_vary_less() {
    let system = fixtures::open_station(1, Distribution::exponential(1.0), 0.5);
    let variance = |antithetic| {
        let options = EngineOptions {
            antithetic,
            replications: Some(2),
            until: Some(1500.0),
            warm_up: Some(100.0),
            ..EngineOptions::default()
        };
        let found = runs(2000, &system, &options, mean_response);
        moments(&found.iter().map(|metric| metric.mean).collect::<Vec<_>>()).1
    };
    let ratio = variance(true) / variance(false);
    println!("ratio of variances {ratio}");
    assert!(ratio < 0.9, "{ratio}");
}

/// Of a burst whose makespan is the sum of exponential times: mean n/μ. A burst of pairs keeps its level too.
#[test]
fn pairs_of_bursts() {
    let system = fixtures::burst_queue(20, 1, Distribution::exponential(1.0));
    let options = EngineOptions { antithetic: true, ..EngineOptions::default() };
    let found = runs(SEEDS, &system, &options, |prediction| prediction.workloads["burst"].makespan.unwrap());
    // Each task waits 20 ms for its transfers, see the fixture.
    let truth = 20.0 * 1.02;
    let covers = |metric: &&Metric| (metric.mean - truth).abs() <= metric.half_width.unwrap();
    let part = found.iter().filter(covers).count() as f64 / SEEDS as f64;
    println!("covered {part}");
    assert!((0.89..=0.995).contains(&part), "covered {part}");
    let (_, variance) = moments(&found.iter().map(|metric| metric.mean).collect::<Vec<_>>());
    // Independent, the mean of 20 replications of 20 exponential times would have the variance 1. Each time u of one
    // replication has 1-u in the other, so it is the part 1 - (π²/6 - 1) of that.
    let theory = 2.0 - std::f64::consts::PI.powi(2) / 6.0;
    assert!((variance / theory - 1.0).abs() < 0.35, "{variance}, theory {theory}");
}

#[test]
fn half_a_pair_is_refused() {
    let system = fixtures::open_station(1, Distribution::exponential(1.0), 0.5);
    let options = EngineOptions { antithetic: true, replications: Some(3), ..EngineOptions::default() };
    let refused = Simulation.predict(&system, &options, &RunControl::none());
    assert!(matches!(refused, Err(PredictError::Options(_))), "{refused:?}");
    // Figures over time and distributions are of pairs, too.
    let options = EngineOptions {
        replications: Some(20),
        until: Some(200.0),
        series_bin: Some(50.0),
        histogram_bins: Some(1),
        ..options
    };
    let prediction = simulate(&system, &options);
    assert_eq!(prediction.replications, Some(20));
    let series = prediction.series.unwrap();
    let mean = series.columns["users.throughput"][0].unwrap();
    assert!((0.3..0.7).contains(&mean), "{mean}");
    assert!(series.half_widths["users.throughput"][0].is_some());
    assert!(prediction.workloads["users"].histogram.iter().all(|bin| bin.half_width.is_some()));
}
